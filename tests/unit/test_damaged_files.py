"""Damaged files that cannot be read: each is refused before a build starts, with its file, row and reason. What can be
read and is wrong is stopped by a gate (tests/build)."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import LeagueError
from orchestration.workspace.paths import Workspace
from tests.damage import (
    ACUTE,
    ACUTE_TABLE,
    AMBULANCE,
    AMBULANCE_TABLE,
    COMMUNITY,
    COMMUNITY_TABLE,
    ETR,
    Case,
    assert_said,
    both,
    broken,
    cell,
    damaged,
    heading,
    line,
    raw,
    read,
    remove,
    second_file,
    table,
    with_column,
    without_column,
)

CASES = [
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
    Case(
        "columns of codes and names swapped under their headings",
        both(
            heading(COMMUNITY, "Trust_code", "X"),
            heading(COMMUNITY, "Trust_name", "Trust_code"),
            heading(COMMUNITY, "X", "Trust_name"),
        ),
        broken(COMMUNITY, "row 2, column Trust_code: is neither a trust nor an ICB; found '"),
    ),
    *[
        Case(
            f"trust code {code!r}",
            cell(COMMUNITY, "Trust_code", code, 12),
            broken(COMMUNITY, f"row 12, column Trust_code: is neither a trust nor an ICB; found {code!r}"),
        )
        for code in ("", "za2", "ZA21")
    ],
    Case(
        "missing column",
        without_column(COMMUNITY, "Units"),
        broken(COMMUNITY, "row 1: lacks columns", "expected Units"),
    ),
    Case(
        "renamed column",
        heading(COMMUNITY, "Value", "Val"),
        broken(COMMUNITY, "row 1, column 12: has a heading that", "found 'Val'; expected Value;"),
    ),
    Case(
        "column without a heading",
        with_column(COMMUNITY, ""),
        broken(COMMUNITY, "row 1, column 17: has a heading", "and row 2 holds"),
    ),
    Case(
        "repeated heading",
        heading(COMMUNITY, "Rank", "Value"),
        broken(COMMUNITY, "row 1, column 16: has a heading twice; found 'Value'"),
    ),
    Case(
        "missing column of a league table",
        without_column(COMMUNITY_TABLE, "Rank"),
        broken(COMMUNITY_TABLE, "row 1: lacks columns", "expected Rank"),
    ),
    Case(
        "unknown trust type",
        cell(COMMUNITY, "Trust_type", "Hospice", 12),
        broken(COMMUNITY, "row 12, column Trust_type: names no known trust type; found 'Hospice'"),
    ),
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
    Case(
        "etr with shifted columns",
        table(ETR, lambda rows: [row.insert(2, "") for row in rows.rows] and None),
        (ETR,),
    ),
    Case(
        "etr with a row shifted",
        table(ETR, lambda rows: rows.rows[8].insert(2, "")),
        broken(ETR, "row 9: has a row of another length; found 28; expected 27 values"),
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_damaged_file_is_refused(case: Case, first_quarter: Path, tmp_path: Path) -> None:
    says = damaged(case, first_quarter, tmp_path / "extracts")
    with pytest.raises(LeagueError) as refused:
        read(tmp_path / "extracts", Workspace(tmp_path / "data").build("2025-26-Q1"))
    assert_said(str(refused.value), says)
