"""What a newcomer is told of each wrong input: `wrong_inputs.md` has the table, made by this test with WRITE=1 in the
environment. Whoever changes a message reads it there, beside all others. Not here: faults that only sums can show."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from orchestration import second_process
from orchestration.errors import LeagueError
from orchestration.quality import suites
from orchestration.quarters import require_known_quarter
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import in_short, survey
from orchestration.sources.landing import land, take_in
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Build, Workspace
from tests.unit import test_workbooks
from tests.unit.test_csv_files import COUNTS, HEADER, ROW, TESTS, csv_bytes, quoted
from tests.unit.test_inventory import rows_of
from tests.unit.test_workbooks import DAYS_28, DAYS_62

TABLE = Path(__file__).with_name("wrong_inputs.md")
QUARTER = "2025-26-Q1"
AE, NOF, DM01, CANCER, ETR = (
    "Monthly-AE-May-2025.csv",
    "nof-data.csv",
    "DM01.zip",
    "CANCER-APRIL-2025.xlsx",
    "ods/etr.csv",
)
A_AND_E = [column.published[0] for column in known_sources()["ae"].columns]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le")
PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n"

Wrong = Callable[[Path], object]


def rows_of_ae(month: str = "MSitAE-MAY-2025") -> list[list[str]]:
    return [A_AND_E, [month, "ZA1", "LONDON", "A TRUST", *["1"] * 18], [month, "TOTAL", "-", "TOTAL", *["1"] * 18]]


def changed(row: int, column: int, value: str) -> list[list[str]]:
    rows = [list(each) for each in rows_of_ae()]
    rows[row][column] = value
    return rows


def ae(*rows: list[str]) -> Wrong:
    return put(AE, csv_bytes(*rows))


def put(name: str, content: bytes) -> Wrong:
    return lambda folder: (folder / name).write_bytes(content)


def without(name: str) -> Wrong:
    return lambda folder: (folder / name).unlink()


def only(name: str, content: bytes) -> Wrong:
    """In place of the good A&E file, so that a file that is needed is missing."""
    return lambda folder: [(folder / AE).unlink(), (folder / name).write_bytes(content)]


def cut(name: str, length: int) -> Wrong:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:length])


def renamed(name: str, new: str) -> Wrong:
    return lambda folder: (folder / name).rename(folder / new)


def cancer(change: Callable[[test_workbooks.Sheets], object]) -> Wrong:
    def damage(folder: Path) -> None:
        sheets = test_workbooks.published()
        change(sheets)
        test_workbooks.write(folder / CANCER, sheets)

    return damage


def nof(quarter: str = "Q1 2025/26", trust_type: str = "Ambulance trust", value: str = "3.0") -> Wrong:
    row = [quarter, "London", trust_type, *ROW[3:12], value, *ROW[13:]]
    return put(NOF, csv_bytes(HEADER, row))


def nof_of_two_quarters(folder: Path) -> None:
    rows = [["Q1 2025/26", *ROW[1:4], f"ZA{n}", *ROW[5:]] for n in range(9)] * 2
    rows += [["Q1 2025/26", *ROW[1:4], f"ZB{n}", *ROW[5:]] for n in range(9)]
    (folder / NOF).write_bytes(csv_bytes(HEADER, *rows, ["Q4 2025/26", *rows[-1][1:]]))


def etr(*cells: str, rows: int = 1) -> bytes:
    row = ["ZA1", "NAME", "Y56", "XA1", *[""] * 6, "20250401", *[""] * 16]
    return csv_bytes(*[[*cells, *row[len(cells) :]]] * rows)


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name.replace("_", "."), member)
    return content.getvalue()


def locked_zip() -> bytes:
    """Says that its member is encrypted."""
    content = bytearray(zipped(ae_csv=csv_bytes(*rows_of_ae())))
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + offset] |= 1
    return bytes(content)


def stored(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), member)
    return content.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def dm01(*rows: list[str], headings: list[str] = TESTS) -> bytes:
    return zipped(dm01_csv=quoted(headings, *rows))


def link(folder: Path) -> None:
    (folder.parent / "elsewhere.csv").write_bytes(csv_bytes(*rows_of_ae()))
    (folder / "link.csv").symlink_to(folder.parent / "elsewhere.csv")


def link_to_a_folder(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "2024").symlink_to(folder.parent / "elsewhere")


def emptied(folder: Path) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.unlink()


def twice_with_other_figures(folder: Path) -> None:
    (folder / "Copy of May.csv").write_bytes(csv_bytes(*changed(1, 4, "2")))


JUNE = ["DM01-JUNE-2025", "", "", "ZA1", *COUNTS[3:]]
MAY = rows_of_ae()
WRONG: dict[str, Wrong | str] = {
    # where files are
    "a folder that is not there": "missing",
    "a file in place of the folder": "file",
    "an empty folder": emptied,
    "the wrong folder: photos": lambda folder: [emptied(folder), put("a.jpg", b"\xff\xd8\xff\xe0JFIF")(folder)],
    "only the references": without(AE),
    "no etr": without(ETR),
    "a quarter before the first league tables": "2024-25-Q4",
    "a quarter spelled otherwise": "Q1 2025/26",
    "files renamed": renamed(AE, "data (3).csv"),
    "files without an ending": renamed(AE, "May"),
    "a link that leads elsewhere": link,
    "a link to a folder": link_to_a_folder,
    "a file open in Excel": put("~$Monthly-AE-May-2025.xlsx", b"\x05Anna" + bytes(160)),
    "a download that is not finished": only("Monthly-AE-May-2025.csv.crdownload", csv_bytes(*MAY)[:90]),
    "what a Mac leaves": put(".DS_Store", b"\0\0\0\1Bud1" + bytes(90)),
    "a bookmark": only("Monthly A&E.url", b"[InternetShortcut]\r\nURL=https://www.england.nhs.uk/\r\n"),
    "an empty file": put(AE, b""),
    "a line break in a name": put("May\n2025.csv", csv_bytes(*MAY)),
    # what files are
    "a page saved as CSV": put(AE, PAGE),
    "a login page saved as zip": put("Full-CSV-data-file-Jun25-ZIP-4M-abc.zip", PAGE),
    "a PDF": only("Statistical-commentary-May-2025.pdf", b"%PDF-1.7\n%\xe2\xe3\n"),
    "a Word document": only("notes.docx", stored(word__document_xml=b"<document/>")),
    "a workbook with a password": only("Monthly-AE-May-2025.xlsx", LOCKED),
    "a publication with a password": put("APRIL-2025-CWT-CRS-PROVIDER-WORKBOOK (1).xlsx", LOCKED),
    "a Word document of the old kind": only("notes.doc", OLE + "WordDocument".encode("utf-16-le")),
    "an .xlsb": only("May.xlsb", stored(xl__workbook_bin=bytes(9))),
    "what a server says in XML": only("May.csv", b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>"),
    "a page in a gzip": only("Monthly-AE-May-2025.csv.gz", gzip.compress(PAGE)),
    "an .xls of another kind": only("budget.xls", OLE),
    "an .ods": only("CQC.ods", stored(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<x/>")),
    "a workbook of something else": only("budget.xlsx", workbook(["Cost centre", "Budget"], ["A", 3])),
    "the CSV saved as a workbook": only("Monthly-AE-May-2025.xlsx", workbook(*MAY)),
    "a workbook named .csv": put(AE, workbook(*MAY)),
    "a tar": only("May.tar", b"May.csv".ljust(257, b"\0") + b"ustar" + bytes(250) + b"Period,Org Code\r\n"),
    "a rar": only("May.rar", b"Rar!\x1a\x07\x01\0" + bytes(50)),
    "a zip with a password": put("May.zip", locked_zip()),
    "a zip cut off": put(DM01, dm01(JUNE)[:200]),
    "a zip of two publications": put(
        "two.zip", zipped(a_csv=csv_bytes(*rows_of_ae("MSitAE-JUNE-2025")), b_csv=quoted(TESTS, JUNE))
    ),
    "a zip of nothing known": put("other.zip", zipped(readme_txt=b"hello")),
    "a gzip cut off": only(f"{AE}.gz", gzip.compress(csv_bytes(*MAY))[:60]),
    "a workbook cut off": lambda folder: [cancer(len)(folder), cut(CANCER, 3000)(folder)],
    "JSON": only("may.json", b'{"period": "MSitAE-MAY-2025"}'),
    # how CSV is written
    "semicolons in a zip": only("May.zip", zipped(may_csv=csv_bytes(*MAY).replace(b",", b";"))),
    "semicolons": put(AE, csv_bytes(*MAY).replace(b",", b";")),
    "tabs": put(AE, csv_bytes(*MAY).replace(b",", b"\t")),
    "UTF-16": put(AE, csv_bytes(*MAY).decode().encode("utf-16")),
    "Latin-1": put(AE, csv_bytes(*changed(1, 3, "CAF\u00c9")).decode().encode("latin-1", "ignore")),
    "cut off within a row": cut(AE, -30),
    "no header": ae(*MAY[1:]),
    "a title above the header": ae(["A&E attendances, May 2025"], *MAY),
    "a blank line above the header": ae([], *MAY),
    "header alone": ae(MAY[0]),
    "a quote that is not closed": ae(*changed(1, 3, '"A TRUST')),
    "a row too short": ae(MAY[0], MAY[1][:-1], MAY[2]),
    "blank rows below, as a spreadsheet leaves them": ae(*MAY, *[[""] * 22] * 2),
    "a blank row among the rows": ae(*MAY[:2], [""] * 22, *MAY[2:]),
    "a note below the rows": ae(*MAY, ["Source: NHS England"]),
    # what columns are there
    "columns in another order": ae(*[[*row[1:], row[0]] for row in MAY]),
    "a column renamed": ae(*changed(0, 4, "Type 1 attendances")),
    "a column missing that counts": ae(*[[*row[:4], *row[5:]] for row in MAY]),
    "a column missing that nothing needs": ae(*[row[:-1] for row in MAY]),
    "a column more": ae([*MAY[0], "Note"], *[[*row, "x"] for row in MAY[1:]]),
    "a column twice": ae(*[[*row, row[4]] for row in MAY]),
    "headings in capitals": ae([heading.upper() for heading in MAY[0]], *MAY[1:]),
    "headings with other blanks": ae([f" {heading.replace(' ', '  ')} " for heading in MAY[0]], *MAY[1:]),
    # when files are about
    "a date for the month": ae(*rows_of_ae("01/05/2025")),
    "a month in another language": ae(*rows_of_ae("MSitAE-MAI-2025")),
    "a month not in capitals": ae(*rows_of_ae("MSitAE-May-2025")),
    "no month": ae(*rows_of_ae("")),
    "another month than its name says": ae(*rows_of_ae("MSitAE-APRIL-2025")),
    "two months in one file": ae(*MAY, *rows_of_ae("MSitAE-JUNE-2025")[1:]),
    "a month that no quarter asked for": only("x.csv", csv_bytes(*rows_of_ae("MSitAE-MAY-2022"))),
    "two months in a national file": put(DM01, dm01(JUNE, ["DM01-MAY-2025", *JUNE[1:]])),
    "a month twice, with other figures": twice_with_other_figures,
    "a month twice, the same": put("again.csv", csv_bytes(*MAY)),
    "a row of another quarter in NOF": nof_of_two_quarters,
    "quarter spelled otherwise in NOF": nof(quarter="2025/26 Q1"),
    "quarter with a hyphen in NOF": nof(quarter="Q1 2025-26"),
    "NOF of another year": nof(quarter="Q1 2023/24"),
    "a type of trust that nobody knows": nof(trust_type="Acute Hospital Trusts"),
    # what cells hold
    "thousands with a comma": ae(*changed(1, 4, "1,234")),
    "a decimal comma in NOF": nof(value="3,0"),
    "a percentage in NOF": nof(value="74.2%"),
    "percentages for counts": ae(*changed(1, 4, "74.2%")),
    "a negative count": ae(*changed(1, 4, "-5")),
    "a hyphen for nothing": ae(*changed(1, 4, "-")),
    "a star for a small count": ae(*changed(1, 4, "*")),
    "a count with decimals": ae(*changed(1, 4, "12.0")),
    "a row twice": ae(MAY[0], MAY[1], *MAY[1:]),
    "no organisation code": ae(*MAY, changed(1, 1, "")[1]),
    "a formula": ae(*changed(1, 3, "=1+1")),
    "a control character": ae(*changed(1, 3, "A\x07TRUST")),
    # references
    "an empty etr": put(ETR, b""),
    "etr with a header": put(ETR, csv_bytes([f"Column {n}" for n in range(27)]) + etr().removeprefix(codecs.BOM_UTF8)),
    "ODS report succ for etr": put(ETR, csv_bytes(["ZA1", "ZA2", "R", "20250401", ""])),
    "etr of another report: sites": put(ETR, etr("ZA101", "A HOSPITAL SITE OF ZA1")),
    "etr without regions": put(ETR, etr("ZA1", "NAME", "")),
    "etr with a column more": put(ETR, etr().rstrip(b"\r\n") + b",1\r\n"),
    "etr with dates as Excel writes them": put(ETR, etr("ZA1", "NAME", "Y56", "XA1", *[""] * 6, "01/04/2025")),
    # workbooks
    "a workbook without its month": cancer(lambda sheets: sheets[DAYS_28][1].__setitem__(0, None)),
    "a workbook with a sheet renamed": cancer(lambda sheets: sheets.__setitem__("62 day", sheets.pop(DAYS_62))),
    "a workbook with a heading renamed": cancer(lambda sheets: sheets[DAYS_28][6].__setitem__(4, "ALL")),
    "a workbook without its rows": cancer(lambda sheets: sheets.__setitem__(DAYS_28, sheets[DAYS_28][:7])),
    "a workbook of text for numbers": cancer(lambda sheets: sheets[DAYS_28][7].__setitem__(5, "many")),
}  # fmt: skip


def others(folder: Path) -> None:
    """A good file of each of some other publications."""
    (folder / NOF).write_bytes(csv_bytes(HEADER, ROW))
    test_workbooks.write(folder / CANCER, test_workbooks.published())


def broken_rules(build: Build, inventory: pd.DataFrame, but: set[str]) -> dict[str, str]:
    """What the land gate says of the files in use, by the rule, but of some files."""
    used = inventory[(inventory["status"] == "used") & ~inventory["source_sha256"].isin(but)]
    names, said = dict(zip(used["source_sha256"], used["file_name"], strict=True)), {}
    for suite in suites.suites("land"):
        if suite.table in set(used["source_id"]):
            rows = rows_of(build, suite.table)
            rows = rows[rows["_source_sha256"].isin(names)]
            rows["_file"] = rows["_source_sha256"].map(names).astype("string")
            checks = second_process.run(suites.run_suite, suite, rows[suite.columns])
            said |= {one.id: str(one) for one in checks if not one.passed}
    return said


def told(folder: Path, quarter: str, data: Path, checked: set[str]) -> tuple[str, dict[str, str]]:
    """What is said of a folder before anything is computed: the refusal, else what was noticed; and the rules that
    landed rows break, but those of files that were checked before."""
    try:
        quarter = require_known_quarter(quarter)
        build = Workspace(data).build(quarter)
        found = survey(folder)
        inventory = take_in(found, quarter, build.workspace)
        for source_id in sorted({*inventory.loc[inventory["status"] == "used", "source_id"]}):
            land(known_sources()[source_id], inventory, build)
        rules = broken_rules(build, inventory, checked)
    except LeagueError as error:
        return f"REFUSED {error}".replace(str(folder), "FOLDER"), {}
    remarks = inventory.loc[inventory["status"] == "used", ["file_name", "remarks"]].dropna().drop_duplicates()
    noticed = [f"{name}: {remark}" for name, remark in remarks.itertuples(index=False)]
    return "; ".join([f"set aside: {line}" for line in in_short(inventory)] + noticed), rules


@pytest.fixture(scope="module")
def good_ones(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The good files, by hash, and the rules that a row or two break anyhow, such as how many rows there are."""
    folder = good(tmp_path_factory.mktemp("good"))
    others(folder)
    said, rules = told(folder, QUARTER, folder.parent / "data", set())
    assert said == ""
    return {*rules, *(sha256_of_file(path) for path in folder.rglob("*") if path.is_file())}


