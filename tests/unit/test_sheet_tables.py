"""Sheets that are one table each: every quirk of the forms, and an error with its place for what is otherwise."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from orchestration.errors import InputError
from orchestration.quality.suites import run_suite, suites
from orchestration.sources import csv_files, recognise, workbooks, xls
from orchestration.sources.descriptions import known_sources
from orchestration.sources.recognise import Subject
from orchestration.sources.sheets import as_text
from orchestration.workspace.paths import PROJECT
from tests import forms
from tests.forms import CODES, WORKBOOKS, Rows, Sheets, write

PROVIDERS, SYSTEMS = "Provider Level Performance", "System Level Performance"
AE, FOOTPRINT, SYSTEM = "Provider Level Data", "Acute Trust Footprint Data", "System Level Data"

Change = Callable[[Sheets], Any]


def landed(path: Path, sheets: Sheets, source_id: str, **options: Any) -> pd.DataFrame:
    return workbooks.read_workbook(write(path / "x", sheets, **options), known_sources()[source_id], "f")


@pytest.mark.parametrize(
    ("source_id", "subjects", "rows"),
    [
        ("cancer_combined", [("2026-01", "commissioner"), ("2026-01", "provider")], {SYSTEMS: 26, PROVIDERS: 26}),
        ("cancer_extract", [("2025-04", "provider"), ("2025-05", "provider")], {"CWT CRS Provider Extract": 48}),
        ("ae_provider", [("2025-07", None)], {SYSTEM: 13, AE: 13, FOOTPRINT: 13}),
        ("dm01_provider", [("2025-06", None)], {"Provider": 13, "Provider by Test": 25}),
        ("ambsys_series", [("2025-03", None), ("2025-04", None)], {"Raw": 26}),
        ("community_waits", [("2025-06", None)], {"Table 4": 21, "Table 4g": 20, "Table 4h": 20}),
    ],
)
@pytest.mark.parametrize("dimension", ["A1", None])
def test_each_form_is_recognised_and_every_row_of_it_is_read(
    tmp_path: Path, source_id: str, subjects: list[tuple[str, str | None]], rows: dict[str, int], dimension: str | None
) -> None:
    path = write(tmp_path / "x", WORKBOOKS[source_id](), dimension)
    found = recognise.recognise(path, "f")
    assert found == recognise.Recognised(known_sources()[source_id])
    about, remark = recognise.subjects_of(path, found, "f")
    assert [(subject.period, subject.part) for subject in about] == subjects
    assert remark is None
    read = recognise.read_rows(path, None, found.source, "f")
    assert [*read.columns] == [*found.source.names, "_source_member", "_source_row"]
    assert read["_source_member"].value_counts().to_dict() == rows


def test_the_combined_workbook_has_month_and_basis_above_its_tables(tmp_path: Path) -> None:
    rows = landed(tmp_path, forms.cancer_combined(), "cancer_combined")
    assert set(rows["period"]) == {"January 2026"}
    providers, systems = (rows[rows["_source_member"] == name] for name in (PROVIDERS, SYSTEMS))
    assert providers["basis"].str.startswith("Provider including").all()
    assert systems["basis"].str.startswith("Commissioner including").all()
    assert systems["org_name"].isna().all()  # there is no such column
    assert set(systems["region_or_system"]) == {"Somewhere"}
    assert list(providers[providers["standard"] == "FDS"]["treatment_modality"].unique()) == [""]  # there is, empty
    last = providers.iloc[-1]
    assert list(last[["org_code", "total", "within", "after"]]) == ["ZB1", "15.5", "13", "2.5"]
    assert providers.iloc[0]["_source_row"] == "16"


def test_each_service_of_a_row_is_a_row_and_a_blank_is_none(tmp_path: Path) -> None:
    """Services come and go: none is described."""
    sheets = forms.community_waits()
    sheets["Table 4"][3] += ["(CYP) A new\nservice", "Total"]
    sheets["Table 4"][6] += ["*", 99]
    rows = landed(tmp_path, sheets, "community_waits")
    assert set(rows["period"]) == {"June 2025"}
    one = rows[(rows["_source_member"] == "Table 4") & (rows["organisation_code"] == "ZA1")]
    assert [*one["service"]] == ["(A) Audiology", "(CYP) A new service"]
    assert [*one["patients"]] == ["11", "*"]
    assert set(one["_source_row"]) == {"7"}


def test_case_of_a_service_does_not_matter(tmp_path: Path) -> None:
    sheets = forms.community_waits()
    rows = landed(tmp_path, sheets, "community_waits")
    for name in ("Table 4", "Table 4g", "Table 4h"):
        sheets[name][3] = [heading.lower() for heading in sheets[name][3]]
    lower = landed(tmp_path, sheets, "community_waits")
    assert lower.assign(service=rows["service"]).equals(rows)


@pytest.mark.parametrize(
    ("heading", "found"),
    [("(Adults) Audiology", r"'\(Adults\) Audiology'"), ("Nursing", "'Nursing'"), (None, "'no heading'")],
)
@pytest.mark.parametrize("figure", [99, "*"])
def test_figures_of_no_service_stop_the_table(tmp_path: Path, heading: str | None, found: str, figure: Any) -> None:
    sheets = forms.community_waits()
    sheets["Table 4g"][3] += [heading, "ICB"]
    sheets["Table 4g"][6] += [figure, "QAA"]
    message = rf"f \[Table 4g\], row 4, column G: has figures below a heading that is not known here; found {found}; "
    with pytest.raises(InputError, match=message + r"expected a heading like '\(A\) "):
        landed(tmp_path, sheets, "community_waits")


@pytest.mark.parametrize(
    ("title", "month"),
    [
        ("Total waiting list by service, December 2023", "2023-12"),
        ("Table 4: Total waiting list by service, Sep-24 ", "2024-09"),
        ("Total waiting list by service (revised), January 2022", "2022-01"),
    ],
)
def test_the_month_stands_in_a_title(tmp_path: Path, title: str, month: str) -> None:
    sheets = forms.community_waits()
    for name in ("Table 4", "Table 4g", "Table 4h"):
        sheets[name][0] = [title]
    found, _ = workbooks.subjects(write(tmp_path / "x", sheets), known_sources()["community_waits"], "f")
    assert found == [(month, None)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda rows: rows[0].__setitem__(0, "Total waiting list by service"),
            r"f \[Table 4\], row 4: has no period above its table; found 'A1: Total waiting list by service; A2: "
            r".*'; expected such as 'Total waiting list by service, June 2025'$",
        ),
        (
            lambda rows: rows[3].__setitem__(5, "(A)  audiology"),
            r"f \[Table 4\], row 4, column F: has a heading twice; found '\(A\)  audiology'",
        ),
        (
            lambda rows: rows.__setitem__(3, ["Organisation Type", "Organisation Code", "Organisation Name", "Adults"]),
            r"f \[Table 4\], row 4: lacks columns of 'Community health services .*'; found 'Adults'; expected a ser",
        ),
        (
            lambda rows: rows[7].__setitem__(4, "12 or so"),
            r"f \[Table 4\], row 8, column E: holds no number; found '12 or so'; expected a number or '\*' or '-'",
        ),
        (
            lambda rows: rows[7].__setitem__(4, "#REF!"),
            r"f \[Table 4\], row 8, column E: holds an error; found '#REF!'; expected a number or ",
        ),
    ],
)
def test_odd_cells_of_a_table_of_services_are_named(tmp_path: Path, change: Any, message: str) -> None:
    sheets = forms.community_waits()
    change(sheets["Table 4"])
    with pytest.raises(InputError, match=message):
        landed(tmp_path, sheets, "community_waits")


@pytest.mark.parametrize(("before", "is_title"), [("", True), ("waiting, " * 3_600, False)])
def test_a_long_note_is_no_title(tmp_path: Path, before: str, is_title: bool) -> None:
    """It would be compared for ever."""
    sheets = forms.community_waits()
    for name in ("Table 4", "Table 4g", "Table 4h"):
        sheets[name][0] = [f"{before}Number waiting by service, June 2025"]
    path = write(tmp_path / "x", sheets)
    if is_title:
        assert workbooks.subjects(path, known_sources()["community_waits"], "f")[0] == [("2025-06", None)]
    else:
        with pytest.raises(InputError, match="has no period above its table"):
            workbooks.subjects(path, known_sources()["community_waits"], "f")


def test_damaged_workbook_of_services_says_its_month(tmp_path: Path) -> None:
    sheets = forms.community_waits()
    del sheets["Table 4g"]
    path = write(tmp_path / "x", sheets)
    found = recognise.recognise(path, "f")
    assert found and recognise.subjects_told(path, found, "f") == [Subject("2025-26-Q1", "2025-06")]


@pytest.mark.parametrize("period", [datetime(2026, 1, 1), " january 2026 "])
def test_the_month_may_be_a_date_or_spelt_otherwise(tmp_path: Path, period: Any) -> None:
    path = write(tmp_path / "x", forms.cancer_combined(period))
    found, _ = workbooks.subjects(path, known_sources()["cancer_combined"], "f")
    assert {month for month, _ in found} == {"2026-01"}


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A form of a publication in a file, written once."""
    return cache(lambda source_id: write(tmp_path_factory.mktemp(source_id) / "x", WORKBOOKS[source_id]()))


