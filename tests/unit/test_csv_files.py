"""Reading one CSV strictly: every drift of the publications, and every damage with its place."""

import pytest

from orchestration.errors import InputError
from orchestration.sources import nof
from orchestration.sources.csv_files import read_csv, recognise
from orchestration.sources.descriptions import known_sources

DATA = known_sources()["nof_data"]
LEAGUE = known_sources()["nof_league"]
HEADER = [column.published[0] for column in DATA.columns]
ROW = ["Q1 2025/26", "London", "Ambulance trust", "Ambulance", "ZA1", "A, B and C", "Summary", "Summary"]
ROW += ["OF5000", "Adjusted segment", "Q1 2025/26", "segment", "3.0", "", "NA", "", "5.0"]


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
        ("ods_icbs", [column.published[0] for column in known_sources()["ods_icbs"].columns]),
        ("ods_etr", ["ZA1", "NAME", "Y56", "XA1", *[""] * 6, "20250401", *[""] * 16]),
    ],
)
def test_files_are_recognised_by_their_first_row(source: str, first_row: list[str]) -> None:
    found = recognise(csv_bytes(first_row, first_row))
    assert found is not None and found.id == source


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\0\0", b"a,b,c\n1,2,3\n", b"\xff\xfe\0\0", b"\r\r\r", b'"'])
def test_anything_else_is_no_publication(content: bytes) -> None:
    assert recognise(content) is None


def test_quarter_of_a_file_without_the_column_is_that_of_its_segment_rows() -> None:
    rows = nof.with_file_quarter(read_csv(csv_bytes(HEADER[1:], ROW[1:]), DATA, "f.csv"), "f.csv")
    assert rows["quarter_label"].isna().all()
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "ambulance")]


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
        (csv_bytes([*HEADER, "Extra"], [*ROW, ""]), r"row 1, column 18: has a heading .* found 'Extra'"),
        (csv_bytes([*HEADER, "Rank"], [*ROW, ""]), r"row 1, column 18: has a heading twice; found 'Rank'"),
        (csv_bytes([h for h in HEADER if h != "Value"], ROW[1:]), r"row 1: lacks columns of .*; expected Value"),
        (csv_bytes(HEADER), r"f.csv, row 1: has no rows"),
        (csv_bytes(HEADER, ROW) + b'"unclosed', r"f.csv, row 3: is not well-formed CSV"),
        (csv_bytes(HEADER, ROW).replace(b"Adjusted", b"Adj\xffsted"), r"f.csv, row 2: is not UTF-8; found b'\\xff'"),
        (csv_bytes(HEADER, ROW).replace(b"Adjusted", b"Adj\0sted"), r"f.csv, row 2: holds a NUL byte"),
    ],
)
def test_damage_is_named_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_csv(content, DATA, "f.csv")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Quarter", "Q5 2025/26", "row 2, column Quarter: names no quarter; found 'Q5 2025/26'"),
        ("Trust_type", "Care home", "row 2, column Trust_type: names no known trust type; found 'Care home'"),
    ],
)
def test_labels_that_name_nothing_are_errors(column: str, value: str, message: str) -> None:
    row = [value if heading == column else cell for heading, cell in zip(HEADER, ROW, strict=True)]
    rows = nof.with_file_quarter(read_csv(csv_bytes(HEADER, row), DATA, "f.csv"), "f.csv")
    with pytest.raises(InputError, match=message):
        nof.subjects(rows, "f.csv")


def test_segment_rows_that_disagree_on_the_quarter_are_an_error() -> None:
    other = ["Q2 2025/26" if cell == "Q1 2025/26" else cell for cell in ROW]
    rows = read_csv(csv_bytes(HEADER[1:], ROW[1:], other[1:]), DATA, "f.csv")
    with pytest.raises(InputError, match=r"do not agree on one; found 'Q1 2025/26, Q2 2025/26'"):
        nof.with_file_quarter(rows, "f.csv")


def test_non_breaking_spaces_do_not_change_a_label() -> None:
    row = ["Q1 2025/26\u00a0", "London", "\u00a0Ambulance trust ", *ROW[3:]]
    rows = nof.with_file_quarter(read_csv(csv_bytes(HEADER, row), DATA, "f.csv"), "f.csv")
    assert nof.subjects(rows, "f.csv") == [("2025-26-Q1", "ambulance")]
