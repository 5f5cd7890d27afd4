"""Column lineage of the dbt models, derived from their compiled SQL with sqlglot and kept beside the manifest. A Python
model has no SQL to read: it says in `meta.reads` which columns it reads, and every column of it may depend on each.

The result depends only on the dbt project, so it is worked out once for each state of it."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from typing import Any

from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import COLUMNS
from orchestration.warehouse import manifest, project
from orchestration.workspace.files import write_atomically
from orchestration.workspace.paths import DBT_PROJECT

CACHE = project.TARGET / "column_lineage.json"
OF_EXTRACT = {
    "files": tuple(COLUMNS),
    "build": ("quarter", "reads", "fictional", "framework"),
}
Lineage = dict[str, list[tuple[str, str, str]]]


@cache
def all_lineage() -> dict[str, Lineage]:
    """For every column of every model the (layer, table, column) triples it reads."""
    current = project.project_sha256()
    if CACHE.exists():
        kept: dict[str, Any] = json.loads(CACHE.read_text(encoding="utf-8"))
        if kept["project"] == current:
            return {
                model: {column: [(a, b, c) for a, b, c in found] for column, found in lineage.items()}
                for model, lineage in kept["lineage"].items()
            }
    lineage = _work_out()
    write_atomically(CACHE, json.dumps({"project": current, "lineage": lineage}).encode())
    return lineage


def _work_out() -> dict[str, Lineage]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer import build_scope, qualify

    schema: dict[str, object] = {"warehouse": columns_of_tables()}
    layers = {table.name: table.layer for table in (*manifest.models(), *manifest.seeds())}
    found: dict[str, Lineage] = {}
    for model in manifest.models():
        if model.language == "python":
            tables = model.read_columns.items()
            read = [(layers[table], table, column) for table, columns in tables for column in columns]
            found[model.name] = {column.name: sorted(read) for column in model.columns}
            continue
        sql = re.sub(r"read_parquet\('(\w+)\.\*?parquet'\)", lambda m: _source_table(m[1]), model.sql)
        query = qualify.qualify(sqlglot.parse_one(sql, dialect="duckdb"), dialect="duckdb", schema=schema)
        scope = build_scope(query)
        columns: Lineage = {}
        for column in (column.name for column in model.columns):
            leaves = set()
            for leaf in lineage(column, query, schema=schema, scope=scope, dialect="duckdb", copy=False).walk():
                table = None if leaf.downstream else leaf.expression.find(exp.Table)
                if table is not None:
                    leaves.add((table.db, table.name, exp.to_column(leaf.name).name))
            columns[column] = sorted(leaves)
        found[model.name] = columns
    return found


def _source_table(name: str) -> str:
    return f"warehouse.{'extract' if name in OF_EXTRACT else 'land'}.{name}"


@cache
def columns_of_tables() -> dict[str, dict[str, dict[str, str]]]:
    """The columns of every table and their types, by layer and table."""
    layers: dict[str, dict[str, dict[str, str]]] = {"extract": {}, "land": {}}
    for name, columns in OF_EXTRACT.items():
        layers["extract"][name] = dict.fromkeys(columns, "text")
    for source in known_sources().values():
        layers["land"][source.id] = dict.fromkeys(source.landed_columns, "text")
    for seed in manifest.seeds():
        with (DBT_PROJECT / seed.path).open(encoding="utf-8", newline="") as file:
            layers.setdefault(seed.layer, {})[seed.name] = dict.fromkeys(next(csv.reader(file)), "text")
    for model in manifest.models():
        types = {column.name: column.data_type or "text" for column in model.columns}
        layers.setdefault(model.layer, {})[model.name] = types
    return layers
