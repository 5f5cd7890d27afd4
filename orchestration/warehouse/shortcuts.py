"""dbt without what no build needs: a log, since dbt's results say what a build finds, and doing again what was done
when the project was compiled.

Does not belong here: running dbt (`project.py`)."""

import threading
from collections import ChainMap
from typing import Any

from dbt.compilation import Linker
from dbt.context.providers import ModelContext
from dbt.task.compile import CompileRunner
from dbt_common.clients.jinja import MacroFuzzTemplate
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

# What dbt does itself, taken before any of it is replaced.
_message_at_once = BaseEvent.__init__
_compile = CompileRunner.compile
_find_cycles = Linker.find_cycles
_validate = dbtClassMixin.__dict__["validate"]
_all_macros = ModelContext._build_namespace
_context = MacroFuzzTemplate.new_context
_of_thread = threading.local()


def take_shortcuts(compiled: bool) -> None:
    """Let dbt say warnings and errors only, and run what is compiled as it is. It makes a message of each of 5,000
    events of a build, which takes 1.2 s, and asks then whether anybody listens. Before it renders SQL it makes a
    function of each of 600 macros, for each of 265 nodes: a second, and another one before it runs them (2026-11-27,
    2026-11-29). A project that was compiled has no cycle and valid settings: to look again takes 0.7 s."""
    CompileRunner.compile = _as_compiled  # type: ignore[assignment,method-assign]
    ModelContext._build_namespace = _macros  # type: ignore[assignment,method-assign]
    MacroFuzzTemplate.new_context = _new_context  # type: ignore[assignment,method-assign]
    Linker.find_cycles = (lambda linker: None) if compiled else _find_cycles  # type: ignore[method-assign]
    dbtClassMixin.validate = classmethod(lambda cls, data: None) if compiled else _validate  # type: ignore[assignment]
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


def _macros(context: ModelContext) -> Any:
    """What a compiled node may call, made once a thread of dbt, which runs one node after the other."""
    if type(context) is not ModelContext or not getattr(context.model, "compiled", False):
        return _all_macros(context)
    made = vars(_of_thread)
    if made.get("manifest") is not context.manifest:
        builder = context._get_namespace_builder()  # type: ignore[no-untyped-call]
        builder.node = None  # a call would note that the node depends on the macro, as it was noted before
        namespace = builder.build_namespace(context.manifest.get_macros_by_package(), context._ctx)
        made.update(manifest=context.manifest, names=context._ctx, stack=context.macro_stack, namespace=namespace)
    context._ctx, context.macro_stack = made["names"], made["stack"]  # those that the macros know
    context._ctx.clear()
    return made["namespace"]


class _Names(ChainMap[str, Any]):
    """Asked for a name as Python 3.12 asks: the generator of 3.11 takes a third of the time of dbt's macros."""

    def __contains__(self, name: object) -> bool:
        for names in self.maps:  # noqa: SIM110
            if name in names:
                return True
        return False


def _new_context(template: MacroFuzzTemplate, *args: Any, **named: Any) -> Any:
    context = _context(template, *args, **named)
    if isinstance(context.parent, ChainMap):
        of_macro, of_all = context.parent.maps
        context.parent = _Names(of_macro, *of_all.maps)
    return context
