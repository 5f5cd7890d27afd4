"""What comes from outside to do harm: files that would not end, names that would be obeyed, releases that would write
elsewhere. Damage without intent is in the tests of each reader."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.table import Table

from orchestration.audit.verify import verify
from orchestration.errors import InputError, LeagueError
from orchestration.releases.describe import _code, rule_files
from orchestration.releases.release import Release
from orchestration.sources import csv_files, fetch, http, recognise, sheets, workbooks
from orchestration.sources.archives import MAX_BYTES, MAX_DIRECTORY, MAX_HELD
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import survey
from orchestration.sources.sheets import MAX_BOOK, MAX_ELEMENTS, MAX_IN_ROW
from orchestration.terminal import trace
from orchestration.terminal.console import Console
from orchestration.text import HIDDEN, visible
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT
from tests.conftest import descriptor
from tests.unit.test_archives import DECLARED, directory, zipped
from tests.unit.test_csv_files import COUNTS, GOOD, HEADER, ROW, TESTS, csv_bytes, quoted
from tests.unit.test_workbooks import CANCER, DAYS_28, published, tampered, write

MB = 1024 * 1024
ESCAPES = ["\x1b[31m", "\x07", "\x7f", "\x9b31m", "\u0085", "\u2028", "\u202e", "\u2066", "\uffff"]
UNSEEN = ["\xad", "\u061c", "\u200b", "\u200e", "\u2060", "\u3164", "\ufeff", "\U000e0041"]
MARKUP = ["[bold]x[/bold]", "[link=https://example.org]x[/link]", "[/nothing]", "a\\[b]"]
NAMES = ["a\x1b[2J.csv", "a\nb.csv", "a\tb.csv", "a\u202evsc.csv", "a\udcff.csv"]


def peak(call: Callable[[], object]) -> int:
    """The most memory that Python had at once for a call that is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def listing(path: Path, entries: int) -> Path:
    """An archive that is nearly all list of members, each of the same empty one."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    start = b"PK\x03\x04" + bytes(26)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[entries & 0xFFFF] * 2, entries * len(entry), len(start), 0)
    path.write_bytes(start + entry * entries + end)
    return path


@pytest.mark.parametrize(
    "rest", [b"," * 20 * MB, b"a" * 20 * MB, b'"a\n",' * (20 * MB // 5)], ids=["cells", "one", "lines"]
)
def test_row_without_end_is_refused_while_it_is_read(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(csv_bytes(HEADER) + rest)
    source = known_sources()["nof_data"]
    assert peak(lambda: recognise.read_rows(path, None, source, "f.csv")) < 20 * MB
    with pytest.raises(InputError, match=r"^f\.csv, row 2: has a row of more than 1000000 characters$"):
        recognise.read_rows(path, None, source, "f.csv")


def test_row_as_long_as_allowed_is_read() -> None:
    long = csv_bytes(HEADER, [*ROW[:5], "x" * 900_000, *ROW[6:]])
    rows, _ = csv_files.read_csv(
        io.BytesIO(long + csv_bytes(ROW).removeprefix(b"\xef\xbb\xbf")), known_sources()["nof_data"], "f"
    )
    assert rows["trust_name"].str.len().to_list() == [900_000, len(ROW[5])]


def test_file_held_as_a_whole_has_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MAX_ROWS", 3)
    source = known_sources()["nof_data"]
    assert len(csv_files.read_csv(io.BytesIO(csv_bytes(HEADER, *[ROW] * 3)), source, "f")[0]) == 3
    with pytest.raises(InputError, match=r"^f, row 5: has more than 3 rows$"):
        csv_files.read_csv(io.BytesIO(csv_bytes(HEADER, *[ROW] * 4)), source, "f")


def test_list_of_members_without_end_is_not_read(tmp_path: Path) -> None:
    path = listing(tmp_path / "x", 1_000_000)
    assert path.stat().st_size < MAX_BYTES
    assert peak(lambda: recognise.recognise(path, "f.zip")) < MB
    with pytest.raises(InputError, match=rf"list of members has 47000000 bytes, more than {MAX_DIRECTORY}"):
        recognise.recognise(path, "f.zip")


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_held_as_a_whole_is_smaller_than_what_is_streamed(tmp_path: Path, packed: bool) -> None:
    for content, refused in ((csv_bytes(HEADER), True), (GOOD, False)):
        path = tmp_path / "x"
        content += b"\n" * (MAX_HELD - len(content) + 1)
        if packed:
            with zipfile.ZipFile(path, "w") as archive:  # not deflated: its entries would overlap by what it declares
                archive.writestr("a.csv", content[:MB])
            directory(path, DECLARED, "<I", len(content))
        else:
            path.write_bytes(content)
        if refused:
            with pytest.raises(
                InputError, match=rf"^x( \[a\.csv\])?: is too large; found {MAX_HELD + 1}; expected at most"
            ):
                recognise.recognise(path, "x")
        else:
            assert recognise.recognise(path, "x")


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def book_with(path: Path, sheet: bytes) -> Path:
    """A workbook with something at the end of its first table sheet."""
    members = members_of(write(path, published()))
    name = "xl/worksheets/sheet2.xml"
    members[name] = members[name].replace(b"</sheetData>", sheet + b"</sheetData>")
    return zipped(path, **members)


@pytest.mark.parametrize(
    ("member", "limit"),
    [("xl/worksheets/sheet2.xml", MAX_BOOK), ("xl/styles.xml", MAX_HELD), ("xl/other.xml", MAX_HELD)],
)
def test_workbook_too_large_is_not_opened(tmp_path: Path, member: str, limit: int) -> None:
    """Sheets are streamed; all else is held."""
    path = zipped(tmp_path / "x", **{member: b"", **members_of(write(tmp_path / "y", published()))})
    directory(path, 20, "<II", limit, limit + 1)
    with pytest.raises(InputError, match=rf"^x: is too large; found \d+; expected at most {limit} bytes"):
        recognise.recognise(path, "x")


def test_only_a_sheet_counts_as_one(tmp_path: Path) -> None:
    """A part that the manifest calls shared strings, too, is held."""
    members = members_of(tampered(tmp_path / "y", "", b""))
    sheet = b"/xl/worksheets/sheet2.xml"
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"/xl/sharedStrings.xml", sheet)
    path = zipped(tmp_path / "x", **{sheet[1:].decode(): b"", **members})
    directory(path, 20, "<II", MAX_HELD, MAX_HELD + 1)
    with pytest.raises(InputError, match=rf"^x: is too large; .* at most {MAX_HELD} bytes"):
        recognise.recognise(path, "x")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'<row r="99">' + b"<c/>" * (MAX_IN_ROW + 1) + b"</row>", f"more than {MAX_IN_ROW} elements in a row"),
        (b"<row>" + b"<c/><row/>" * MAX_IN_ROW + b"<c/></row>", f"more than {MAX_IN_ROW} elements in a row"),
        (
            b"</sheetData><a>" + b"<b/>" * MAX_ELEMENTS + b"</a><sheetData>",
            f"more than {MAX_ELEMENTS} elements besides",
        ),
    ],
    ids=["a row", "rows in a row", "besides rows"],
)
def test_xml_that_would_grow_in_memory_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=rf"is a damaged workbook \(ValueError: it holds {says}"):
        workbooks.read_workbook(book_with(tmp_path / "x", content), CANCER, "f")


def test_row_that_openpyxl_would_fill_up_is_refused(tmp_path: Path) -> None:
    path = book_with(tmp_path / "x", b'<row r="99"><c r="XFD99"/></row>')
    with pytest.raises(InputError, match=r"row 99: has a row of more than 4096 columns$"):
        workbooks.read_workbook(path, CANCER, "f")


def test_rows_that_openpyxl_would_fill_up_are_refused_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_PLACES", 10_000)
    wide = b"".join(b'<row r="%d"><c r="FAN%d"/></row>' % (row, row) for row in (97, 98, 99))
    with pytest.raises(InputError, match=r"row 99: has more than 10000 places for cells$"):
        workbooks.read_workbook(book_with(tmp_path / "x", wide), CANCER, "f")


def test_no_entity_of_a_workbook_is_expanded(tmp_path: Path) -> None:
    """Not even those that expat lets pass: few and long, in a part that is large anyway."""
    members = members_of(write(path := tmp_path / "x", published()))
    members["xl/styles.xml"] = b'<!DOCTYPE s [<!ENTITY a "x">]>' + members["xl/styles.xml"]
    with pytest.raises(InputError, match=r"it has a document type"):
        workbooks.subjects(zipped(path, **members), CANCER, "f")


@pytest.mark.parametrize("hidden", [*ESCAPES, *UNSEEN])
def test_hidden_character_stops_at_the_border(tmp_path: Path, hidden: str) -> None:
    content = csv_bytes(HEADER, [*ROW[:5], f"a{hidden}b", *ROW[6:]])
    with pytest.raises(InputError, match=r"^f, row 2: holds a control character"):
        csv_files.read_csv(io.BytesIO(content), known_sources()["nof_data"], "f")
    streamed = quoted(TESTS, [*COUNTS[:2], f"a{hidden}b", *COUNTS[2:]])
    with pytest.raises(InputError, match=r"^f, row 2: holds a control character"):
        list(csv_files.national_batches(io.BytesIO(streamed), known_sources()["dm01"], "f", "2026-03"))
    for cut in range(1, len(f"{hidden[0]}b".encode())):  # where a block may end within it
        watched = csv_files._Watched(io.BytesIO(f"a{hidden[0]}b".encode()))
        while watched.read(1 + cut):
            pass
        assert watched.odd
    if hidden[0] in ("\x85", "\u202e", *UNSEEN):  # what XML may hold
        sheets = published()
        sheets[DAYS_28][6][2] = f"a{hidden}b"
        with pytest.raises(InputError, match=r"row \d+, column C: holds a control character"):
            workbooks.read_workbook(write(tmp_path / "x", sheets), CANCER, "f")


def test_streamed_bytes_are_watched_for_every_hidden_character() -> None:
    listed = [chr(point) for point in range(0x110000) if HIDDEN.match(chr(point)) and not 0xD800 <= point < 0xE000]
    assert [c for c in listed if ord(c) > 127 and not csv_files._HIDDEN_IN_UTF8.fullmatch(c.encode())] == []
    assert not csv_files._HIDDEN_IN_UTF8.search("\u00c9\u00a0\u2013\u2019\u201d\u2026\u2011\u2030\u2070\ufffd".encode())
    assert not HIDDEN.search("\u200c\u200d") and not csv_files._HIDDEN_IN_UTF8.search("\u200c\u200d".encode())


@pytest.mark.parametrize("name", NAMES)
def test_file_with_such_a_name_is_set_aside_and_listed(extracts: Path, name: str) -> None:
    (extracts / name).write_bytes(csv_bytes(HEADER, ROW))
    found = survey(extracts)
    (listed,) = [one for one in found.set_aside if one["file_name"] != "ods/trusts.csv"]
    assert listed["file_name"] == name.encode("unicode_escape").decode()
    assert listed["reason"] == "control characters in its name: rename it"
    assert {candidate.source.id for candidate in found.candidates} == {"ods_etr", "ods_trusts"}


@pytest.mark.parametrize("name", NAMES[:4])
def test_archive_with_such_a_member_is_not_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="has a member with a control character in its name") as refused:
        recognise.recognise(zipped(tmp_path / "x", **{name: csv_bytes(HEADER, ROW)}), "f.zip")
    assert not HIDDEN.search(str(refused.value)) and "\n" not in str(refused.value)


def test_message_about_a_cell_is_no_longer_than_a_screen() -> None:
    assert len(str(InputError("is wrong", file="f", found="x" * MB))) < 300


@pytest.mark.parametrize("text", [*ESCAPES, *MARKUP])
def test_terminal_shows_text_and_obeys_none_of_it(text: str) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    table = Table(f"head {text}", title=f"title {text}", caption=f"caption {text}")
    table.add_row(f"cell {text}")
    console.print(table)
    console.print(f"line {text}", highlight=False)
    printed = out.getvalue()
    for place in ("head", "title", "cell", "line"):
        assert f"{place} {visible(text)}" in printed.replace("\x1b[1m", "").replace("\x1b[3m", "")
    assert not HIDDEN.search(printed.replace("\x1b[", "").replace("\n", "")) or text not in printed


def test_name_makes_no_line_of_its_own_in_a_trace() -> None:
    named = {"organisation_code": "ZK0", "organisation_name": "A\n1: APPROVED by Jo", "rank": None}
    placing = {**named, "league_title": "Acute", "quarter": "Q1", "not_ranked_reason": "b\r\nc"}
    traced = {"files": {}, "release": "r", "state": "candidate", "placings": [placing], "metrics": [], "tables": {}}
    trace.show(Console(file=(out := io.StringIO()), width=100), traced)
    assert "ZK0 A\\n1: APPROVED by Jo: " in out.getvalue() and " b\\r\\nc " in out.getvalue()


def test_nothing_is_printed_but_on_that_terminal() -> None:
    for path in sorted((PROJECT / "orchestration").rglob("*.py")):
        if path.name != "console.py":
            source = path.read_text(encoding="utf-8")
            assert "rich.console import Console" not in source and "rich.markup" not in source, path


@pytest.mark.parametrize("name", ["a.csv", "`<img src=x>`.csv", "``", "a`", "` ![x](y) `", "<script>alert(1)</script>"])
def test_file_name_in_the_readme_is_nothing_but_a_name(name: str) -> None:
    (inline,) = [token for token in MarkdownIt("commonmark").parse(f"- {_code(name)}, x") if token.type == "inline"]
    code, rest = inline.children or []
    assert (code.type, code.content, rest.content) == ("code_inline", name, ", x")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ('/a b<script>"x".csv', "https://example.org/a%20b%3Cscript%3E%22x%22.csv"),
        ("/a%20b.csv?x=1&y=2#z", "https://example.org/a%20b.csv?x=1&y=2"),
        ("//example.com/x", "https://example.com/x"),
        ("/" + "x" * 2000, None),
        ("https://[", None),
    ],
)
def test_linked_address_holds_what_an_address_may(href: str, url: str | None) -> None:
    assert http.absolute("https://example.org/page/", href) == url


def test_link_in_the_folder_is_not_followed_to_be_hashed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"a")
    (tmp_path / "folder" / "b").symlink_to(PROJECT / "README.md")
    assert [path.name for path in fetch._Folder(tmp_path / "folder").files.values()] == ["a"]


def release_from_elsewhere(folder: Path, quarter: str, **package: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "checks.json").write_text(json.dumps({"quarter": quarter, "checks": [], "files": []}))
    resource = {"path": "checks.json", "hash": f"sha256:{sha256_of_file(folder / 'checks.json')}", "type": "file"}
    (folder / "datapackage.json").write_text(
        descriptor([resource], **{"contract_version": "2.2", "rules": rule_files(), **package})
    )
    return folder


def test_release_from_elsewhere_names_no_folder_to_write_to(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    for quarter in (str(planted), f"../../../../../../../../../..{planted}"):
        release = release_from_elsewhere(tmp_path / f"v{len(quarter)}", quarter)
        with pytest.raises(LeagueError, match="is not a quarter: "):
            verify(Release.read(release), tmp_path / "data", lambda kind, step: None)
    assert not planted.exists()


def test_release_from_elsewhere_names_no_table_beside_it(tmp_path: Path) -> None:
    release = release_from_elsewhere(tmp_path / "v1", "2025-26-Q1")
    (release / "a.csv").write_text("x\n")
    described = json.loads((release / "datapackage.json").read_text())
    table = {"name": "../secret", "path": "a.csv", "hash": f"sha256:{sha256_of_file(release / 'a.csv')}"}
    described["resources"].append({**table, "type": "table", "schema": {"fields": [{"name": "x"}]}})
    (release / "datapackage.json").write_text(json.dumps(described))
    assert set(Release.read(release).columns) == {"a"}