@cache
def all_of(path: Path, source_id: str) -> tuple[Any, set[str], pd.DataFrame]:
    """What a workbook is about, the months that stand above its tables, and its rows."""
    source = known_sources()[source_id]
    subjects, _ = workbooks.subjects(path, source, "f")
    return subjects, workbooks.months_told(path, source, "f"), workbooks.read_workbook(path, source, "f")


@pytest.mark.parametrize("mark", [" [note 3]", " [notes 1, 2]", "[3]", " [n3]", " (3)", "\u00b9", " [r]", " (revised)"])
@pytest.mark.parametrize("source_id", ["cancer_combined", "ae_provider", "dm01_provider", "community_waits"])
def test_footnote_marks_do_not_matter(
    tmp_path: Path, unmarked: Callable[[str], Path], source_id: str, mark: str
) -> None:
    """In headings, in titles and behind the month."""

    def marked(cell: Any) -> Any:
        return f"{cell}{mark}" if isinstance(cell, str) and not cell.endswith(":") and cell not in CODES else cell

    plain = WORKBOOKS[source_id]()
    noted = {name: [[*map(marked, row)] for row in rows[:16]] + rows[16:] for name, rows in plain.items()}
    source = known_sources()[source_id]
    (subjects, months, read), (*expected_about, expected) = (
        all_of(path, source_id) for path in (write(tmp_path / "x", noted), unmarked(source_id))
    )
    assert [subjects, months] == expected_about
    said = [column.name for column in source.columns if column.label or column.above] + ["_source_row"]
    said += ["service"] if source_id == "community_waits" else []
    pd.testing.assert_frame_equal(read[said], expected[said])


