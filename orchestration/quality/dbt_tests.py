"""What dbt found, as checks: every rule of its data tests, and every node that it could not build.

Does not belong here: running dbt (`warehouse/project.py`)."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from itertools import groupby
from typing import Any

from orchestration.quality.checks import EXAMPLES, NOT_BUILT, NOT_RUN, Check, first_of_each_quarter
from orchestration.quarters import Quarter
from orchestration.sources.descriptions import known_sources
from orchestration.text import IN_NAMES, in_sql, visible
from orchestration.warehouse import manifest
from orchestration.warehouse.manifest import Rule
from orchestration.warehouse.tables import as_built_alone, reading
from orchestration.workspace.paths import Build

PLACE = ("source_sha256", "source_member", "source_row")  # columns that say which row of a file a row is made from


def tests_of(checks: Collection[str]) -> set[str]:
    """Return the dbt tests that the checks with these ids are rules of."""
    return {rule.test for rule in manifest.rules() if f"dbt.{rule.name}" in checks}


def checks_of_results(build: Build, stage: str, results: list[Any]) -> list[Check]:
    """Return a check for every rule of a dbt test, and a failed one for every node that dbt did not build."""
    checks: list[Check] = []
    for result in results:
        name, status = result.node.name, str(result.status)
        if rules := [rule for rule in manifest.rules() if rule.test == name]:
            checks += _of_rules(build, stage, result, rules)
        elif status != "success":
            kind = NOT_RUN if status == "skipped" else NOT_BUILT
            checks.append(
                Check(f"dbt.{name}", stage, name, kind, "critical", "must build.", False, 0, _message_of(result))
            )
    return sorted(checks, key=lambda check: check.id)


def summed_up(checks: Collection[Check]) -> dict[str, Check]:
    """Return one check a dbt test, by its name. It fails where one of its rules does, and names those."""
    by_id = {check.id: check for check in checks}
    summed = {}
    for test, rules in groupby(sorted(manifest.rules(), key=lambda rule: rule.test), key=lambda rule: rule.test):
        found = [by_id[f"dbt.{rule.name}"] for rule in rules if f"dbt.{rule.name}" in by_id]
        failed = [check for check in found if not check.passed]
        if found:
            worst = max(failed or found, key=lambda check: check.shuts_the_gate)
            summed[test] = worst if len(found) == 1 else replace(worst, examples=tuple(map(str, failed)))
    return summed


def _message_of(result: Any) -> tuple[str, ...]:
    """What dbt says of a node that it could not run; of one that it skipped it says nothing."""
    ran = str(result.status) in ("pass", "fail", "warn")
    return () if ran or not result.message else (result.message,)


def of_quarter(build: Build, quarter: Quarter, checks: Collection[Check]) -> list[Check]:
    """The checks of a pass that failed, as a build of one of its quarters alone finds them."""
    rules = {f"dbt.{rule.name}": rule for rule in manifest.rules()}
    with as_built_alone(build, quarter) as connection:
        return [_asked(check, connection, rules[check.id]) for check in checks if not check.passed]


def _of_rules(build: Build, stage: str, result: Any, rules: list[Rule]) -> list[Check]:
    status = str(result.status)
    checks = [
        Check(
            id=f"dbt.{rule.name}",
            gate=stage,
            table=rule.table,
            kind=NOT_RUN if status == "skipped" else "dbt test",
            severity=rule.severity,  # as the project says, whatever is waived
            reason=rule.reason,
            passed=status == "pass",
            unexpected=0,
            examples=_message_of(result),
        )
        for rule in rules
    ]
    if status not in ("fail", "warn"):
        return checks
    with reading(build) as connection:
        connection.execute(f"set file_search_path = {in_sql(build.landed)}")
        return [_asked(check, connection, rule) for check, rule in zip(checks, rules, strict=True)]


def _asked(check: Check, connection: Any, rule: Rule) -> Check:
    """What came of a rule, with the rows that break it."""
    ((count,),) = connection.execute(f"select count(*) from ({rule.sql})").fetchall()
    examples = _first(connection, _named(rule)) if count else ()
    return replace(check, passed=not count, unexpected=count, examples=examples)


def _named(rule: Rule) -> str:
    """The query of the rows that a message names: of a repeated key each, where they say which row of a file they
    are."""
    table = next((one for one in manifest.models() if one.name == rule.table), None)
    places = [column.name for column in table.columns if column.name in PLACE] if table else []
    if rule.kind != "key" or not table or "source_sha256" not in places:
        return rule.sql
    key, shown = ", ".join(rule.columns), dict.fromkeys((*rule.columns, *places))
    same = " and ".join(f"one.{name} is not distinct from twice.{name}" for name in rule.columns)
    return (
        f"select {', '.join(f'one.{name}' for name in shown)} from {table.relation} as one"
        f" semi join (select {key} from {table.relation} group by {key} having count(*) > 1) as twice on {same}"
    )


def _first(connection: Any, query: str) -> tuple[str, ...]:
    names = [column[0] for column in connection.execute(f"from ({query}) limit 0").description]
    quarter = "quarter" if "quarter" in names else "json_extract_string(row, '$.quarter')" if names == ["row"] else "''"
    quarters = connection.execute(f"select distinct {quarter} from ({query})").fetchall()
    found = []
    for one in sorted(quarters, key=str):
        of_it = f"from ({query}) where {quarter} is not distinct from ? order by all limit {EXAMPLES}"
        found += [dict(zip(names, values, strict=True)) for values in connection.execute(of_it, one).fetchall()]
    if names == ["row"]:
        found = [json.loads(row["row"], parse_float=str) for row in found]
    rows = first_of_each_quarter(found)
    files: dict[str, tuple[str, str]] = {}
    if any("source_sha256" in row for row in rows):
        named = (
            "select source_sha256, min(file_name), min(source_id) from 'files.parquet' where status = 'used' group by 1"
        )
        files = {sha256: (name, source) for sha256, name, source in connection.execute(named).fetchall()}
    return tuple(_shown(row, files) for row in rows)


def _shown(row: dict[str, Any], files: dict[str, tuple[str, str]]) -> str:
    """A row as text. Where it says where it comes from, that stands first."""
    place = ""
    if row.get("source_sha256") in files:
        sha256, member, number = (row.pop(name, None) for name in PLACE)
        file, source = files[sha256]
        of_file = f", {known_sources()[source].kind_of_member} {member}" if member else ""
        place = file + of_file + (f", row {number}" if number else "") + ": "
    told = ((name, "nothing" if value is None else visible(str(value), IN_NAMES)) for name, value in row.items())
    return place + ", ".join(f"{name} {value}" for name, value in told)
