"""dbt without a log: what it says is made when somebody asks, and warnings are heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import add_callback_to_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from orchestration.warehouse.silence import silence


@pytest.fixture
def heard() -> Iterator[list[str]]:
    found: list[str] = []
    silence()
    add_callback_to_manager(lambda said: found.append(said.info.msg))
    yield found
    silence()


def test_an_event_says_what_it_was_told_when_it_is_asked(heard: list[str]) -> None:
    event = Note(msg="a word")
    assert "pb_msg" not in vars(event)
    assert event.to_dict() == {"msg": "a word"}
    assert (event.msg, event.message()) == ("a word", "a word")
    with pytest.raises(AttributeError):
        event.what_no_note_has  # noqa: B018


def test_warnings_are_heard_and_nothing_else(heard: list[str]) -> None:
    for level in (EventLevel.DEBUG, EventLevel.INFO, EventLevel.WARN, EventLevel.ERROR):
        fire_event(Note(msg=level.value), level=level)
    assert heard == ["warn", "error"]
