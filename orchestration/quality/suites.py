"""The Great Expectations suites (`expectations/*.json`), and running one on a table.

Does not belong here: Dagster, dbt, the rules themselves."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration.errors import GateError
from orchestration.quality.checks import Check, first_of_each_quarter
from orchestration.sources.descriptions import ROW_OF_FILE, known_sources
from orchestration.workspace.paths import SUITES
from orchestration.workspace.seeds import seed_rows

if TYPE_CHECKING:
    import pandas as pd

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
        """A column as a person knows it: in a landed table as the publisher heads it, most often."""
        source = known_sources().get(self.table) if self.gate == "land" else None
        headings = {name: heading for heading, name in reversed(source.by_heading.items())} if source else {}
        return headings.get(column, column)

    def place(self, row: Mapping[str, Any]) -> str:
        """Where a row stands."""
        import pandas as pd

        labels = {"_file": "", "_source_row": "row "}
        if source := known_sources().get(self.table):
            labels["_source_member"] = f"{source.kind_of_member} "
        return ", ".join(f"{labels.get(key, f'{key} ')}{row[key]}" for key in self.row_key if pd.notna(row[key]))

    @property
    def columns(self) -> list[str]:
        """The columns the suite names."""
        named = [*self.row_key]
        for expectation in self.expectations:
            kwargs = expectation["kwargs"]
            named += [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
            named += kwargs.get("column_list", []) + IN_CONDITION.findall(kwargs.get("row_condition", ""))
        return list(dict.fromkeys(named))


def _at_its_level(expectation: dict[str, Any], levels: dict[str, float]) -> dict[str, Any]:
    """An expectation with the level that seed `decision_levels` has for the decision it names, as a number and in what
    it says of it. The seed says it once."""
    kwargs, meta = expectation["kwargs"], expectation["meta"]
    named = {key: value["$PARAMETER"] for key, value in kwargs.items() if isinstance(value, dict)}
    for decision in named.values():
        meta = {**meta, "expected": meta["expected"].replace(f"{{{decision}}}", f"{levels[decision]:g}")}
    return {**expectation, "kwargs": {**kwargs, **{key: levels[of] for key, of in named.items()}}, "meta": meta}


@cache
def suites(gate: str) -> tuple[Suite, ...]:
    """The suites of a gate, in order of table name."""
    levels = {row["decision"]: float(row["value"]) for row in seed_rows("decision_levels")}
    found = []
    for path in sorted((SUITES / gate).glob("*.json")):
        content = path.read_bytes()
        suite = json.loads(content)
        expectations = tuple(_at_its_level(expectation, levels) for expectation in suite["expectations"])
        found.append(
            Suite(
                gate=gate,
                table=path.stem,
                row_key=tuple(suite["meta"]["row_key"]),
                expectations=expectations,
                sha256=hashlib.sha256(content + json.dumps(expectations, sort_keys=True).encode()).hexdigest(),
            )
        )
    return tuple(found)


def prepare() -> None:
    """Import Great Expectations and set it up, which takes longer than any suite."""
    _whole_frame()


@cache
def _whole_frame() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def run_suite(suite: Suite, frame: pd.DataFrame) -> list[Check]:
    """Run every expectation of a suite on a frame that has `suite.columns`, and name the rows that break one.

    First all of them say yes or no. Listing rows costs twice as much, so it is asked only of those that said no.
    Raises GateError where an expectation could not be evaluated.
    """
    passed = [bool(outcome.success) for outcome in _validate(suite, suite.expectations, frame, "BOOLEAN_ONLY")]
    failed = [expectation for expectation, good in zip(suite.expectations, passed, strict=True) if not good]
    results = iter(_validate(suite, failed, frame, "COMPLETE") if failed else ())
    files = ", ".join(sorted(frame["_file"].dropna().unique())) + ": " if "_file" in frame else ""
    checks = []
    for expectation, good in zip(suite.expectations, passed, strict=True):
        result = {} if good else next(results).result
        places = result.get("unexpected_index_list") or []
        checks.append(
            Check(
                id=f"{suite.name}.{expectation['meta']['id']}",
                gate=suite.gate,
                table=suite.table,
                kind=expectation["type"],
                severity=expectation["severity"],
                reason=expectation["meta"]["reason"],
                passed=good,
                unexpected=0 if good else result.get("unexpected_count") or len(places) or 1,
                examples=() if good else tuple(_examples(places, suite, expectation, result, files)),
            )
        )
    return checks


def _validate(suite: Suite, expectations: Sequence[dict[str, Any]], frame: pd.DataFrame, detail: str) -> list[Any]:
    """The outcomes of some expectations of a suite, in their order."""
    import great_expectations as gx

    with _each_configured_once():
        result = (
            _whole_frame()
            .get_batch({"dataframe": frame})
            .validate(
                gx.ExpectationSuite(name=suite.name, expectations=[dict(expectation) for expectation in expectations]),
                result_format={
                    "result_format": detail,
                    "unexpected_index_column_names": list(suite.row_key),
                    "include_unexpected_rows": False,
                },
            )
        )
    by_id = {outcome.expectation_config.meta["id"]: outcome for outcome in result.results}
    for name, outcome in by_id.items():
        for info in (outcome.exception_info, *outcome.exception_info.values()):
            if isinstance(info, dict) and info.get("raised_exception"):
                raise GateError(f"{suite.name}: {name} was not evaluated: {info['exception_message']}")
    return [by_id[expectation["meta"]["id"]] for expectation in expectations]


@contextmanager
def _each_configured_once() -> Iterator[None]:
    """Let Great Expectations work out the configuration of an expectation once. It does so ninety times, which takes
    45% of the time of a suite (2026-11-27)."""
    from great_expectations.expectations.expectation import Expectation

    by_library, known = Expectation.configuration, dict[int, tuple[Expectation, Any]]()

    def configuration(expectation: Expectation) -> Any:
        if id(expectation) not in known:  # which is kept: no other may have its id
            known[id(expectation)] = expectation, by_library.fget(expectation)
        return known[id(expectation)][1]

    Expectation.configuration = property(configuration)
    try:
        yield
    finally:
        Expectation.configuration = by_library


def _examples(
    places: list[dict[str, Any]], suite: Suite, expectation: dict[str, Any], result: dict[str, Any], files: str
) -> Iterator[str]:
    expected = expectation["meta"]["expected"]
    if not places:
        lacks = result.get("partial_missing_list")  # of a set that a column should contain
        observed = f"no {', '.join(lacks)}" if lacks else plain(result.get("observed_value"))
        yield f"{files}found {observed}; expected {expected}"
    for place in first_of_each_quarter(places):
        values = {
            suite.heading(key): value for key, value in place.items() if key not in (*suite.row_key, *ROW_OF_FILE)
        }
        column = ", ".join(values) or suite.heading(expectation["kwargs"].get("column", ""))
        found = ", ".join(plain(value) for value in values.values())
        yield f"{suite.place(place)}, column {column}: found {found or 'no value'}; expected {expected}"


def plain(value: Any) -> str:
    """A value as a person writes it, cut where it is long: no wrapper of numpy or pandas."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "no value"
    return f"{value.item() if hasattr(value, 'item') else value!r:.200}"
