"""Which of several files counts, what becomes of the others, and what the store keeps."""

import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.errors import InputError, LeagueError
from orchestration.operations import doctor
from orchestration.quarters import Quarter, known_quarters
from orchestration.sources import fetch, landing
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.inventory import COLUMNS, Candidate, quarters_at_hand, survey, take_inventory
from orchestration.sources.landing import Landed, land, take_in
from orchestration.sources.lock import Lock, read_lock
from orchestration.sources.recognise import Subject
from orchestration.sources.store import Store
from orchestration.terminal.arguments import refuse_folders
from orchestration.workspace.files import paths_below, sha256_of_file
from orchestration.workspace.paths import Build, Workspace
from tests.unit.test_csv_files import COUNTS, HEADER, ROW, TESTS, csv_bytes, quoted


def data_file(folder: Path, name: str, *quarters: str, value: str = "3.0", code: str = "ZA1") -> None:
    rows = [[q, *ROW[1:4], code, *ROW[5:12], value, *ROW[13:]] for q in quarters]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(csv_bytes(HEADER, *rows))


def ae(folder: Path, name: str, *months: str, value: str = "1") -> None:
    headings = [column.published[0] for column in known_sources()["ae"].columns]
    rows = [[f"MSitAE-{month}", "ZA1", *[value] * 20] for month in months]
    (folder / name).write_bytes(csv_bytes(headings, *rows, ["Total ", *[value] * 21]))


def ambsys(folder: Path, name: str, *months: str, value: str = ".") -> None:
    headings = [column.published[0] for column in known_sources()["ambsys"].columns]
    (folder / name).write_bytes(
        csv_bytes(headings, *[[*month.split("-"), value, "ZA1", *[value] * 149] for month in months])
    )


def sickness(folder: Path, name: str, *days: str, value: str = "1.5") -> None:
    headings = [column.published[0] for column in known_sources()["sickness"].columns]
    (folder / name).write_bytes(csv_bytes(headings, *[[day, *["ZA1"] * 7, value, "9.5", "1"] for day in days]))


def statuses(folder: Path, quarter: str) -> dict[tuple[str, str | None], str]:
    inventory = take_inventory(survey(folder), quarter, Lock())
    rows = inventory[inventory["source_id"] != "ods_etr"]
    return {
        (row.file_name, row.quarter): row.status
        for row in rows.itertuples()
        if row.file_name.startswith(("a", "b", "c")) or row.source_id is None
    }


def test_a_later_cumulative_file_supersedes_and_other_quarters_are_not_asked_for(extracts: Path) -> None:
    data_file(extracts, "a-q1.csv", "Q1 2025/26")
    data_file(extracts, "b-q3.csv", "Q1 2025/26", "Q2 2025/26", "Q3 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q2") == {
        ("a-q1.csv", "2025-26-Q1"): "superseded",
        ("b-q3.csv", "2025-26-Q1"): "used",
        ("b-q3.csv", "2025-26-Q2"): "used",
        ("b-q3.csv", "2025-26-Q3"): "not_asked_for",
    }


def test_inventory_says_the_same_whatever_builds_of_other_quarters_have_entered(extracts: Path, tmp_path: Path) -> None:
    """Else the bytes of two quarters built at once would hang on which was first."""
    data_file(extracts, "a-q1.csv", "Q1 2025/26")
    data_file(extracts, "b-q3.csv", "Q3 2025/26", value="2.0")
    before = take_in(survey(extracts), "2025-26-Q1", Workspace(tmp_path / "one"))
    take_in(survey(extracts), "2025-26-Q3", Workspace(tmp_path / "two"))
    assert take_in(survey(extracts), "2025-26-Q1", Workspace(tmp_path / "two")).equals(before)
    assert "not_asked_for" in set(before["status"])


