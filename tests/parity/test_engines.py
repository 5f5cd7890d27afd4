"""What engines write differently means the same: each macro of `engines.sql` on rows made to tell two meanings apart.
Forms that look right and are not, each found where the project was first run on Spark, differ on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from orchestration.warehouse.spark import AS_DUCKDB_READS, OF_THIS_MACHINE
from orchestration.workspace.paths import DBT_PROJECT

Query = Callable[[str], list[tuple[Any, ...]]]

ROWS = """(values
    (1, 'b', 2.5, cast(null as string), date '2025-01-31', 'QHG;QUE', '{"a": "x", "b": null}'),
    (1, 'a', 3.5, 'seen', date '2024-02-29', 'R1A', '{"a": "1.5"}'),
    (1, 'a', 0.5, 'Seen', date '2025-12-01', '12.5', '{"a": "", "b": "y"}'),
    (2, 'é', 1.5, '', date '2025-04-30', '', '{}'),
    (2, 'Z', 1.0, 'A', cast(null as date), '007', '{"a": "é"}')
) as t (part, name, amount, remark, day, code, object)"""
SAME = [
    "select code, {{ matches('code', '[0-9]+') }}, {{ matches('code || chr(10)', '[0-9]+') }} from rows",
    "select code, {{ is_digits('code') }}, {{ is_digits('remark') }}, {{ is_digits('code || chr(10)') }} from rows",
    "select {{ is_digits('repeat(code, 6)') }}, {{ is_digits('concat(name, code)') }} from rows",
    "select {{ whole_number(\"replace(code, '.', '')\") }} from rows",
    "select code, {{ has('code', '[0-9]$') }}, {{ has('remark', '^s') }} from rows",
    "select {{ replaced('code', '[0-9.]+', 'n') }}, {{ replaced('remark', '(?i)^s', '') }} from rows",
    "select {{ each_part('remark', '[a-z]+|[^a-z]+', 'upper(word)') }} from rows",
    "select part, {{ joined('name') }}, {{ joined('name', ' ', distinct=true) }} from rows group by part",
    "select part, {{ joined('name', ',', 'day') }}, {{ joined('remark', ';') }} from rows group by part",
    "select part, {{ joined('upper(remark)', ',', distinct=true) }} from rows group by part",
    "select part, name, {{ a_row_each({'place': ['1', '2'], 'what': ['name', 'remark']}) }} from rows",
    "select part, {{ split_rows('code', ';', 'each') }} from rows",
    "select {{ months_after('day', '1') }}, {{ months_after('day', '-part') }}, {{ month_name('day') }} from rows",
    "select {{ date_of(\"cast(day as string)\", ['%d/%m/%Y', '%Y-%m-%d']) }} from rows",
    "select {{ date_of(\"'1 ' || 'SEP 25'\", ['%d %b %y', '%Y%m%d']) }}, {{ date_of(\"'20250904'\", ['%Y%m%d']) }}",
    "select {{ date_of(\"'SEPT ' || '2025'\", ['%B %Y']) }}, {{ date_of(\"'1 September ' || '25'\", ['%d %b %y']) }}",
    "select {{ whole_quotient(as_whole('cast(amount * 1000000 as bigint)') ~ ' * 200000000000000', '-7') }} from rows",
    "select {{ json_field('object', 'a') }}, {{ json_field('object', 'b') }} from rows",
    "select part, name, row_number() over (partition by part order by remark nulls last, name) from rows",
    "select part, percentile_cont(0.25) within group (order by cast(amount as double)) from rows group by part",
    "select cast(round(amount, 0) as integer) from rows",
    "select max_by(name, (amount, name)) filter (where name is not null) from rows",
]
DIFFERENT = {
    "a percentile of what is there": (
        "select part, percentile_cont(0.25) within group (order by cast(amount as double)) from rows group by part",
        "select part, percentile_approx(cast(amount as double), 0.25) from rows group by part",
    ),
    "NULL first": (
        "select part, name, row_number() over (partition by part order by remark nulls last, name) from rows",
        "select part, name, row_number() over (partition by part order by remark, name) from rows",
    ),
    "a fraction cut off": (
        "select cast(amount as integer) from rows",
        "select cast(amount as integer) from rows",
    ),
    "a NULL cell as text": (
        "select remark from rows",
        "select coalesce(remark, 'None') from rows",
    ),
    "texts in the order they came in": (
        "select part, {{ joined('name', ',', 'amount') }} from rows group by part",
        "select part, listagg(name, ',') from rows group by part",
    ),
    "texts in an order that starts with NULL": (
        "select part, {{ joined('name', ',', 'day') }} from rows group by part",
        "select part, listagg(name, ',') within group (order by day) from rows group by part",
    ),
    "a quotient that is too large": (
        "select {{ whole_quotient(as_whole('part') ~ ' * 100000000000000000000', '3') }} from rows",
        "select (cast(part as decimal(38, 0)) * 100000000000000000000) div 3 from rows",
    ),
    "a last line break": (
        "select {{ matches('code || chr(10)', '[0-9]+') }} from rows",
        "select regexp_like(code || chr(10), '^([0-9]+)$') from rows",
    ),
    "the latest of those without a name": (
        "select max_by(remark, (day, name)) from rows where part = 1 and day <= date '2025-01-31'",
        "select max_by(remark, (day, name)) from rows where part = 1 and day <= date '2025-01-31'",
    ),
}


def written(sql: str, engine: str) -> str:
    """A query with the macros of this project in the form of an engine."""

    class Adapter:
        @staticmethod
        @pass_context
        def dispatch(context: Context, name: str) -> Any:
            return context.resolve(f"{engine}__{name}")

    macros = "".join((DBT_PROJECT / "macros" / name).read_text() for name in ("engines.sql", "spark.sql"))
    query = Environment().from_string(macros + sql)
    return f"with rows as (select * from {ROWS}) {query.render(adapter=Adapter).strip()}"


@pytest.fixture(scope="module")
def on_spark() -> Iterator[Query]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in (OF_THIS_MACHINE | AS_DUCKDB_READS).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield lambda sql: [tuple(row) for row in session.sql(sql).collect()]
    session.stop()


def on_duckdb(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("sql", SAME)
def test_a_form_means_the_same_on_both(sql: str, on_spark: Query) -> None:
    ours = on_duckdb(written(sql, "default"))
    assert sorted(on_spark(written(sql, "spark")), key=repr) == sorted(ours, key=repr)
    assert ours


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_form_that_only_looks_right_is_found_out(name: str, on_spark: Query) -> None:
    ours, theirs = DIFFERENT[name]
    assert sorted(on_spark(written(theirs, "spark")), key=repr) != sorted(on_duckdb(written(ours, "default")), key=repr)
