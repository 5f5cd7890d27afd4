"""The fingerprint of a table: it finds a change in any order of rows, quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.warehouse.tables import Fingerprint, fingerprints

ROWS = "('2025-26-Q1', 'A', 1.5), ('2025-26-Q1', 'B', 2.5), ('2025-26-Q2', 'A', 3.5)"
SHUFFLED = "('2025-26-Q2', 'A', 3.5), ('2025-26-Q1', 'B', 2.5), ('2025-26-Q1', 'A', 1.5)"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema metric")
        yield opened


def of(connection: duckdb.DuckDBPyConnection, rows: str, columns: str = "quarter, code, value") -> Fingerprint:
    connection.execute(f"create or replace table metric.t as from (values {rows}) as v ({columns})")
    return fingerprints(connection, ["metric.t"])["metric.t"]


def test_order_of_rows_does_not_count(connection: duckdb.DuckDBPyConnection) -> None:
    found = of(connection, ROWS)
    assert list(found) == ["2025-26-Q1", "2025-26-Q2"]
    assert found == of(connection, SHUFFLED)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("2.5", "2.6"), ("'B'", "'C'"), ("'B'", "null"), ("('2025-26-Q1', 'B', 2.5), ", ""), ("'B', 2.5", "'A', 1.5")],
    ids=["a number", "a code", "nothing", "a row gone", "a row twice"],
)
def test_change_shows_in_its_quarter_and_no_other(
    connection: duckdb.DuckDBPyConnection, was: str, becomes: str
) -> None:
    before, after = of(connection, ROWS), of(connection, ROWS.replace(was, becomes))
    assert before["2025-26-Q1"] != after["2025-26-Q1"] and before["2025-26-Q2"] == after["2025-26-Q2"]


def test_table_without_a_quarter_and_row_without_one_have_an_entry_of_their_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert list(of(connection, "('A', 1)", "code, value")) == [""]
    assert list(of(connection, f"{ROWS}, (null, 'C', 1)")) == ["", "2025-26-Q1", "2025-26-Q2"]
