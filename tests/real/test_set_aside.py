"""Folders as people have them: files of other months, older layouts, the same figures twice, everything at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import LeagueError
from orchestration.sources.inventory import in_short, survey, take_inventory
from orchestration.sources.lock import Lock
from orchestration.workspace.paths import Workspace

ETR, TRUSTS = "ods/etr.csv", "ods/trusts_2026-08.csv"
BY_MONTH = {"2025-10": "OCTOBER-2025", "2025-11": "NOVEMBER-2025", "2025-12": "DECEMBER-2025"}


@pytest.fixture(scope="module")
def cases(shared_extracts: Path) -> Path:
    folder = shared_extracts.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"cases are not at {folder}")
    return folder


def copied(folder: Path, *files: Path) -> Path:
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    return folder


def inventory(folder: Path, quarter: str) -> pd.DataFrame:
    return take_inventory(survey(folder), quarter, Lock()).set_index("file_name")


def test_an_older_layout_of_months_that_are_not_needed_stops_nothing(
    shared_extracts: Path, cases: Path, tmp_path: Path
) -> None:
    folder = copied(
        tmp_path / "extracts",
        *[shared_extracts / name for name in (ETR, TRUSTS)],
        cases / "ambsys-2021-01" / "AmbSYS-to-Jan-2021.csv",
        next((shared_extracts / "ambulance").glob("*.csv")),
    )
    published = (shared_extracts / "ae" / "Monthly-AE-May-2025.csv").read_bytes()
    for month, label in BY_MONTH.items():
        (folder / f"{month}.csv").write_bytes(published.replace(b"MSitAE-MAY-2025", f"MSitAE-{label}".encode()))
    found = inventory(folder, "2025-26-Q3")
    of_2021 = found.loc["AmbSYS-to-Jan-2021.csv"]
    assert set(of_2021["period"]) == {"2020-12", "2021-01"}
    assert set(of_2021["status"]) == {"not_asked_for"}
    assert set(of_2021["remarks"].str.startswith("lacks 25 columns that no figure needs, A126, A127, ")) == {True}
    assert set(found.loc[[f"{month}.csv" for month in BY_MONTH], "status"]) == {"used"}


def test_the_same_figures_with_other_line_ends_are_a_duplicate(
    shared_extracts: Path, cases: Path, tmp_path: Path
) -> None:
    published = shared_extracts / "ae" / "Monthly-AE-April-2025.csv"
    folder = copied(tmp_path / "extracts", *[shared_extracts / name for name in (ETR, TRUSTS)], published)
    shutil.copy(cases / "ae-same-figures-other-line-ends" / published.name, folder / "zz.csv")
    found = inventory(folder, "2025-26-Q1")
    assert found.loc[published.name, "status"] == "used"
    assert tuple(found.loc["zz.csv", ["status", "reason"]]) == ("duplicate", f"the same figures as {published.name}")
    content = (folder / "zz.csv").read_bytes()
    first = content.splitlines()[1].split(b",")
    (folder / "zz.csv").write_bytes(content.replace(b",".join(first), b",".join([*first[:-1], b"9999999"]), 1))
    with pytest.raises(LeagueError, match=r"1 of \d+ rows of \S+ are not in the other, the first is row 2$"):
        inventory(folder, "2025-26-Q1")


@pytest.fixture
def everything(shared_extracts: Path, cases: Path, tmp_path: Path) -> Path:
    """All real files in one folder, three etr among them."""
    folder = tmp_path / "extracts"
    for source in (shared_extracts, shared_extracts.parent / "more", cases):
        shutil.copytree(source, folder / source.name)
    return folder


def test_a_folder_with_everything_is_surveyed(everything: Path, tmp_path: Path) -> None:
    folder = everything
    workspace = Workspace(tmp_path / "data")
    found = survey(folder, workspace)
    assert [candidate.problem for candidate in found.candidates if candidate.problem] == []
    assert survey(folder, workspace) == found
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for quarter in ("2025-26-Q1", "2025-26-Q2", "2025-26-Q4"):
        listed = take_inventory(found, quarter, Lock())
        assert set(listed["file_name"]) == names
        assert not listed.loc[listed["status"] != "used", "reason"].isna().any()
        assert in_short(listed)[-1].endswith("more")
        used = listed[listed["status"] == "used"]
        assert set(used.loc[used["source_id"] == "ods_etr", "file_name"]) == {"extracts/ods/etr.csv"}
