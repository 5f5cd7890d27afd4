"""Files of the primary publications that are refused before anything is checked, each by name. What whole builds make
of such files is in the soak lane."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import LeagueError
from orchestration.workspace.paths import Workspace
from tests.damage import assert_said, read

QUARTER, MAJOR = "2025-26-Q4", "A&E attendances Type 1"
MARCH, DM01 = "ae/Monthly-AE-March-2026.csv", "dm01/DM01-MARCH-2026-full-extract_pQ6rS8.zip"

Damage = Callable[[Path], None]


def copied(sample: Path, folder: Path, *files: str) -> Path:
    """The reference lists of the sample and these of its files."""
    shutil.copytree(sample / "ods", folder / "ods")
    for file in files:
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copy(sample / file, folder / file)
    return folder


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def written(table: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(table)
    return text.getvalue().encode()


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def change(path: Path, edit: Callable[[list[list[str]]], object]) -> None:
    """Edits the rows of a CSV file, or of the one in an archive."""
    archived = path.suffix == ".zip"
    ((name, content),) = members(path).items() if archived else [("", path.read_bytes())]
    table = rows(content)
    edit(table)
    if archived:
        pack(path, {name: written(table)})
    else:
        path.write_bytes(written(table))


def column(heading: str, cell: str) -> Callable[[list[list[str]]], None]:
    """One column more, at the end."""

    def edit(table: list[list[str]]) -> None:
        table[:] = [[*row, heading if n == 0 else cell if n == 4 else ""] for n, row in enumerate(table)]

    return edit


def moved(table: list[list[str]]) -> None:
    """A hundred attendances of one trust become another's: the file adds up as before."""
    at = table[0].index(MAJOR)
    first, second = [row for row in table[1:] if row[at].isdigit() and int(row[at]) > 1000][:2]
    first[at], second[at] = str(int(first[at]) + 100), str(int(second[at]) - 100)


def cut(folder: Path) -> None:
    path = folder / DM01
    path.write_bytes(path.read_bytes()[:-5000])


def bomb(folder: Path) -> None:
    ((name, _),) = members(folder / DM01).items()
    pack(folder / DM01, {name: b"0" * (4 * 1024 * 1024)})


def two_of_a_month(folder: Path) -> None:
    shutil.copy(folder / MARCH, folder / "ae" / "march.csv")
    change(folder / "ae" / "march.csv", moved)


CASES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "truncated archive": (cut, (DM01, "is a damaged archive", "download it again")),
    "zip bomb": (bomb, (DM01, "inflates more than 200 times, so it is not opened")),
    "column without a heading with a value": (
        lambda folder: change(folder / MARCH, column("", "see above")),
        (f"{MARCH}, row 1, column 23: has a heading that", "and row 5 holds 'see above' there; found ''"),
    ),
    "unknown column with a value in a national file": (
        lambda folder: change(folder / DM01, column("", "see above")),
        (DM01, "row 1, column 31: has a heading that", "and row 5 holds 'see above' there"),
    ),
    "two differing files of a month": (
        two_of_a_month,
        (f"{MARCH} and ae/march.csv are both", "2026-03 and differ; nothing says which supersedes the other"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_damaged_file_is_refused(name: str, sample: Path, tmp_path: Path) -> None:
    damage, says = CASES[name]
    folder = copied(sample, tmp_path / "extracts", MARCH, DM01)
    damage(folder)
    with pytest.raises(LeagueError) as refused:
        read(folder, Workspace(tmp_path / "data").build(QUARTER))
    assert_said(str(refused.value), says)
