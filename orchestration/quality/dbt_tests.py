"""What dbt found, as checks: its data tests, and every node that could not be built.

Does not belong here: running dbt (`warehouse/project.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestration.quality.checks import EXAMPLES, NOT_BUILT, NOT_RUN, Check
from orchestration.warehouse import manifest
from orchestration.warehouse.tables import reading
from orchestration.workspace.paths import Build

REASONS = {
    "unique_key": "A key twice would count twice",
    "not_null": "A value is needed",
    "accepted_values": "The vocabulary is closed",
    "between": "A value outside its range is an error of arithmetic",
}


def checks_of_results(build: Build, stage: str, results: list[Any]) -> list[Check]:
    """dbt's data tests as checks, and every node that failed to build as a failed one; failures name their rows."""
    tests, checks = {test.name: test for test in manifest.data_tests()}, []
    for result in results:
        node, status = result.node, str(result.status)
        test = tests.get(node.name)
        if test is None and status == "success":
            continue
        found_rows = status in ("fail", "warn")
        checks.append(
            Check(
                id=f"dbt.{node.name}",
                gate=stage,
                table=test.table if test else node.name,
                kind=NOT_RUN if status == "skipped" else "dbt test" if test else NOT_BUILT,
                severity=test.severity if test else "critical",  # as the project says, whatever is waived
                reason=_reason(node),
                passed=status == "pass",
                unexpected=int(result.failures or 0),
                examples=tuple(_failing_rows(build, node))
                if found_rows
                else ()
                if status == "pass"
                else (result.message,),
            )
        )
    return sorted(checks, key=lambda check: check.id)


def _reason(node: Any) -> str:
    """What a test says of itself: its description, or the comment that opens its SQL, or what kind of test it is."""
    comment = " ".join(line[2:].strip() for line in node.raw_code.splitlines() if line.startswith("--"))
    column = getattr(node, "column_name", None)
    kind = getattr(getattr(node, "test_metadata", None), "name", "must build")
    return node.description or comment or f"{REASONS.get(kind, kind)}{f': {column}' if column else ''}."


def _failing_rows(build: Build, node: Any) -> Iterator[str]:
    with reading(build) as connection:
        connection.execute(f"set file_search_path = '{build.landed}'")
        rows = connection.execute(f"select * from ({node.compiled_code}) limit {EXAMPLES}")
        names = [column[0] for column in rows.description or ()]
        for row in rows.fetchall():
            yield ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
