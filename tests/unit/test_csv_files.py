"""Reading one CSV strictly: every drift of the publications, and every damage with its place."""

import io
from pathlib import Path
from time import sleep

import pandas as pd
import pyarrow as pa
import pytest

from orchestration.errors import InputError
from orchestration.sources import csv_files, nof
from orchestration.sources.csv_files import national_batches, source_by_headings
from orchestration.sources.descriptions import Source, column_name, known_sources
from orchestration.sources.recognise import headings_in

DATA = known_sources()["nof_data"]
LEAGUE = known_sources()["nof_league"]
HEADER = [column.published[0] for column in DATA.columns]
ROW = ["Q1 2025/26", "London", "Ambulance trust", "Ambulance", "ZA1", "A, B and C", "Summary", "Summary"]
ROW += ["OF5000", "Adjusted segment", "Q1 2025/26", "segment", "3.0", "", "NA", "", "5.0"]


DM01 = known_sources()["dm01"]
TESTS = [column.published[0] for column in DM01.columns]
COUNTS = ["0"] * (len(TESTS) - 1)


def read_csv(content: bytes, source: Source, file: str) -> pd.DataFrame:
    return csv_files.read_csv(io.BytesIO(content), source, file)[0]


def csv_bytes(*rows: list[str], end: str = "\r\n") -> bytes:
    lines = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    return ("\ufeff" + end.join(lines) + end).encode()


def test_every_value_stays_text_and_rows_are_numbered_from_the_header() -> None:
    rows = read_csv(csv_bytes(HEADER, ROW, ROW), DATA, "f.csv")
    assert list(rows["_source_row"]) == ["2", "3"]
    assert rows.loc[0, "trust_name"] == "A, B and C"
    assert rows.loc[0, "lower_quartile"] == "NA"
    assert rows.loc[0, "median_value"] == ""
    assert rows.loc[0, "rank"] == "5.0"


@pytest.mark.parametrize(
    ("source", "first_row"),
    [
        ("nof_data", HEADER),
        ("nof_data", HEADER[1:]),
        ("nof_league", [column.published[-1] for column in LEAGUE.columns]),
        ("ods_trusts", [column.published[0] for column in known_sources()["ods_trusts"].columns]),
        ("ods_etr", ["ZA1", "NAME", "Y56", "XA1", *[""] * 6, "20250401", *[""] * 16]),
    ],
)
def test_files_are_recognised_by_their_first_row(source: str, first_row: list[str]) -> None:
    found = source_by_headings(csv_bytes(first_row, first_row))
    assert found is not None and found.id == source


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\0\0", b"a,b,c\n1,2,3\n", b"\xff\xfe\0\0", b"\r\r\r", b'"'])
def test_anything_else_is_no_publication(content: bytes) -> None:
    assert source_by_headings(content) is None


def test_quarter_of_a_file_without_the_column_is_that_of_its_segment_rows() -> None:
    rows = nof.with_subjects(read_csv(csv_bytes(HEADER[1:], ROW[1:]), DATA, "f.csv"), "f.csv")
    assert rows["quarter_label"].isna().all()
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "ambulance")]


@pytest.mark.parametrize(
    "label",
    [
        *("Q1 2025/26", "Q1 2025-26", "q1 2025/26", "Q1  2025/26", " Q1\u00a02025/26 ", "2025/26 Q1", "2025-26 q1"),
        *("Q1 25/26", "2025-26-Q1", "Quarter 1 2025/26", "Q1 2025-2026", "Q1, 2025/26"),
    ],
)
def test_a_quarter_may_be_spelt_otherwise(label: str) -> None:
    """What is landed stays the publisher's text; the quarter of each row stands beside it."""
    rows = nof.with_subjects(read_csv(csv_bytes(HEADER, [label, *ROW[1:]]), DATA, "f.csv"), "f.csv")
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "ambulance")]
    assert list(rows.loc[0, ["quarter_label", "_quarter"]]) == [label, "2025-26-Q1"]
    assert nof.is_about(rows, "2025-26-Q1", "ambulance").all()
    assert nof.told([HEADER, [label, *ROW[1:]]], DATA) == {("2025-26-Q1", "ambulance")}


