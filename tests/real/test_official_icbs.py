"""A release of ICBs, made of a real release of trusts: the same figures under other codes, headings and quarters."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

TRUSTS = "nof/nhs-oversight-framework-mental-health-and-community-trust-data-q2.csv"
HEADINGS = {"Trust_code": "ICB_code", "Trust_name": "ICB_name", "Sub-domain": "Sub_domain"}
RENAMED = {"OF0057": "OF0957", "OF1057": "OF1957", "OF1082": "OF1682", "OF4003": "OF4093", "OF5002": "OF5902"}
RETITLED = {"Finance and productivity": "Value for money", "Patient safety": "Safe care"}
IN_FORCE = {"2025-26": 42, "2026-27": 36}


def icbs(ods: Path, year: str) -> list[tuple[str, str, str]]:
    """Code, name and region of the ICBs of a year."""
    seed = Path(__file__).parents[2] / "dbt_project" / "seeds" / "icbs.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    closed = [row for row in rows if not row["closed_on"] or year == "2025-26"]
    return [
        (row["icb_code"], row["icb_name"], row["region"]) for row in closed if row["opened_on"] < f"{year[:4]}-04-02"
    ]


def competition_rank(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.rank(method="min").map(lambda rank: f"{rank:.1f}")


def release_of_icbs(trusts: Path, ods: Path, year: str) -> pd.DataFrame:
    """A release of as many ICBs as the year has, each with the figures of one trust; the other trusts are left out.
    Scores, averages and segments stay as they were among all. Ranks are those among the ICBs."""
    figures = pd.read_csv(trusts, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    members = icbs(ods, year)
    codes = sorted(figures["Trust_code"].unique())[: len(members)]
    figures = figures[figures["Trust_code"].isin(codes)].copy()
    of = dict(zip(codes, members, strict=True))
    figures["Trust_name"] = figures["Trust_code"].map(lambda code: of[code][1])
    figures["Region"] = figures["Trust_code"].map(lambda code: of[code][2])
    figures["Trust_code"] = figures["Trust_code"].map(lambda code: of[code][0])
    ranked = figures["Rank"].str.match(r"\d")
    among = figures[ranked].assign(Rank=figures["Rank"][ranked].astype(float)).groupby(["Quarter", "Metric_ID"])["Rank"]
    figures.loc[ranked, "Rank"] = among.transform(competition_rank)
    figures["Metric_ID"] = figures["Metric_ID"].replace(RENAMED)
    figures["Domain"] = figures["Domain"].replace(RETITLED)
    for column in ("Quarter", "Reporting_date"):
        figures[column] = figures[column].str.replace("2025/26", f"{year[:4]}/{year[5:]}")
    return figures.drop(columns=["Trust_type", "Trust_subtype"]).rename(columns=HEADINGS)