@pytest.mark.parametrize("month", ["June  2025", "June\u00a02025", " June 2025 "])
def test_blanks_in_a_title_above_a_table_do_not_matter(tmp_path: Path, month: str) -> None:
    sheets = forms.community_waits()
    for rows in sheets.values():
        rows[0] = [str(rows[0][0]).replace("June 2025", month), *rows[0][1:]]
    assert str(month) in str(sheets["Table 4"][0][0])
    assert set(landed(tmp_path, sheets, "community_waits")["period"]) == {"June 2025"}


def test_date_above_the_table_may_be_marked_in_dementia_figures(tmp_path: Path) -> None:
    """There it ends a title, and the label is the start of the title."""
    for end in ("June 2025 [note 1]", "June 2025 (1)", "30 June 2025", "Jun 2025", "Jun-25", "June-2025"):
        sheets = {
            "Table 4": [
                [f"Table 4: Dementia, England, {end}"],
                [
                    "Type",
                    "ODS Code [note 2]",
                    "ONS Code",
                    "Name",
                    "Recorded [note 3]",
                    "Estimated (4)",
                    "Lower",
                    "Upper",
                ],
                ["ICB", "QE1", "An ICB", 5, 6.5],
            ]
        }
        found = workbooks.subjects(write(tmp_path / "x", sheets), known_sources()["dementia"], "f")[0]
        assert found == [("2025-06", None)]


def test_sheets_of_performance_are_those_of_the_combined_workbook(tmp_path: Path) -> None:
    sheets = {name.replace(" Level", ""): rows for name, rows in forms.cancer_combined().items()}
    path = write(tmp_path / "x", sheets)
    found = recognise.recognise(path, "f")
    assert found and found.source.id == "cancer_combined"
    assert {subject.period for subject in recognise.subjects_of(path, found, "f")[0]} == {"2026-01"}