def test_the_documented_typo_stands_for_the_missing_column() -> None:
    header = [column.published[0] for column in LEAGUE.columns]
    row = [
        "Q1 2025/26",
        "London",
        "Ambulance trust",
        "Ambulance",
        "ZA1",
        "A",
        "1.5",
        "1 to 2",
        "1",
        "No",
        "1",
        "1 to 3",
    ]
    for damaged in ("Average_score colum", "colum Average_score", "colum"):
        rows = read_csv(csv_bytes([damaged if h == "Average_score" else h for h in header], row), LEAGUE, "f.csv")
        assert rows.loc[0, "average_score"] == "1.5"
    with pytest.raises(InputError, match=r"row 1, column 7: has a heading .* does not know; found 'Averag'"):
        read_csv(csv_bytes(["Averag" if h == "Average_score" else h for h in header], row), LEAGUE, "f.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv_bytes(HEADER, ROW[:-1]), r"f.csv, row 2: has a row of another length; found 16; expected 17 values"),
        (csv_bytes(HEADER, ROW, [*ROW, ""]), r"f.csv, row 3: has a row of another length; found 18"),
        (
            csv_bytes([*HEADER, "Extra", ""], [*ROW, "", ""], [*ROW, "x", ""]),
            r"row 1, column 18: has a heading .* does not know, and row 3 holds 'x' there; found 'Extra'",
        ),
        (csv_bytes([*HEADER, "", "a"], [*ROW, "", " "]), r"column 19: .* row 2 holds ' ' there; found 'a'"),
        (csv_bytes([*HEADER[:-1], "Extra"], ROW), r"row 1, column 17: has a heading .* know; found 'Extra'"),
        (csv_bytes(["", *HEADER], ["", *ROW]), r"row 1, column 1: has a heading .* know; found ''"),
        (csv_bytes([*HEADER, "Extra"], ROW), r"row 2: has a row of another length; found 17; expected 18 values"),
        (csv_bytes(HEADER, ROW, [], ROW), r"f.csv, row 3: has a blank row above others; expected 17 values"),
        (csv_bytes(HEADER, ROW, [""] * 17, ROW), r"f.csv, row 3: has a blank row above others; expected 17 values"),
        (csv_bytes([*HEADER, "Rank"], [*ROW, ""]), r"row 1, column 18: has a heading twice; found 'Rank'"),
        (csv_bytes([h for h in HEADER if h != "Value"], ROW[1:]), r"row 1: lacks columns of .*; expected Value"),
        (csv_bytes(HEADER), r"f.csv, row 1: has no rows"),
        (csv_bytes(HEADER, ROW) + b'"unclosed', r"f.csv, row 3: is not well-formed CSV"),
        (csv_bytes(HEADER, ROW).replace(b"Adjusted", b"Adj\xffsted"), r"f.csv, row 2: is not UTF-8; found b'\\xff'"),
        (csv_bytes(HEADER, ROW).replace(b"Adjusted", b"Adj\0sted"), r"f.csv, row 2: holds a NUL byte"),
        (csv_bytes(HEADER, ROW).replace(b"Adjusted", b"\x1b[31m"), r"f.csv, row 2: holds a control character"),
    ],
)
def test_damage_is_named_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_csv(content, DATA, "f.csv")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Quarter", "Q5 2025/26", "row 2, column Quarter: names no quarter; found 'Q5 2025/26'"),
        ("Quarter", "Q1 2025/27", "row 2, column Quarter: names no quarter; found 'Q1 2025/27'"),
        ("Quarter", "Q1 2025", "row 2, column Quarter: names no quarter; found 'Q1 2025'"),
        ("Trust_type", "Care home", "row 2, column Trust_type: names no known trust type; found 'Care home'"),
    ],
)
def test_labels_that_name_nothing_are_errors(column: str, value: str, message: str) -> None:
    row = [value if heading == column else cell for heading, cell in zip(HEADER, ROW, strict=True)]
    rows = nof.with_subjects(read_csv(csv_bytes(HEADER, row), DATA, "f.csv"), "f.csv")
    with pytest.raises(InputError, match=message):
        nof.subjects(rows, "f.csv")


def test_segment_rows_that_disagree_on_the_quarter_are_an_error() -> None:
    other = ["Q2 2025/26" if cell == "Q1 2025/26" else cell for cell in ROW]
    rows = read_csv(csv_bytes(HEADER[1:], ROW[1:], other[1:]), DATA, "f.csv")
    with pytest.raises(InputError, match=r"do not agree on one; found 'Q1 2025/26, Q2 2025/26'"):
        nof.with_subjects(rows, "f.csv")


