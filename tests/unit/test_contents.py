"""What lies in a folder of extracts: what is set aside and why, what stops a quarter, how files may be packed, and what
is remembered of them."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import InputError, LeagueError
from orchestration.operations import doctor
from orchestration.operations.doctor import ERROR, OK, WARNING
from orchestration.sources import archives, contents, recognise
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import in_short, quarters_at_hand, survey, take_inventory
from orchestration.sources.landing import take_in
from orchestration.sources.lock import Lock, read_lock
from orchestration.sources.periods import is_of_several
from orchestration.workspace.paths import PROJECT, Workspace
from tests import forms
from tests.unit.test_csv_files import DM01, MARCH, TESTS, csv_bytes, quoted
from tests.unit.test_hostile import MB, peak
from tests.unit.test_inventory import ae, ambsys, data_file, landed
from tests.unit.test_workbooks import DAYS_28, DAYS_62, published, write

Q1 = "2025-26-Q1"


def inventory(folder: Path, quarter: str = Q1) -> pd.DataFrame:
    return take_inventory(survey(folder), quarter, Lock()).set_index("file_name")


def status(folder: Path, name: str, quarter: str = Q1) -> str:
    found: str = inventory(folder, quarter).loc[name, "status"]
    return found


def zip_of(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
    return content.getvalue()


def ae_bytes(folder: Path, month: str, value: str = "1") -> bytes:
    ae(folder, "made.csv", month, value=value)
    content = (folder / "made.csv").read_bytes()
    (folder / "made.csv").unlink()
    return content


# What is not needed stops nothing


def ragged(content: bytes) -> bytes:
    return content.replace(b"Total ,", b"Total ,,,")


def renamed(content: bytes) -> bytes:
    return content.replace(b"Org Code", b"Code of organisation")


def unquoted(content: bytes) -> bytes:
    return content.replace(b"ZA1", b'"ZA1')


@pytest.mark.parametrize("damage", [ragged, renamed, unquoted])
def test_a_damaged_file_stops_the_quarters_that_need_its_month_and_no_other(
    extracts: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26", "Q2 2025/26", "Q3 2025/26", "Q4 2025/26")
    (extracts / "a.csv").write_bytes(damage(ae_bytes(extracts, "MAY-2025")))
    for needs in (Q1, "2025-26-Q2"):
        with pytest.raises(
            LeagueError, match=r"^a\.csv, row .*; it is 'A&E attendances .* of 2025-05: download it again$"
        ):
            take_in(survey(extracts), needs, Workspace(tmp_path))
    assert "a.csv" not in {entry.file_name for entry in read_lock(Workspace(tmp_path)).entries.values()}
    row = inventory(extracts, "2025-26-Q3").loc["a.csv"]
    assert (row["status"], row["period"], row["reason"]) == (
        "not_asked_for",
        "2025-05",
        "2025-26-Q3 does not need 2025-05",
    )
    assert row["remarks"].startswith("a.csv, row ")


def test_a_damaged_file_that_another_supersedes_is_not_needed(extracts: Path) -> None:
    (extracts / "a.csv").write_bytes(ragged(ae_bytes(extracts, "MAY-2025")))
    ae(extracts, "a-revised.csv", "MAY-2025")
    assert status(extracts, "a.csv") == "superseded"
    (extracts / "a-revised.csv").rename(extracts / "b.csv")
    with pytest.raises(LeagueError, match=r"^a\.csv, row "):
        inventory(extracts)


def as_workbook(folder: Path, content: bytes) -> bytes:
    path = write(folder / "made.xlsx", {"Sheet1": [*csv.reader(content.decode("utf-8-sig").splitlines())]})
    made = path.read_bytes()
    path.unlink()
    return made


@pytest.mark.parametrize("form", ["workbook", "semicolons", "title"])
def test_a_copy_that_somebody_saved_does_not_stop_the_file_as_published(extracts: Path, form: str) -> None:
    """Unless it is marked, for then it is of what was published later."""
    content = ae_bytes(extracts, "MAY-2025")
    (extracts / "b.csv").write_bytes(content)
    saved = {
        "workbook": as_workbook(extracts, content),
        "semicolons": content.replace(b",", b";"),
        "title": b"A&E\r\n" + content[3:],
    }
    (extracts / "a copy").write_bytes(saved[form])
    found = inventory(extracts)
    assert (found.loc["a copy", "status"], found.loc["b.csv", "status"]) == ("superseded", "used")
    assert found.loc["a copy", "reason"] == "by b.csv"
    assert found.loc["a copy", "remarks"].endswith("download the published file, and do not save it from a spreadsheet")
    assert "1 file, superseded by another: a copy" in in_short(found.reset_index())
    (extracts / "a copy").rename(extracts / "a copy-revised")
    with pytest.raises(LeagueError, match=r"^a copy-revised: it.* of 2025-05$"):
        inventory(extracts)
    (extracts / "b.csv").unlink()
    (extracts / "a copy-revised").rename(extracts / "a copy")
    with pytest.raises(LeagueError, match=r"^a copy: it.* of 2025-05$"):
        inventory(extracts)


def test_of_references_one_that_parses_is_enough(extracts: Path) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    (extracts / "old.csv").write_bytes((extracts / "ods" / "etr.csv").read_bytes() + b"short,row\r\n")
    found = inventory(extracts)
    assert (found.loc["old.csv", "status"], found.loc["ods/etr.csv", "status"]) == ("superseded", "used")
    (extracts / "ods" / "etr.csv").unlink()
    with pytest.raises(
        LeagueError,
        match=r"^old\.csv, row 2: has a row of another length; found 2; expected 27 values: download it again$",
    ):
        inventory(extracts)


def test_a_cumulative_file_that_is_cut_off_may_be_about_any_month(extracts: Path) -> None:
    ambsys(extracts, "a.csv", "2019-4", "2019-5")
    data_file(extracts, "nof.csv", "Q1 2025/26")
    (extracts / "a.csv").write_bytes((extracts / "a.csv").read_bytes().rstrip(b"\r\n.,"))
    with pytest.raises(LeagueError, match=r"^a\.csv, row 3: .* we cannot tell of when: download it again, or take"):
        inventory(extracts)
    (extracts / "a.csv").write_bytes((extracts / "a.csv").read_bytes() + b"\r\n")
    assert set(inventory(extracts).loc["a.csv", "status"]) == {"not_asked_for"}


def test_a_quarter_of_a_damaged_release_is_told_by_its_rows(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q3 2025/26")
    (extracts / "b.csv").write_bytes((extracts / "b.csv").read_bytes().replace(b"Units", b"Unit"))
    assert status(extracts, "b.csv") == "not_asked_for"
    with pytest.raises(LeagueError, match=r"^b\.csv, row 1, column 12: has a heading"):
        inventory(extracts, "2025-26-Q3")


@pytest.mark.parametrize(
    ("name", "stops"), [("x.zip", True), ("y.zip", False), ("Full-CSV-data-file-May25-Z.zip", True)]
)
def test_a_damaged_archive_is_what_its_first_bytes_or_its_name_say(extracts: Path, name: str, stops: bool) -> None:
    """Whatever says that it may be needed."""
    data_file(extracts, "nof.csv", "Q1 2025/26")
    rows = [["DM01-MAY-2025", "ZA1", *MARCH[2:-1], str(n * n)] for n in range(3000)]
    whole = zip_of(**{"a.csv": quoted(TESTS, *rows)})
    (extracts / name).write_bytes(whole[: len(whole) // 2] if name == "x.zip" else b"PK\x03\x04" + bytes(90))
    if stops:
        with pytest.raises(LeagueError, match=rf"^{name}: is a damaged archive .* of 2025-05$"):
            inventory(extracts)
        data_file(extracts, "nof.csv", "Q4 2025/26")
        assert status(extracts, name, "2025-26-Q4") == "not_asked_for"
    else:
        row = inventory(extracts).loc[name]
        assert (row["status"], row["reason"]) == (
            "not_known",
            "y.zip: is a damaged archive (File is not a zip file): download it again",
        )


@pytest.mark.parametrize(
    ("name", "source_id", "months"),
    [
        ("Monthly-AE-June-2025.csv", "ae", {"2025-06"}),
        ("Aug-25 Monthly-AE-June-2025.csv", "ae", set()),
        ("Community-health-services-waiting-lists-2025-26-February-revised (1).xlsx", "community_waits", {"2026-02"}),
        ("Primary_Care_Dementia_Data_March_2026-_Summary.xlsx", "dementia", {"2026-03"}),
        ("ESR_ABSENCE_March_2026.csv", "sickness", {"2026-03"}),
        ("AmbSYS-Time-Series-until-20250831.xlsx", "ambsys_series", set()),
        ("2024 vs 2025.xlsx", "staff_survey", set()),
        ("etr.csv", "ods_etr", set()),
    ],
)
def test_name_says_the_month_of_a_file_that_cannot(name: str, source_id: str, months: set[str]) -> None:
    """Only where files are of one month each, and where it says one alone."""
    assert {one.period for one in contents._named_by(name, known_sources()[source_id])} == months


@pytest.mark.parametrize(
    "label",
    [
        "Q2 2025-26",
        "Quarter 2, 2025/26",
        "2025/26 Q2",
        "2024-25",
        "2024/2025",
        "July 2025 - September 2025",
        "April 2024 to March 2025",
        "1 April 2024 to 31 March 2025",
        "Apr-25 to Jun-25",
        "July\u2013September 2025",
    ],
)
@pytest.mark.parametrize("layout", ["cancer", "ae_provider"])
def test_a_workbook_of_several_months_is_set_aside_with_a_word(extracts: Path, label: str, layout: str) -> None:
    """One of a quarter or a year: what its name says may be the last month of it."""
    data_file(extracts, "nof.csv", "Q1 2025/26")
    sheets = published() if layout == "cancer" else forms.ae_provider(label)
    if layout == "cancer":
        sheets[DAYS_28][1] = sheets[DAYS_62][1] = [label]
    write(extracts / "to-June-2025.xlsx", sheets)
    row = inventory(extracts).loc["to-June-2025.xlsx"]
    assert row["status"] == "not_known"
    title = re.escape(known_sources()[layout].title)
    said = (
        rf"but one of several months of '{title}': to-June-2025.xlsx \[.*\], row \d, column \w: names several months; "
    )
    assert re.search(f"{said}found '{label}'; expected one month$", row["reason"])


def test_the_last_month_of_a_year_is_not_taken_for_that_of_a_title(extracts: Path) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    above = ["Table 4: Dementia, England, April 2025 to June 2025"]
    headings = ["Type", "ODS Code", "Name", "Recorded", "Estimated"]
    write(extracts / "x.xlsx", {"Table 4": [above, headings, ["ICB", "QE1", "An ICB", 5, 6.5]]})
    assert "names several months" in inventory(extracts).loc["x.xlsx", "reason"]


def test_rows_that_are_all_of_several_months_are_no_monthly_file(extracts: Path) -> None:
    """One that is, among others, is a slip."""
    data_file(extracts, "nof.csv", "Q1 2025/26")
    sheets = forms.cancer_extract()
    (rows,) = sheets.values()
    rows[1][0] = "Q1 2025-26"
    write(extracts / "x.xlsx", sheets)
    with pytest.raises(LeagueError, match=r"row 2, column Period: names no month; found 'Q1 2025-26'"):
        inventory(extracts)
    for row in rows[1:]:
        row[0] = "Q1 2025-26"
    write(extracts / "x.xlsx", sheets)
    assert "row 2, column Period: names several months" in inventory(extracts).loc["x.xlsx", "reason"]


def test_sheets_of_which_one_names_a_month_are_about_that_month(extracts: Path) -> None:
    """So the label of the other is wrong, and a person has to look."""
    data_file(extracts, "nof.csv", "Q1 2025/26")
    sheets = published()
    sheets[DAYS_28][1] = ["Q1 2025-26"]
    write(extracts / "x.xlsx", sheets)
    with pytest.raises(LeagueError, match=r"names several months; found 'Q1 2025-26'; .* of 2025-04: download it"):
        inventory(extracts)


@pytest.mark.parametrize(
    "label", ["June 2025", "Jun-25", "2025-06", "2025-27", "MSitAE-June-2025", "2025-26 JUNE", "30 June 2025", "2025"]
)
def test_other_labels_are_not_of_several_months(label: str) -> None:
    assert not is_of_several(label)


def test_dementia_workbook_that_does_not_parse_is_about_the_month_of_its_title_or_its_name(tmp_path: Path) -> None:
    name = "Primary_Care_Dementia_Data_March_2026-_Summary.xlsx"
    for above, month in (("Table 4: Dementia, England, May 2026", "2026-05"), ("Dementia", "2026-03")):
        table = [[above], ["Type", "ODS Code", "Name", "Registered", "Estimated"], ["ICB", "QE1", "An ICB", 5, 6.5]]
        path = write(tmp_path / name, {"Table 4": table, "Table 5": [["Series"], ["Jan-25", "Feb-25"]]})
        (found,) = contents.contents(path, name, "s")
        assert found.problem and {one.period for one in found.subjects} == {month} and len(found.subjects) == 5


def test_an_older_workbook_is_about_the_month_that_its_sheets_say(extracts: Path) -> None:
    sheets = {name.replace("28-DAY", "14-DAY"): rows for name, rows in published().items()}
    assert DAYS_28 not in sheets
    write(extracts / "a.xlsx", sheets)
    data_file(extracts, "nof.csv", "Q1 2025/26", "Q4 2025/26")
    with pytest.raises(
        LeagueError, match=r"^a\.xlsx: lacks a sheet; .*; it is 'Cancer .* of 2025-04: download it again$"
    ):
        inventory(extracts)
    assert status(extracts, "a.xlsx", "2025-26-Q4") == "not_asked_for"


def test_a_layout_of_long_ago_is_no_publication_but_like_one(extracts: Path) -> None:
    """As RTT had it before April 2021, and A&E in 2019-20."""
    rtt = [column.published[0] for column in known_sources()["rtt"].columns]
    rtt = [*rtt[: rtt.index("Gt 52 To 53 Weeks SUM 1")], "Gt 52 Weeks SUM 1", *rtt[-3:]]
    booked = [column.published[0] for column in known_sources()["ae"].columns if "Booked" not in column.published[0]]
    booked = [heading.replace("A&E attendances", "Number of A&E attendances") for heading in booked]
    (extracts / "rtt.csv").write_bytes(csv_bytes(rtt, ["RTT-March-2021", "ZA1", *["1"] * (len(rtt) - 2)]))
    (extracts / "ae.csv").write_bytes(csv_bytes(booked, ["MSitAE-MAY-2019", "ZA1", *["1"] * (len(booked) - 2)]))
    data_file(extracts, "nof.csv", "Q1 2025/26")
    found = inventory(extracts)["reason"]
    like = "no publication known here; its headings are most like those of "
    assert found["rtt.csv"].startswith(f"{like}'Consultant-led")
    assert found["ae.csv"].startswith(f"{like}'A&E attendances")


def test_a_file_of_the_published_name_and_other_headings_stops_the_quarter_that_needs_its_month(extracts: Path) -> None:
    """The name says what it should be; its headings say where it is not that."""
    weeks = [column.published[0].replace(" SUM 1", "") for column in known_sources()["rtt"].columns]
    content = csv_bytes(weeks, ["RTT-May-2025", "ZA1", *["1"] * (len(weeks) - 2)])
    (extracts / "x.csv").write_bytes(content)
    data_file(extracts, "nof.csv", "Q1 2025/26", "Q3 2025/26")
    assert status(extracts, "x.csv") == "not_known"
    (extracts / "x.csv").unlink()
    name = "Full-CSV-data-file-May25-ZIP-4M-X.zip"
    (extracts / name).write_bytes(zip_of(**{"20250531-RTT-May-2025-full-extract.csv": content}))
    with pytest.raises(
        LeagueError,
        match=r"has the name of 'Consultant-led .*, but row 1, column 14: .* found 'Gt 00 To 01 Weeks'.* of 2025-05",
    ):
        inventory(extracts)
    assert status(extracts, name, "2025-26-Q3") == "not_asked_for"


def test_a_framework_file_of_the_published_name_and_other_headings_stops_every_quarter(extracts: Path) -> None:
    """Nothing says which quarter it is of, and the official ranks would be missing without a word."""
    data_file(extracts, "nof.csv", "Q1 2025/26")
    content = (extracts / "nof.csv").read_bytes().partition(b"\n")
    renamed = b",".join(
        heading if number < 6 else b"New " + heading for number, heading in enumerate(content[0].rstrip().split(b","))
    )
    (extracts / "nhs-oversight-framework-acute-trust-data-q3.csv").write_bytes(renamed + b"\r\n" + content[2])
    with pytest.raises(LeagueError, match=r"has the name of '.*', but row 1, column 7: has a heading .* cannot tell"):
        inventory(extracts)


def test_a_quarter_none_of_whose_rows_names_a_league_is_of_that_of_the_others(extracts: Path) -> None:
    """Codes in small letters, a new type of trust: the official league of the quarter would be missing without a
    word."""
    data_file(extracts, "nof.csv", "Q1 2025/26", "Q2 2025/26")
    header, *rows = (extracts / "nof.csv").read_bytes().splitlines(keepends=True)
    damaged = [row.replace(b"ZA", b"za") if row.startswith(b"Q1") else row for row in rows]
    assert damaged != rows
    (extracts / "nof.csv").write_bytes(b"".join([header, *damaged]))
    for quarter in ("2025-26-Q1", "2025-26-Q2"):
        with pytest.raises(LeagueError, match="row 2, column Trust_code: is neither a trust nor an ICB; found 'za"):
            inventory(extracts, quarter)


@pytest.mark.parametrize("content", ["no such heading,another\r\n1,2\r\n", "a note\r\n" * 40])
def test_a_framework_file_of_the_published_name_and_none_of_its_headings_stops_every_quarter(
    extracts: Path, content: str
) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    (extracts / "nhs-oversight-framework-acute-trust-data-q3.csv").write_text(content)
    with pytest.raises(LeagueError, match=r"has the name of '.*', but none of its headings stand in row 1; .* cannot"):
        inventory(extracts)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_of_two_bytes_a_character_is_named(extracts: Path, encoding: str) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    ae(extracts, "Monthly-AE-May-2025.csv", "MAY-2025")
    path = extracts / "Monthly-AE-May-2025.csv"
    path.write_bytes(path.read_text("utf-8-sig").encode(encoding))
    with pytest.raises(LeagueError, match=r"May-2025.csv: is text of two bytes a character .* of 2025-05"):
        inventory(extracts)


def test_a_file_named_after_another_month_stops_the_quarters_of_both(extracts: Path) -> None:
    """The publisher forgot the month within. By the mark in its name it would take the place of a sound file."""
    data_file(extracts, "nof.csv", "Q1 2025/26", "Q2 2025/26", "Q4 2025/26")
    ae(extracts, "Monthly-AE-June-2025.csv", "JUNE-2025")
    ae(extracts, "Monthly-AE-August-2025-revised.csv", "JUNE-2025", value="2")
    said = r"Monthly-AE-August-2025-revised.csv: is about 2025-06, and its name says 2025-08: download it again, or"
    for quarter in ("2025-26-Q1", "2025-26-Q2"):
        with pytest.raises(LeagueError, match=said):
            inventory(extracts, quarter)
    of_another = inventory(extracts, "2025-26-Q4").loc["Monthly-AE-August-2025-revised.csv"]
    assert set(of_another["status"]) == {"not_asked_for"}
    (extracts / "Monthly-AE-August-2025-revised.csv").rename(extracts / "ae-revised.csv")
    assert status(extracts, "ae-revised.csv") == "used", "a name of one's own says nothing"


def test_a_file_of_the_name_of_a_month_alone_is_no_publication(extracts: Path) -> None:
    """As A&E may be called."""
    (extracts / "May-2025-notes.csv").write_bytes(csv_bytes(["Org Code", "Org name", "Note"], ["ZA1", "A", "look"]))
    data_file(extracts, "nof.csv", "Q1 2025/26")
    assert status(extracts, "May-2025-notes.csv") == "not_known"


def test_a_workbook_of_the_published_name_and_other_sheets_stops_the_quarter_that_needs_its_month(
    extracts: Path,
) -> None:
    name = "MAY-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx"
    write(extracts / name, {"Notes": [["See the other file"]]})
    data_file(extracts, "nof.csv", "Q1 2025/26")
    with pytest.raises(LeagueError, match=r"has the name of '.*', but no sheet has its headings; it is .* of 2025-05"):
        inventory(extracts)


def test_months_of_years_without_a_framework_stop_nothing(extracts: Path) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    ae(extracts, "old.csv", "MAY-2023")
    assert quarters_at_hand(survey(extracts)) == [Q1]
    assert status(extracts, "old.csv") == "not_asked_for"


def test_what_was_set_aside_is_said_in_short(extracts: Path) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    for n in range(5):
        (extracts / f"note {n}.txt").write_text(str(n))
        (extracts / f"half {n}.zip").write_bytes(b"PK\x03\x04" + bytes(90 + n))
    ae(extracts, "old.csv", "MAY-2023")
    assert in_short(inventory(extracts).reset_index()) == [
        "1 file, of a period that this quarter does not need: old.csv",
        "5 files, is a damaged archive (File is not a zip file): download it again: half 0.zip, half 1.zip, half 2.zip"
        " and 2 more",
        "5 files, no publication known here: note 0.txt, note 1.txt, note 2.txt and 2 more",
    ]


def test_the_doctor_lists_every_file_that_is_not_used(extracts: Path, tmp_path: Path) -> None:
    data_file(extracts, "nof.csv", "Q1 2025/26")
    (extracts / "note.txt").write_text("a")
    (extracts / "half.zip").write_bytes(b"PK\x03\x04" + bytes(90))
    ae(extracts, "old.csv", "MAY-2023")
    for name, month in (("odd old.csv", "MAY-2022"), ("odd.csv", "MAY-2025")):
        (extracts / name).write_bytes(ragged(ae_bytes(extracts, month)))
    found = {one.found: one.state for one in doctor.extracts_folder(Workspace(tmp_path / "data"), extracts)}
    assert {text[:20]: state for text, state in found.items()} == {
        "half.zip: half.zip: "[:20]: WARNING,
        "note.txt: no publica": OK,
        "odd old.csv, row 3: ": WARNING,
        "odd.csv, row 3: has ": ERROR,
        "old.csv: no quarter ": OK,
        "6 files of publicati": OK,
    }


def test_of_versions_of_a_file_the_doctor_finds_fault_with_that_which_a_build_reads(
    extracts: Path, tmp_path: Path
) -> None:
    """The build says so, too: what another supersedes is not read, whatever is wrong with it."""
    whole = ae_bytes(extracts, "MAY-2025")

    def states() -> dict[str, str]:
        found = doctor.extracts_folder(Workspace(tmp_path / "data"), extracts)
        return {one.found.partition(",")[0]: one.state for one in found if one.state != OK}

    (extracts / "May.csv").write_bytes(ragged(whole))
    (extracts / "May-v2.csv").write_bytes(whole)
    assert states() == {"May.csv": WARNING}
    assert inventory(extracts).loc["May.csv", "status"] == "superseded"

    (extracts / "May.csv").write_bytes(whole)
    (extracts / "May-v2.csv").write_bytes(ragged(whole))
    assert states() == {"May-v2.csv": ERROR}
    with pytest.raises(LeagueError, match=r"^May-v2\.csv, row 3: "):
        inventory(extracts)


# The same figures in other bytes


@pytest.mark.parametrize(
    "other",
    [
        lambda content: content.replace(b"\r\n", b"\n"),
        lambda content: content.removeprefix(b"\xef\xbb\xbf"),
        lambda content: b"\r\n".join(
            b",".join(b'"' + c + b'"' for c in r.split(b",")) for r in content[3:].splitlines()
        ),
        lambda content: content + b"\r\n",
        lambda content: content + (b"," * 21 + b"\r\n") * 3,
        lambda content: b"\r\n".join(line + b",," for line in content.splitlines()),
        gzip.compress,
        lambda content: zip_of(**{"a.csv": content}),
    ],
    ids=["line ends", "no mark", "quotes", "blank line", "blank rows", "blank columns", "gzip", "zip"],
)
def test_the_same_figures_in_other_bytes_are_duplicates(extracts: Path, other: Callable[[bytes], bytes]) -> None:
    content = ae_bytes(extracts, "MAY-2025")
    assert content.startswith(b"\xef\xbb\xbf") and other(content) != content
    (extracts / "a.csv").write_bytes(content)
    (extracts / "b").write_bytes(other(content))
    found = inventory(extracts)
    assert found.loc["a.csv", "status"] == "used"
    assert (found.loc["b", "status"], found.loc["b", "reason"]) == ("duplicate", "the same figures as a.csv")


def test_two_files_that_differ_say_where(extracts: Path) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    (extracts / "b.csv").write_bytes((extracts / "a.csv").read_bytes().replace(b"Total ,1,", b"Total ,2,"))
    with pytest.raises(LeagueError, match=r"1 of 2 rows of a\.csv are not in the other, the first is row 3$"):
        inventory(extracts)
    (extracts / "b.csv").write_bytes((extracts / "a.csv").read_bytes() + b"MSitAE-MAY-2025,ZB1" + b",1" * 20 + b"\r\n")
    with pytest.raises(LeagueError, match=r"1 of 3 rows of b\.csv are not in the other, the first is row 4$"):
        inventory(extracts)
    twice = (extracts / "a.csv").read_bytes().splitlines(keepends=True)
    (extracts / "b.csv").write_bytes(b"".join([*twice, twice[-1]]))
    with pytest.raises(LeagueError, match=r"they repeat other rows, 2 in all and 3$"):
        inventory(extracts)


def test_the_doctor_says_what_a_build_would_of_two_files_that_differ(extracts: Path, tmp_path: Path) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    content = (extracts / "a.csv").read_bytes().replace(b"Total ,1,", b"Total ,2,")
    (extracts / "b.csv").write_bytes(content)
    (extracts / "odd.csv").write_bytes(ragged(ae_bytes(extracts, "JUNE-2025")))

    def errors() -> list[str]:
        found = doctor.extracts_folder(Workspace(tmp_path / "data"), extracts)
        return [one.found for one in found if one.state == ERROR]

    with pytest.raises(LeagueError, match=r"^a\.csv and b\.csv are both .* and differ; ") as refused:
        inventory(extracts)
    assert [text[:8] for text in errors()] == ["odd.csv,", "a.csv an"]
    assert errors()[1] == str(refused.value)
    (extracts / "b.csv").rename(extracts / "b-revised.csv")
    assert [text[:8] for text in errors()] == ["odd.csv,"]


def test_of_cumulative_files_only_the_months_that_are_needed_are_compared(extracts: Path) -> None:
    ambsys(extracts, "a.csv", "2019-4", "2025-4")
    (extracts / "b.csv").write_bytes((extracts / "a.csv").read_bytes().replace(b"2019,4,.", b"2019,4,9"))
    found = inventory(extracts).set_index("period", append=True)["status"]
    assert (found["a.csv", "2025-04"], found["b.csv", "2025-04"]) == ("used", "duplicate")


def test_national_files_are_compared_as_a_stream(extracts: Path) -> None:
    rows = [["DM01-MAY-2025", "ZA1", *MARCH[2:-1], str(n)] for n in range(200)]
    (extracts / "a.csv").write_bytes(quoted(TESTS, *rows))
    (extracts / "b.csv").write_bytes(csv_bytes(TESTS, *rows))
    assert status(extracts, "b.csv") == "duplicate"
    (extracts / "b.csv").write_bytes(csv_bytes(TESTS, *rows[:-1], [*rows[-1][:-1], "x"]))
    with pytest.raises(LeagueError, match=r"1 of 200 rows of a\.csv are not in the other, the first is row 201$"):
        inventory(extracts)


def test_what_is_in_force_stays_so_when_the_same_figures_come_again(extracts: Path, tmp_path: Path) -> None:
    ae(extracts, "b.csv", "MAY-2025")
    take_in(survey(extracts), Q1, Workspace(tmp_path))
    (extracts / "a.csv").write_bytes((extracts / "b.csv").read_bytes().replace(b"\r\n", b"\n"))
    assert status(extracts, "b.csv") == "duplicate"
    found = take_in(survey(extracts), Q1, Workspace(tmp_path)).set_index("file_name")["status"]
    assert (found["a.csv"], found["b.csv"]) == ("duplicate", "used")
    assert {entry.file_name: entry.status for entry in read_lock(Workspace(tmp_path)).entries.values()}[
        "b.csv"
    ] == "in force"


# How files may be packed


def test_members_of_an_archive_are_files_of_their_own(extracts: Path, tmp_path: Path) -> None:
    months = {month: ae_bytes(extracts, month) for month in ("APRIL-2025", "MAY-2025", "JUNE-2025")}
    data_file(tmp_path, "nof.csv", "Q1 2025/26")
    inner = zip_of(**{"June.csv": months["JUNE-2025"], "__MACOSX/._June.csv": b"x"})
    (extracts / "year.zip").write_bytes(
        zip_of(
            **{
                "April.csv": months["APRIL-2025"],
                "sub/": b"",
                "sub/May.csv.gz": gzip.compress(months["MAY-2025"]),
                "inner.zip": inner,
                "nof.csv": (tmp_path / "nof.csv").read_bytes(),
                "book.xlsx": write(tmp_path / "book.xlsx", published()).read_bytes(),
                "__MACOSX/._April.csv": b"x",
                ".DS_Store": b"x",
                "sub/Thumbs.db": b"x",
                "read me.txt": b"hello",
            }
        )
    )
    found = inventory(extracts)
    found = found[found.index.str.startswith("year.zip")]
    assert dict(zip(found.index, found["period"].fillna(found["reason"]), strict=True)) == {
        "year.zip/April.csv": "2025-04",
        "year.zip/sub/May.csv.gz": "2025-05",
        "year.zip/inner.zip": "2025-06",
        "year.zip/nof.csv": Q1,
        "year.zip/book.xlsx": "2025-04",
        "year.zip/read me.txt": "no publication known here",
    }
    landing, rows = landed(extracts, tmp_path / "data", Q1, "ae")
    assert landing.rows == 6
    assert sorted(rows["period"].str.strip()) == [*sorted(f"MSitAE-{month}" for month in months), *["Total"] * 3]
    assert set(rows["_source_sha256"]) == set(found.loc[found["source_id"] == "ae", "source_sha256"])
    assert set(rows["_source_member"].dropna()) == {"June.csv"}
    landing, rows = landed(extracts, tmp_path / "data", Q1, "cancer")
    assert landing.rows and set(rows["_source_sha256"]) == {found.loc["year.zip/book.xlsx", "source_sha256"]}


WEB_PAGE, EMPTY = b"<!doctype html><html>Not found</html>", b" "


@pytest.mark.parametrize("others", [["April.csv"], ["read me.txt"], [".DS_Store"], ["folder/"]], ids="".join)
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda content: b"A&E\r\n" + content[3:], "its headings start in row 2"),
        (lambda content: content.replace(b",", b";"), "its values are separated by semicolons"),
        (lambda content: content.split(b"\r\n", 1)[1], "it has no headings above its rows"),
        (lambda _: WEB_PAGE, "is a web page"),
        (lambda _: EMPTY, "is empty"),
    ],
    ids=["title", "semicolons", "no headings", "web page", "empty"],
)
def test_a_publication_in_an_archive_that_does_not_parse_stops_a_quarter_that_needs_it(
    extracts: Path, damage: Callable[[bytes], bytes], problem: str, others: list[str]
) -> None:
    """Whatever lies beside it, as if it lay in the folder itself."""
    members = {name: ae_bytes(extracts, "APRIL-2025") if name == "April.csv" else b"" for name in others}
    members["Monthly-AE-May-2025.csv"] = damage(ae_bytes(extracts, "MAY-2025"))
    (extracts / "q1.zip").write_bytes(zip_of(**members))
    ae(extracts, "June.csv", "JUNE-2025")
    with pytest.raises(LeagueError, match=rf"^q1\.zip/Monthly-AE-May-2025\.csv: {problem}.*; it is 'A&E .* of 2025-05"):
        inventory(extracts)


def test_of_an_archive_whose_members_do_not_parse_the_doctor_says_each(extracts: Path, tmp_path: Path) -> None:
    wrong = {month: ae_bytes(extracts, month).replace(b",", b";") for month in ("APRIL-2025", "MAY-2025")}
    (extracts / "q1.zip").write_bytes(zip_of(**wrong, empty=EMPTY, notes=b"hello"))
    found = [one.found for one in doctor.extracts_folder(Workspace(tmp_path / "data"), extracts)]
    for name, problem in (("APRIL-2025", "its values"), ("MAY-2025", "its values"), ("empty", "is empty")):
        assert sum(f"q1.zip/{name}: {problem}" in one for one in found) == 1


def packed(names: list[str], content: bytes) -> bytes:
    for name in reversed(names):
        content = zip_of(**{name: content})
    return content


@pytest.mark.parametrize(
    "names",
    [
        ["AE-April-May-2025-revised.zip", "May.csv", "April.csv"],
        ["May.zip", "Monthly-AE-May-2025-revised.csv"],
        ["May-revised.zip", "May.csv"],
        ["May-revised.zip", "in.zip", "May.csv"],
        ["May.zip", "in-Revised.zip", "May.csv"],
        ["May.zip", "in.zip", "May-v2.csv"],
        ["May-v2.zip", "May.csv"],
    ],
    ids="/".join,
)
def test_a_mark_counts_wherever_in_an_archive_it_stands(extracts: Path, tmp_path: Path, names: list[str]) -> None:
    ae(extracts, "May.csv", "MAY-2025")
    revised, april = ae_bytes(extracts, "MAY-2025", "2"), ae_bytes(extracts, "APRIL-2025")
    both = {"May.csv": revised, "April.csv": april}
    (extracts / names[0]).write_bytes(zip_of(**both) if "April.csv" in names else packed(names[1:], revised))
    found = take_in(survey(extracts), Q1, Workspace(tmp_path / "data"))
    found = found[found["period"] == "2025-05"].set_index("status")
    assert found.loc["superseded", "file_name"] == "May.csv"
    assert found.loc["used", "maturity"] == "revised"


def test_an_archive_that_was_fetched_again_supersedes_though_its_member_has_a_version(extracts: Path) -> None:
    for name, value in (("a.zip", "1"), ("a-v2.zip", "2")):
        (extracts / name).write_bytes(zip_of(**{"May-v2.csv": ae_bytes(extracts, "MAY-2025", value)}))
    assert status(extracts, "a.zip") == "superseded"


def test_a_national_file_may_be_gzip(extracts: Path, tmp_path: Path) -> None:
    rows = [["DM01-MAY-2025", "ZA1", *MARCH[2:-1], str(n)] for n in range(300)]
    (extracts / "a.csv.gz").write_bytes(gzip.compress(quoted(TESTS, *rows)))
    landing, frame = landed(extracts, tmp_path / "data", Q1, "dm01")
    assert landing.rows == 300 and list(frame["total_activity"]) == [str(n) for n in range(300)]


def nested(content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = zip_of(**{"in.zip": content})
    return content


def test_archives_lie_at_most_two_deep(extracts: Path) -> None:
    for name, depth in (("two.zip", 1), ("three.zip", 2)):
        (extracts / name).write_bytes(nested(zip_of(**{"a.csv": ae_bytes(extracts, "MAY-2023", name)}), depth))
    (extracts / "workbook.zip").write_bytes(nested(write(extracts / "x", published()).read_bytes(), 2))
    (extracts / "x").unlink()
    data_file(extracts, "nof.csv", "Q1 2025/26")
    found = inventory(extracts)
    assert pd.isna(found.loc["two.zip/in.zip", "remarks"])
    assert "is an archive within 2 others: unpack it" in found.loc["three.zip/in.zip/in.zip", "remarks"]
    assert found.loc["workbook.zip/in.zip/in.zip", "status"] == "used"


def test_what_archives_hold_together_is_bounded(extracts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"{n}.csv": b"a,b\n" for n in range(30)}
    (extracts / "many.zip").write_bytes(zip_of(**{f"{n}.zip": zip_of(**many, x=nested(b"", 1)) for n in range(9)}))
    monkeypatch.setattr(contents, "MAX_MEMBERS", 100)
    reasons = {one["file_name"]: str(one["reason"]) for one in survey(extracts).set_aside}
    assert sum("holds archives that hold too much" in reason for reason in reasons.values()) == 7
    assert reasons["many.zip/0.zip/0.csv"] == "no publication known here"


@pytest.mark.parametrize("known", [True, False])
def test_a_gzip_file_that_would_not_end_is_not_read_to_its_end(tmp_path: Path, known: bool) -> None:
    start = quoted(TESTS, MARCH) if known else b"a,b\n"
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(start + bytes(400 * MB)))
    assert path.stat().st_size < MB
    if not known:
        assert recognise.recognise(path, "f") is None
        return

    def read() -> None:
        with archives.open_file(path, None, "f") as stream:
            while stream.read(MB):
                pass

    assert peak(read) < 8 * MB
    with pytest.raises(InputError, match=r"^f: inflates to more than it may; expected at most \d+ bytes$"):
        read()


@pytest.mark.parametrize("cut", [slice(None, -4), slice(None, -9)])
def test_a_gzip_file_that_is_cut_off_is_damaged(extracts: Path, cut: slice) -> None:
    content = gzip.compress(ae_bytes(extracts, "MAY-2025"))
    (extracts / "a.csv.gz").write_bytes(content[cut])
    with pytest.raises(LeagueError, match=r"^a\.csv\.gz: is a damaged archive \(.*\): download it again"):
        inventory(extracts)


# What is remembered


def test_what_was_seen_is_remembered_until_a_description_changes(
    extracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    (extracts / "b.csv").write_bytes(ragged(ae_bytes(extracts, "MAY-2023")))
    (extracts / "c.zip").write_bytes(
        zip_of(**{"in.zip": zip_of(**{"a.csv": ae_bytes(extracts, "JUNE-2025")}), "d": b""})
    )
    workspace, looked_into = Workspace(tmp_path / "data"), list[str]()
    look = contents.contents
    monkeypatch.setattr(contents, "contents", lambda path, file, sha: looked_into.append(file) or look(path, file, sha))
    first = survey(extracts, workspace)
    assert sorted(looked_into) == ["a.csv", "b.csv", "c.zip", "ods/etr.csv", "ods/trusts.csv"]
    assert survey(extracts, workspace) == first == survey(extracts)
    looked_into.clear()
    ae(extracts, "a.csv", "MAY-2025", value="2")
    survey(extracts, workspace)
    assert looked_into == ["a.csv"]
    looked_into.clear()
    monkeypatch.setattr(contents, "readers_sha256", lambda: "other")
    survey(extracts, workspace)
    assert len(looked_into) == 5
    looked_into.clear()
    kept = tmp_path / "data" / "work" / "contents.json"
    kept.write_bytes(kept.read_bytes()[:-40])
    survey(extracts, workspace)
    assert len(looked_into) == 5


def test_every_column_that_may_be_missing_is_in_no_rule() -> None:
    """A column that is not `needed` is named by no model that reads its publication, and by no check of its rows."""
    project = Path(__file__).parents[2]
    for source in known_sources().values():
        if not source.needed:
            continue
        read = f"source('land', '{source.id}')"
        models = [path.read_text() for path in project.glob("dbt_project/**/*.sql")]
        rules = "\n".join([*(text for text in models if read in text)])
        rules += (project / "expectations" / "land" / f"{source.id}.json").read_text()
        words = {*re.findall(r"\w+", rules)}
        assert words & set(source.names) <= {*source.needed_columns}, source.id
    assert DM01.needed


@pytest.mark.parametrize("asked_for", [False, True])
def test_no_warning_of_a_library_reaches_the_terminal_unasked(asked_for: bool) -> None:
    """Not even one that a library switches on for itself."""
    program = """
import sys, warnings
from orchestration import cli
@cli.league.command()
def warn():
    warnings.simplefilter("always")
    warnings.warn("mind the gap")
sys.argv = ["league", "warn"]
cli.main()
"""
    command = [sys.executable, *(["-W", "default"] if asked_for else []), "-c", program]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    ended = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    assert ("mind the gap" in ended.stderr) == asked_for
