"""Releases of ICBs, made of a real release of trusts: its figures under other codes, headings, ids and quarters."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.audit.trace import trace
from orchestration.releases.release import Release
from orchestration.sources.store import Store
from orchestration.workspace.paths import SEEDS, Workspace

TRUSTS = "nof/nhs-oversight-framework-mental-health-and-community-trust-data-q2.csv"
RENAMED = {"OF0057": "OF0957", "OF1057": "OF1957", "OF1082": "OF1682", "OF4003": "OF4093", "OF5002": "OF5902"}
RETITLED = {"Finance and productivity": "Value for money", "Patient safety": "Safe care"}
IN_FORCE = {"2025-26": 42, "2026-27": 36}
LIKELY = {"Likely_range_of_average_score": "1 to 4", "Likely_range_of_rank": "1 to 42"}


def icbs_of(year: str) -> list[dict[str, str]]:
    with (SEEDS / "icbs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        row for row in rows if (row["closed_on"] or "9") > f"{year[:4]}-06" and row["opened_on"] < f"{year[:4]}-06"
    ]
    assert len(found) == IN_FORCE[year]
    return found


def as_icbs(trusts: pd.DataFrame, year: str) -> pd.DataFrame:
    """A release of the ICBs of a year, each with the figures of one trust; the other trusts are left out. Scores,
    averages and segments stay what they were among all trusts; ranks are those among the ICBs."""
    members = icbs_of(year)
    chosen = sorted(trusts["Trust_code"].unique())[: len(members)]
    figures = trusts[trusts["Trust_code"].isin(chosen)].copy()
    of = figures["Trust_code"].map(dict(zip(chosen, members, strict=True)))
    for column, name in {"Trust_code": "icb_code", "Trust_name": "icb_name", "Region": "region"}.items():
        figures[column] = of.map(lambda member, name=name: member[name])
    ranked = figures["Rank"].str.match(r"\d")
    among = figures[ranked].assign(Rank=figures["Rank"][ranked].astype(float)).groupby(["Quarter", "Metric_ID"])["Rank"]
    figures.loc[ranked, "Rank"] = among.rank(method="min").astype(str)
    figures = figures.replace({"Metric_ID": RENAMED, "Domain": RETITLED})
    for column in ("Quarter", "Reporting_date"):
        figures[column] = figures[column].str.replace("2025/26", f"{year[:4]}/{year[5:]}")
    return figures


def league_table(figures: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """What NHS England's league table of a quarter says, in a form that was never seen."""
    of = figures[figures["Quarter"] == quarter].pivot(index="Trust_code", columns="Metric_ID", values=["Value", "Rank"])
    table = pd.DataFrame(
        {
            "Average_score": of["Value"]["OF5902"],
            "Segment": of["Value"]["OF5000"],
            "In_financial_deficit": of["Value"]["OF5004"].map({"1.0": "Yes", "0.0": "No"}),
            "Rank": of["Rank"]["OF5000"],
        }
    ).reset_index(names="ICB_code")
    names = figures.drop_duplicates("Trust_code").set_index("Trust_code")
    return table.assign(
        Quarter=quarter,
        Region=table["ICB_code"].map(names["Region"]),
        ICB_name=table["ICB_code"].map(names["Trust_name"]),
        **LIKELY,
    )


def write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