def good(parent: Path) -> Path:
    folder = parent / "extracts"
    (folder / "ods").mkdir(parents=True)
    (folder / ETR).write_bytes(etr())
    (folder / AE).write_bytes(csv_bytes(*MAY))
    return folder


def written(name: str, said: str) -> str:
    return f"| {name} | {said.replace('|', '/').replace(chr(10), ' // ')} |"


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told(name: str, tmp_path: Path, good_ones: set[str]) -> None:
    wrong = WRONG[name]
    folder, quarter = good(tmp_path), QUARTER
    if callable(wrong):
        wrong(folder)
    elif wrong == "missing":
        folder = tmp_path / "not there"
    elif wrong == "file":
        folder = folder / AE
    else:
        quarter = wrong
    said, rules = told(folder, quarter, tmp_path / "data", good_ones)
    gate = [f"LAND GATE {text}" for rule, text in rules.items() if rule not in good_ones]
    line = written(name, "; ".join(filter(None, [said, *gate])) or "read; sums are compared later")
    assert len(line) < 2500 and not re.search("Traceback|object at 0x", line)
    LINES[name] = line
    if not os.environ.get("WRITE"):
        assert line in TABLE.read_text(encoding="utf-8").splitlines(), line


LINES: dict[str, str] = {}


def test_table_has_every_wrong_input_once() -> None:
    if os.environ.get("WRITE"):
        assert set(LINES) == set(WRONG), "write the table with one worker, all tests of this file"
        head = ["| wrong input | what is said |", "|---|---|"]
        TABLE.write_text("\n".join([*head, *(LINES[name] for name in WRONG)]) + "\n", encoding="utf-8")
    names = [line.split(" | ")[0].removeprefix("| ") for line in TABLE.read_text(encoding="utf-8").splitlines()[2:]]
    assert names == list(WRONG) and len(names) >= 60


TO_DO = re.compile(
    "download|league fetch|save it|rename it|copy the file|take .* out of the folder|unpack it|close it|deleted"
    "|name the one|are read|expected|known: "
)
NOTHING_TO_DO = re.compile(
    "no publication known here: |the same as another|this quarter does not need|no figure needs|(is|are) left out"
    "|^read; "
)


def test_every_message_names_a_file_and_says_what_to_do() -> None:
    for line in TABLE.read_text(encoding="utf-8").splitlines()[2:]:
        name, said = line.strip("| ").split(" | ")
        for part in re.split(" // (?=  set aside)", said):
            assert TO_DO.search(part) or NOTHING_TO_DO.search(part), part
        if said.startswith("REFUSED"):
            assert re.match(r"REFUSED (FOLDER|[\w /.()-]+\.\w+|2024-25-Q4 is)\b", said), name
        for place in re.findall(r" //   ([^;]*; [^;]*)", said) if "LAND GATE" in said else []:
            assert re.match(r"[\w/.-]+\.\w+(, |:).*found .*; expected ", place), place
