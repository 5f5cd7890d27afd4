"""What changed between two versions of a release, and why each trust moved."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

KEY = ["quarter", "league", "trust_code"]
COMPARED = ["rank", "average_score", "segment_unadjusted", "financial_override", "segment", "not_ranked_reason"]


def changed_trusts(before: Path, after: Path) -> pd.DataFrame:
    """One row per trust placed differently in two release folders, with both figures and the first cause found."""
    tables = [pd.read_parquet(folder / "trust_league_table.parquet")[KEY + COMPARED] for folder in (before, after)]
    both = tables[0].merge(tables[1], on=KEY, how="outer", suffixes=("_before", "_after"), indicator=True)

    def differs(column: str) -> pd.Series:
        old, new = both[f"{column}_before"], both[f"{column}_after"]
        return ~((old == new).fillna(False) | (old.isna() & new.isna()))

    causes = {
        "new in this version": both["_merge"] == "right_only",
        "gone from this version": both["_merge"] == "left_only",
        "own metric scores": differs("average_score"),
        "financial override": differs("financial_override"),
        "segment cut points": differs("segment_unadjusted"),
        "other trusts moved": differs("rank") | differs("segment") | differs("not_ranked_reason"),
    }
    cause = pd.Series(pd.NA, index=both.index, dtype="string")
    for name, found in causes.items():
        cause = cause.mask(cause.isna() & found, name)
    columns = [f"{column}_{when}" for column in COMPARED for when in ("before", "after")]
    return both.assign(cause=cause).dropna(subset="cause").sort_values(KEY)[[*KEY, "cause", *columns]]
