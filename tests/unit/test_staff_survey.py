"""Workbooks of the NHS Staff Survey, whose layout was not seen: read by their headings, wherever these stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import InputError
from orchestration.sources import recognise
from orchestration.sources.contents import contents
from orchestration.sources.recognise import Subject
from tests import forms
from tests.forms import Rows, Sheets, write
from tests.unit.test_csv_files import csv_bytes

DETAILED = "NSS24 detailed spreadsheets organisational results.xlsx"
BENCHMARK = "NSS-Benchmark-report-excel-data-for-2021-2025-v2.xlsx"
OF_2024 = [Subject(quarter, "2024-01") for quarter in ("2024-25-Q4", "2025-26-Q1", "2025-26-Q2", "2025-26-Q3")]
OF_2025 = [Subject(quarter, "2025-01") for quarter in ("2025-26-Q4", "2026-27-Q1", "2026-27-Q2", "2026-27-Q3")]
BASE = "Base (number of responses)"


def detailed(above: int = 4, code: str = "ODS code", left: int = 0, engagement: str = "Staff Engagement") -> Sheets:
    """Two sheets of scores, each beside its base, and one of answers."""

    def table(*scores: str) -> Rows:
        headings = [cell for name in scores for cell in (f"{name} - score", BASE)]
        rows: list[list[Any]] = [["ZA1", "A TRUST", 7.25, 300, 6.54321098765, 299], ["ZA2", "B TRUST", 7, 9, "-", 8]]
        rows = [[code, "Name", *headings], *rows, [], ["Scores of fewer than ten answers are not shown."]]
        return [["NHS Staff Survey"], *[[]] * above, *([*[None] * left, *row] for row in rows)]

    return {
        "Notes": [["Notes"]],
        "YOUR JOB Q1-3": [[code, "% Yes"], ["ZA1", 5]],
        "PEOPLE PROMISE ELEMENTS": table("PP3_1", "PP3_2"),
        "THEMES": table(f"{engagement}: Motivation", engagement),
    }


def read(path: Path) -> tuple[list[Subject], list[list[str]]]:
    """What a workbook is about, and its scores."""
    found = recognise.recognise(path, path.name)
    assert found
    about, remark = recognise.subjects_of(path, found, path.name)
    assert remark is None
    rows = recognise.read_rows(path, None, found.source, path.name)
    return about, rows[["organisation_code", "heading", "score"]].to_numpy().tolist()


@pytest.mark.parametrize(
    "layout", [{}, {"above": 5}, {"above": 9, "left": 2}, {"code": "ODS Code"}, {"engagement": "Staff engagement"}]
)
def test_scores_are_found_by_their_headings(tmp_path: Path, layout: dict[str, Any]) -> None:
    about, scores = read(write(tmp_path / DETAILED, detailed(**layout)))
    assert about == OF_2024
    assert [[code, score] for code, _, score in scores] == [["ZA1", "6.54321098765"], ["ZA2", "-"]] * 2
    assert [heading[:5] for _, heading, _ in scores] == ["PP3_2", "PP3_2", "Staff", "Staff"]


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("NSS25_detailed_spreadsheets_organisational_results.xlsx", OF_2025),
        ("NSS 2024 organisational results (1).xlsx", OF_2024),
        ("staff-survey-2025.xlsx", OF_2025),
        ("NHS Staff Survey detailed spreadsheets 2025.xlsx", OF_2025),
        ("2025 NHS Staff Survey results.xlsx", OF_2025),
        ("2025-03-13 NSS24 detailed spreadsheets organisational results.xlsx", OF_2024),
        ("20250313_NSS24.xlsx", OF_2024),
        ("2025 03 NSS24 detailed.xlsx", OF_2024),
        ("2025-26 NSS24 detailed.xlsx", OF_2024),
        ("NSS24 results of 2024.xlsx", OF_2024),
    ],
)
def test_name_says_the_year(tmp_path: Path, name: str, about: list[Subject]) -> None:
    assert read(write(tmp_path / name, detailed()))[0] == about


@pytest.mark.parametrize("name", ["NSSB24 detailed spreadsheets organisational results.xlsx", "results.xlsx"])
def test_name_without_the_year_of_the_survey_is_refused(tmp_path: Path, name: str) -> None:
    """NSSB is the survey of bank workers, whose workbooks look the same."""
    with pytest.raises(InputError, match=rf"^{name}, column its name: names no period; .* such as 'NSS24 .*'$"):
        read(write(tmp_path / name, detailed()))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2024 vs 2025.xlsx", "2024 and 2025"),
        ("Staff survey 2024 (published March 2025).xlsx", "2024 and 2025"),
        ("staff_survey_2025-26_release_NSS24.xlsx", "2025-26 and 24"),
        ("2024-25 staff results.xlsx", "2024-25"),
        ("NSS24-25.xlsx", "24-25"),
        ("2024 NSSB.xlsx", "2024 NSSB.xlsx"),
    ],
)
def test_name_of_several_years_is_refused(tmp_path: Path, name: str, found: str) -> None:
    (one,) = contents(write(tmp_path / name, detailed()), name, "s")
    assert one.source_id == "staff_survey" and one.subjects == () and one.problem
    assert f"found '{found}'; expected a name as downloaded, such as 'NSS24 " in one.problem


@pytest.mark.parametrize(
    ("name", "is_of_2025"),
    [
        ("2026-03-20 NSS Benchmark report Excel data for 2021-2025.xlsx", True),
        ("2026-03 NSS Benchmark report 2021 to 2025 (1).xlsx", True),
        ("2026_2021-2025.xlsx", True),
        ("NSS25 Benchmark.xlsx", True),
        ("NSS24 Benchmark 2021-2025.xlsx", False),
        ("2020-2024 and 2021-2025.xlsx", False),
    ],
)
def test_benchmark_data_are_of_the_year_that_their_years_end_in(tmp_path: Path, name: str, is_of_2025: bool) -> None:
    (found,) = contents(write(tmp_path / name, forms.staff_survey_benchmark()), name, "s")
    assert found.subjects == (tuple(OF_2025) if is_of_2025 else ())
    assert is_of_2025 or "names several periods" in str(found.problem)


def test_benchmark_data_are_of_the_last_year_and_of_trusts(tmp_path: Path) -> None:
    about, scores = read(write(tmp_path / BENCHMARK, forms.staff_survey_benchmark()))
    assert about == OF_2025
    assert scores[0] == ["ZA0", "PP3_2_2025", "6.1"]
    assert {code for code, _, _ in scores} == set(forms.CODES)
    assert len(scores) == 4 * len(forms.CODES)


def test_more_columns_than_a_spreadsheet_of_old_had_are_read(tmp_path: Path) -> None:
    sheets = forms.staff_survey_benchmark()
    for rows in sheets.values():
        rows[0] = [*rows[0], *(f"q{n}_2025" for n in range(1_800))]
    assert len(read(write(tmp_path / BENCHMARK, sheets))[1]) == 4 * len(forms.CODES)


@pytest.mark.parametrize(
    ("name", "headings", "about"),
    [
        ("NSS24 scores.csv", ["ODS code", "PP3_2 - score", BASE, "Staff Engagement - score", BASE], OF_2024),
        ("NSS25.csv", ["ODS code", "PP3_2 - SCORE", BASE, "STAFF ENGAGEMENT - SCORE", BASE], OF_2025),
    ],
)
def test_sheet_saved_as_csv_is_read_by_its_headings(
    tmp_path: Path, name: str, headings: list[str], about: list[Subject]
) -> None:
    path = tmp_path / name
    path.write_bytes(csv_bytes(["NHS Staff Survey"], [], headings, ["ZA1", "6.5432", "99", "7.25", "98"]))
    found, scores = read(path)
    assert found == about
    assert scores == [["ZA1", headings[1], "6.5432"], ["ZA1", headings[3], "7.25"]]
    path.write_bytes(csv_bytes(["ODS code", "PP4_2 - score"], ["ZA1", "6.5"]))
    assert recognise.recognise(path, name) is None


def test_csv_is_refused_at_its_row(tmp_path: Path) -> None:
    path = tmp_path / "NSS24.csv"
    path.write_bytes(csv_bytes(["ODS code", "PP3_2 - score"], ["ZA1", "6.5"], ["ZA2", "65%"]))
    with pytest.raises(InputError, match=r"^NSS24\.csv, row 3, column B: holds no number; found '65%'; "):
        read(path)


def test_sheet_without_its_heading_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / DETAILED, detailed(engagement="Engaged staff"))
    (found,) = contents(path, DETAILED, "s")
    assert found.problem and found.problem.startswith(f"{DETAILED} [THEMES], row 6: lacks columns of 'NHS Staff Survey")
    assert found.subjects == tuple(OF_2024)


@pytest.mark.parametrize("code", ["Base", "ICS code"])
def test_results_of_others_than_organisations_are_set_aside(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "NSS24 detailed spreadsheets national results.xlsx", detailed(code=code))
    (found,) = contents(path, path.name, "s")
    assert found.source_id is None and found.problem == "no publication known here"
