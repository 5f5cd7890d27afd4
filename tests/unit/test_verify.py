"""What `league verify` says of a file that is not as it is built again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from orchestration.audit import verify

Folders = tuple[Path, Path]
TABLE = pd.DataFrame({"code": ["R1A", "RXY", None], "rank": [1, 2, 3], "score": [1.25, 2.5, None]})


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A release and what is built again: a Parquet file of the same bytes."""
    release, again = tmp_path / "release", tmp_path / "again"
    for folder in (release, again):
        folder.mkdir()
        TABLE.to_parquet(folder / "table.parquet")
    return release, again


def test_every_byte_of_a_parquet_file_that_was_changed_is_named(folders: Folders) -> None:
    changed = folders[0] / "table.parquet"
    whole = changed.read_bytes()
    kinds = {"cannot be read": 0, "in other bytes": 0, " cells: ": 0, " built again": 0}
    for place in range(len(whole)):
        changed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (said,) = verify._compared(*folders)
        assert said.startswith("table.parquet differs") and "\n" not in said
        kinds[next(kind for kind in kinds if kind in said)] += 1
    assert all(kinds.values()), kinds


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            TABLE.assign(rank=[1, 3, 2]),
            " in 2 cells: row 2, rank: '3', '2' built again; row 3, rank: '2', '3' built again",
        ),
        (TABLE.rename(columns={"rank": "rang"}), ": column 'rang', 'rank' built again"),
        (TABLE.head(2), ": 2 rows and 3 columns, 3 and 3 built again"),
    ],
)
def test_parquet_file_says_what_is_other_in_it(folders: Folders, changed: pd.DataFrame, said: str) -> None:
    changed.to_parquet(folders[0] / "table.parquet")
    assert list(verify._compared(*folders)) == [f"table.parquet differs{said}"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (b"code,rank\nR1A,1\nRXY,3\n", r" from row 3: 'RXY,3\n', 'RXY,2\n' built again"),
        (b"code,rank\nR1A,1\n", r" from row 3: '', 'RXY,2\n' built again"),
        (b"code,rank\r\nR1A,1\nRXY,2\n", r" from row 1: 'code,rank\r\n', 'code,rank\n' built again"),
        (b"code,rank\nR1\xff,1\nRXY,2\n", r" from row 2: 'R1\\xff,1\n', 'R1A,1\n' built again"),
    ],
)
def test_csv_names_its_first_row_that_differs(folders: Folders, changed: bytes, said: str) -> None:
    release, again = folders
    (release / "table.csv").write_bytes(changed)
    (again / "table.csv").write_bytes(b"code,rank\nR1A,1\nRXY,2\n")
    assert list(verify._compared(release, again)) == [f"table.csv differs{said}"]


def test_descriptor_names_the_file_of_which_it_says_something_else(folders: Folders) -> None:
    for folder, text, year in zip(folders, ("Rank", "Place"), ("2025", "2026"), strict=True):
        files = [
            {"path": "table.csv", "description": text, "hash": text, "bytes": len(text)},
            {"path": "table.parquet", "description": "The same", "hash": text, "bytes": len(text)},
        ]
        (folder / "datapackage.json").write_text(json.dumps({"version": year, "resources": files}))
    assert list(verify._compared(*folders)) == [
        "datapackage.json differs",
        "datapackage.json: version differ",
        "datapackage.json: what it says of table.csv differs",
    ]