def test_non_breaking_spaces_do_not_change_a_label() -> None:
    row = ["Q1 2025/26\u00a0", "London", "\u00a0Ambulance trust ", *ROW[3:]]
    rows = nof.with_subjects(read_csv(csv_bytes(HEADER, row), DATA, "f.csv"), "f.csv")
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "ambulance")]


@pytest.mark.parametrize(
    ("code", "trust_type", "found"),
    [
        ("QE1", "", ("QE1", "icb_official")),
        ("QE1", "Ambulance trust", ("QE1", "icb_official")),
        ("E54000048\u00a0", "", ("QE1", "icb_official")),
        ("E54000042", "", ("QRL", "icb_official")),
        ("E54000067", "", ("QRL", "icb_official")),
        ("D7T5G", "", ("D7T5G", "icb_official")),
        ("XA1", "", ("XA1", "icb_official")),
        ("W1W1W", "Integrated Care Board", ("W1W1W", "icb_official")),
        ("RX2", "", ("RX2", "mental_health_community")),
        ("G6V2S", "", ("G6V2S", "mental_health_community")),
        ("ZA1", "Ambulance trust", ("ZA1", "ambulance")),
        ("Z4V7K", "Acute trust", ("Z4V7K", "acute")),
        ("W1W1W", "", ("W1W1W", None)),
        ("RX2", "Integrated Care Board", ("RX2", None)),
        ("E54000099", "Integrated Care Board", ("E54000099", None)),
        ("X24", "Integrated Care Board", ("X24", None)),
        ("Y56", "Acute trust", ("Y56", None)),
    ],
)
def test_code_says_whether_an_organisation_is_a_trust_or_an_icb(
    code: str, trust_type: str, found: tuple[str, str | None]
) -> None:
    assert nof.organisation(code, trust_type) == found


@pytest.mark.parametrize(
    ("code", "trust_type", "message"),
    [
        ("X24", "Ambulance trust", "row 3, column Trust_code: is neither a trust nor an ICB; found 'X24'"),
        ("E54000099", "ICB", "row 3, column Trust_code: is neither a trust nor an ICB; found 'E54000099'"),
        (
            "RX2",
            "ICB",
            "row 3, column Trust_type: names no known trust type; found 'ICB'; .* not an ICB's of trust RX2",
        ),
        ("W1W1W", "", "row 3, column Trust_type: names no known trust type; found ''"),
    ],
)
def test_organisation_that_is_neither_is_named_with_its_row(code: str, trust_type: str, message: str) -> None:
    other = [*ROW[:2], trust_type, ROW[3], code, *ROW[5:]]
    rows = nof.with_subjects(read_csv(csv_bytes(HEADER, ROW, other), DATA, "f.csv"), "f.csv")
    with pytest.raises(InputError, match=message):
        nof.subjects(rows, "f.csv")


def test_file_of_icbs_may_be_headed_otherwise_and_say_no_type() -> None:
    headings = [h.replace("Trust", "ICB").replace("_", " ") for h in HEADER]
    without = [i for i, heading in enumerate(HEADER) if heading in ("Trust_type", "Trust_subtype")]
    header, row = (
        [cell for i, cell in enumerate(cells) if i not in without] for cells in (headings, [*ROW[:4], "QE1", *ROW[5:]])
    )
    rows = nof.with_subjects(read_csv(csv_bytes(header, row), DATA, "f.csv"), "f.csv")
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "icb_official")]


def test_heading_described_first_counts_where_two_are_of_one_column() -> None:
    content = csv_bytes(["ICB_code", *HEADER], ["QE1", *ROW])
    rows, header = csv_files.read_csv(io.BytesIO(content), DATA, "f.csv")
    assert rows.loc[0, "trust_code"] == "ZA1"
    assert header.remark == "1 column not known here, 'ICB_code', is left out"


def test_footnote_marks_of_headings_do_not_matter() -> None:
    rows = read_csv(csv_bytes([f"{heading} [note 1]" for heading in HEADER], ROW), DATA, "f.csv")
    pd.testing.assert_frame_equal(rows, read_csv(csv_bytes(HEADER, ROW), DATA, "f.csv"))


