"""What the dbt project holds: models, seeds, sources and the rules of its data tests, as its manifest says.

Belongs here: reading dbt's own format, so that nobody else does. Does not: making the manifest (`project.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from orchestration.warehouse.project import ensure_manifest

STAGE_METRIC, SCORE_RANK = "stage_metric", "score_rank"  # the two stages that dbt builds of a quarter, by their tags
SERIES = "series"  # what dbt builds of a series: its table, and all that is read for it
SERIES_TABLE = "metric_series"
SELECTED = {stage: f"tag:{stage}" for stage in (STAGE_METRIC, SCORE_RANK)} | {SERIES: f"+{SERIES_TABLE}"}


@dataclass(frozen=True)
class Column:
    """A column of a model. The type is empty where the model has no contract."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Published:
    """How a model stands in the release: its key, the order of its rows, and the columns that people look at first,
    none where that is all of them. A key of which a part may be empty is no primary key, and the model has no such
    constraint. A build reads two quarters, and some tables are made of the one `asked_for` only."""

    key: tuple[str, ...]
    primary_key: tuple[str, ...]
    order: tuple[str, ...]
    shown: tuple[str, ...]
    asked_for: bool


@dataclass(frozen=True)
class Model:
    """A model, a seed or a source: one table of the warehouse. `reads` names the relations that its code names,
    `read_columns` the columns that a Python model says it reads, by table."""

    name: str
    layer: str
    description: str
    kind: str  # model, seed, source
    language: str
    path: str
    tags: tuple[str, ...]
    columns: tuple[Column, ...]
    reads: tuple[str, ...]
    read_columns: Mapping[str, tuple[str, ...]]
    published: Published | None
    sql: str

    @property
    def relation(self) -> str:
        return f"{self.layer}.{self.name}"


@dataclass(frozen=True)
class Rule:
    """One rule of a data test, about `table`. dbt runs the rules of a model as one `test`. A test with a file of its
    own is one rule. `kind` is key, references, holds or custom_sql. `sql` selects the rows that break it. `columns` are
    those of a key, or of a reference to the table `refers_to`."""

    name: str
    test: str
    kind: str
    table: str
    severity: str  # critical, warning
    reason: str
    sql: str
    columns: tuple[str, ...] = ()
    refers_to: str = ""


@cache
def raw() -> dict[str, Any]:
    """The manifest in dbt's own format, for dagster-dbt. Unit tests are left out: it would parse each, and no build
    runs them."""
    parsed: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    children = {
        name: [child for child in found if not child.startswith("unit_test.")]
        for name, found in parsed["child_map"].items()
        if not name.startswith("unit_test.")
    }
    return parsed | {"unit_tests": {}, "child_map": children}


@cache
def models() -> tuple[Model, ...]:
    return _nodes("model")


@cache
def seeds() -> tuple[Model, ...]:
    return _nodes("seed")


@cache
def sources() -> tuple[Model, ...]:
    """The tables that models read and dbt does not make."""
    return tuple(_model(node) for node in raw()["sources"].values())


