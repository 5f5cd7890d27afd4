"""What changed between two versions of a release, and why each organisation moved."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

KEY = ["quarter", "league", "organisation_code"]
COMPARED = ["rank", "average_score", "segment_unadjusted", "financial_override", "segment", "not_ranked_reason"]


def changed_organisations(before: Path, after: Path) -> pd.DataFrame:
    """One row per organisation placed differently in two releases, with both figures and the first cause found."""
    both = _placed(before).merge(_placed(after), on=KEY, how="outer", suffixes=("_before", "_after"), indicator=True)

    def differs(column: str) -> pd.Series:
        old, new = both[f"{column}_before"], both[f"{column}_after"]
        return ~((old == new).fillna(False) | (old.isna() & new.isna()))

    causes = {
        "new in this version": both["_merge"] == "right_only",
        "gone from this version": both["_merge"] == "left_only",
        "own metric scores": differs("average_score"),
        "financial override": differs("financial_override"),
        "segment cut points": differs("segment_unadjusted"),
        "others moved": differs("rank") | differs("segment") | differs("not_ranked_reason"),
    }
    cause = pd.Series(pd.NA, index=both.index, dtype="string")
    for name, found in causes.items():
        cause = cause.mask(cause.isna() & found, name)
    columns = [f"{column}_{when}" for column in COMPARED for when in ("before", "after")]
    return both.assign(cause=cause).dropna(subset="cause").sort_values(KEY)[[*KEY, "cause", *columns]]


def _placed(release: Path) -> pd.DataFrame:
    """The organisations of both league tables; an ICB has no override, and contract 1.0 had no ICBs."""
    trusts = pd.read_parquet(release / "trust_league_table.parquet").rename(columns={"trust_code": "organisation_code"})
    if not (release / "icb_league_table.parquet").exists():
        return trusts[KEY + COMPARED]
    icbs = pd.read_parquet(release / "icb_league_table.parquet").rename(columns={"icb_code": "organisation_code"})
    icbs = icbs.assign(league="icb", segment_unadjusted=icbs["segment"], financial_override=0)
    return pd.concat([table[KEY + COMPARED] for table in (trusts, icbs)], ignore_index=True)
