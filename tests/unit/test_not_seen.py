"""Publications whose layout was not seen: read by what was said of them, and refused where they are something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import InputError
from orchestration.sample.publication_files import zipped
from orchestration.sources import recognise
from orchestration.sources.contents import contents
from orchestration.sources.descriptions import known_sources
from orchestration.sources.recognise import Subject
from tests.forms import CODES, Rows, ohid_catchments_msoa, publish, write, write_ods
from tests.unit.test_csv_files import csv_bytes


@pytest.mark.parametrize(
    "source_id",
    ["shmi", "staff_survey", "staff_survey_benchmark", "fft", "ohid_catchments_msoa", "talking_therapies_monthly"],
)
def test_the_description_says_that_the_layout_was_not_seen(source_id: str) -> None:
    assert "not seen" in known_sources()[source_id].quirks[0].lower()


# SHMI

SHMI = ["TIME_PERIOD", "PUBLICATION_MONTH", "PROVIDER_CODE", "PROVIDER_NAME", "SHMI_VALUE", "SHMI_BANDING"]
SHMI += ["OD_LL", "OD_UL", "OBSERVED", "EXPECTED"]
BAND = ["JUL_25", "ZA1", "A, NHS Trust", "1.25", "1.0", "0.85", "1.18", "1000", "800"]


def test_every_twelve_months_count_in_the_quarter_after_that_in_which_they_end(tmp_path: Path) -> None:
    path = tmp_path / "SHMI data, Apr24-Mar25.zip"
    rows = [[period, *BAND] for period in ("MAR24_FEB25", "APR24_MAR25", "May 2024 - April 2025")]
    others = csv_bytes([*SHMI[:4], "SITE_CODE", *SHMI[4:]], [*rows[0][:4], "ZA101", *rows[0][4:]])
    alone = csv_bytes(SHMI[2:], BAND[1:])
    members = {"Historical_trust_level": csv_bytes(SHMI, *rows), "by_site": others, "at_trust_level": alone}
    path.write_bytes(zipped((f"SHMI data/{name}_csv.csv", text) for name, text in members.items()))
    found = recognise.recognise(path, path.name)
    assert found and found.source.id == "shmi" and found.member == "SHMI data/Historical_trust_level_csv.csv"
    about = [Subject("2025-26-Q1", "2025-02"), Subject("2025-26-Q1", "2025-03"), Subject("2025-26-Q2", "2025-04")]
    assert recognise.subjects_of(path, found, path.name)[0] == about
    landed = recognise.read_rows(path, found.member, found.source, path.name)
    assert landed["shmi_banding"].tolist() == ["1.0"] * 3
    assert landed["spells"].isna().all()


def test_twelve_months_that_nobody_knows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "shmi.csv"
    path.write_bytes(csv_bytes(SHMI, ["APR24_MAR25", *BAND], ["2024/25", *BAND]))
    (found,) = contents(path, path.name, "s")
    assert found.source_id == "shmi" and found.subjects == (Subject("2025-26-Q1", "2025-03"),)
    assert found.problem and found.problem.startswith("shmi.csv, row 3, column TIME_PERIOD: names no month; ")
    with pytest.raises(InputError, match=r"^shmi\.csv, row 1, column 6: .*'CLASS'; expected SHMI_BANDING"):
        path.write_bytes(csv_bytes([*SHMI[:5], "CLASS", *SHMI[6:]], ["APR24_MAR25", *BAND]))
        recognise.read_rows(path, None, known_sources()["shmi"], path.name)


# Friends and Family Test

NAMED = ["ICB Code", "Trust Code", "Trust Name", "Total Responses", "Total Eligible"]
NAMED += ["Percentage Positive", "Percentage Negative"]
ANSWERS = ["Very Good", "Good", "Neither Good nor Poor", "Poor", "Very Poor", "Don't Know"]
ENGLAND = [None, None, "England (including IS)", 14, 30, 0.9, 0.05, 9, 4, 1, 0, 0, 0]
TRUSTS: Rows = [["XA1", "ZA1", "A", 10, 20, 0.9, 0, 8, 1, 1, 0, 0, 0], ["XA1", "ZA2", "B", *["*"] * 10]]
SELECTION = [None, None, "Selection (excluding suppressed data)"]
IN_ONE_ROW: Rows = [[*NAMED, *ANSWERS]]
SPANNING: Rows = [[*NAMED, "Breakdown of Responses"], [*[None] * len(NAMED), *ANSWERS]]
FEW_ABOVE: Rows = [["ICB Code", "Trust Code", "Trust Name"], [None, None, None, *NAMED[3:], *ANSWERS]]


def friends_and_family(path: Path, header: Rows = SPANNING, above: int = 8) -> Path:
    rows = [["Inpatient data"], *[[]] * above, *header, ENGLAND, SELECTION, *TRUSTS, [], ["* is 1 to 4."]]
    return write(path, {"Notes": [["FFT"]], "ICB": [["ICB Code", *NAMED[3:], *ANSWERS]], "Trusts": rows})


@pytest.mark.parametrize("header", [IN_ONE_ROW, SPANNING, FEW_ABOVE], ids=["one row", "two rows", "few above"])
@pytest.mark.parametrize("above", [0, 8])
def test_answers_are_found_by_their_headings_in_one_row_or_two(tmp_path: Path, header: Rows, above: int) -> None:
    path = friends_and_family(tmp_path / "FFT_IP_MacroWebfile_Jul-25.xlsm", header, above)
    found = recognise.recognise(path, path.name)
    assert found and found.source.id == "fft"
    assert recognise.subjects_of(path, found, path.name) == ([Subject("2025-26-Q2", "2025-07", "inpatient")], None)
    landed = recognise.read_rows(path, None, found.source, path.name)
    shown = landed[["trust_code", "responses", "very_good", "dont_know"]].to_numpy().tolist()
    assert shown == [["", "14", "9", "0"], ["ZA1", "10", "8", "0"], ["ZA2", "*", "*", "*"]]


def test_column_not_known_here_is_a_remark(tmp_path: Path) -> None:
    header = [[*NAMED, *ANSWERS, "Response Rate"]]
    path = friends_and_family(tmp_path / "FFT_IP_MacroWebfile_Jul-25.xlsm", header)
    found = recognise.recognise(path, path.name)
    assert found
    assert recognise.subjects_of(path, found, path.name)[1] == (
        "columns not known here are left out, Trusts: 'Response Rate'"
    )


@pytest.mark.parametrize(
    ("name", "month", "setting"),
    [
        ("021225_133523_FFT_AE_MacroWebfile_Dec-25-1.xlsm", "2025-12", "ae"),
        ("friends-and-family-test-inpatient-data-august-2025.xlsm", "2025-08", "inpatient"),
        ("FFT-A&E-data-Mar 2026.xlsm", "2026-03", "ae"),
        ("FFT_Mat_MacroWebfile_May_25.xlsm", "2025-05", "maternity"),
        ("friends-and-family-test-mental-health-data-january-2026.xlsx", "2026-01", "mental_health"),
        ("FFT_Amb_MacroWebfile_Oct-25.xlsm", "2025-10", "ambulance"),
        ("FFT_Community_Apr25.xlsm", "2025-04", "community"),
        ("FFT_OP_MacroWebfile_Feb-26.xlsm", "2026-02", "outpatient"),
        ("FFT_OP_MacroWebfile_Sept-25.xlsm", "2025-09", "outpatient"),
        ("friends-and-family-test-inpatient-data-sept-2025.xlsm", "2025-09", "inpatient"),
        ("FFT_IP_SEPT25.xlsm", "2025-09", "inpatient"),
        ("FFT-AandE-MacroWebfile_Jun-25.xlsm", "2025-06", "ae"),
        ("FFT_A_E_MacroWebfile_Jun-25.xlsm", "2025-06", "ae"),
        ("FFT A & E data Jun 2025.xlsm", "2025-06", "ae"),
        ("FFT-A-and-E-Jun-2025.xlsm", "2025-06", "ae"),
        ("Aug-25 FFT_AE_MacroWebfile_Jun-25.xlsm", "2025-06", "ae"),
        ("2025-08-14 FFT_AE_MacroWebfile_Jun-25 (1).xlsm", "2025-06", "ae"),
    ],
)
def test_name_says_the_month_and_the_setting(tmp_path: Path, name: str, month: str, setting: str) -> None:
    path = friends_and_family(tmp_path / name)
    (found,) = contents(path, name, "s")
    assert [(one.period, one.part) for one in found.subjects] == [(month, setting)] and found.problem is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "answers.xlsm",
            "answers.xlsm, column its name: names no period; found 'answers.xlsm'; expected a name as downloaded",
        ),
        (
            "FFT_AE_MacroWebfile_Jun-25 of Aug 2025.xlsm",
            "FFT_AE_MacroWebfile_Jun-25 of Aug 2025.xlsm, column its name: names several periods; found 'Jun-25 and",
        ),
        (
            "FFT_AE_MacroWebfile_April-June-25.xlsm",
            "FFT_AE_MacroWebfile_April-June-25.xlsm, column its name: names several periods; found 'April and June-25'",
        ),
        ("FFT_Jul-25.xlsm", "FFT_Jul-25.xlsm, column its name: names no part known here; found 'FFT_Jul-25.xlsm'; exp"),
    ],
)
def test_name_that_does_not_say_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (found,) = contents(friends_and_family(tmp_path / name), name, "s")
    assert found.source_id == "fft" and found.problem and found.problem.startswith(problem)


def test_answer_that_is_no_number_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "FFT_IP_Jul-25.xlsm"
    rows = [*SPANNING, ENGLAND, ["XA1", "ZA1", "A", "many", *TRUSTS[0][4:]]]
    write(path, {"Trusts": rows})
    with pytest.raises(
        InputError, match=r"^FFT_IP_Jul-25\.xlsm \[Trusts\], row 4, column D: holds no number; .*'many'"
    ):
        recognise.read_rows(path, None, known_sources()["fft"], path.name)
    rows[3] = ["XA1", "ZA1", "A"]
    write(path, {"Trusts": rows})
    with pytest.raises(InputError, match=r"\[Trusts\], row 4, column D: holds no figure; expected a number$"):
        recognise.read_rows(path, None, known_sources()["fft"], path.name)


def test_header_that_lacks_a_heading_in_both_rows_is_named(tmp_path: Path) -> None:
    header = [[*NAMED, "Answers"], [*[None] * len(NAMED), *ANSWERS[:-1], "Unsure"]]
    path = friends_and_family(tmp_path / "FFT_IP_Jul-25.xlsm", header)
    with pytest.raises(InputError, match=r"\[Trusts\], row 11: lacks columns of 'NHS Friends and Family Test"):
        recognise.read_rows(path, None, known_sources()["fft"], path.name)


# Catchments of April 2026


@pytest.mark.parametrize("writer", [write, write_ods])
def test_patients_by_middle_layer_area_are_read_from_either_kind_of_workbook(tmp_path: Path, writer: Any) -> None:
    path = writer(tmp_path / "nhs-acute-hospital-trust-catchment-populations.ods", ohid_catchments_msoa())
    found = recognise.recognise(path, path.name)
    assert found and found.source.id == "ohid_catchments_msoa"
    assert recognise.subjects_of(path, found, path.name) == ([Subject()], None)
    landed = recognise.read_rows(path, None, found.source, path.name)
    row = ["2023", "All Admissions", CODES[0], f"TRUST {CODES[0]}", "E02000001", "5", "All_admissions", "4"]
    assert landed.iloc[0].tolist() == row
    assert len(landed) == 2 * len(CODES) * 5


def test_catchments_of_another_layout_say_what_is_missing_and_stop_nothing(tmp_path: Path) -> None:
    sheets = ohid_catchments_msoa()
    sheets["All_admissions"][2][5] = "Catchment"
    path = write_ods(tmp_path / "catchments.ods", sheets)
    (found,) = contents(path, path.name, "s")
    assert found.source_id == "ohid_catchments_msoa" and not known_sources()["ohid_catchments_msoa"].dated
    said = "catchments.ods [All_admissions], row 3: lacks columns of 'Catchments of acute trusts by middle layer area"
    assert (
        found.problem
        and found.problem.startswith(said)
        and found.problem.endswith("expected Patients admitted/Patients")
    )


# Talking Therapies of a month


def test_months_of_therapies_are_told_from_the_yearly_file(tmp_path: Path) -> None:
    path = publish("talking_therapies_monthly", tmp_path)
    found = recognise.recognise(path, path.name)
    assert found and found.source.id == "talking_therapies_monthly"
    assert recognise.subjects_of(path, found, path.name)[0] == [Subject("2025-26-Q4", "2026-02")]
    named = path.read_bytes().replace(b"MEASURE_VALUE_SUPPRESSED", b"MEASURE_VALUE")
    path.write_bytes(named)
    assert recognise.recognise(path, path.name) == found
    path.write_bytes(named.replace(b"2026-02-01", b"Winter", 1))
    (broken,) = contents(path, path.name, "s")
    place = f"{path.name}, row 2, column REPORTING_PERIOD_START"
    assert broken.problem and broken.problem.startswith(f"{place}: names no month; found 'Winter'; expected such as")
