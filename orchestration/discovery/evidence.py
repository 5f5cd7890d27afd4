"""What is found and what speaks for it: a finding counts the cells it explains, a contradiction names its place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Finding:
    """A rule as the figures show it. Leave-one-out: fitted on all organisations but one, it predicts that one."""

    subject: str
    rule: str
    found: str
    low: Decimal | None = None
    high: Decimal | None = None
    cells_explained: int = 0
    cells_unexplained: int = 0
    alternatives: str = ""
    leave_one_out_agrees: int = 0
    leave_one_out_of: int = 0


@dataclass(frozen=True)
class Contradiction:
    """A cell that the rest of its own file does not allow. Without a trust it is about the league."""

    kind: str
    trust_code: str | None
    metric_id: str | None
    source_row: int | None
    found: str
    expected: str


def two_decimals(hundredths: int | None) -> Decimal | None:
    """Show hundredths as a number of two decimals; none where there are none."""
    return None if hundredths is None else Decimal(int(hundredths)).scaleb(-2)
