"""What is peculiar to the NHS Oversight Framework release (`layout: nof`): which quarters and leagues a file is
about, and whether an organisation is a trust or an ICB."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pandas as pd

from orchestration.errors import InputError, LeagueError
from orchestration.quarters import Quarter
from orchestration.sources.descriptions import Source
from orchestration.sources.periods import refuse_strays
from orchestration.workspace.seeds import seed_rows

OFFICIAL_ICBS = "icb_official"
# Shapes of ODS codes, with those of fictional organisations (X, Z). ICBs of 2026 and North London, a trust, are of one
# shape of five characters: there only a list or the type of the organisation tells.
ICB_CODE = re.compile(r"Q[A-Z0-9]{2}|X[A-E]\d")
TRUST_CODE = re.compile(r"[RTZ][A-Z0-9]{2}")
EITHER_CODE = re.compile(r"[A-Z][A-Z0-9]{4}")


@cache
def leagues_by_trust_type() -> dict[str, str]:
    return {row["published_trust_type"]: row["league"] for row in seed_rows("trust_types")}


@cache
def icbs_by_code() -> dict[str, str]:
    """The ODS code of each ICB, by that and by its codes of the Office for National Statistics."""
    return {code: row["icb_code"] for row in seed_rows("icbs") for code in (row["icb_code"], *row["ons_codes"].split())}


@cache
def leagues_by_trust() -> dict[str, str]:
    return {row["trust_code"]: row["league"] for row in seed_rows("trusts")}


@cache
def organisation(code: str, trust_type: str) -> tuple[str, str | None]:
    """Tell the ODS code and the league of an organisation; none where it is neither a trust nor an ICB. A code of one
    kind decides, whatever type the row gives it."""
    code = plain(code)
    if code in icbs_by_code() or ICB_CODE.fullmatch(code):
        return icbs_by_code().get(code, code), OFFICIAL_ICBS
    league = leagues_by_trust_type().get(plain(trust_type).lower())
    if code in leagues_by_trust() or TRUST_CODE.fullmatch(code):
        league = league if plain(trust_type) else leagues_by_trust().get(code)
        return code, league if league and league != OFFICIAL_ICBS else None
    return code, league if EITHER_CODE.fullmatch(code) else None


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip()


def quarter_of(label: str) -> Quarter | None:
    """The quarter that a label names, however it is spelt; none where it names none."""
    try:
        return Quarter.said(label)
    except LeagueError:
        return None


def with_subjects(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Add what each row is about: `_quarter` by its `_label`, which is that of the whole file where its rows carry none
    (the first release of 2025/26), and `_league` and `_code` of the organisation (`organisation`)."""
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
    found = [organisation(*of) for of in rows[["trust_code", "trust_type"]].fillna("").itertuples(index=False)]
    labels_of_rows = rows["quarter_label"].fillna(label) if label else rows["quarter_label"]
    quarters = {one: quarter_of(one) for one in labels_of_rows.dropna().unique()}
    texts: dict[str, list[str | None]] = {
        "_label": [*labels_of_rows],
        "_quarter": [quarters.get(one) for one in labels_of_rows],
        "_league": [one[1] for one in found],
        "_code": [one[0] for one in found],
    }
    return rows.assign(**{name: pd.Series(values, rows.index, "string") for name, values in texts.items()})


def subjects(rows: pd.DataFrame, file: str) -> list[tuple[str, str]]:
    """The (quarter, league) pairs a file is about. Raises InputError on a label that names no quarter or no league, and
    on one of a quarter of next to no organisations."""
    heading = "Reporting_date" if rows["quarter_label"].isna().all() else "Quarter"
    if "metric_id" not in rows:
        heading = "Quarter or Reporting_date"
    pairs = rows[["trust_type", "trust_code", "_league", "_label", "_quarter", "_source_row"]]
    found = set()
    for trust_type, code, league, label, named, row in pairs.drop_duplicates([*pairs.columns[:-1]]).itertuples(
        index=False
    ):
        if pd.isna(named):
            raise InputError(
                "names no quarter",
                file=file,
                row=int(row),
                column=heading,
                found=label,
                expected="such as Q1 2025/26",
            )
        if pd.isna(league):
            raise _unknown_organisation(code, "" if pd.isna(trust_type) else trust_type, file, int(row))
        found.add((Quarter(named), league))
    of_organisations = pairs.drop_duplicates(["trust_code", "_league", "_quarter"])
    for _, one in of_organisations.groupby("_league"):
        refuse_strays(one["_quarter"], one["_source_row"], one["_label"], file, heading, "quarter")
    return sorted(found)


def _unknown_organisation(code: str, trust_type: str, file: str, row: int) -> InputError:
    place: dict[str, Any] = {"file": file, "row": row}
    if TRUST_CODE.fullmatch(plain(code)) or EITHER_CODE.fullmatch(plain(code)):
        types = ", ".join(leagues_by_trust_type())
        expected = f"one of {types}" + (f", not an ICB's of trust {code}" if code in leagues_by_trust() else "")
        return InputError(
            "names no known trust type", **place, column="Trust_type", found=trust_type, expected=expected
        )
    expected = "the ODS code of a trust or an ICB, or the ONS code of an ICB of seed icbs"
    return InputError("is neither a trust nor an ICB", **place, column="Trust_code", found=code, expected=expected)


def is_about(rows: pd.DataFrame, quarter: str | None, league: str | None) -> pd.Series[bool]:
    """Which rows of a file are about a quarter and a league."""
    return (rows["_quarter"] == quarter) & (rows["_league"] == league)


def told(rows: list[list[str]], source: Source) -> set[tuple[Quarter, str]]:
    """The (quarter, league) pairs that rows of a damaged file name. A quarter none of whose rows names a league is of
    those that the others name."""
    names = source.columns_below(rows[0])
    by_segment = "quarter_label" not in names and "metric_id" in names
    found, quarters = set[tuple[Quarter, str]](), set[Quarter]()
    for row in rows[1:]:
        said = {name: text for name, text in zip(names, row, strict=False) if name}
        quarter = quarter_of(said.get("quarter_label", said.get("reporting_date", "")))
        _, league = organisation(said.get("trust_code", ""), said.get("trust_type", ""))
        if quarter and (not by_segment or plain(said.get("metric_id", "")) == "OF5000"):
            quarters.add(quarter)
            if league:
                found.add((quarter, league))
    without = quarters - {quarter for quarter, _ in found}
    return found | {(quarter, league) for quarter in without for _, league in found}
