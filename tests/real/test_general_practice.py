"""GP Patient Survey and dementia diagnoses in our ICB league, of published files, against the files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests.conftest import SHARED

QUARTER = "2025-26-Q4"
SURVEY, DEMENTIA = "context/gpps_2025_icb.csv", "dementia/Primary_Care_Dementia_Data_January_2025-_Summary.xlsx"
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
def release(
    answers: list[dict[str, str]],
    shared_extracts: Path,
    build_quarter: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The last quarter with both, beside diagnostics and waiting lists."""
    extracts = tmp_path_factory.mktemp("general_practice")
    for folder in ("ods", "rtt", "dm01"):
        shutil.copytree(shared_extracts / folder, extracts / folder)
    for name in (SURVEY, DEMENTIA):
        shutil.copy(SHARED / "more" / name, extracts)
    return build_quarter(QUARTER, extracts).release


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
    book = CalamineWorkbook.from_path(str(SHARED / "more" / DEMENTIA))
    rows = [row for row in book.get_sheet_by_name("Table 4").to_python() if row[0] == "ICB"]
    assert len(rows) == 42 and sum(row[4] for row in rows) == 480741
    for _, code, _, _, recorded, estimated, rate, *_ in rows:
        row = values.loc[("ICB-DEMENTIA-65", code)]
        assert (row["numerator"], row["denominator"]) == (Decimal(str(recorded)), Decimal(str(estimated)))
        assert row["value"].quantize(Decimal("0.1"), ROUND_HALF_UP) == Decimal(str(rate)).quantize(Decimal("0.1"))


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
