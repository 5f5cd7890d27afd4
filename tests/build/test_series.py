"""The series of all months: its gates, its release, and that it is built again byte for byte."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from frictionless import Package

from orchestration.audit.verify import verify
from orchestration.defs import in_process
from orchestration.defs.in_process import Outcome
from orchestration.defs.resources import SINCE
from orchestration.errors import LeagueError
from orchestration.quality import release_gate
from orchestration.quarters import SERIES_BEGIN, Quarter
from orchestration.releases import shelf
from orchestration.releases.release import PACKAGE, Release
from orchestration.sources.inventory import quarters_with_figures, survey
from orchestration.warehouse import manifest
from orchestration.workspace.paths import Workspace
from tests.conftest import silent

FIRST, LAST = "2022-23-Q1", "2022-23-Q2"


def of_2022(sample: Path, folder: Path) -> None:
    """Six months of A&E long before any framework, with their references."""
    shutil.copytree(sample / "ods", folder / "ods")
    files = sorted(path for path in sample.rglob("*.csv") if b"MSitAE" in path.read_bytes()[:4000])
    for path, month in zip(files, ("APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER"), strict=False):
        text = path.read_text(encoding="utf-8")
        label = next(row["Period"] for row in csv.DictReader(text.splitlines()))
        (folder / f"ae-{month}.csv").write_text(text.replace(label, f"MSitAE-{month}-2022"), encoding="utf-8")


@pytest.fixture(scope="module")
def extracts(sample: Path, once: Any) -> Path:
    folder: Path = once("ae-of-2022", lambda folder: of_2022(sample, folder))[0]
    return folder


@pytest.fixture(scope="module")
def series(extracts: Path, once: Any) -> tuple[Path, Outcome]:
    found: tuple[Path, Outcome] = once(
        "data-series", lambda data: in_process.run_series(FIRST, LAST, extracts, data, silent)
    )
    return found


def test_every_month_is_in_it_whether_or_not_a_framework_existed(extracts: Path, series: tuple[Path, Outcome]) -> None:
    data, outcome = series
    assert outcome.problems == () and outcome.release == Workspace(data).series / "v1"
    release = Release.read(outcome.release)
    assert (release.since, release.quarter, [*release.damage()]) == (FIRST, LAST, [])
    months = release.table("ae-2022-23")
    england = months.query("organisation_code == 'England' and metric_id == 'OF0013'").set_index("month")
    assert len(england) == len(list(extracts.glob("ae-*.csv"))) > 2
    for path in extracts.glob("ae-*.csv"):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        (total,) = (row for row in rows if row["Org Code"].strip().upper() == "TOTAL")
        all_types = sum(int(figure) for name, figure in total.items() if name.startswith("A&E attendances"))
        over = sum(int(figure) for name, figure in total.items() if name.startswith("Attendances over 4hrs"))
        point = england.loc[pd.to_datetime(rows[0]["Period"], format="MSitAE-%B-%Y").date()]
        assert (int(point["denominator"]), int(point["numerator"])) == (all_types, all_types - over)
    assert set(england["limits"]) == {"trial"}


def test_value_names_the_row_of_its_file(extracts: Path, series: tuple[Path, Outcome]) -> None:
    assert series[1].release
    months = pd.read_parquet(series[1].release / "ae-2022-23.parquet").query("metric_id == 'OF0013'")
    for point in months[months["organisation_code"] != "England"].head(20).itertuples():
        with (extracts / str(point.source_file)).open(encoding="utf-8", newline="") as file:
            row = list(csv.reader(file))[int(str(point.source_rows)) - 1]
        assert point.organisation_code in row


def test_csv_has_who_is_ranked_and_england_and_no_rows_of_files(series: tuple[Path, Outcome]) -> None:
    assert series[1].release
    people, everybody = (
        pd.read_csv(series[1].release / "ae.csv"),
        pd.read_parquet(series[1].release / "ae-2022-23.parquet"),
    )
    assert [*people.columns, "source_rows"] == [*everybody.columns]
    ranked = everybody["league"].notna() | everybody["organisation_type"].isin(["icb", "england"])
    assert len(people) == ranked.sum() < len(everybody)


def test_it_is_verified_byte_for_byte(series: tuple[Path, Outcome]) -> None:
    data, outcome = series
    assert outcome.release

    def again(folder: Path, quarter: Quarter, scratch: Path) -> Path | tuple[str, ...]:
        return in_process.rebuild(silent, folder, quarter, scratch)

    assert verify(Release.read(outcome.release), data, again) == []


def test_gates_are_those_of_what_it_is_made_of(series: tuple[Path, Outcome]) -> None:
    build = Workspace(series[0]).build(LAST, since=Quarter(FIRST))
    assert release_gate.all_gates_open(build)
    assert [suite.name for suite in release_gate.suites_of(build) if suite.gate != "land"] == ["insight.metric_series"]
    assert "ae_organisations_add_up" in manifest.tests_of_series()
    assert not {"members_have_values", "trusts_are_known"} & manifest.tests_of_series()


def test_range_takes_the_quarters_with_figures(extracts: Path, tmp_path: Path) -> None:
    shutil.copytree(extracts, tmp_path / "extracts")
    text = (extracts / "ae-MAY.csv").read_text(encoding="utf-8")
    (tmp_path / "extracts" / "of a year to come.csv").write_text(text.replace("MAY-2022", "MAY-2031"), encoding="utf-8")
    found = survey(tmp_path / "extracts")
    assert quarters_with_figures(found, "2021-22-Q1", None) == [FIRST, LAST]
    assert quarters_with_figures(found, "2021-22-Q1", FIRST) == [FIRST]


def test_descriptor_is_a_data_package(series: tuple[Path, Outcome]) -> None:
    assert series[1].release
    report = Package(str(series[1].release / PACKAGE)).validate()
    assert report.valid, report.flatten(["type", "note"])[:5]


def test_series_is_compared_with_nothing_and_may_not_meet_the_other_kind(series: tuple[Path, Outcome]) -> None:
    data, outcome = series
    assert outcome.release
    release = Release.read(outcome.release)
    with pytest.raises(LeagueError, match="a series is compared with nothing"):
        shelf.require_same_kind(release, release)
    with pytest.raises(LeagueError, match=f"holds fictional releases, such as {outcome.release}"):
        shelf.require_one_kind(Workspace(data), synthetic=False)


def test_job_of_the_ui_begins_where_series_do() -> None:
    assert in_process.defs.resolve_job_def("series").run_tags[SINCE] == SERIES_BEGIN
