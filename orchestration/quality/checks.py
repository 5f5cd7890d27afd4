"""A check: one expectation or data test, and what came of it. Which checks shut a gate.

Does not belong here: running checks (`suites.py`, `dbt_tests.py`), keeping what they found (`evidence.py`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Any

from orchestration.errors import GateError
from orchestration.quarters import WRITTEN

NOT_BUILT = "dbt model"  # what a check is that says a table could not be made
NOT_RUN = "not run"  # what a check is where one before it failed
QUARTER = re.compile(rf"\b{WRITTEN.pattern}\b".replace("(", "(?:"))
EXAMPLES = 5  # places named in a message; the count is always complete


@dataclass(frozen=True)
class Check:
    """One expectation or dbt test, and what came of it. `severity` is critical or warning; only critical ones gate, and
    not where somebody answers for the failure: `waiver` is the id."""

    id: str
    gate: str
    table: str
    kind: str
    severity: str
    reason: str
    passed: bool
    unexpected: int
    examples: tuple[str, ...] = ()
    waiver: str | None = None

    @property
    def shuts_the_gate(self) -> bool:
        return not self.passed and self.severity == "critical" and self.waiver is None

    @property
    def can_be_waived(self) -> bool:
        """Not where a table could not be made, or a check before it failed."""
        return self.shuts_the_gate and self.kind not in (NOT_BUILT, NOT_RUN)

    @property
    def warns(self) -> bool:
        """Whether it failed and shuts no gate."""
        return self.result in ("warned", "waived")

    @property
    def result(self) -> str:
        """What a person calls it: passed, failed, warned, waived or not run."""
        if self.passed or self.kind == NOT_RUN:
            return "passed" if self.passed else NOT_RUN
        return "waived" if self.waiver else "failed" if self.shuts_the_gate else "warned"

    def __str__(self) -> str:
        found = f": {self.unexpected} unexpected" if self.unexpected else ""
        severity = f"{self.severity}, waived by {self.waiver}" if self.waiver else self.severity
        severity += f", {NOT_RUN}" if self.kind == NOT_RUN else ""
        return "\n  ".join([f"{self.id} ({severity}){found}. {self.reason}", *self.examples])


def first_of_each_quarter(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows to name in a message: of each quarter in turn, the newest first."""
    quarters = sorted({str(row.get("quarter")) for row in rows}, reverse=True)
    of_each = ([row for row in rows if str(row.get("quarter")) == quarter] for quarter in quarters)
    in_turn = chain.from_iterable(zip_longest(*of_each))
    return [row for row in in_turn if row is not None][:EXAMPLES]


def quarters_named(examples: Iterable[str]) -> list[str]:
    """The quarters that rows of a message are of."""
    return sorted({*QUARTER.findall(" ".join(examples))})


def read_too(named: Sequence[str], built: Collection[str]) -> str | None:
    """What to say of rows that are all of another quarter than those built, as those of the quarter before are."""
    if not named or {*named} & {*built}:
        return None
    return f"  The rows named are of {', '.join(named)}, which a build of {', '.join(built)} reads too."


def joined(found: Sequence[Check]) -> Check:
    """One check of several parts of a table."""
    examples = tuple(example for one in found for example in one.examples)[:EXAMPLES]
    unexpected, passed = sum(one.unexpected for one in found), all(one.passed for one in found)
    return replace(found[0], passed=passed, unexpected=unexpected, examples=examples)


def causes(checks: Sequence[Check]) -> list[Check]:
    """The critical checks that failed; those that could not run because of them only where there is nothing else."""
    shut = [check for check in checks if check.shuts_the_gate]
    return [check for check in shut if check.kind != NOT_RUN] or shut


def raise_if_shut(checks: list[Check]) -> None:
    """Raises GateError that names every cause."""
    shut = causes(checks)
    if shut:
        gate = ", ".join(sorted({check.gate for check in shut}))
        raise GateError(f"the {gate} gate is shut\n" + "\n".join(str(check) for check in shut))
