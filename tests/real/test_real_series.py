"""The series of real months: A&E at hand and the ambulance workbook from April 2021 on, against the rows for England of
the publishers, which are read here without this project's parsers."""

from __future__ import annotations

import csv
import itertools
import shutil
from datetime import date, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from orchestration.defs import in_process
from orchestration.releases.release import Release
from tests.conftest import SHARED

SERIES_OF = ("extracts/ae", "extracts/ods", "more/ae", "more/ambulance")


@pytest.fixture(scope="module")
def release(shared_extracts: Path, once: Any, tmp_path_factory: pytest.TempPathFactory) -> Release:
    missing = [name for name in SERIES_OF if not (SHARED / name).is_dir()]
    if missing:
        pytest.skip(f"real files are not at {SHARED}: {missing}")

    def build(data: Path) -> Path | None:
        extracts = tmp_path_factory.mktemp("real-series")
        for name in SERIES_OF:
            shutil.copytree(SHARED / name, extracts / name)
        outcome = in_process.run_series("2021-22-Q1", "2025-26-Q4", extracts, data, lambda kind, step: None)
        assert outcome.problems == ()
        return outcome.release

    return Release.read(once("data-real-series", build)[1])


def england(release: Release, publication: str, metric_id: str) -> pd.DataFrame:
    tables = [pd.read_parquet(path) for path in sorted(release.folder.glob(f"{publication}-*.parquet"))]
    rows = pd.concat(tables).query("organisation_code == 'England' and metric_id == @metric_id")
    return rows.set_index("month").sort_index()


def test_a_e_of_england_is_the_total_of_every_file(release: Release) -> None:
    found = england(release, "ae", "OF0013")
    files = [path for name in ("extracts/ae", "more/ae") for path in (SHARED / name).glob("*.csv")]
    assert len(found) == len(files)
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        (total,) = (row for row in rows if "TOTAL" in (row["Period"].strip().upper(), row["Org Code"].strip().upper()))
        all_types = sum(int(figure) for name, figure in total.items() if name.startswith("A&E attendances"))
        over = sum(int(figure) for name, figure in total.items() if name.startswith("Attendances over 4hrs"))
        point = found.loc[datetime.strptime(rows[0]["Period"].strip(), "MSitAE-%B-%Y").date()]
        assert (int(point["denominator"]), int(point["numerator"])) == (all_types, all_types - over), path.name


def published_minutes() -> dict[date, tuple[int, int]]:
    """Seconds and incidents of category 2 in England, by month, as the sheet `Raw` has them."""
    (path,) = (SHARED / "more" / "ambulance").glob("*.xlsx")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Raw").to_python()
    heads = next(row for row in rows if "Concatenated" in row)
    year, name, area, seconds, incidents = (heads.index(head) for head in ("Year", "Month", "Area", "A30", "A10"))
    found = {}
    for row in rows:
        if row[area] == "ENG":
            month = datetime.strptime(f"1 {row[name]} {str(row[year])[:4]}", "%d %B %Y").date()
            month = month.replace(year=month.year + (month.month < 4))
            found[month] = (int(row[seconds] or 0), int(row[incidents] or 0))
    return found


def test_ambulances_of_england_are_the_publishers_row_of_every_month(release: Release) -> None:
    """In October and November 2022 London has no figures, neither here nor in the row of England."""
    found, published = england(release, "ambsys", "OF0017"), published_minutes()
    assert len(found) == 53 and found.index.min() == date(2021, 4, 1) and found.index.max() == date(2025, 8, 1)
    for month, point in found.iterrows():
        assert (int(point["numerator"]), int(point["denominator"])) == published[month], month


def test_limits_of_the_ambulances_are_those_of_53_months(release: Release) -> None:
    found = england(release, "ambsys", "OF0017")
    values = [float(value) for value in found["value"]]
    ranges = [abs(b - a) for a, b in itertools.pairwise(values)]
    kept = [one for one in ranges if one < 3.267 * fmean(ranges)]
    width = 2.66 * fmean(kept)
    point = found.iloc[-1]
    assert float(point["mean"]) == pytest.approx(fmean(values), abs=1e-5)
    assert float(point["lower_limit"]) == pytest.approx(fmean(values) - width, abs=1e-5)
    assert float(point["upper_limit"]) == pytest.approx(fmean(values) + width, abs=1e-5)
    assert (point["limits"], point["shift"], point["variation"]) == ("full", -1, "improvement")
