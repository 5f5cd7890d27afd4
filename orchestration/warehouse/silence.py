"""dbt without a log: nobody reads one of a build. What a build finds is in dbt's results.

Does not belong here: running dbt (`project.py`)."""

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_message_at_once = BaseEvent.__init__


def silence() -> None:
    """Let dbt say warnings and errors only. It makes a message of each of 5,000 events of a build, which takes 1.2 s
    (2026-11-27), and asks then whether anybody listens."""
    ctx_set_event_manager(_Silence())
    BaseEvent.__init__ = _remember  # type: ignore[assignment,method-assign]
    BaseEvent.__getattr__ = _attribute  # type: ignore[method-assign]


class _Silence(EventManager):
    def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **how: Any) -> None:
        if (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            super().fire_event(e, level, *args, **how)


def _remember(event: BaseEvent, *args: Any, **told: Any) -> None:
    object.__setattr__(event, "told", (args, told))


def _attribute(event: BaseEvent, name: str) -> Any:
    """An attribute of the message, which is made when the first is asked for."""
    if name != "pb_msg":
        return getattr(event.pb_msg, name)
    args, told = vars(event)["told"]
    _message_at_once(event, *args, **told)
    return vars(event)["pb_msg"]
