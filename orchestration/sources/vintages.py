"""Which file of a reference fits a quarter. Its vintage is the newest day that it knows of.

Belongs here: the vintage of a file, the choice between vintages. Does not: undoing what changed after a quarter, which
is dbt's (`earlier_trusts`)."""

from __future__ import annotations

from functools import cache

import pandas as pd

from orchestration.quarters import Quarter
from orchestration.sources.descriptions import Source
from orchestration.workspace.seeds import seed_rows


@cache
def _icbs_opened() -> dict[str, str]:
    return {row["icb_code"]: row["opened_on"] for row in seed_rows("icbs")}


def vintage_of(rows: pd.DataFrame, source: Source) -> str | None:
    """The newest day, `2026-07-01`, among the dates of a file and the opening days of the ICBs that it names. None
    where the description of the source does not say where its dates are."""
    if not source.vintage:
        return None
    days = pd.concat([rows[name] for name in source.vintage.dates]).str.strip()
    days = days[days.str.fullmatch(r"\d{8}", na=False)]
    known = {f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days}
    opened = _icbs_opened()
    known |= {opened[code] for code in rows[source.vintage.icb].str.strip().unique() if code in opened}
    return max(known, default=None)


def fitting(vintages: set[str], quarter: Quarter) -> str:
    """The latest vintage that knows of nothing after the quarter, else the first of the later ones, of which the least
    has to be undone."""
    end = quarter.last_day.isoformat()
    return max((day for day in vintages if day <= end), default=min(vintages))