@pytest.mark.parametrize("form", ["%b %Y", "%b-%y", "%B-%Y"])
@pytest.mark.parametrize("source_id", ["ae_provider", "dm01_provider", "community_waits"])
def test_a_month_may_be_written_in_any_plain_form(tmp_path: Path, source_id: str, form: str) -> None:
    def written(cell: Any) -> Any:
        other = partial(re.sub, r"\b[JAM][a-z]+ 20\d\d", lambda month: f"{datetime.strptime(month[0], '%B %Y'):{form}}")
        return other(cell) if isinstance(cell, str) else cell

    plain = WORKBOOKS[source_id]()
    sheets = {name: [[*map(written, row)] for row in rows] for name, rows in plain.items()}
    assert sheets != plain
    source = known_sources()[source_id]
    one, other = (write(tmp_path / str(n), each) for n, each in enumerate((plain, sheets)))
    assert workbooks.subjects(other, source, "f")[0] == workbooks.subjects(one, source, "f")[0]
    (suite,) = (suite for suite in suites("land") if suite.table == source_id)
    rows = workbooks.read_workbook(other, source, "f").assign(_file="f", _source_sha256="s").astype(object)
    assert [check.id for check in run_suite(suite, rows) if check.id.endswith(".period") and not check.passed] == []


def test_the_part_of_an_extract_is_in_the_name_of_its_sheet(tmp_path: Path) -> None:
    path = write(tmp_path / "x", forms.cancer_extract("Commissioner"))
    found = recognise.recognise(path, "f")
    assert found and recognise.subjects_of(path, found, "f")[0][0] == Subject("2025-26-Q1", "2025-04", "commissioner")
    rows = recognise.read_rows(path, None, found.source, "f")
    assert set(rows["period"]) == {"2025-04-01", "2025-05-01"}
    assert list(rows.columns[rows.isna().any()]) == []


def test_columns_of_a_and_e_are_named_by_both_rows_of_the_header(tmp_path: Path) -> None:
    rows = landed(tmp_path, forms.ae_provider(), "ae_provider")
    footprints = rows[rows["_source_member"] == FOOTPRINT]
    england, trust = footprints.iloc[0], footprints.iloc[-1]
    assert list(england[["org_code", "org_name", "mapped_type_3_attendances"]]) == ["-", "England", "-"]
    assert list(trust[["attendances_type_1", "within_4_hours_type_1", "over_4_hours_type_1"]]) == [
        "111.1",
        "55.55",
        "55.55",
    ]
    assert trust["over_4_hours_total"] == "71.65"  # without the noise of its last bits
    providers = rows[rows["_source_member"] == AE]
    assert providers["mapped_type_3_attendances"].isna().all()
    assert list(providers["percentage_all"][:2]) == ["0.5", "-"]
    systems = rows[rows["_source_member"] == SYSTEM]
    assert list(systems["org_name"][:2]) == ["-", "Trust ZA0"] and systems["region"].isna().all()


def test_an_older_a_and_e_workbook_has_no_footprint(tmp_path: Path) -> None:
    rows = landed(tmp_path, forms.ae_provider(footprint=False), "ae_provider")
    assert set(rows["_source_member"]) == {AE, SYSTEM}


def test_england_of_dm01_has_no_code(tmp_path: Path) -> None:
    rows = landed(tmp_path, forms.dm01_provider(), "dm01_provider")
    assert list(rows.iloc[0][["provider_code", "provider_name", "total_waiting_list"]]) == ["", "Total", "1200"]
    assert rows.iloc[0]["planned_tests"] == "12"  # right of a spacer
    assert rows[rows["_source_member"] == "Provider"]["diagnostic_test_name"].isna().all()


def test_the_time_series_is_read_up_to_its_workings(tmp_path: Path) -> None:
    rows = landed(tmp_path, forms.ambsys_series(), "ambsys_series")
    assert list(rows.iloc[0][["year", "month", "org_code", "org_name", "region"]]) == [
        "2024-25",
        "MARCH",
        "ENG",
        "",
        "",
    ]
    assert rows["a10"].value_counts()["-"] == 2
    assert rows["a148"].isna().all()


def moved(sheets: Sheets) -> None:
    """Preamble has grown."""
    for rows in sheets.values():
        rows[1:1] = [[None, "Correction:", "x"], [None, "Note: Period and Basis", 3], []]


def inserted(sheets: Sheets) -> None:
    """A column has come, and the last one changed its place."""
    for name in (SYSTEMS, PROVIDERS):
        for row in sheets[name][14:]:
            row[2:2] = ["Late", *row[-1:]] if row is sheets[name][14] else ["x", *row[-1:]]
            row.pop()


def retyped(sheets: Sheets) -> None:
    for name in (SYSTEMS, PROVIDERS):
        sheets[name][14] = [
            str(cell).upper().replace(" ", "  ") + " (1)" if cell else cell for cell in sheets[name][14]
        ]


