"""What is peculiar to the NHS Oversight Framework release (`layout: nof`): which quarters and leagues a file is
about."""

from __future__ import annotations

import csv
import re
from functools import cache

import pandas as pd

from orchestration.errors import InputError
from orchestration.quarters import Quarter
from orchestration.workspace.paths import SEEDS


@cache
def leagues_by_trust_type() -> dict[str, str]:
    with (SEEDS / "trust_types.csv").open(encoding="utf-8", newline="") as file:
        return {row["published_trust_type"]: row["league"] for row in csv.DictReader(file)}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip()


def quarter_of(label: str) -> Quarter | None:
    """`Q2 2025/26` as `2025-26-Q2`."""
    match = re.fullmatch(r"Q([1-4]) (\d{4})/(\d{2})", label)
    if match is None or int(match[3]) != (int(match[2]) + 1) % 100:
        return None
    return Quarter.of(int(match[2]), int(match[1]))


def with_file_quarter(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Adds `_file_quarter`: the label of the whole file where its rows carry none (the first release of 2025/26)."""
    label = None
    if rows["quarter_label"].isna().all():
        if "metric_id" not in rows:
            raise InputError("has no quarter", file=file, row=1, expected="a column Quarter or Reporting_date")
        segments = rows[rows["metric_id"].str.strip() == "OF5000"]
        labels = sorted({plain(text) for text in segments["reporting_date"]})
        if len(labels) != 1:
            raise InputError(
                "has no Quarter column, and its OF5000 rows do not agree on one",
                file=file,
                row=int(segments["_source_row"].iloc[0]) if len(segments) else None,
                column="Reporting_date",
                found=", ".join(labels) or "no OF5000 row",
                expected="one quarter, such as Q1 2025/26",
            )
        label = labels[0]
    return rows.assign(_file_quarter=pd.array([label] * len(rows), dtype="string"))


def subjects(rows: pd.DataFrame, file: str) -> list[tuple[str, str]]:
    """The (quarter, league) pairs a file is about. Raises InputError on a label that names no quarter or no league."""
    labels = rows["quarter_label"].fillna(rows["_file_quarter"])
    heading = "Reporting_date" if rows["quarter_label"].isna().all() else "Quarter"
    if "metric_id" not in rows:
        heading = "Quarter or Reporting_date"
    pairs = pd.DataFrame({"label": labels, "trust_type": rows["trust_type"], "row": rows["_source_row"]})
    found = set()
    for label, trust_type, row in pairs.drop_duplicates(["label", "trust_type"]).itertuples(index=False):
        quarter = quarter_of(plain(label))
        if quarter is None:
            raise InputError(
                "names no quarter",
                file=file,
                row=int(row),
                column=heading,
                found=label,
                expected="such as Q1 2025/26",
            )
        league = leagues_by_trust_type().get(plain(trust_type).lower())
        if league is None:
            raise InputError(
                "names no known trust type",
                file=file,
                row=int(row),
                column="Trust_type",
                found=trust_type,
                expected=f"one of {', '.join(leagues_by_trust_type())}",
            )
        found.add((quarter, league))
    return sorted(found)


def is_about(rows: pd.DataFrame, quarter: str | None, league: str | None) -> pd.Series[bool]:
    """Which rows of a file are about a quarter and a league."""
    quarters = rows["quarter_label"].fillna(rows["_file_quarter"]).map(lambda label: quarter_of(plain(label)))
    leagues = rows["trust_type"].map(lambda text: leagues_by_trust_type().get(plain(text).lower()))
    return (quarters == quarter) & (leagues == league)


def told(rows: list[list[str]]) -> set[tuple[Quarter, str]]:
    """The (quarter, league) pairs that rows of a damaged file name."""
    headings = [heading.strip() for heading in rows[0]]
    by_segment = "Quarter" not in headings and "Metric_ID" in headings
    found = set()
    for row in rows[1:]:
        said = dict(zip(headings, row, strict=False))
        quarter = quarter_of(plain(said.get("Quarter", said.get("Reporting_date", ""))))
        league = leagues_by_trust_type().get(plain(said.get("Trust_type", "")).lower())
        if quarter and league and (not by_segment or plain(said["Metric_ID"]) == "OF5000"):
            found.add((quarter, league))
    return found
