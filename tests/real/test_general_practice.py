"""What comes beside waiting lists, of published files, against the files: GP Patient Survey and dementia diagnoses in
our ICB league, and where the patients of each organisation live."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests.conftest import SHARED, Built
from tests.real.conftest import CONTEXT, DEMENTIA

QUARTER = "2025-26-Q4"
SURVEY = "context/gpps_2025_icb.csv"
METRICS = {
    "gpps-phone-access": "ICB-GP-PHONE",
    "gpps-website-access": "ICB-GP-WEBSITE",
    "gpps-app-access": "ICB-GP-APP",
    "gpps-reception-helpfulness": "ICB-GP-RECEPTION",
    "gpps-continuity": "ICB-GP-CONTINUITY",
    "gpps-contact-experience": "ICB-GP-CONTACT",
    "gpps-listened": "ICB-GP-LISTENED",
    "gpps-care-concern": "ICB-GP-CARE",
}


@pytest.fixture(scope="module")
def answers() -> list[dict[str, str]]:
    path = SHARED / "more" / SURVEY
    if not path.exists():
        pytest.skip(f"the survey is not at {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def release(answers: list[dict[str, str]], together: dict[str, Built]) -> Path:
    """The last quarter with both, beside diagnostics and waiting lists."""
    return together[QUARTER].release


@pytest.fixture(scope="module")
def values(release: Path) -> pd.DataFrame:
    rows = pd.read_parquet(release / "metric_values.parquet")
    return rows[rows["league"] == "icb"].set_index(["metric_id", "organisation_code"])


def test_england_is_the_sum_of_its_icbs(answers: list[dict[str, str]]) -> None:
    contact = [row for row in answers if row["measure"] == "gpps-contact-experience"]
    (england,) = (row for row in contact if row["type"] == "National")
    assert (england["received"], england["distributed"], england["percent"]) == ("702837", "2721415", "69.61")
    for column in ("received", "distributed"):
        assert int(england[column]) == sum(int(row[column]) for row in contact if row["type"] == "ICB")


def test_values_are_the_published_percentages(answers: list[dict[str, str]], values: pd.DataFrame) -> None:
    published = {
        (METRICS[row["measure"]], row["code"]): Decimal(row["percent"]) for row in answers if row["type"] == "ICB"
    }
    ours = values[values.index.get_level_values("metric_id").isin(METRICS.values())]
    assert len(published) == 8 * 42 and ours["value"].to_dict() == published
    for (metric_id, code), row in ours.iterrows():
        (answer,) = (a for a in answers if (METRICS[a["measure"]], a["code"]) == (metric_id, code))
        width, p = float(answer["upper_95"]) - float(answer["lower_95"]), float(answer["percent"])
        size = p * (100 - p) * (2 * 1.959964 / width) ** 2
        assert float(row["denominator"]) == pytest.approx(min(size, int(answer["unweighted_base"])), abs=1)
    assert set(ours["reporting_date"]) == {"2025"}


def test_diagnosis_rates_are_recorded_by_estimated(values: pd.DataFrame) -> None:
    book = CalamineWorkbook.from_path(str(SHARED / DEMENTIA))
    rows = [row for row in book.get_sheet_by_name("Table 4").to_python() if row[0] == "ICB"]
    assert len(rows) == 42 and sum(row[4] for row in rows) == 480741
    for _, code, _, _, recorded, estimated, rate, *_ in rows:
        row = values.loc[("ICB-DEMENTIA-65", code)]
        assert (row["numerator"], row["denominator"]) == (Decimal(str(recorded)), Decimal(str(estimated)))
        assert row["value"].quantize(Decimal("0.1"), ROUND_HALF_UP) == Decimal(str(rate)).quantize(Decimal("0.1"))


def test_diagnoses_are_counted_once_in_the_series(values: pd.DataFrame, release: Path) -> None:
    """Two of the quarters that the build reads have the same file."""
    series = pd.read_parquet(release / "metric_series.parquet").query("metric_id == 'ICB-DEMENTIA-65'")
    points = series.set_index("organisation_code")[["numerator", "denominator"]]
    assert points.loc["England"].tolist() == [Decimal("480741"), Decimal("735167.9")]
    counted = values.loc["ICB-DEMENTIA-65"].dropna(subset="denominator")[["numerator", "denominator"]]
    pd.testing.assert_frame_equal(points.drop("England").sort_index(), counted.sort_index())


def test_questions_of_the_survey_weigh_as_one_metric(release: Path) -> None:
    table = pd.read_parquet(release / "icb_league_table.parquet")
    ranked = table[table["ranked"]].set_index("organisation_code")
    assert len(ranked) == 42 and set(ranked["metrics_counted"]) == {12} and set(ranked["metrics_expected"]) == {15}
    scores = pd.read_parquet(release / "metric_scores.parquet")
    scores = scores[(scores["league"] == "icb") & scores["counted"]]
    weights = scores.drop_duplicates("metric_id").set_index("metric_id")["weight"].astype(float)
    assert weights[list(METRICS.values())].sum() == 1 and set(weights.drop(list(METRICS.values()))) == {1}
    robustness = pd.read_parquet(release / "rank_robustness.parquet").set_index("organisation_code")
    assert set(robustness["metrics_measured"]) == {11}  # the diagnoses have limits of an estimate and are held fixed


@pytest.fixture(scope="module")
def small_areas() -> pd.DataFrame:
    """Every small area of England, by pandas from five files."""
    found = pd.read_csv(CONTEXT / "census2021_lsoa21_age6.csv").set_index("lsoa21_code")
    areas = pd.DataFrame({"residents": found.sum(axis=1), "old": found["Aged 65 years and over"]})
    for name in ("imd2025_lsoa21", "lsoa21_sicbl24_icb24", "lsoa21_ltla22", "ruc21_lsoa21"):
        areas = areas.join(pd.read_csv(CONTEXT / f"{name}.csv").set_index("lsoa21_code"), validate="1:1")
    return areas.assign(
        score=areas["IMD_score"] * areas["residents"], rural=(areas["ruc"] == "Rural") * areas["residents"]
    )


def means(areas: pd.DataFrame, by: str) -> pd.DataFrame:
    sums = areas.groupby(by)[["residents", "score", "old", "rural"]].sum()
    return sums[["score", "old", "rural"]].div(sums["residents"], axis=0).assign(residents=sums["residents"])


def test_areas_are_those_of_the_files(small_areas: pd.DataFrame, release: Path) -> None:
    found = pd.read_parquet(release / "area_context.parquet").set_index(["area_kind", "area_code"])
    england = found.loc[("england", "ENG")]
    assert (england["imd"], england["share_65_plus"], england["rural_share"]) == tuple(
        Decimal(text) for text in ("21.835623", "0.184126", "0.165946")
    )
    told = {"D9Y0V": 16.0013, "36J": 34.7015, "11N": 22.3025, "A3A8R": 26.3727, "15E": 34.8429}
    of_sub_icbs = means(small_areas, "sicbl24_code_nhs")
    assert of_sub_icbs["score"][list(told)].round(4).to_dict() == told
    assert of_sub_icbs.loc["D9Y0V", ["old", "rural", "residents"]].round(6).tolist() == [0.216316, 0.200611, 1_615_846]
    kinds = {"sub_icb": "sicbl24_code_nhs", "icb": "icb24_code_nhs", "district": "ltla22_code", "decile": "IMD_decile"}
    for kind, column in kinds.items():
        ours, theirs = found.loc[kind], means(small_areas.astype({"IMD_decile": str}), column)
        ours = ours.loc[theirs.index].astype({"imd": float, "share_65_plus": float, "rural_share": float})
        assert ours["residents"].tolist() == theirs["residents"].tolist(), kind
        for measure, name in (("imd", "score"), ("share_65_plus", "old"), ("rural_share", "rural")):
            assert ours[measure].to_numpy() == pytest.approx(theirs[name].to_numpy(), abs=1e-6), (kind, measure)


def test_deprivation_of_icbs_is_near_the_published(small_areas: pd.DataFrame, shared_extracts: Path) -> None:
    """The publisher weighs by residents of another year."""
    published = pd.read_csv(shared_extracts / "imd" / "imd2025_england_icb24.csv").set_index("icb24_code")
    ours = means(small_areas, "icb24_code")["score"]
    assert len(ours) == 42
    assert (ours - published["imd_average_score"]).abs().max() == pytest.approx(0.094, abs=0.0005)


def test_new_pathways_say_where_patients_of_a_trust_live(
    small_areas: pd.DataFrame, shared_extracts: Path, release: Path
) -> None:
    (path,) = (shared_extracts / "rtt").glob("*Jan26*.zip")
    columns = ["Provider Org Code", "Commissioner Org Code", "RTT Part Type", "Treatment Function Code", "Total All"]
    rows = pd.read_csv(path, usecols=columns)
    new = rows[(rows["RTT Part Type"] == "Part_3") & (rows["Treatment Function Code"] == "C_999")]
    new = new.join(means(small_areas, "sicbl24_code_nhs")["score"], on="Commissioner Org Code")
    found = pd.read_parquet(release / "context.parquet")
    ours = found[(found["basis"] == "rtt_new_periods") & (found["measure"] == "imd")].set_index("organisation_code")
    told = {
        "R1F": (3836, 3823, 16.0013),
        "RHW": (9994, 9990, 11.9649),
        "RAE": (8421, 8418, 34.0700),
        "REF": (14329, 14295, 22.2924),
        "RQX": (9430, 9421, 26.1845),
    }
    for code, (pathways, attributed, value) in told.items():
        of = new[new["Provider Org Code"] == code]
        known = of.dropna(subset="score")
        assert (of["Total All"].sum(), known["Total All"].sum()) == (pathways, attributed)
        mean = (known["score"] * known["Total All"]).sum() / attributed
        assert round(mean, 4) == value
        assert (float(ours["patients"][code]), float(ours["value"][code])) == (pathways, pytest.approx(mean, abs=1e-6))
        assert float(ours["share_attributed"][code]) == pytest.approx(attributed / pathways, abs=1e-6)
        assert sorted(map(int, ours["source_rows"][code].split(","))) == [
            row + 2 for row in of.index if of["Total All"][row]
        ]


def test_catchments_and_referrals_say_where_patients_live(small_areas: pd.DataFrame, release: Path) -> None:
    found = pd.read_parquet(release / "context.parquet")
    found = found[found["measure"] == "imd"].set_index(["basis", "organisation_code"])
    catchments = pd.read_csv(CONTEXT / "ohid_trust22_catchment_ltla21.csv")
    scores = means(small_areas, "ltla22_code")["score"]
    weighed = catchments["ltla21_code"].map(scores) * catchments["proportion_trust_came_from_ltla"]
    theirs = weighed.groupby(catchments["nhs_trust22_code"]).sum()
    ours = found.loc["ohid"]
    assert len(ours) == 134 and set(ours["england_value"]) == {Decimal("21.835623")}
    assert ours["value"].astype(float).to_numpy() == pytest.approx(theirs[ours.index].to_numpy(), abs=1e-5)
    rows = pd.read_csv(CONTEXT / "talking_therapies_2024-25_referrals_by_imd_age.csv")
    rows = rows.assign(decile=11 - pd.to_numeric(rows["variable_a"].str[:2], errors="coerce"))
    rows = rows[(rows["variable_type"] == "Indices of Deprivation Decile") & rows["decile"].notna()]
    rows = rows.assign(referrals=pd.to_numeric(rows["value"], errors="coerce").fillna(0))
    rows = rows.assign(score=rows["decile"].map(means(small_areas, "IMD_decile")["score"]) * rows["referrals"])
    england = rows[rows["org_type"] == "England"]
    assert round(england["score"].sum() / england["referrals"].sum(), 2) == 24.94
    ours = found.loc["talking_therapies"]
    assert len(ours) == 44 and {round(float(value), 2) for value in ours["england_value"]} == {24.94}
    sites = rows[(rows["org_type"] == "Provider") & rows["org_code"].str.startswith("RWK")]  # has no row of its own
    assert len(sites["org_code"].unique()) > 1
    assert float(ours["value"]["RWK"]) == pytest.approx(sites["score"].sum() / sites["referrals"].sum(), abs=1e-5)


@pytest.mark.parametrize(
    ("basis", "published_id", "measures", "slope", "r_squared", "q_squared"),
    [
        ("host_icb", "OF5002", ["imd"], 0.0234, 0.118, 0.068),
        ("preferred", "OF1082", ["imd", "share_65_plus", "rural_share"], 0.0828, 0.553, 0.492),
    ],
)
def test_context_hardly_foretells_the_average_and_does_foretell_sickness(
    shared_extracts: Path,
    release: Path,
    basis: str,
    published_id: str,
    measures: list[str],
    slope: float,
    r_squared: float,
    q_squared: float,
) -> None:
    """Of Q2 2025/26: scores as published, each foretold by numpy from all others; the ICBs are those of Q4."""
    (path,) = (shared_extracts / "nof").glob("*trust-data-q2.csv")
    rows = pd.read_csv(path, encoding="utf-8-sig")
    rows = rows[(rows["Metric_ID"] == published_id) & (rows["Quarter"] == "Q2 2025/26")]
    scores = rows.set_index("Trust_code")["Value"].astype(float)
    found = pd.read_parquet(release / "context.parquet")
    found = found[found["preferred"] if basis == "preferred" else found["basis"] == basis]
    wide = found.astype({"difference_from_england": float}).pivot(
        index="organisation_code", columns="measure", values="difference_from_england"
    )
    y, x = scores.to_numpy(), wide.loc[scores.index, measures].to_numpy()
    design = np.column_stack([np.ones(61), x])

    def foretold(keep: Any, of: Any) -> Any:
        return design[of] @ np.linalg.lstsq(design[keep], y[keep], rcond=None)[0]

    everyone, spread = np.arange(61), ((y - y.mean()) ** 2).sum()
    left = [y[i] - foretold(everyone != i, i) for i in everyone]
    assert np.linalg.lstsq(design, y, rcond=None)[0][1] == pytest.approx(slope, abs=0.0001)
    assert 1 - ((y - foretold(everyone, everyone)) ** 2).sum() / spread == pytest.approx(r_squared, abs=0.001)
    assert 1 - (np.array(left) ** 2).sum() / spread == pytest.approx(q_squared, abs=0.001)