def within_a_cell(sheets: Sheets) -> None:
    for name in (SYSTEMS, PROVIDERS):
        sheets[name][4] = [None, "Period: January 2026"]


def noted(sheets: Sheets) -> None:
    for name in (SYSTEMS, PROVIDERS):
        sheets[name] += [[], [None, "Notes"], [None, 1, "Counts may be halves."], [], [None, "Source: SDCS"]]


@pytest.mark.parametrize("change", [moved, inserted, retyped, within_a_cell, noted])
def test_what_differs_between_months_changes_no_figure(tmp_path: Path, change: Change) -> None:
    sheets = forms.cancer_combined()
    before = landed(tmp_path, sheets, "cancer_combined").drop(columns="_source_row")
    change(sheets)
    after = landed(tmp_path, sheets, "cancer_combined").drop(columns="_source_row")
    pd.testing.assert_frame_equal(after, before)


@pytest.mark.parametrize("source_id", WORKBOOKS)
def test_counts_typed_as_text_are_landed_without_blanks_around_them(tmp_path: Path, source_id: str) -> None:
    sheets = WORKBOOKS[source_id]()
    before = landed(tmp_path, sheets, source_id)
    for rows in sheets.values():
        for cells in rows:
            cells[:] = [
                f" {as_text(cell)} " if isinstance(cell, int | float) or cell == "-" else cell for cell in cells
            ]
    after = landed(tmp_path, sheets, source_id)
    counts = [column for table in known_sources()[source_id].tables for column in table.counts]
    pd.testing.assert_frame_equal(after[counts], before[counts])


def test_headings_exchanged_are_a_remark(tmp_path: Path) -> None:
    sheets = forms.cancer_combined()
    head = next(row for row in sheets[PROVIDERS] if "Within" in row)
    within, after = head.index("Within"), head.index("After")
    head[within], head[after] = "After", "Within"
    path = write(tmp_path / "x", sheets)
    remark = workbooks.subjects(path, known_sources()["cancer_combined"], "f")[1]
    assert remark == (
        f"columns are not in the order described, {PROVIDERS}: 'After' to 'Within': they are read by their headings"
    )


def test_columns_not_known_here_are_a_remark(tmp_path: Path) -> None:
    sheets = forms.cancer_combined()
    inserted(sheets)
    path = write(tmp_path / "x", sheets)
    remark = workbooks.subjects(path, known_sources()["cancer_combined"], "f")[1]
    assert remark == (
        f"columns not known here are left out, {SYSTEMS}: 'Late'; {PROVIDERS}: 'Late'; "
        f"columns are not in the order described, {SYSTEMS}: 'In 43 to 62 days' to 'In 29 to 42 days'; "
        f"{PROVIDERS}: 'In 43 to 62 days' to 'In 29 to 42 days': they are read by their headings"
    )


def test_a_long_heading_is_cut_in_a_remark(tmp_path: Path) -> None:
    sheets = forms.cancer_combined()
    inserted(sheets)
    for rows in sheets.values():
        rows[:] = [["L" * 5_000 if cell == "Late" else cell for cell in row] for row in rows]
    remark = workbooks.subjects(write(tmp_path / "x", sheets), known_sources()["cancer_combined"], "f")[1]
    assert remark and f"{SYSTEMS}: '{'L' * 59}…'; " in remark and len(remark) < 500


def test_a_missing_column_that_nothing_needs_stops_nothing(tmp_path: Path) -> None:
    sheets = forms.cancer_combined()
    for name in (SYSTEMS, PROVIDERS):
        sheets[name][14] = [None if cell == "Performance" else cell for cell in sheets[name][14]]
    assert landed(tmp_path, sheets, "cancer_combined")["performance"].isna().all()


def test_an_error_in_a_column_that_nothing_needs_is_landed(tmp_path: Path) -> None:
    sheets = forms.cancer_combined()
    sheets[PROVIDERS][20][11] = "#DIV/0!"
    assert "#DIV/0!" in set(landed(tmp_path, sheets, "cancer_combined")["performance"])


def cell(name: str, row: int, column: int, value: Any) -> Change:
    def change(sheets: Sheets) -> None:
        sheets[name][row - 1][column - 1] = value

    return change


def row(name: str, number: int, cells: list[Any]) -> Change:
    return lambda sheets: sheets[name].insert(number - 1, cells)