@pytest.mark.parametrize("name", ["a-data-v2.csv", "a-data-V3.csv", "a-data-revised.csv"])
def test_a_version_mark_supersedes_within_a_release(extracts: Path, name: str) -> None:
    data_file(extracts, "b-data.csv", "Q1 2025/26")
    data_file(extracts, name, "Q1 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q1") == {
        (name, "2025-26-Q1"): "used",
        ("b-data.csv", "2025-26-Q1"): "superseded",
    }


def test_a_reissue_does_not_supersede_the_next_release(extracts: Path) -> None:
    data_file(extracts, "a-q1-v2.csv", "Q1 2025/26")
    data_file(extracts, "b-q2.csv", "Q1 2025/26", "Q2 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q1")["b-q2.csv", "2025-26-Q1"] == "used"


def test_two_differing_files_that_nothing_orders_stop_the_build(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q1 2025/26", value="2.0")
    with pytest.raises(LeagueError, match=r"^a\.csv and b\.csv are both .* 2025-26-Q1 ambulance and differ"):
        take_inventory(survey(extracts), "2025-26-Q1", Lock())


def test_the_same_bytes_twice_are_a_duplicate_and_unknown_files_stop_nothing(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q1 2025/26")
    (extracts / "c.txt").write_text("hello")
    (extracts / "link.csv").symlink_to("/etc/hostname")
    inventory = take_inventory(survey(extracts), "2025-26-Q1", Lock()).set_index("file_name")
    assert inventory.loc["b.csv", "status"] == "duplicate"
    assert inventory.loc["c.txt", "status"] == "not_known"
    assert inventory.loc["link.csv", "reason"] == "a link that leaves the folder: copy the file that it leads to"


def test_a_file_that_cannot_be_read_stops_whoever_needs_the_folder(
    extracts: Path, tmp_path: Path, unreadable: set[Path]
) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q1 2025/26")
    unreadable |= {extracts / "b.csv", extracts / "ods" / "etr.csv"}
    closed = [f"{extracts / name} cannot be read: let this user read it" for name in ("b.csv", "ods/etr.csv")]
    with pytest.raises(LeagueError, match=f"^{re.escape('; '.join(closed))}$"):
        survey(extracts)
    with pytest.raises(LeagueError, match=f"^{re.escape(closed[0])}$"):
        fetch._Folder(extracts)
    found = list(doctor.extracts_folder(Workspace(tmp_path / "data"), extracts))
    assert [one.found for one in found if one.state == doctor.ERROR] == closed
    assert found[-1].found == "2 files of publications known here"
    unreadable.clear()
    assert survey(extracts).candidates


def test_a_link_to_a_folder_is_set_aside_wherever_it_leads(extracts: Path) -> None:
    data_file(extracts.parent, "elsewhere/a.csv", "Q1 2025/26")
    data_file(extracts, "here/b.csv", "Q1 2025/26", value="2.0")
    (extracts / "away").symlink_to(extracts.parent / "elsewhere")
    (extracts / "here" / "round").symlink_to(extracts)
    (extracts / "nowhere").symlink_to("none")
    found = survey(extracts)
    assert [(one["file_name"], one["bytes"], one["reason"]) for one in found.set_aside] == [
        (name, 0, "a link to a folder: copy the files that it leads to") for name in ("away", "here/round")
    ]
    inventory = take_inventory(found, "2025-26-Q1", Lock()).set_index("file_name")
    assert inventory.loc["here/b.csv", "status"] == "used" and "away/a.csv" not in inventory.index


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    extracts: Path, unreadable: set[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release without what lies in it would follow."""
    data_file(extracts, "ae/2025/a.csv", "Q1 2025/26")
    survey(extracts)
    closed = f"{extracts / 'ae' / '2025'} cannot be read: let this user read it"
    with monkeypatch.context() as patch:  # listed, and nothing in it opened
        patch.setattr(os, "access", lambda path, mode: not str(path).endswith("2025"))
        with pytest.raises(LeagueError, match=f"^{re.escape(closed)}$"):
            survey(extracts)
    unreadable.add(extracts / "ae" / "2025")
    for look in (survey, fetch._Folder, lambda folder: refuse_folders(folder, extracts.parent / "data")):
        with pytest.raises(LeagueError, match=f"^{re.escape(closed)}$"):
            look(extracts)
    assert paths_below(extracts / "none") == paths_below(extracts / "ods" / "etr.csv") == []


def test_quarters_at_hand_are_those_that_have_figures(extracts: Path) -> None:
    """A league table alone has nothing to rank: `--quarter all` would stop at its quarter."""
    with pytest.raises(LeagueError, match="no publication of a quarter that can be built"):
        quarters_at_hand(survey(extracts))
    data_file(extracts, "a.csv", "Q1 2025/26")
    ae(extracts, "b.csv", "NOVEMBER-2025")
    found = survey(extracts)
    alone = replace(found.candidates[0], source=known_sources()["nof_league"], subject=Subject(Quarter("2025-26-Q2")))
    assert quarters_at_hand(replace(found, candidates=(*found.candidates, alone))) == ["2025-26-Q1", "2025-26-Q3"]


def test_a_missing_publication_is_named(extracts: Path) -> None:
    with pytest.raises(
        LeagueError,
        match=r"extracts: no publication of 2025-26-Q2 is among the files; `league fetch --quarter 2025-26-Q2` gets ",
    ):
        take_inventory(survey(extracts), "2025-26-Q2", Lock())
    data_file(extracts, "a.csv", "Q1 2025/26")
    ae(extracts, "b.csv", "DECEMBER-2025")
    (extracts / "c.csv").write_text("a,b\n")
    found = "no publication of 2025-26-Q2 is among the files; quarters found: 2025-26-Q1, 2025-26-Q3; `league .*\n"
    set_aside = (
        r"  set aside: 1 file, of a period that this quarter does not need: b\.csv\n"
        r"  set aside: 1 file, no publication known here: c\.csv$"
    )
    with pytest.raises(LeagueError, match=found + set_aside):
        take_inventory(survey(extracts), "2025-26-Q2", Lock())
    data_file(extracts, "a.csv", "Q2 2025/26")
    (extracts / "ods" / "etr.csv").unlink()
    with pytest.raises(LeagueError, match=r"no file is 'ODS, NHS trusts \(etr\)'"):
        take_inventory(survey(extracts), "2025-26-Q2", Lock())


def test_quarters_before_the_first_league_tables_and_far_ahead_are_refused_by_name(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q4 2024/25")
    for quarter in ("2024-25-Q4", "2099-00-Q1"):
        with pytest.raises(LeagueError, match=f"{quarter} is not a quarter that can be built: expected 2025-26-Q1 or "):
            take_inventory(survey(extracts), quarter, Lock())


def test_quarter_of_the_next_year_needs_nothing_but_its_files(extracts: Path) -> None:
    following = Quarter.of(known_quarters()[-1].year, 1)
    with pytest.raises(LeagueError, match=f"no publication of {following} is among the files"):
        take_inventory(survey(extracts), following, Lock())
    data_file(extracts, "a.csv", f"Q1 {following.year}/{following[5:7]}")
    inventory = take_inventory(survey(extracts), following, Lock()).set_index("file_name")
    assert inventory.loc["a.csv", ["status", "quarter"]].tolist() == ["used", following]


def test_precedence_reads_only_version_marks() -> None:
    def precedence(name: str) -> tuple[int, ...]:
        source = known_sources()["ae"]
        return Candidate(Path(name), name, "", source, None, None, Subject(), None).precedence[1:]

    in_order = (
        "x.csv",
        "x-v2.csv",
        "x-v12.csv",
        "X-FINAL.xlsx",
        "X-FINAL-v2.xlsx",
        "x-revised.csv",
        "x-revised-v2.csv",
    )
    assert sorted(in_order, key=precedence) == list(in_order)
    assert len({precedence(name) for name in in_order}) == len(in_order)
    assert precedence("dev-v.csv") == precedence("x-v2nd.csv") == precedence("x.csv")
    assert precedence("Monthly-Diagnostics-Revisions-Web-File-Provider-May-2025.xls") == precedence("x-revised.csv")
    assert precedence("x_v2_Gk3b.csv") == precedence("x-v2-1.csv") == precedence("x-v2.csv")


def test_the_store_keeps_bytes_read_only_and_notices_a_change(extracts: Path, tmp_path: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    workspace = Workspace(tmp_path / "data")
    store = Store(workspace)
    take_in(survey(extracts), "2025-26-Q1", workspace)
    sha256 = sha256_of_file(extracts / "a.csv")
    assert store.get(sha256).read_bytes() == (extracts / "a.csv").read_bytes()
    entry = read_lock(workspace).of_file(sha256)
    assert entry and (entry.source_id, entry.url) == ("nof_data", "not recorded")
    path = store.path(sha256)
    assert path.stat().st_mode & 0o777 == 0o444
    path.chmod(0o644)
    path.write_bytes(b"other")
    with pytest.raises(LeagueError, match="was changed"):
        store.get(sha256)


def test_a_file_that_changes_between_survey_and_store_is_refused(extracts: Path, tmp_path: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    found = survey(extracts)
    data_file(extracts, "a.csv", "Q1 2025/26", value="1.0")
    with pytest.raises(LeagueError, match="changed while it was being read"):
        take_in(found, "2025-26-Q1", Workspace(tmp_path / "data"))
    assert not list((tmp_path / "data").rglob("*.tmp"))


# Monthly publications


@pytest.mark.parametrize(
    ("month", "quarter"),
    [
        ("2025-03", "2024-25-Q4"),
        ("2025-04", "2025-26-Q1"),
        ("2025-09", "2025-26-Q2"),
        ("2025-12", "2025-26-Q3"),
        ("2026-01", "2025-26-Q4"),
        ("1999-12", "1999-00-Q3"),
    ],
)
def test_months_belong_to_quarters_of_the_financial_year(month: str, quarter: str) -> None:
    assert Quarter.of_month(month) == quarter


def months(folder: Path, quarter: str) -> dict[tuple[str, str], tuple[str, str]]:
    inventory = take_inventory(survey(folder), quarter, Lock())
    rows = inventory[inventory["period"].notna()]
    return {(row.file_name, row.period): (row.quarter, row.status) for row in rows.itertuples()}


def test_months_of_the_quarter_and_of_the_one_before_are_used(extracts: Path) -> None:
    for name, month in (("a", "MARCH-2025"), ("b", "APRIL-2025"), ("c", "September-2025"), ("d", "OCTOBER-2025")):
        ae(extracts, name, month)
    assert months(extracts, "2025-26-Q2") == {
        ("a", "2025-03"): ("2024-25-Q4", "not_asked_for"),
        ("b", "2025-04"): ("2025-26-Q1", "used"),
        ("c", "2025-09"): ("2025-26-Q2", "used"),
        ("d", "2025-10"): ("2025-26-Q3", "not_asked_for"),
    }


def test_a_revised_month_supersedes_the_month(extracts: Path) -> None:
    ae(extracts, "a-revised.csv", "MAY-2025", value="2")
    ae(extracts, "b.csv", "MAY-2025")
    ae(extracts, "c.csv", "JUNE-2025")
    assert {key: status for key, (_, status) in months(extracts, "2025-26-Q1").items()} == {
        ("a-revised.csv", "2025-05"): "used",
        ("b.csv", "2025-05"): "superseded",
        ("c.csv", "2025-06"): "used",
    }


def test_a_month_twice_stops_the_build_unless_the_bytes_are_the_same(extracts: Path) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    ae(extracts, "b.csv", "MAY-2025")
    inventory = take_inventory(survey(extracts), "2025-26-Q1", Lock()).set_index("file_name")
    assert inventory.loc["b.csv", "reason"] == "the same bytes as a.csv"
    ae(extracts, "b.csv", "MAY-2025", value="2")
    with pytest.raises(
        LeagueError, match=r"^a\.csv and b\.csv are both A&E attendances .* 2025-05 and differ; nothing"
    ):
        take_inventory(survey(extracts), "2025-26-Q1", Lock())


def test_of_cumulative_files_the_later_one_counts_month_by_month(extracts: Path) -> None:
    ambsys(extracts, "a.csv", "2025-4", "2025-5", value="1")
    ambsys(extracts, "b.csv", "2025-3", "2025-5", "2025-6")
    assert months(extracts, "2025-26-Q1") == {
        ("a.csv", "2025-04"): ("2025-26-Q1", "used"),
        ("a.csv", "2025-05"): ("2025-26-Q1", "superseded"),
        ("b.csv", "2025-03"): ("2024-25-Q4", "not_asked_for"),
        ("b.csv", "2025-05"): ("2025-26-Q1", "used"),
        ("b.csv", "2025-06"): ("2025-26-Q1", "used"),
    }


@pytest.mark.parametrize("mark", ["revised", "FINAL"])
def test_a_marked_file_and_an_unmarked_one_that_reaches_further_are_compared(extracts: Path, mark: str) -> None:
    """The unmarked one may have been there first, or have come later with the same revisions."""
    name = f"a-{mark}.csv"
    sickness(extracts, name, "31/01/2025", "28/02/2025")
    sickness(extracts, "b.csv", "31/01/2025", "28/02/2025", "31/03/2025")
    found = months(extracts, "2025-26-Q1")
    assert (found["b.csv", "2025-01"][1], found[name, "2025-01"][1]) == ("used", "duplicate")
    sickness(extracts, "b.csv", "31/01/2025", "28/02/2025", "31/03/2025", value="2.5")
    message = (
        rf"^b\.csv and {name} are both NHS sickness .* 2025-01 and differ; b\.csv reaches further, to 2025-03, and "
        rf"{name} has the higher mark in its name, {mark.lower()}: nothing says which supersedes .* 1 of 1 rows of"
    )
    with pytest.raises(LeagueError, match=message):
        take_inventory(survey(extracts), "2025-26-Q1", Lock())
    sickness(extracts, name, "31/01/2025", "28/02/2025", "31/03/2025", "30/04/2025")
    assert months(extracts, "2025-26-Q1")["b.csv", "2025-01"][1] == "superseded"


def test_a_damaged_file_that_is_marked_is_not_superseded_by_one_that_reaches_further(extracts: Path) -> None:
    sickness(extracts, "a-revised.csv", "31/01/2025")
    (extracts / "a-revised.csv").write_bytes((extracts / "a-revised.csv").read_bytes() + b"short,row\r\n")
    sickness(extracts, "b.csv", "31/01/2025", "28/02/2025")
    with pytest.raises(LeagueError, match=r"^a-revised\.csv, row 3: .* of 2025-01: download it again$"):
        take_inventory(survey(extracts), "2025-26-Q1", Lock())


def test_of_a_series_that_is_issued_anew_the_later_file_counts_whatever_an_earlier_one_is_marked(
    extracts: Path,
) -> None:
    ambsys(extracts, "a-revised.csv", "2025-4", "2025-5", value="1")
    ambsys(extracts, "b.csv", "2025-4", "2025-5", "2025-6")
    found = {key: status for key, (_, status) in months(extracts, "2025-26-Q1").items()}
    assert [found["b.csv", month] for month in ("2025-04", "2025-05", "2025-06")] == ["used"] * 3


@pytest.mark.parametrize(
    ("month", "message"),
    [
        (
            "MAY 2025",
            r"^a\.csv, row 2, column Period: names no month; found 'MSitAE-MAY 2025'; expected such as MSitAE-Ap",
        ),
        (
            None,
            r"^a\.csv, column Period: names no month, only totals; it is 'A&E .*', we cannot tell of when: download",
        ),
    ],
)
def test_a_file_must_say_its_month(extracts: Path, month: str | None, message: str) -> None:
    """It may be needed: no quarter is built beside it, unless its name says another month."""
    ae(extracts, "a.csv", *([month] if month else []))
    data_file(extracts, "b.csv", "Q1 2025/26")
    with pytest.raises(LeagueError, match=message):
        take_inventory(survey(extracts), "2025-26-Q1", Lock())
    (extracts / "a.csv").rename(extracts / "Monthly-AE-March-2024.csv")
    assert statuses(extracts, "2025-26-Q1") == {("b.csv", "2025-26-Q1"): "used"}


def dm01(folder: Path, name: str, *rows: list[str], extra: str | None = None) -> None:
    content = quoted(TESTS, *rows)
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dm01.csv", content)
        if extra:
            archive.writestr(extra, b"hello")


def landed(extracts: Path, data: Path, quarter: str, source_id: str) -> tuple[Landed, pd.DataFrame]:
    build = Workspace(data).build(quarter)
    inventory = take_in(survey(extracts), quarter, build.workspace)
    return land(known_sources()[source_id], inventory, build), rows_of(build, source_id)


def rows_of(build: Build, source_id: str) -> pd.DataFrame:
    """A landed table, all its files."""
    return pd.concat(map(pd.read_parquet, build.parts(source_id)), ignore_index=True)


def test_a_national_file_is_landed_with_where_each_row_came_from(extracts: Path, tmp_path: Path) -> None:
    march, april = ([f"DM01-{month}", "ZA1", *COUNTS[1:]] for month in ("MAY-2025", "JUNE-2025"))
    dm01(extracts, "a.zip", *[march] * 7, extra="read me.txt")
    (extracts / "b.csv").write_bytes(quoted(TESTS, *[[*april[:2], "", *april[3:]]] * 5))
    landing, rows = landed(extracts, tmp_path / "data", "2025-26-Q1", "dm01")
    assert (landing.rows, len(landing.preview)) == (12, 7)
    assert landing.sha256 == sorted({sha256_of_file(extracts / "a.zip"), sha256_of_file(extracts / "b.csv")})
    assert list(rows.columns) == [*known_sources()["dm01"].names, "_source_sha256", "_source_member", "_source_row"]
    assert list(rows["_source_row"]) == [str(n) for n in (*range(2, 9), *range(2, 7))]
    assert list(rows["_source_member"].fillna("-")) == ["dm01.csv"] * 7 + ["-"] * 5
    assert set(rows["provider_parent_name"][7:]) == {""}
    inventory = take_inventory(survey(extracts), "2025-26-Q1", Lock()).set_index("file_name")
    assert inventory.loc["a.zip", "remarks"] == "read me.txt in the archive: no publication known here"
    assert inventory.loc["a.zip", "source_member"] == "dm01.csv"
    assert list(inventory.reset_index()[COLUMNS].columns) == COLUMNS


def test_two_months_in_a_national_file_land_nothing(extracts: Path, tmp_path: Path) -> None:
    dm01(extracts, "a.zip", ["DM01-MAY-2025", "ZA1", *COUNTS[1:]], ["DM01-JUNE-2025", "ZA1", *COUNTS[1:]])
    message = r"a\.zip \[dm01\.csv\], row 3, column Period: .* found 'DM01-JUNE-2025'; expected 2025-05"
    with pytest.raises(InputError, match=message):
        landed(extracts, tmp_path / "data", "2025-26-Q1", "dm01")
    assert not list((tmp_path / "data" / "work" / "2025-26-Q1").rglob("*.*"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of which files are read to be landed, one after the other."""
    found: list[str] = []
    write = landing._write

    def written(source: Source, *rest: Any) -> None:
        found.append(source.id)
        write(source, *rest)

    monkeypatch.setattr(landing, "_write", written)
    return found


def test_what_was_landed_is_not_read_again(extracts: Path, tmp_path: Path, read: list[str]) -> None:
    """Neither for the same quarter nor for one that reads the file as that of the quarter before."""
    dm01(extracts, "a.zip", *[["DM01-MAY-2025", "ZA1", *COUNTS[1:]]] * 7)
    ae(extracts, "ae.csv", "MAY-2025")
    data = tmp_path / "data"
    first = [landed(extracts, data, "2025-26-Q1", one) for one in ("dm01", "ae")]
    dm01(extracts, "b.zip", ["DM01-AUGUST-2025", "ZA1", *COUNTS[1:]])
    assert read == ["dm01", "ae"]
    for quarter in ("2025-26-Q1", "2025-26-Q2"):
        again = [landed(extracts, data, quarter, one) for one in ("dm01", "ae")]
        for (_, before), (_, after) in zip(first, again, strict=True):
            pd.testing.assert_frame_equal(after.head(len(before)), before)
    assert read == ["dm01", "ae", "dm01"]


@pytest.mark.parametrize("change", ["another reader", "a byte", "cut off", "another name"])
def test_what_was_landed_otherwise_or_is_damaged_is_landed_anew(
    change: str, extracts: Path, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ae(extracts, "ae.csv", "MAY-2025")
    _, before = landed(extracts, tmp_path / "data", "2025-26-Q1", "ae")
    (kept,) = (tmp_path / "data" / "work" / "landed").glob("*/ae/*")
    content = kept.read_bytes()
    kept.chmod(0o644)
    if change == "another reader":
        monkeypatch.setattr(landing, "readers_sha256", lambda: "other")
    elif change == "a byte":
        kept.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif change == "cut off":
        kept.write_bytes(content[:-40])
    else:
        (extracts / "ae.csv").rename(extracts / "of May.csv")
    _, after = landed(extracts, tmp_path / "data", "2025-26-Q1", "ae")
    assert read == ["ae", "ae"]
    pd.testing.assert_frame_equal(after, before)
    whole = [path for path in (tmp_path / "data" / "work" / "landed").glob("*/*/*") if path.read_bytes() == content]
    assert len(whole) == (2 if change == "another name" else 1)


def test_what_other_readers_landed_is_removed(
    extracts: Path, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ae(extracts, "ae.csv", "MAY-2025")
    landed(extracts, tmp_path / "data", "2025-26-Q1", "ae")
    (tmp_path / "data" / "work" / "landed" / "rtt").mkdir()  # as it lay before readers had a folder each
    monkeypatch.setattr(landing, "readers_sha256", lambda: "other")
    landed(extracts, tmp_path / "data", "2025-26-Q1", "ae")
    assert [path.name for path in (tmp_path / "data" / "work" / "landed").iterdir()] == ["other"]


def test_nothing_is_remembered_where_there_are_no_hard_links(
    extracts: Path, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    ae(extracts, "ae.csv", "MAY-2025")
    for _ in range(2):
        _, rows = landed(extracts, tmp_path / "data", "2025-26-Q1", "ae")
    assert len(rows) and read == ["ae", "ae"]


def test_a_source_without_a_file_lands_as_an_empty_table(extracts: Path, tmp_path: Path) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    for source_id in ("rtt", "cancer", "nof_data"):
        landing, rows = landed(extracts, tmp_path / "data", "2025-26-Q1", source_id)
        assert (landing.rows, landing.sha256, len(rows), len(landing.preview)) == (0, [], 0, 0)
        assert set(known_sources()[source_id].names) < set(rows.columns)
