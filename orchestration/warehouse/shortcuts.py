"""dbt without two things that no build needs: a log, since dbt's results say what a build finds, and rendering SQL that
was compiled before.

Does not belong here: running dbt (`project.py`)."""

from typing import Any

from dbt.task.compile import CompileRunner
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_message_at_once = BaseEvent.__init__
_compile = CompileRunner.compile


def take_shortcuts() -> None:
    """Let dbt say warnings and errors only, and run what is compiled as it is. It makes a message of each of 5,000
    events of a build, which takes 1.2 s, and asks then whether anybody listens. Before it renders SQL it makes a
    function of each of 600 macros, for each of 265 nodes: a second (2026-11-27)."""
    CompileRunner.compile = _as_compiled  # type: ignore[assignment,method-assign]
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


def _as_compiled(runner: CompileRunner, manifest: Any) -> Any:
    """The node that is to run. A unit test is never compiled."""
    return runner.node if getattr(runner.node, "compiled", False) else _compile(runner, manifest)