def test_unknown_heading_of_a_needed_column_says_which_line_of_the_description_to_add_it_to() -> None:
    headings = ["Board" if heading == "Trust_code" else heading for heading in HEADER]
    with pytest.raises(
        InputError, match=r"column 5: .*found 'Board'.* the new name of trust_code.* line of data/sources/nof_data.yml"
    ):
        read_csv(csv_bytes(headings, ROW), DATA, "f.csv")


def test_empty_columns_after_the_last_one_known_are_left_out_with_a_remark() -> None:
    content = csv_bytes([*HEADER, "", "a"], [*ROW, "", ""])
    rows, header = csv_files.read_csv(io.BytesIO(content), DATA, "f.csv")
    assert list(rows.columns) == [*DATA.names, "_source_row"]
    assert header.remark == "2 columns after the last one known, '', 'a', are empty and left out"


def test_headings_exchanged_are_a_remark() -> None:
    value, rank = HEADER.index("Value"), HEADER.index("Rank")
    headings = [*HEADER]
    headings[value], headings[rank] = "Rank", "Value"
    _, header = csv_files.read_csv(io.BytesIO(csv_bytes(headings, ROW)), DATA, "f.csv")
    assert header.remark == "columns are not in the order described, 'Rank' to 'Value': they are read by their headings"


def test_new_columns_and_missing_ones_that_nothing_needs_are_remarks() -> None:
    headings = [*TESTS[:3], "New", "Newer", *TESTS[3:-2]]
    row = [*MARCH[:3], "x", "y", *MARCH[3:-2]]
    rows, header = csv_files.read_csv(io.BytesIO(quoted(headings, row)), DM01, "f.csv")
    assert list(rows.columns) == [*DM01.names, "_source_row"]
    assert rows.loc[0, "period"] == "DM01-MARCH-2026" and rows["total_activity"].isna().all()
    assert header.remark == (
        "2 columns not known here, 'New', 'Newer', are left out; "
        "lacks 2 columns that no figure needs, Unscheduled Activity, Total Activity"
    )


def test_remark_about_headings_is_short_however_long_they_are() -> None:
    headings, row = [*TESTS, *("x" * 5000 + str(n) for n in range(12))], [*MARCH, *["y"] * 12]
    _, header = csv_files.read_csv(io.BytesIO(quoted(headings, row)), DM01, "f.csv")
    assert header.remark and len(header.remark) < 800 and f"'{'x' * 59}…'" in header.remark


def test_missing_column_that_a_figure_needs_is_an_error_whatever_else_is_new() -> None:
    place = TESTS.index("Total WL")
    without = [heading for heading in TESTS if heading != "Total WL"]
    with pytest.raises(InputError, match=r"f\.csv, row 1: lacks columns of 'Diagnostic .*; expected Total WL$"):
        read_csv(quoted(without, MARCH[1:]), DM01, "f.csv")
    renamed = [*TESTS[:place], "Waiting", *TESTS[place + 1 :]]
    with pytest.raises(InputError, match=rf"row 1, column {place + 1}: has a heading .* know; found 'Waiting'"):
        read_csv(quoted(renamed, MARCH), DM01, "f.csv")


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("A&E attendances Type 1", "a_e_attendances_type_1"),
        ("00 < 01 Week (a)", "00_01_week_a"),
        ("ORG_CODE", "org_code"),
        ("Gt 00 To 01 Weeks SUM 1", "gt_00_to_01_weeks_sum_1"),
    ],
)
def test_columns_are_named_after_their_headings(heading: str, name: str) -> None:
    assert column_name(heading) == name


# National files: streamed by Arrow, with the messages of the strict reader


def quoted(*rows: list[str], end: str = "\n") -> bytes:
    return "".join(",".join(f'"{cell}"' for cell in row) + end for row in rows).encode()


def national(content: bytes, month: str = "2026-03") -> pd.DataFrame:
    batches = list(national_batches(io.BytesIO(content), DM01, "f.csv", month))
    return pa.Table.from_batches(batches).to_pandas()


MARCH = ["DM01-MARCH-2026", *COUNTS]


