"""The demo is not the real thing: what gives a fictional file away, and what keeps both kinds apart."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import LeagueError
from orchestration.releases.shelf import require_one_kind
from orchestration.sources.archives import HEAD
from orchestration.sources.fictional import is_fictional
from orchestration.sources.inventory import survey
from orchestration.sources.landing import is_fictional_build, write_parquet
from orchestration.sources.store import Store
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import descriptor
from tests.unit.test_inventory import data_file


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_every_file_of_the_sample_is_fictional(sample: Path) -> None:
    assert [path.name for path in files(sample) if not is_fictional(path, path.name)] == []


def test_no_published_file_is_fictional(shared_extracts: Path) -> None:
    assert [path.name for path in files(shared_extracts) if is_fictional(path, path.name)] == []


def test_an_invented_code_counts_as_a_whole_cell_only(tmp_path: Path) -> None:
    """Else a postcode of Shetland, a product code or a cell of a wide sheet would make a real file fictional."""
    path = tmp_path / "f"
    for text in ("a,ZA1,b", "ZA1", '"x"\r\n"ZA1","y"\r\n', "<t>XB4</t>", "a,XE9\n"):
        path.write_text(text)
        assert is_fictional(path, "f"), text
    for text in ("ZE1 0TB,a", "aZA1", "ZA12,XF1", 'r="ZA1"', "X24,Q99,RA1"):
        path.write_text(text)
        assert not is_fictional(path, "f"), text


@pytest.mark.parametrize("heading", ["x" * HEAD, f'"{"x" * HEAD}\n{"x" * HEAD}"'])
def test_an_invented_code_is_found_below_a_long_header(heading: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text(f"a,{heading}\nZA1,b\n")
    assert is_fictional(path, "f")
    path.write_text(f"a,{heading}\nRA1,b\n")
    assert not is_fictional(path, "f")


def test_one_file_of_the_other_kind_is_refused_by_name(extracts: Path, tmp_path: Path) -> None:
    for quarter in ("Q1", "Q2", "Q3"):
        data_file(tmp_path / "real", f"{quarter}.csv", f"{quarter} 2025/26", code="R1A")
    assert not survey(tmp_path / "real").fictional
    data_file(tmp_path / "real", "copied.csv", "Q4 2025/26")
    with pytest.raises(LeagueError, match=r"copied\.csv are fictional, Q1\.csv, Q2\.csv, Q3\.csv are real"):
        survey(tmp_path / "real")
    assert survey(extracts).fictional
    data_file(extracts, "downloaded.csv", "Q4 2025/26", code="R1A")
    with pytest.raises(LeagueError, match=r"ods/etr\.csv, ods/trusts\.csv are fictional, downloaded\.csv are real"):
        survey(extracts)


def test_a_build_of_both_is_refused_whatever_way_its_files_came(tmp_path: Path) -> None:
    build = Workspace(tmp_path / "data").build("2025-26-Q1")
    rows = []
    for name, code in (("a.csv", "ZA1"), ("b.csv", "R1A")):
        data_file(tmp_path, name, "Q1 2025/26", code=code)
        sha256 = sha256_of_file(tmp_path / name)
        Store(build.workspace).put(tmp_path / name, sha256, name)
        rows.append({"file_name": name, "source_sha256": sha256, "status": "used"})
    for used, fictional in ((rows[:1], True), (rows[1:], False)):
        write_parquet(pd.DataFrame(used), build.parquet("files"))
        assert is_fictional_build(build) is fictional
    write_parquet(pd.DataFrame(rows), build.parquet("files"))
    with pytest.raises(LeagueError, match=r"a\.csv are fictional, b\.csv are real"):
        is_fictional_build(build)


def released(workspace: Workspace, quarter: str, **package: object) -> None:
    folder = workspace.releases(quarter) / "v1"
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text(descriptor([], **package))


@pytest.mark.parametrize(
    ("package", "kind", "other"),
    [
        ({"synthetic": True}, "fictional", "real"),
        ({"synthetic": False}, "real", "fictional"),
        ({}, "real", "fictional"),
    ],
    ids=["fictional", "real", "of an earlier contract"],
)
def test_a_data_folder_holds_releases_of_one_kind(
    tmp_path: Path, package: dict[str, object], kind: str, other: str
) -> None:
    workspace = Workspace(tmp_path)
    for synthetic in (True, False):
        require_one_kind(workspace, synthetic)
    released(workspace, "2025-26-Q1", **package)
    require_one_kind(workspace, kind == "fictional")
    with pytest.raises(LeagueError, match=rf"holds {kind} releases, such as .*/2025-26-Q1/v1, and .* are {other}: .*"):
        require_one_kind(workspace, other == "fictional")


def test_make_run_and_make_dev_leave_the_real_folder_alone() -> None:
    def told(target: str) -> str:
        return subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    assert "league build --extracts data/sample --quarter 2025-26-Q4 --data-dir data/demo\n" in told("run")
    assert f"LEAGUE_EXTRACTS={PROJECT}/data/sample LEAGUE_DATA={PROJECT}/data/demo " in told("dev")
    assert "data/demo/" in (PROJECT / ".gitignore").read_text().splitlines()
