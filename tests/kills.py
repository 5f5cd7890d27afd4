"""Builds that are killed with SIGKILL, and what must hold after each: what is released stays whole, and the next build
makes the bytes of one that nothing happened to. When they are killed is up to the tests."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import dagster as dg

from orchestration.defs import progress
from orchestration.defs.in_process import defs
from orchestration.sources.lock import read_lock
from orchestration.workspace.files import alone, is_scratch, sha256_of_file, write_atomically
from orchestration.workspace.paths import Build, Workspace, unfinished
from tests.conftest import Run, Versions, hashes

QUARTER = "2025-26-Q1"
RELEASE = dg.AssetKey(["publish", "release"])
FILES_OF_A_RELEASE = 50
HEAVY = (
    "orchestration.defs.in_process",
    "orchestration.releases.pictures",
    "great_expectations",
    "dbt.cli.main",
)

# Imports are a third of a build: they are done once, and every process starts after them.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(list(HEAVY))


@dataclass(frozen=True)
class Moment:
    """When to kill: some seconds into a step, with so many files of the release written, or by itself on either side of
    the one call that makes a release."""

    step: str
    seconds: float = 0
    files: int = 0
    side: str = ""

    def __str__(self) -> str:
        if self.side:
            return f"{self.side} the release has its name"
        return f"{self.files} files into the release" if self.files else f"{self.seconds:.2f} s into {self.step}"


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_job(
    quarter: str, extracts: Path, data_dir: Path, told: Connection, side: str = "", only_the_release: bool = False
) -> None:
    """A run as Dagster starts it, which tells its steps; it kills itself on the `side` of the call asked for."""
    folders = {"extracts": str(extracts), "data": str(data_dir)}
    rename = Path.rename

    def rename_and_die(path: Path, target: Path) -> Path:
        if side == "after" or target.name != "v2":
            rename(path, target)
        if target.name == "v2":
            die()
        return target

    if side:
        Path.rename = rename_and_die  # type: ignore[method-assign]
    with progress.to(lambda kind, step: told.send(step) if kind == "STEP_START" else None):
        defs.resolve_job_def("quarter").execute_in_process(
            partition_key=quarter,
            run_config={"loggers": {"progress": {}}, "resources": {"folders": {"config": folders}}},
            asset_selection=[RELEASE] if only_the_release else None,
            raise_on_error=False,
        )


def kill(build: Build, extracts: Path, moment: Moment, only_the_release: bool, look: Callable[[], None]) -> float:
    """Starts a run, has a look every now and then, kills it; returns how many seconds it had."""
    started = time.monotonic()
    told, tell = processes.Pipe(duplex=False)
    arguments = (QUARTER, extracts, build.workspace.data_dir, tell, moment.side, only_the_release)
    child = processes.Process(target=run_job, args=arguments)
    child.start()
    tell.close()
    step = ""
    while step != moment.step:
        look()
        if told.poll(0.5):
            step = told.recv()
    if moment.side:
        child.join()
    while (
        child.is_alive()
        and moment.files > len(list(unfinished(build.releases(QUARTER)).glob("*")))
        and not _second(build).exists()
    ):
        time.sleep(0.001)
    time.sleep(moment.seconds)
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    return time.monotonic() - started


def _second(build: Build) -> Path:
    return build.workspace.releases(QUARTER) / "v2"


def assert_whole(build: Build, releases: dict[str, dict[str, str]]) -> None:
    """Every release that is there is one of these, byte for byte, and read-only; the first always is."""
    there = sorted(build.workspace.releases(QUARTER).glob("v*"))
    assert [path.name for path in there] in (["v1"], ["v1", "v2"])
    for path in there:
        assert hashes(path) == releases[path.name]
        assert not [file.name for file in (path, *path.iterdir()) if file.stat().st_mode & 0o222]


def assert_nothing_can_be_mistaken(build: Build) -> None:
    """The lock of the quarter is free, that of the extracts is one, and what is stored is what its name says."""
    with alone(build.workspace.lock(QUARTER), busy="nobody lets go"):
        read_lock(build.workspace)
    stored = [path for path in build.workspace.store.rglob("*") if path.is_file() and not is_scratch(path)]
    assert stored and all(sha256_of_file(path) == path.name for path in stored)


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def assert_that_kills_leave_nothing_half(
    versions: Versions, run: Run, folder: Path, moments: list[Moment], built: bool = False
) -> None:
    """Kills, one after the other, before a build is let through: each finds what the one before has left.

    Where the revised quarter is built, and after a kill in publishing, nothing but publishing is started to be killed
    in publishing."""
    shutil.copytree(versions.data if built else versions.before, folder / "data")
    build = Workspace(folder / "data").build(QUARTER)
    if built:
        shutil.rmtree(_second(build))
    for broken_off in (folder / "data" / ".extracts.lock.json.1.tmp", build.workspace.store / "ab" / ".ab.1.tmp"):
        write_atomically(broken_off, b"{")
    releases = {"v1": versions.first, "v2": hashes(versions.second)}
    published_before = built
    for moment in moments:
        publishes = moment.step == "publish__release"
        only_the_release = publishes and published_before
        seconds = kill(build, versions.extracts, moment, only_the_release, lambda: assert_whole(build, releases))
        published_before = publishes
        in_the_making, copies = (
            len(list(unfinished(build.releases(QUARTER)).glob("*"))),
            [p for p in folder.rglob("*") if is_scratch(p)],
        )
        print(
            f"killed after {seconds:.1f} s, {moment}; {'v2' if _second(build).exists() else 'no v2'},"
            f" {in_the_making} files of one, {len(copies)} copies that broke off"
        )
        assert_whole(build, releases)
        assert_nothing_can_be_mistaken(build)
    made = not _second(build).exists()
    outcome = run(QUARTER, versions.extracts, folder / "data")
    assert (outcome.problems, outcome.created) == ((), made)
    assert_whole(build, releases)
    undisturbed = versions.data
    for inside in ("releases", "store"):
        assert files_of(folder / "data" / inside) == files_of(undisturbed / inside)
    assert build.workspace.lock_file.read_bytes() == Workspace(undisturbed).lock_file.read_bytes()
    assert (
        not [path for path in folder.rglob("*") if is_scratch(path)]
        and not unfinished(build.releases(QUARTER)).exists()
    )
    print(f"built again: {'made' if made else 'found'} v2, the bytes of an undisturbed build, nothing left over")