def keep(name: str, rows: int) -> Change:
    return lambda sheets: sheets.__setitem__(name, sheets[name][:rows])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda sheets: sheets.pop(PROVIDERS), r"^f: lacks a sheet; found 'System .*; expected Provider.*Performance$"),
        (cell(PROVIDERS, 15, 9, "Tally"), r"\[Prov.*\], row 15: lacks columns of .*; found 'Tally'; expected Total$"),
        (keep(PROVIDERS, 14), r"^f \[Prov.*\]: has no header; expected a row with Org Code, Standard, Cancer"),
        (keep(PROVIDERS, 15), r"^f \[Prov.*\], row 15: has no rows below its header$"),
        (cell(PROVIDERS, 15, 25 - 9, "Within"), "row 15, column P: has a heading twice; found 'Within'"),
        (cell(PROVIDERS, 5, 2, "Month"), r"row 15: has no Period .*B5: Month; C5: January 2026; .* expected 'Period' "),
        (cell(PROVIDERS, 5, 3, None), "has no Period above its table"),
        (cell(PROVIDERS, 5, 3, "2026"), "row 5, column C: names no month; found '2026'; expected such as April 2025"),
        (cell(PROVIDERS, 5, 3, "February 2026"), r"^f \[Prov.*\]: is not about the same as the first sheet"),
        (cell(PROVIDERS, 7, 3, "Patient"), "row 7, column C: is no part known here; found 'Patient'; expected one of"),
        (cell(PROVIDERS, 7, 3, "Provider, Commissioner"), "is no part known here; found 'Provider, Commissioner'"),
        (cell(PROVIDERS, 20, 9, "1,234"), "row 20, column I: holds no number; found '1,234'; expected a number or"),
        (cell(PROVIDERS, 20, 9, "*"), r"row 20, column I: holds no number; found '\*'"),
        (cell(PROVIDERS, 20, 9, True), "row 20, column I: holds no number; found True"),
        (cell(PROVIDERS, 20, 9, datetime(2026, 1, 1)), "row 20, column I: holds no number; found datetime"),
        (cell(PROVIDERS, 20, 9, "#REF!"), "row 20, column I: holds an error; found '#REF!'"),
        (cell(PROVIDERS, 20, 9, None), "row 20, column I: holds no figure; expected a number"),
        (cell(PROVIDERS, 20, 2, "#N/A"), "row 20, column B: holds an error; found '#N/A'; expected text"),
        (cell(PROVIDERS, 20, 2, datetime(2026, 3, 1)), "row 20, column B: holds neither text nor number"),
        (cell(PROVIDERS, 20, 2, "Z\u202e1"), "row 20, column B: holds a control character"),
        (row(PROVIDERS, 20, [None, "Subtotal"]), "row 20: has a row without figures .* expected figures, as in row 21"),
        (row(PROVIDERS, 99, [None, "ZA1", "x", "x", "FDS"]), "row 42, column I: holds no figure; expected a number"),
        (row(PROVIDERS, 99, [*[None] * 8, 5, 4, 1]), "row 42, column B: has figures without a name"),
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_named_with_its_place(tmp_path: Path, change: Change, message: str) -> None:
    sheets = forms.cancer_combined()
    change(sheets)
    path = write(tmp_path / "x", sheets)
    with pytest.raises(InputError, match=message):
        workbooks.subjects(path, known_sources()["cancer_combined"], "f")
        workbooks.read_workbook(path, known_sources()["cancer_combined"], "f")


def test_a_workbook_that_is_not_as_described_still_says_its_month(tmp_path: Path) -> None:
    sheets = forms.ae_provider("Sept 2025")
    assert workbooks.months_told(write(tmp_path / "x", sheets), known_sources()["ae_provider"], "f") == {"2025-09"}
    sheets = forms.cancer_combined()
    sheets.pop(PROVIDERS)
    assert workbooks.months_told(write(tmp_path / "x", sheets), known_sources()["cancer_combined"], "f") == {"2026-01"}
    waits = forms.community_waits()
    waits["Table 4"][0] = ["Number waiting by service, Jun 2025"]
    waits["Table 4"][1:] = []
    assert workbooks.months_told(write(tmp_path / "z", waits), known_sources()["community_waits"], "f") == {"2025-06"}
    path = write(tmp_path / "w", forms.cancer_combined("Mar-26"))  # refused, yet told
    assert workbooks.months_told(path, known_sources()["cancer_combined"], "f") == {"2026-03"}
    path = write(tmp_path / "y", forms.cancer_extract())
    assert workbooks.months_told(path, known_sources()["cancer_extract"], "f") == set()  # its rows may say more