@pytest.mark.parametrize("block", [2000, csv_files.BLOCK])
@pytest.mark.parametrize(
    "content",
    [
        quoted(TESTS, *[[*MARCH[:-1], str(n)] for n in range(200)]),
        csv_bytes(TESTS, *[[*MARCH[:2], "A, B", "#N/A", "NA", "", *MARCH[6:]]] * 50) + b"\r\n\r\n",
        quoted([*TESTS, "", "a"], *[[*MARCH, "", ""]] * 50, end="\r\n"),
        quoted([*TESTS[:3], "New", *TESTS[3:-1]], *[[*MARCH[:3], "x", *MARCH[3:-1]]] * 50),
        quoted(TESTS, [*MARCH[:2], 'The ""A"" clinic', '""', "two\nlines", *MARCH[5:]], *[MARCH] * 50),
        csv_bytes(TESTS, *[[*MARCH[:2], 'The 6" clinic', *MARCH[3:]]] * 50),
        csv_bytes(TESTS, *[MARCH] * 50, *[[""] * 30] * 9),
    ],
    ids=[
        "quoted",
        "bare",
        "extra columns",
        "new and missing columns",
        "doubled quotes",
        "quote within a bare cell",
        "blank rows",
    ],
)
def test_a_streamed_file_is_the_same_as_one_read_strictly(
    content: bytes, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", block)
    pd.testing.assert_frame_equal(national(content), read_csv(content, DM01, "f.csv"), check_dtype=False)


GOOD = quoted(TESTS, *[MARCH] * 99)


@pytest.mark.parametrize("block", [2000, csv_files.BLOCK])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            GOOD + quoted(MARCH[:-1]) + quoted(MARCH),
            "f.csv, row 101: has a row of another length; found 29; expected 30",
        ),
        (GOOD + b"\n" + quoted(MARCH), "f.csv, row 101: has a blank row above others; expected 30 values"),
        (GOOD + b"," * 29 + b"\n" + quoted(MARCH), "f.csv, row 101: has a blank row above others; expected 30 values"),
        (GOOD + quoted(MARCH).replace(b"M", b"\xff", 1), r"f.csv, row 101: is not UTF-8; found b'\\xff'"),
        (GOOD + quoted(MARCH).replace(b"M", b"\0", 1), "f.csv, row 101: holds a NUL byte"),
        (GOOD + quoted(MARCH).replace(b"M", b"\x1b", 1), "f.csv, row 101: holds a control character"),
        (GOOD + quoted(MARCH)[:-2], "f.csv, row 101: is not well-formed CSV"),
        (GOOD + quoted(MARCH).replace(b',"', b',""', 1) + GOOD, "f.csv, row 101: is not well-formed CSV"),
        (GOOD + quoted(MARCH).replace(b'",', b'"x,', 1) + GOOD, "f.csv, row 101: is not well-formed CSV"),
        (quoted(TESTS), "f.csv, row 1: has no rows"),
        (quoted(TESTS[1:], MARCH[1:]), "row 1: lacks columns of 'Diagnostic .*; expected Period"),
        (
            quoted([*TESTS, "a", ""], [*MARCH, "", ""], [*MARCH, "x", ""]),
            "row 1, column 31: has a heading .* row 3 holds 'x' there",
        ),
        (
            GOOD + quoted(["DM01-APRIL-2026", *COUNTS]),
            "row 101, column Period: is about another month than the file; found 'DM01-APRIL-2026'; expected 2026-03",
        ),
        (
            GOOD + quoted(["Total", *COUNTS]),
            "row 101, column Period: names no month; found 'Total'; expected such as DM01-April-2025",
        ),
    ],
)
def test_damage_of_a_streamed_file_is_named_with_its_place(
    content: bytes, message: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", block)
    with pytest.raises(InputError, match=message):
        national(content)


def test_a_fault_is_found_where_it_is_while_arrow_reads_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own, which goes on when the strict reader begins again."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sleep(0.002)
            return super().read(size)

        def read1(self, size: int | None = -1) -> bytes:
            sleep(0.02)
            return super().read1(size)

    monkeypatch.setattr(csv_files, "BLOCK", 2000)
    content = GOOD + quoted(["DM01-APRIL-2026", *COUNTS]) + quoted(*[MARCH] * 999)
    with pytest.raises(InputError, match="row 101, column Period: is about another month than the file"):
        list(national_batches(Slow(content), DM01, "f.csv", "2026-03"))


def test_headings_are_those_that_the_file_has(tmp_path: Path) -> None:
    source = known_sources()["nof_data"]
    written = {column.name: column.published[-1] for column in source.columns}
    assert any(len(column.published) > 1 for column in source.columns)
    (tmp_path / "f.csv").write_text(",".join(written.values()) + "\n" + ",".join("x" for _ in written) + "\n")
    assert headings_in(tmp_path / "f.csv", None, source, "f.csv") == written