def description_of_source(relation: str) -> str:
    return next(source.description for source in sources() if source.relation == relation)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of every data test."""
    tests = [node for node in raw()["nodes"].values() if node["resource_type"] == "test"]
    return tuple(rule for node in tests for rule in _rules(node))


@cache
def nodes_of(stage: str) -> frozenset[str]:
    """The models, seeds and tagged tests of a stage; of a series all tests of which dbt builds what they read."""
    nodes = raw()["nodes"]
    if stage != SERIES:
        return frozenset(name for name, node in nodes.items() if stage in node["tags"])
    found, waiting = set[str](), [name for name in nodes if name.endswith(f".{SERIES_TABLE}")]
    while waiting:
        found.add(name := waiting.pop())
        waiting += nodes.get(name, {}).get("depends_on", {}).get("nodes", [])  # a source has none
    tests = [name for name, node in nodes.items() if node["resource_type"] == "test"]
    return frozenset(
        found & {*nodes} | {name for name in tests if found.issuperset(nodes[name]["depends_on"]["nodes"])}
    )


@cache
def tests_of_series() -> frozenset[str]:
    """The names of the data tests that a series runs."""
    nodes = raw()["nodes"]
    return frozenset(nodes[name]["name"] for name in nodes_of(SERIES) if nodes[name]["resource_type"] == "test")


def relations_of(stage: str) -> list[str]:
    """The relations that one dbt stage writes."""
    tables = [raw()["nodes"][name] for name in nodes_of(stage)]
    return sorted(f"{one['schema']}.{one['name']}" for one in tables if one["resource_type"] != "test")


def read_and_written(stage: str) -> list[str]:
    """The relations that the evidence of a stage is about: its own, and those of the stage before it that it reads."""
    nodes = raw()["nodes"]
    read = {
        f"{nodes[parent]['schema']}.{nodes[parent]['name']}"
        for node in (nodes[name] for name in nodes_of(stage))
        for parent in node["depends_on"].get("nodes", [])
        if parent in nodes
    }
    return sorted({*relations_of(stage), *read})


def _nodes(kind: str) -> tuple[Model, ...]:
    return tuple(_model(node) for node in raw()["nodes"].values() if node["resource_type"] == kind)


def _in_one_line(text: str) -> str:
    """A description as a cell of a table: one in several lines would break it."""
    return " ".join(text.split())


def _model(node: dict[str, Any]) -> Model:
    meta = node["config"].get("meta") or {}
    publish = meta.get("publish")
    tables = {**raw()["nodes"], **raw()["sources"]}
    parents = [tables[parent] for parent in node.get("depends_on", {}).get("nodes", [])]
    return Model(
        name=node["name"],
        layer=node.get("source_name") or node["schema"],
        description=_in_one_line(node["description"]),
        kind=node["resource_type"],
        language=node.get("language", "sql"),
        path=node["original_file_path"],
        tags=tuple(node["tags"]),
        columns=tuple(
            Column(name, column.get("data_type") or "", _in_one_line(column["description"]))
            for name, column in node["columns"].items()
        ),
        reads=tuple(f"{parent['schema']}.{parent['name']}" for parent in parents),
        read_columns={table: tuple(columns) for table, columns in meta.get("reads", {}).items()},
        published=_published(_primary_key(node), **publish) if publish else None,
        sql=node.get("compiled_code", ""),
    )


def _primary_key(node: dict[str, Any]) -> tuple[str, ...]:
    return tuple(column for one in node["constraints"] if one["type"] == "primary_key" for column in one["columns"])


def _published(
    primary_key: tuple[str, ...],
    key: list[str],
    order: list[str],
    shown: Sequence[str] = (),
    asked_for: bool = False,
) -> Published:
    return Published(tuple(key), primary_key, tuple(order), tuple(shown), asked_for)


def _rules(node: dict[str, Any]) -> Iterator[Rule]:
    severity = "warning" if node["config"].get("severity", "").lower() == "warn" else "critical"
    if "test_metadata" not in node:
        table = node["config"]["meta"]["dagster"]["ref"]["name"]
        comment = " ".join(line[2:].strip() for line in node["raw_code"].splitlines() if line.startswith("--"))
        yield Rule(node["name"], node["name"], "custom_sql", table, severity, comment, node["compiled_code"])
        return
    said = node["test_metadata"]["kwargs"]
    table = node["attached_node"].split(".")[-1]

    def rule(name: str, kind: str, reason: str, columns: Sequence[str] = (), refers_to: str = "") -> Rule:
        sql = f"select row from ({node['compiled_code']}) where rule = '{name}'"
        return Rule(f"{table}.{name}", node["name"], kind, table, severity, reason, sql, tuple(columns), refers_to)

    if "key" in said:
        yield rule("key", "key", f"A key twice would count twice: {', '.join(said['key'])}.", said["key"])
    for other, columns in said.get("references", {}).items():
        reason = f"Every row has one in {other}: {', '.join(columns)}."
        yield rule(f"references_{other}", "references", reason, columns, other)
    for name, about in said.get("holds", {}).items():
        yield rule(name, "holds", about["reason"])