@pytest.mark.parametrize(
    ("year", "says"),
    [("2025-27", "expected such as 2025-26 April"), ("2025", "found '2025 APRIL'"), (None, "found ' APRIL'")],
)
def test_a_financial_year_that_is_none_is_refused(tmp_path: Path, year: str | None, says: str) -> None:
    sheets = forms.ambsys_series()
    sheets["Raw"][-2][1] = year
    with pytest.raises(InputError, match=rf"row 31, column Year, Month: names no month; .*{says}"):
        workbooks.subjects(write(tmp_path / "x", sheets), known_sources()["ambsys_series"], "f")


@pytest.mark.parametrize(
    "sheets",
    [
        {"Provider": [[None, "Provider Code", "Name", "Beds"], [None, "ZA1", "x", 3]]},
        {"Raw": [["Year", "Month", "Total"], [2025, 1, 3]]},
        {"Data Extract": [["Period", "Org Code", "Value"]]},
        {"Provider Level Data": []},
    ],
)
def test_a_sheet_of_the_same_name_is_no_publication(tmp_path: Path, sheets: Sheets) -> None:
    assert recognise.recognise(write(tmp_path / "x", sheets), "f") is None


def test_a_table_without_a_heading_that_is_known_says_what_it_lacks(tmp_path: Path) -> None:
    sheets = forms.ae_provider()
    for rows in (sheets[AE], sheets[FOOTPRINT], sheets[SYSTEM]):
        heads = next(row for row in rows if "Code" in row)
        rows[rows.index(heads) - 1] = []  # what stands above the counts
        heads[:4] = [None, "Kode", "Regio", "Nam"]
    path = write(tmp_path / "x", sheets)
    found = recognise.recognise(path, "f")
    assert found
    with pytest.raises(InputError, match=r"^f \[Provider Level Data\], row \d+: lacks columns of .*; expected Code, "):
        recognise.subjects_of(path, found, "f")


def test_a_sheet_of_notes_with_a_name_alike_is_not_read(tmp_path: Path) -> None:
    notes: Rows = [["Provider names are those of January."]]
    rows = landed(tmp_path, {"Provider notes": notes, **forms.cancer_extract()}, "cancer_extract")
    assert len(rows) == 48


def test_the_combined_csv_is_read_by_its_description(tmp_path: Path) -> None:
    source = known_sources()["cancer_csv"]
    assert csv_files.source_by_headings(forms.cancer_csv()) == source
    (tmp_path / "x.csv").write_bytes(forms.cancer_csv())
    found = recognise.recognise(tmp_path / "x.csv", "f")
    assert found
    about, _ = recognise.subjects_of(tmp_path / "x.csv", found, "f")
    assert about == [Subject("2025-26-Q4", "2026-01", part) for part in ("commissioner", "provider")]
    rows, _ = csv_files.read_csv(BytesIO(forms.cancer_csv()), source, "f")
    assert len(rows) == 4 * (len(CODES) + 1)
    assert rows["after"].isna().all()


def test_the_combined_csv_has_items_that_are_no_standards_and_older_spellings(tmp_path: Path) -> None:
    """None of these was seen; loaders of others tell of them."""
    source, (suite,) = known_sources()["cancer_csv"], [one for one in suites("land") if one.table == "cancer_csv"]
    item = b"Provider,2026-01-01,ZA1,A name,Urgent Suspected Cancer referral,ALL CANCERS,,,9,,"

    def failed(content: bytes) -> set[str]:
        (tmp_path / "x.csv").write_bytes(content)
        found = recognise.recognise(tmp_path / "x.csv", "f")
        assert found and found.source == source
        about, _ = recognise.subjects_of(tmp_path / "x.csv", found, "f")
        assert {one.period for one in about} == {"2026-01"}
        rows = recognise.read_rows(tmp_path / "x.csv", None, source, "f")
        frame = rows.assign(_file="f", _source_sha256="s").astype(object)
        return {check.id for check in run_suite(suite, frame) if not check.passed}

    older = forms.cancer_csv().replace(b"01/01/2026", b"2026-01-01").replace(b",FDS,", b",28-Day FDS,")
    whole = older.replace(b",62D,", b",62-Day Combined,") + item
    assert failed(forms.cancer_csv()) == failed(whole) == set()
    lost = b"Provider,2026-01-01,ZA1,A name,31D,ALL CANCERS,,,9,,"
    assert failed(older + lost) == {"land.cancer_csv.route", "land.cancer_csv.within"}
    assert failed(older + item.replace(b" referral", b"")) >= {"land.cancer_csv.standard"}


