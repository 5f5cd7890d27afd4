"""Damaged files, end to end: each stops the run, says where, and nothing is released. Good data is not here."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import LeagueError
from orchestration.warehouse import manifest

NOF = "nof/2025-09/nhs-oversight-framework"
ACUTE, ACUTE_TABLE = f"{NOF}-acute-trust-data.csv", f"{NOF}-acute-trust-league-table.csv"
AMBULANCE, AMBULANCE_TABLE = f"{NOF}-ambulance-trust-data.csv", f"{NOF}-ambulance-trust-league-table.csv"
COMMUNITY, COMMUNITY_TABLE = (
    f"{NOF}-non-acute-hospital-trust-data.csv",
    f"{NOF}-non-acute-hospital-trust-league-table.csv",
)
ETR, TRUSTS, LOOKUP = "ods/etr.csv", "ods/trusts_2026-08.csv", "ods/SICBL26_ICB26_NHSER26_lookup.csv"

Damage = Callable[[Path], "dict[str, Any] | None"]


class Table:
    """A CSV file as rows; row 1 of the file is `rows[0]`. Saving breaks the hard link to the good file."""

    def __init__(self, folder: Path, file: str) -> None:
        self.path = folder / file
        text = self.path.read_bytes().decode("utf-8-sig")
        self.rows = list(csv.reader(io.StringIO(text, newline="")))

    def at(self, column: str | int) -> int:
        return column - 1 if isinstance(column, int) else self.rows[0].index(column)

    def find(self, **where: str) -> list[int]:
        """File rows (from 1) with these values."""
        wanted = {self.at(column): value for column, value in where.items()}
        return [n for n, row in enumerate(self.rows, start=1) if all(row[at] == v for at, v in wanted.items())]

    def save(self) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(self.rows)
        replace(self.path, text.getvalue().encode("utf-8-sig"))


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def raw(file: str, change: Callable[[bytes], bytes], **place: Any) -> Damage:
    def damage(folder: Path) -> dict[str, Any]:
        replace(folder / file, change((folder / file).read_bytes()))
        return place

    return damage


def table(file: str, change: Callable[[Table], dict[str, Any] | None]) -> Damage:
    def damage(folder: Path) -> dict[str, Any] | None:
        rows = Table(folder, file)
        place = change(rows)
        rows.save()
        return place

    return damage


def cell(file: str, column: str | int, value: str, row: int | None = None, **where: str) -> Damage:
    """Another value in one cell: that of a row, or of the first row that has these values."""

    def change(rows: Table) -> dict[str, Any]:
        found = row or rows.find(**where)[0]
        rows.rows[found - 1][rows.at(column)] = value
        code = rows.rows[found - 1][rows.at("Trust_code")] if file.startswith("nof") else ""
        return {"row": found, "code": code, **dict.fromkeys(where.values(), found)}

    return table(file, change)


def everywhere(file: str, column: str, old: str, new: str) -> Damage:
    def change(rows: Table) -> None:
        for found in rows.find(**{column: old}):
            rows.rows[found - 1][rows.at(column)] = new

    return table(file, change)


def heading(file: str, column: str, new: str) -> Damage:
    return table(file, lambda rows: rows.rows[0].__setitem__(rows.at(column), new))


def without_column(file: str, column: str) -> Damage:
    def change(rows: Table) -> None:
        at = rows.at(column)
        rows.rows = [[*row[:at], *row[at + 1 :]] for row in rows.rows]

    return table(file, change)


def with_column(file: str, name: str) -> Damage:
    return table(file, lambda rows: [row.append(name if n == 0 else "x") for n, row in enumerate(rows.rows)] and None)


def without_rows(file: str, **where: str) -> Damage:
    def change(rows: Table) -> None:
        gone = set(rows.find(**where))
        assert gone
        rows.rows = [row for n, row in enumerate(rows.rows, start=1) if n not in gone]

    return table(file, change)


def again(file: str, row: int, **changed: str) -> Damage:
    """A row once more at the end of the file, with other values in some columns."""

    def change(rows: Table) -> dict[str, Any]:
        copy = list(rows.rows[row - 1])
        for column, value in changed.items():
            copy[rows.at(column)] = value
        rows.rows.append(copy)
        return {"row": row, "last": len(rows.rows)}

    return table(file, change)


def only_trusts(count: int) -> Damage:
    """Whole trusts are missing from both acute files, as in a file cut and put right again by hand."""

    def damage(folder: Path) -> None:
        kept = sorted({row[3] for row in Table(folder, ACUTE).rows[1:]})[:count]
        for file in (ACUTE, ACUTE_TABLE):
            rows = Table(folder, file)
            at = rows.at("Trust_code")
            rows.rows = [row for n, row in enumerate(rows.rows) if n == 0 or row[at] in kept]
            rows.save()

    return damage


def both(*damages: Damage) -> Damage:
    def damage(folder: Path) -> dict[str, Any]:
        return {key: value for one in damages for key, value in (one(folder) or {}).items()}

    return damage


def remove(*files: str) -> Damage:
    return lambda folder: [(folder / file).unlink() for file in files] and None


def in_another_league(folder: Path) -> None:
    """All rows of a community trust are in the ambulance file too."""
    community, ambulance = Table(folder, COMMUNITY), Table(folder, AMBULANCE)
    for found in community.find(Trust_code="ZA2"):
        row = list(community.rows[found - 1])
        row[community.at("Trust_type")] = "Ambulance trust"
        ambulance.rows.append(row)
    ambulance.save()


def second_file(folder: Path) -> None:
    content = (folder / AMBULANCE).read_bytes()
    (folder / "nof" / "copy of ambulance data.csv").write_bytes(content.replace(b"35.18", b"35.19", 1))


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        lines = content.split(b"\r\n")
        lines[number - 1] = change(lines[number - 1])
        return b"\r\n".join(lines)

    return changed


@dataclass(frozen=True)
class Case:
    """A damage and what the message must say; {row} and the like come from the damage."""

    name: str
    damage: Damage
    says: tuple[str, ...]


def broken(file: str, *says: str) -> tuple[str, ...]:
    """What a file that cannot be read is refused with."""
    return (f"{file}, {says[0]}", *says[1:])


def at(file: str, column: str, found: str, row: str = "{row}") -> str:
    """What a land gate says of a cell."""
    return f"{file}, row {row}, column {column}: found {found}"


CASES = [
    # bytes and CSV
    Case(
        "cut off in mid-row",
        raw(AMBULANCE, lambda c: c[: c.rindex(b"OF500")]),
        broken(AMBULANCE, "row 313: has a row of another length; found 8; expected 16 values"),
    ),
    Case(
        "cut off at a row end, no OF5000 left",
        raw(AMBULANCE, lambda c: b"\r\n".join(c.split(b"\r\n")[:250]) + b"\r\n"),
        (AMBULANCE, "no OF5000 row", "expected one quarter"),
    ),
    Case(
        "ragged row",
        raw(COMMUNITY, line(9, lambda text: text + b",")),
        broken(COMMUNITY, "row 9: has a row of another length; found 17; expected 16 values"),
    ),
    Case(
        "unclosed quote",
        raw(COMMUNITY, line(9, lambda text: text.replace(b",", b',"', 1))),
        broken(COMMUNITY, "row 9: is not well-formed CSV"),
    ),
    Case(
        "NUL byte",
        raw(COMMUNITY, line(9, lambda text: text.replace(b",", b"\0,", 1))),
        broken(COMMUNITY, "row 9: holds a NUL byte"),
    ),
    Case(
        "byte that is not UTF-8",
        raw(COMMUNITY, line(9, lambda text: text.replace(b"NHS", b"NH\xa3", 1))),
        broken(COMMUNITY, "row 9: is not UTF-8; found b'\\xa3'"),
    ),
    Case(
        "UTF-16 of both files of a league",
        both(*[raw(f, lambda c: c.decode("utf-8-sig").encode("utf-16")) for f in (AMBULANCE, AMBULANCE_TABLE)]),
        (AMBULANCE,),
    ),
    Case(
        "heading only", raw(AMBULANCE, lambda c: c.split(b"\r\n")[0] + b"\r\n"), broken(AMBULANCE, "row 1: has no rows")
    ),
    # columns
    Case(
        "missing column",
        without_column(COMMUNITY, "Units"),
        broken(COMMUNITY, "row 1: lacks columns", "expected Units"),
    ),
    Case(
        "renamed column",
        heading(COMMUNITY, "Value", "Val"),
        broken(COMMUNITY, "row 1, column 12: has a heading that", "found 'Val'", "expected one of", "Value"),
    ),
    Case(
        "extra column", with_column(COMMUNITY, "Note"), broken(COMMUNITY, "row 1, column 17: has a heading", "'Note'")
    ),
    Case(
        "repeated heading",
        heading(COMMUNITY, "Rank", "Value"),
        broken(COMMUNITY, "row 1, column 16: has a heading twice; found 'Value'"),
    ),
    Case(
        "columns swapped under their headings",
        both(
            heading(COMMUNITY, "Trust_code", "X"),
            heading(COMMUNITY, "Trust_name", "Trust_code"),
            heading(COMMUNITY, "X", "Trust_name"),
        ),
        ("trust-code", f"{COMMUNITY}, row 2,"),
    ),
    Case(
        "missing column of a league table",
        without_column(COMMUNITY_TABLE, "Rank"),
        broken(COMMUNITY_TABLE, "row 1: lacks columns", "expected Rank"),
    ),
    # cells
    Case(
        "text, thousands separator and percent sign in Value",
        both(
            cell(COMMUNITY, "Value", "n/a", 12),
            cell(COMMUNITY, "Value", "1,234.5", 13),
            cell(COMMUNITY, "Value", "9.03%", 14),
        ),
        (
            "land.nof_data.value (critical): 3 unexpected",
            at(COMMUNITY, "Value", "'n/a'; expected a plain number or *", "12"),
            at(COMMUNITY, "Value", "'1,234.5'", "13"),
            at(COMMUNITY, "Value", "'9.03%'", "14"),
        ),
    ),
    Case(
        "score of 4.7, segment 9, flag 2",
        both(
            *[
                cell(COMMUNITY, "Value", value, Metric_ID=metric)
                for metric, value in (("OF1082", "4.7"), ("OF5003", "9"), ("OF5004", "2"))
            ]
        ),
        (
            at(COMMUNITY, "Value", "'4.7'; expected a score from 1 to 4", "{OF1082}"),
            at(COMMUNITY, "Value", "'9'; expected a segment from 1 to 5", "{OF5003}"),
            at(COMMUNITY, "Value", "'2'; expected 0 or 1", "{OF5004}"),
        ),
    ),
    Case(
        "trust codes blank, in lower case, of four characters",
        both(
            cell(COMMUNITY, "Trust_code", "", 12),
            cell(COMMUNITY, "Trust_code", "za2", 13),
            cell(COMMUNITY, "Trust_code", "ZA21", 14),
        ),
        (
            "land.nof_data.trust-code (critical): 3 unexpected",
            at(COMMUNITY, "Trust_code", "''; expected an ODS code", "12"),
            at(COMMUNITY, "Trust_code", "'za2'", "13"),
            at(COMMUNITY, "Trust_code", "'ZA21'", "14"),
        ),
    ),
    Case(
        "no reporting date, unknown region",
        both(cell(COMMUNITY, "Reporting_date", "", 12), cell(COMMUNITY, "Region", "Wessex", 12)),
        (at(COMMUNITY, "Reporting_date", "''"), at(COMMUNITY, "Region", "'Wessex'; expected an NHS region")),
    ),
    Case(
        "text in a benchmark",
        cell(COMMUNITY, "Median_value", "n/a", 12),
        (at(COMMUNITY, "Median_value", "'n/a'"),),
    ),
    Case(
        "unknown trust type",
        cell(COMMUNITY, "Trust_type", "Hospice", 12),
        broken(COMMUNITY, "row 12, column Trust_type: names no known trust type; found 'Hospice'"),
    ),
    # rows and keys
    Case(
        "row twice",
        again(COMMUNITY, 12),
        ("land.nof_data.key", f"{COMMUNITY}, row 12,", f"{COMMUNITY}, row {{last}},"),
    ),
    Case(
        "two names for one trust",
        cell(COMMUNITY, "Trust_name", "Another NHS Trust", 12),
        ("organisation_code {code}", "Another NHS Trust"),
    ),
    Case(
        "trust in two leagues, row twice with a space in the code",
        both(in_another_league, again(COMMUNITY, 12, Trust_code="ZB9 ")),
        (
            "trust_code ZB9, leagues mental_health_community, figures_repeated 1, such_as OF0005",
            "trust_code ZA2, leagues ambulance | mental_health_community",
        ),
    ),
    Case(
        "trust code that no reference knows, planned percentage of 6000",
        both(
            everywhere(COMMUNITY, "Trust_code", "ZA2", "ZQ9X9"),
            everywhere(COMMUNITY_TABLE, "Trust_code", "ZA2", "ZQ9X9"),
            cell(COMMUNITY, "Value", "6000", Metric_ID="OF0079", Trust_code="ZA3"),
        ),
        (
            "metric.organisations.known-to-ods (critical): 1 unexpected",
            "organisation_code ZQ9X9",
            "expected a code in etr or in the trust list",
            "metric.metric_values.finance (critical): 1 unexpected",
            "organisation_code ZA3, metric_id OF0079, value_basis published, column value: found",
            "expected -50 to 50",
        ),
    ),
    Case(
        "no OF5004 for a trust, no OF5002 for a league, a league table with a trust missing and one too many",
        both(
            without_rows(COMMUNITY, Metric_ID="OF5004", Trust_code="ZA2"),
            without_rows(AMBULANCE, Metric_ID="OF5002"),
            without_rows(COMMUNITY_TABLE, Trust_code="ZA2"),
            again(COMMUNITY_TABLE, 5, Trust_code="ZQ9X9"),
        ),
        (
            "summary_figures_complete (critical): 11 unexpected",
            "published_id OF5002",
            "league_table_lists_the_same_trusts (critical): 2 unexpected",
            "trust_code ZA2, found_in data file only",
            "trust_code ZQ9X9, found_in league table only",
        ),
    ),
    Case(
        "100 acute trusts only",
        only_trusts(100),
        ("leagues_have_their_known_size", "league acute", "organisations 100", "expected_organisations 134"),
    ),
    # quarters and files
    Case(
        "OF5000 rows of two quarters",
        cell(COMMUNITY, "Reporting_date", "Q2 2025/26", Metric_ID="OF5000"),
        (f"{COMMUNITY}, row {{row}}, column Reporting_date", "do not agree on one", "Q1 2025/26, Q2 2025/26"),
    ),
    Case(
        "label that is no quarter",
        cell(COMMUNITY_TABLE, "Reporting_date", "June 2025", 7),
        broken(COMMUNITY_TABLE, "row 7, column Quarter or Reporting_date: names no quarter; found 'June 2025'"),
    ),
    Case(
        "two differing files of one kind",
        second_file,
        (AMBULANCE, "nof/copy of ambulance data.csv", "2025-26-Q1 ambulance and differ"),
    ),
    Case(
        "reference lists alone",
        remove(ACUTE, AMBULANCE, COMMUNITY, ACUTE_TABLE, AMBULANCE_TABLE, COMMUNITY_TABLE),
        ("no publication of 2025-26-Q1 is among the files",),
    ),
    Case("no etr", remove(ETR), ("no file is 'ODS, NHS trusts (etr)' for 2025-26-Q1",)),
    Case(
        "league tables without data files",
        remove(ACUTE, AMBULANCE, COMMUNITY),
        ("no publication of 2025-26-Q1 is among the files",),
    ),
    # references
    Case(
        "etr without region codes",
        table(ETR, lambda rows: [row.__setitem__(2, "") for row in rows.rows] and None),
        (ETR,),
    ),
    Case(
        "etr with shifted columns",
        table(ETR, lambda rows: [row.insert(2, "") for row in rows.rows] and None),
        (ETR,),
    ),
    Case(
        "etr with a row without a region code",
        cell(ETR, 3, "", 9),
        (at(ETR, "national_grouping", "''; expected Y and two digits"),),
    ),
    Case(
        "etr with a row shifted",
        table(ETR, lambda rows: rows.rows[8].insert(2, "")),
        broken(ETR, "row 9: has a row of another length; found 28; expected 27 values"),
    ),
    Case(
        "etr cut to 50 rows",
        table(ETR, lambda rows: rows.rows.__delitem__(slice(50, None))),
        ("land.ods_etr.rows", "found 50; expected 150 to 400 rows", ETR),
    ),
    Case("etr with a code twice", cell(ETR, 1, "ZA0", 9), ("land.ods_etr.key", f"{ETR}, row 9,", "'ZA0'")),
    Case(
        "trust list with a date the other way round",
        cell(TRUSTS, "merger_date", "01/04/2026", 9),
        (at(TRUSTS, "merger_date", "'01/04/2026'; expected yyyy-mm-dd"),),
    ),
    Case(
        "trust list with a date that is none",
        both(cell(TRUSTS, "merger_date", "2026-13-45", 9), cell(TRUSTS, "predecessor_codes", "ZA2", 9)),
        (TRUSTS, "row 9", "2026-13-45"),
    ),
    Case("look-up with a blank ICB", cell(LOOKUP, "ICB26CDH", "", 9), (at(LOOKUP, "ICB26CDH", "''"),)),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_damage_stops_the_run(case: Case, first_quarter: Path, run: Any, tmp_path: Path) -> None:
    extracts = tmp_path / "extracts"
    shutil.copytree(first_quarter, extracts, copy_function=os.link)
    place = case.damage(extracts) or {}
    problems = _problems(run, "2025-26-Q1", extracts, tmp_path / "data")
    assert problems
    assert _released(tmp_path / "data") == []
    message = "\n".join(problems)
    unsaid = [text for text in (says.format(**place) for says in case.says) if text not in message]
    unsaid += [f"no {noise!r}" for noise in ("Stack Trace", "Traceback", "\n  None") if noise in message]
    assert unsaid == [], message


def test_file_cut_within_its_last_measure_is_noticed(built_first: Any, tmp_path: Path) -> None:
    """The one test that stops it, on a warehouse cut short."""
    shutil.copy(built_first.build.warehouse, tmp_path / "warehouse.duckdb")
    tests = {node["name"]: node for node in manifest.raw()["nodes"].values() if node["resource_type"] == "test"}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("delete from stage.nof_figures where published_id = 'OF5007' and trust_code > 'ZM'")
        assert connection.execute(tests["summary_figures_complete"]["compiled_code"]).fetchall()


def test_quarter_without_a_framework_is_refused_by_name(first_quarter: Path, run: Any, tmp_path: Path) -> None:
    with pytest.raises(LeagueError, match="2026-27-Q1 is not a quarter with a framework; known: 2025-26-Q1, "):
        run("2026-27-Q1", first_quarter, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(run: Any, tmp_path: Path) -> None:
    (message,) = _problems(run, "2025-26-Q1", tmp_path / "none", tmp_path / "data")
    assert message == f"{tmp_path / 'none'} is not a folder"


@pytest.mark.parametrize("name", ["NUL byte", "no etr"])
def test_command_exits_with_1(
    name: str, first_quarter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from orchestration import cli

    case = next(case for case in CASES if name in case.name)
    extracts = tmp_path / "extracts"
    shutil.copytree(first_quarter, extracts, copy_function=os.link)
    place = case.damage(extracts) or {}
    arguments = ["build", "--extracts", str(extracts), "--quarter", "2025-26-Q1", "--data-dir", str(tmp_path / "data")]
    monkeypatch.setattr(sys, "argv", ["league", *arguments])
    with pytest.raises(SystemExit) as exit_code:
        cli.main()
    shown = capsys.readouterr().err
    assert exit_code.value.code == 1
    assert "nothing published" in shown
    assert [text for text in (says.format(**place) for says in case.says) if text not in shown] == []
    assert _released(tmp_path / "data") == []


def _problems(run: Any, quarter: str, extracts: Path, data_dir: Path) -> tuple[str, ...]:
    try:
        problems: tuple[str, ...] = run(quarter, extracts, data_dir).problems
    except LeagueError as error:
        return (str(error),)
    return problems


def _released(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "releases").rglob("*") if path.is_file()]
