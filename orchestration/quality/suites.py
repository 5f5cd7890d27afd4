"""The Great Expectations suites (`expectations/*.json`), and running one on a table.

Does not belong here: Dagster, dbt, the rules themselves."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration.errors import GateError
from orchestration.quality.checks import EXAMPLES, Check
from orchestration.sources.descriptions import known_sources
from orchestration.workspace.paths import SUITES

if TYPE_CHECKING:
    import pandas as pd

ROW_LABELS = {"_file": "", "_source_member": "sheet ", "_source_row": "row "}
# The columns that a row condition names.
IN_CONDITION = re.compile(r"\b(?!not )[a-z_]+(?=\.str| (?:==|!=|<|>|in |not in ))")


@dataclass(frozen=True)
class Suite:
    """One suite: the expectations on one table, at the gate that `gate` names."""

    gate: str
    table: str
    row_key: tuple[str, ...]
    expectations: tuple[dict[str, Any], ...]
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.gate}.{self.table}"

    def heading(self, column: str) -> str:
        """A column as a person knows it: in a landed table as the publisher heads it."""
        source = known_sources().get(self.table) if self.gate == "land" else None
        headings = {name: heading for heading, name in source.by_heading.items()} if source else {}
        return headings.get(column, column)

    @property
    def columns(self) -> list[str]:
        """The columns the suite names."""
        named = [*self.row_key]
        for expectation in self.expectations:
            kwargs = expectation["kwargs"]
            named += [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
            named += kwargs.get("column_list", []) + IN_CONDITION.findall(kwargs.get("row_condition", ""))
        return list(dict.fromkeys(named))


@cache
def suites(gate: str) -> tuple[Suite, ...]:
    """The suites of a gate, in order of table name."""
    found = []
    for path in sorted((SUITES / gate).glob("*.json")):
        content = path.read_bytes()
        suite = json.loads(content)
        found.append(
            Suite(
                gate=gate,
                table=path.stem,
                row_key=tuple(suite["meta"]["row_key"]),
                expectations=tuple(suite["expectations"]),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    return tuple(found)


@cache
def _context() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def run_suite(suite: Suite, frame: pd.DataFrame) -> list[Check]:
    """Runs every expectation of a suite on a frame that has `suite.columns`, and names the rows that break one."""
    import great_expectations as gx

    batch = _context().get_batch({"dataframe": frame})
    result = batch.validate(
        gx.ExpectationSuite(name=suite.name, expectations=[dict(e) for e in suite.expectations]),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(suite.row_key),
            "include_unexpected_rows": False,
        },
    )
    files = ", ".join(sorted(frame["_file"].dropna().unique())) + ": " if "_file" in frame else ""
    checks = []
    for outcome in result.results:
        config = outcome.expectation_config
        for info in (outcome.exception_info, *outcome.exception_info.values()):
            if isinstance(info, dict) and info.get("raised_exception"):
                raise GateError(f"{suite.name}: {config.meta['id']} was not evaluated: {info['exception_message']}")
        places = outcome.result.get("unexpected_index_list") or []
        passed = bool(outcome.success)
        checks.append(
            Check(
                id=f"{suite.name}.{config.meta['id']}",
                gate=suite.gate,
                table=suite.table,
                kind=config.type,
                severity=str(config.severity.value if hasattr(config.severity, "value") else config.severity),
                reason=config.meta["reason"],
                passed=passed,
                unexpected=0 if passed else outcome.result.get("unexpected_count") or len(places) or 1,
                examples=() if passed else tuple(_examples(places, suite, config, outcome.result, files)),
            )
        )
    order = {expectation["meta"]["id"]: position for position, expectation in enumerate(suite.expectations)}
    return sorted(checks, key=lambda check: order[check.id.removeprefix(f"{suite.name}.")])


def _examples(
    places: list[dict[str, Any]], suite: Suite, config: Any, result: dict[str, Any], files: str
) -> Iterator[str]:
    expected = config.meta["expected"]
    if not places:
        yield f"{files}found {plain(result.get('observed_value'))}; expected {expected}"
    for place in places[:EXAMPLES]:
        row = ", ".join(f"{ROW_LABELS.get(key, key + ' ')}{place[key]}" for key in suite.row_key)
        values = {suite.heading(key): value for key, value in place.items() if key not in suite.row_key}
        column = ", ".join(values) or suite.heading(config.kwargs.get("column", ""))
        found = ", ".join(plain(value) for value in values.values())
        yield f"{row}, column {column}: found {found or 'no value'}; expected {expected}"


def plain(value: Any) -> str:
    """A value as a person writes it: no wrapper of numpy or pandas."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "no value"
    return repr(value.item() if hasattr(value, "item") else value)