def test_the_combined_csv_names_its_part_in_every_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(forms.cancer_csv().replace(b"\nCommissioner", b"\nPatient", 1))
    found = recognise.recognise(tmp_path / "x.csv", "f")
    assert found
    with pytest.raises(InputError, match=r"^f, row 28, column Basis: is no part known here; found 'Patient'"):
        recognise.subjects_of(tmp_path / "x.csv", found, "f")


def test_no_warning_of_a_library_reaches_a_terminal(tmp_path: Path) -> None:
    """openpyxl warns of a date that is none, here in a column that nothing needs."""
    book = openpyxl.load_workbook(write(tmp_path / "x.xlsx", forms.cancer_combined()))
    no_date = book[PROVIDERS]["C20"]
    no_date.value, no_date.number_format = 1e10, "yyyy-mm-dd"
    book.save(tmp_path / "x.xlsx")
    code = (
        "import sys; from pathlib import Path; from orchestration.sources import recognise\n"
        "path = Path(sys.argv[1]); found = recognise.recognise(path, 'f')\n"
        "print(len(recognise.read_rows(path, None, found.source, 'f')))"
    )
    command = [sys.executable, "-c", code, tmp_path / "x.xlsx"]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ran.stdout + ran.stderr == "52\n"


@pytest.mark.parametrize("source_id", ["ae_provider", "dm01_provider"])
def test_xls_is_read_as_xlsx_is(tmp_path: Path, source_id: str) -> None:
    sheets, source = WORKBOOKS[source_id](), known_sources()[source_id]
    old, new = forms.write_xls(tmp_path / "old", sheets), write(tmp_path / "new", sheets)
    for path in (old, new):
        assert recognise.recognise(path, "f") == recognise.Recognised(source)
    assert workbooks.subjects(old, source, "f") == workbooks.subjects(new, source, "f")
    pd.testing.assert_frame_equal(*(workbooks.read_workbook(path, source, "f") for path in (old, new)))


def test_xls_of_another_kind_is_no_publication(tmp_path: Path) -> None:
    assert recognise.recognise(forms.write_xls(tmp_path / "x", {"Sheet1": [["a", 1]]}), "f") is None


@pytest.mark.parametrize(("rows", "columns", "sheets"), [(65536, 256, 1), (16384, 256, 40)])
def test_xls_with_cells_far_apart_takes_no_memory(tmp_path: Path, rows: int, columns: int, sheets: int) -> None:
    """calamine would make room for all between them, 20 GB, and end its process."""
    far: Rows = [[1], *[[]] * (rows - 2), [*[None] * (columns - 1), 1]]
    path = forms.write_xls(tmp_path / "x", {f"Sheet{n}": far for n in range(sheets)})
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"^f: is a damaged workbook \(it takes more than 1024 MB or 60 seconds"):
        recognise.recognise(path, "f")


def test_xls_with_more_text_than_may_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = forms.write_xls(tmp_path / "x", forms.ae_provider())
    monkeypatch.setattr(xls, "MAX_TEXT", 5000)
    with pytest.raises(InputError, match=r"^f: is too large; expected at most 5000 bytes as text"):
        recognise.recognise(path, "f")


@pytest.mark.parametrize(
    "damage", [lambda c: c[:600], lambda c: c[:8], lambda c: c[:-700], lambda c: c[:512] + c[700:]]
)
def test_damaged_xls_says_so(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = forms.write_xls(tmp_path / "x", forms.ae_provider())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"^f: is a damaged workbook \(.*\): download it again$"):
        recognise.recognise(path, "f")


def test_a_figure_that_is_gone_from_xls_is_not_taken_for_none(tmp_path: Path) -> None:
    """Of the error of a formula calamine leaves a blank."""
    sheets = forms.ae_provider()
    sheets[AE][20][4] = None
    with pytest.raises(
        InputError, match=r"^f \[Provider Level Data\], row 21, column E: holds no figure; expected a num"
    ):
        workbooks.read_workbook(forms.write_xls(tmp_path / "x", sheets), known_sources()["ae_provider"], "f")
