"""dbt without a log: what it says is made when somebody asks, and warnings are heard. What was done when the project
was compiled is not done again, and a project that was not compiled is looked at whole."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.compilation import Linker
from dbt.context.providers import ModelContext
from dbt.contracts.project import ProjectFlags
from dbt.task.compile import CompileRunner
from dbt_common.clients.jinja import get_environment
from dbt_common.dataclass_schema import ValidationError
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
    take_shortcuts(compiled=True)
    add_callback_to_manager(lambda said: found.append(said.info.msg))
    yield found
    take_shortcuts(compiled=False)


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


def context(compiled: bool, manifest: object, made: list[Any]) -> ModelContext:
    def builder() -> Any:
        made.append(SimpleNamespace(node="a node", build_namespace=lambda macros, names: {"a macro": names}))
        return made[-1]

    found: Any = object.__new__(ModelContext)
    found.model, found.manifest = SimpleNamespace(compiled=compiled), manifest
    found._ctx, found.macro_stack, found._get_namespace_builder = {"sql": "of one node"}, object(), builder
    return found


def test_macros_are_made_once_a_thread_for_compiled_nodes_of_one_project(heard: list[str]) -> None:
    made: list[Any] = []
    project, another = (SimpleNamespace(get_macros_by_package=dict) for _ in range(2))
    first, second = (context(True, project, made) for _ in range(2))
    namespace = first._build_namespace()
    first._ctx["sql"] = "select 1"
    assert second._build_namespace() is namespace
    assert (second._ctx, namespace["a macro"] is second._ctx) == ({}, True), "nothing of the node before"
    assert second.macro_stack is first.macro_stack
    assert [builder.node for builder in made] == [None]
    for other in (context(True, another, made), context(False, project, made)):
        assert other._build_namespace() is not namespace
    assert [builder.node for builder in made] == [None, None, "a node"]


def test_cycles_and_settings_are_looked_at_until_a_project_is_compiled(heard: list[str]) -> None:
    linker = Linker()
    linker.dependency("a", "b")
    linker.dependency("b", "a")
    take_shortcuts(compiled=False)
    assert linker.find_cycles() == "a --> b"
    with pytest.raises(ValidationError):
        ProjectFlags.validate({"populate_cache": "what is no flag"})
    take_shortcuts(compiled=True)
    assert linker.find_cycles() is None
    ProjectFlags.validate({"populate_cache": "what is no flag"})


def test_a_macro_finds_the_names_of_its_node_and_those_of_all(heard: list[str]) -> None:
    names = get_environment().from_string("").new_context({"ours": 1, "dict": 2}).parent
    assert ("ours" in names, "range" in names, "neither" in names) == (True, True, False)
    assert (names["ours"], names["dict"], names["range"](2)) == (1, 2, range(2))


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