@pytest.fixture(scope="module")
def made(
    shared_extracts: Path, tmp_path_factory: pytest.TempPathFactory, build_quarters: Callable[..., dict[str, Any]]
) -> dict[str, tuple[pd.DataFrame, Path]]:
    """The second quarter of each year, its official figures, and what was built of them. In 2025/26 the ICBs stand in
    one file with the trusts and go by their codes of the Office for National Statistics."""
    extracts = tmp_path_factory.mktemp("icbs")
    shutil.copytree(shared_extracts / "ods", extracts / "ods")
    trusts = pd.read_csv(shared_extracts / TRUSTS, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    official = {}
    for year in IN_FORCE:
        figures, quarter = as_icbs(trusts, year), f"Q2 {year[:4]}/{year[5:]}"
        official[f"{year}-Q2"] = figures[figures["Quarter"] == quarter].set_index(["Trust_code", "Metric_ID"])
        if year == "2025-26":
            ons = {row["icb_code"]: row["ons_codes"].split()[0] for row in icbs_of(year)}
            coded = figures.assign(Trust_code=figures["Trust_code"].map(ons), Trust_type="Integrated Care Board")
            headings = {name: name.replace("Trust_", "Organisation_") for name in figures}
            write(pd.concat([coded, trusts]).rename(columns=headings), extracts / "nof" / f"data-{year}.csv")
        else:
            headings = {"Trust_code": "ICB_code", "Trust_name": "ICB_name", "Sub-domain": "Sub domain"}
            write(
                figures.drop(columns=["Trust_type", "Trust_subtype"]).rename(columns=headings),
                extracts / "nof" / f"data-{year}.csv",
            )
            write(league_table(figures, quarter), extracts / "nof" / f"league-{year}.csv")
    built = build_quarters(extracts, *official)
    return {quarter[:7]: (figures, built[quarter].release) for quarter, figures in official.items()}


@pytest.fixture(params=list(IN_FORCE))
def released(request: Any, made: dict[str, tuple[pd.DataFrame, Path]]) -> tuple[str, pd.DataFrame, Path]:
    return request.param, *made[request.param]


def table(release: Path, name: str, league: str = "icb_official") -> pd.DataFrame:
    found = pd.read_parquet(release / f"{name}.parquet")
    return found[found["league"] == league].set_index("organisation_code").sort_index()


def test_icbs_have_the_official_ranks_averages_and_segments(released: tuple[str, pd.DataFrame, Path]) -> None:
    year, official, release = released
    ours = table(release, "league_table")
    assert len(ours) == IN_FORCE[year] and set(ours["framework"]) == {f"nof-icb-{year}"}
    assert set(ours["framework_status"]) == {"discovered"} and set(ours["organisation_type"]) == {"icb"}
    for measure, published_id, column in [
        ("rank", "OF5000", "Rank"),
        ("segment", "OF5000", "Value"),
        ("average_score", "OF5902", "Value"),
        ("segment_unadjusted", "OF5003", "Value"),
        ("rank_without_override", "OF5902", "Rank"),
    ]:
        published = official.xs(published_id, level="Metric_ID")[column].astype(float).sort_index()
        assert ours[measure].astype(float).to_list() == published.to_list(), measure
    assert ours[["rank_low", "rank_high"]].notna().all(axis=None)


def test_every_official_figure_of_icbs_is_reproduced(released: tuple[str, pd.DataFrame, Path]) -> None:
    year, _, release = released
    agreement = pd.read_parquet(release / "agreement.parquet")
    of_icbs = agreement[agreement["league"] == "icb_official"]
    assert len(of_icbs) >= 12 and not of_icbs["unexplained"].any()
    assert ("league_table_rank" in set(of_icbs["measure"])) == (year == "2026-27")
    rules = pd.read_parquet(release / "framework_rules.parquet")
    assert set(rules.loc[rules["league"] == "icb_official", "origin"]) == {"release"}
    assert pd.read_parquet(release / "release_contradictions.parquet").empty


def test_icbs_have_what_trusts_have(released: tuple[str, pd.DataFrame, Path]) -> None:
    year, _, release = released
    for name in ("rank_robustness", "rank_bands", "improvement"):
        assert len(table(release, name)) == IN_FORCE[year]
    assert (table(release, "improvement")["metrics_compared"] > 3).any()
    for code in table(release, "league_table").index[[0, -1]]:
        found = trace(Release.read(release), Store(Workspace(release.parents[2])), code)
        assert "icb_official" in {placing["league"] for placing in found["placings"]}
        found = trace(Release.read(release), Store(Workspace(release.parents[2])), code, "OF0082")
        assert [row["cells"]["Metric_ID"] for row in found["rows"]] == ["OF0082", "OF1682"]
    assert (release / "ranks_icb_official.svg").exists() and (release / "movement_icb_official.svg").exists()


def test_trusts_in_the_same_file_keep_their_ranks(
    released: tuple[str, pd.DataFrame, Path], real_quarters: dict[str, Any]
) -> None:
    year, _, release = released
    if year == "2025-26":
        alone = real_quarters["2025-26-Q2"].release
        names = ["rank", "average_score", "segment", "rank_low", "rank_high"]
        ranked, again = (table(place, "league_table", "mental_health_community")[names] for place in (alone, release))
        pd.testing.assert_frame_equal(ranked, again)
