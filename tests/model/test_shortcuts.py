"""dbt without a log: what it says is made when somebody asks, and warnings are heard. Compiled code runs as it is."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.task.compile import CompileRunner
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import add_callback_to_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from orchestration.errors import LeagueError
from orchestration.warehouse import project
from orchestration.warehouse.shortcuts import take_shortcuts


@pytest.fixture
def heard() -> Iterator[list[str]]:
    found: list[str] = []
    take_shortcuts()
    add_callback_to_manager(lambda said: found.append(said.info.msg))
    yield found
    take_shortcuts()


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


def test_what_is_compiled_runs_as_it_is(heard: list[str]) -> None:
    runner: Any = SimpleNamespace(node=SimpleNamespace(compiled=True, compiled_code="select 1"))
    assert CompileRunner.compile(runner, manifest=None) is runner.node  # type: ignore[arg-type]
    runner.node.compiled = False
    with pytest.raises(AttributeError, match="compiler"):  # dbt's own is asked
        CompileRunner.compile(runner, manifest=None)  # type: ignore[arg-type]


def test_what_stops_dbt_is_said_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def broken(arguments: list[str], **options: Any) -> None:
        asked.append(arguments[0])
        raise LeagueError("dbt is broken")

    monkeypatch.setattr(project, "invoke", broken)
    project.prepare.cache_clear()
    project.prepare()
    project.prepare()
    project.prepare.cache_clear()
    assert asked == ["list"], "once, however many suites wait"
