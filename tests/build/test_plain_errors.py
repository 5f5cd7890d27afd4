"""What the machine refuses: a full disk, a folder that cannot be written to, a clock set back. One message that says
what, where and what to do, exit code 1, nothing half made; and the same command succeeds once it can. On a file system
of its own, so that it is the system that refuses."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration import cli
from orchestration.errors import LeagueError, what_to_do
from orchestration.releases import publish
from orchestration.sources.inventory import survey
from orchestration.sources.landing import take_in
from orchestration.sources.lock import changing, read_lock, refuse_a_day_too_early
from orchestration.workspace.files import alone, is_held
from orchestration.workspace.paths import Workspace
from tests.conftest import Disk, League, hashes

QUARTER = "2025-26-Q1"


def assert_plain(said: str, *words: str) -> None:
    assert "Traceback" not in said and 'File "' not in said
    last = said.strip().splitlines()[-1]
    assert [word for word in words if word not in last] == [], said


@pytest.mark.parametrize(("room", "where"), [("1m", "/store/"), ("2400k", "/work/"), ("5m", "warehouse.duckdb")])
def test_disk_that_is_full_stops_a_build_wherever_it_is(
    first_quarter: Path, disk: Disk, league: League, room: str, where: str
) -> None:
    disk.set(f"size={room}")
    code, said = league("build", "--extracts", first_quarter, "--quarter", QUARTER, "--data-dir", disk.folder)
    assert code == 1
    words = (f"{QUARTER} cannot be built in {disk.folder}: ", where, "No space left on device", "make room there")
    assert_plain(said, *words)
    assert not (disk.folder / "releases").exists()


def test_disk_that_is_full_in_publishing_leaves_the_releases_as_they_were(versions: Any, disk: Disk) -> None:
    shutil.copytree(versions.before / "releases", disk.folder / "releases")
    for folder in ("work", "store"):
        shutil.copytree(versions.data / folder, disk.folder / folder)
    build = Workspace(disk.folder).build(QUARTER)
    used = sum(path.stat().st_size for path in disk.folder.rglob("*") if path.is_file())
    for megabytes in (1, 6):  # among the tables, and in what describes them
        disk.set(f"size={used + megabytes * 1_000_000}")
        with pytest.raises(Exception) as refused:
            publish.publish(build)
        assert what_to_do(str(refused.value)) == "make room there and start again"
        assert [path.name for path in build.workspace.releases(QUARTER).iterdir()] == ["v1"]
        assert hashes(build.workspace.releases(QUARTER) / "v1") == versions.first
    disk.set("size=90%")
    assert hashes(publish.publish(build)[0].release.folder) == hashes(versions.second)


def test_data_folder_that_is_read_only_is_refused_and_its_releases_are_read(
    versions: Any, disk: Disk, league: League
) -> None:
    shutil.copytree(versions.before / "releases", disk.folder / "releases")
    disk.set("ro")
    for command in (
        ("build", "--extracts", versions.extracts, "--quarter", QUARTER, "--data-dir", disk.folder),
        ("fetch", "--extracts", versions.extracts, "--quarter", QUARTER, "--data-dir", disk.folder),
        ("withdraw", disk.folder / "releases" / QUARTER / "v1", "--reason", "A reason", "--yes"),
    ):
        code, said = league(*command)
        assert code == 1
        assert_plain(said, "Read-only file system", str(disk.folder), "let it be written to by this user")
    assert league("show", "--quarter", QUARTER, "--data-dir", disk.folder)[0] == 0


def test_extracts_that_cannot_be_written_to_are_said_before_anything_is_asked(
    disk: Disk, league: League, tmp_path: Path
) -> None:
    disk.set("ro")
    code, said = league("fetch", "--extracts", disk.folder, "--quarter", QUARTER, "--data-dir", tmp_path / "data")
    assert code == 1
    assert_plain(said, f"{disk.folder} cannot be written to: let it be written to by this user and start again")


def test_data_folder_in_a_file_is_refused(first_quarter: Path, league: League, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    data = tmp_path / "file" / "data"
    code, said = league("build", "--extracts", first_quarter, "--quarter", QUARTER, "--data-dir", data)
    assert code == 1
    assert_plain(said, "Not a directory", str(data), "a folder is needed there")


@pytest.mark.parametrize("command", ["build", "fetch"])
def test_clock_that_was_set_back_is_refused(
    first_quarter: Path, league: League, tmp_path: Path, today: date, command: str
) -> None:
    workspace, ahead = Workspace(tmp_path / "data"), timedelta(days=2)
    take_in(survey(first_quarter), QUARTER, workspace)
    with changing(workspace) as lock:
        first, *_ = lock.entries
        lock.entries[first] = replace(lock.entries[first], retrieved=(today + ahead).isoformat())
    before = workspace.lock_file.read_bytes()
    code, said = league(command, "--extracts", first_quarter, "--quarter", QUARTER, "--data-dir", tmp_path / "data")
    assert code == 1
    about = f"{lock.entries[first].file_name} of {lock.entries[first].source_id} was retrieved on {today + ahead}"
    assert_plain(said, f"today is {today} by the clock", about, "set the clock right")
    assert workspace.lock_file.read_bytes() == before and not (tmp_path / "data" / "releases").exists()
    refuse_a_day_too_early(read_lock(workspace), today + timedelta(days=1), workspace)


@pytest.mark.parametrize("write", ["pyarrow", "duckdb", "pathlib", "spill"])
def test_every_library_says_that_the_disk_is_full(disk: Disk, write: str) -> None:
    import duckdb
    import pyarrow as pa
    from pyarrow import parquet

    def spill() -> None:
        with duckdb.connect(str(disk.folder / "x.duckdb"), config={"memory_limit": "30MB"}) as connection:
            connection.execute(
                "create table t as select random() || 'abcdefgh' || random() as x from range(2000000) order by x"
            )

    numbers, path = os.urandom(800_000), disk.folder / "x"
    disk.set("size=400k")
    writers: dict[str, Callable[[], object]] = {
        "pyarrow": lambda: parquet.write_table(pa.table({"x": [numbers]}), path),
        "duckdb": lambda: duckdb.sql(f"copy (select random() from range(200000)) to '{path}' (format parquet)"),
        "pathlib": lambda: path.write_bytes(numbers),
        "spill": spill,
    }
    with pytest.raises(Exception) as refused:
        writers[write]()
    assert what_to_do(str(refused.value)) == "make room there and start again", refused.value


@pytest.mark.parametrize("answer", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_file_system_without_locks_is_refused_and_nothing_is_left_that_would_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(answer, os.strerror(answer))

    path = tmp_path / "work" / "x.lock"
    said = f"{path} cannot be locked ({os.strerror(answer)}): its folder has to be on a file system with locks"
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", no_locks)
        for busy in (None, "somebody else is there"):
            with pytest.raises(LeagueError, match=f"^{re.escape(said)}, such as a local disk$"), alone(path, busy):
                pass
        with pytest.raises(LeagueError, match=f"^{re.escape(said)}"):
            is_held(path)
    with alone(path, busy="somebody else is there"):
        assert is_held(path)


def test_mistake_of_ours_stays_a_traceback(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/nowhere")

    monkeypatch.setattr(cli, "league", mistaken)
    with pytest.raises(FileNotFoundError):
        league("show")
