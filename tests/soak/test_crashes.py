"""Builds that are killed with SIGKILL at any moment, and two at once: what is released stays whole, and the next build
makes the bytes of one that nothing happened to. LEAGUE_KILLS (`make soak`) is how many are killed, LEAGUE_SEED when."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs import progress
from orchestration.defs.definitions import defs
from orchestration.errors import LeagueError
from orchestration.sources.lock import read_lock
from orchestration.warehouse import manifest, project
from orchestration.workspace.files import alone, is_scratch, sha256_of_file, write_atomically
from orchestration.workspace.paths import PROJECT, Build, Workspace
from tests.conftest import hashes

QUARTER = "2025-26-Q1"
RELEASE = dg.AssetKey(["publish", "release"])
FILES_OF_A_RELEASE = 50
HEAVY = (
    "orchestration.defs.in_process",
    "orchestration.releases.pictures",
    "great_expectations",
    "dbt.cli.main",
    "matplotlib.pyplot",
)
KILLS = int(os.environ.get("LEAGUE_KILLS", "5"))
IN_SERIES = 5
SOAK = pytest.mark.skipif("LEAGUE_KILLS" not in os.environ, reason="a minute of two cores: make soak")
SEED = int(os.environ.get("LEAGUE_SEED", str(random.SystemRandom().randrange(10**6))))

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


STRATA: tuple[Callable[[random.Random], Moment], ...] = (
    lambda r: Moment("extracts", r.uniform(0, 0.7)),  # store and lock
    lambda r: Moment("stage_metric", r.uniform(0, 5)),
    lambda r: Moment("publish__release", files=r.randrange(1, FILES_OF_A_RELEASE)),
    lambda r: Moment("publish__release", side="before"),
    lambda r: Moment("publish__release", side="after"),
    lambda r: Moment("land__ae", r.uniform(0, 2)),  # and all landing, and its gates
    lambda r: Moment("score_rank", r.uniform(0, 9)),  # and the gates behind
    lambda r: Moment("publish__release", files=r.randrange(1, FILES_OF_A_RELEASE)),
    lambda r: Moment("extracts", r.uniform(0, 0.7)),
    lambda r: Moment("publish__release", files=FILES_OF_A_RELEASE - r.randrange(5)),
)


def series() -> list[list[Moment]]:
    """Kills, one after the other, before a build is let through: each finds what the one before has left."""
    chance = random.Random(SEED)
    moments = [STRATA[number % len(STRATA)](chance) for number in range(KILLS)]
    return [moments[start : start + IN_SERIES] for start in range(0, KILLS, IN_SERIES)]


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
    while child.is_alive() and moment.files > len(list(build.unfinished.glob("*"))) and not _second(build).exists():
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
    with alone(build.lock, busy="nobody lets go"):
        read_lock(build.workspace)
    stored = [path for path in build.workspace.store.rglob("*") if path.is_file() and not is_scratch(path)]
    assert stored and all(sha256_of_file(path) == path.name for path in stored)


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("moments", series(), ids=lambda moments: f"{len(moments)}")
def test_killed_build_leaves_nothing_half_and_the_next_makes_the_same_bytes(
    versions: Any, run: Any, tmp_path: Path, moments: list[Moment]
) -> None:
    shutil.copytree(versions.before, tmp_path / "data")
    build = Workspace(tmp_path / "data").build(QUARTER)
    for broken_off in (tmp_path / "data" / ".extracts.lock.json.1.tmp", build.workspace.store / "ab" / ".ab.1.tmp"):
        write_atomically(broken_off, b"{")
    releases = {"v1": versions.first, "v2": hashes(versions.second)}
    published_before = False
    for moment in moments:
        publishes = moment.step == "publish__release"
        only_the_release = publishes and published_before
        seconds = kill(build, versions.extracts, moment, only_the_release, lambda: assert_whole(build, releases))
        published_before = publishes
        unfinished, copies = len(list(build.unfinished.glob("*"))), [p for p in tmp_path.rglob("*") if is_scratch(p)]
        print(
            f"seed {SEED}: killed after {seconds:.1f} s, {moment}; {'v2' if _second(build).exists() else 'no v2'},"
            f" {unfinished} files of one, {len(copies)} copies that broke off"
        )
        assert_whole(build, releases)
        assert_nothing_can_be_mistaken(build)
    made = not _second(build).exists()
    outcome = run(QUARTER, versions.extracts, tmp_path / "data")
    assert (outcome.problems, outcome.created) == ((), made)
    assert_whole(build, releases)
    undisturbed = versions.data
    for inside in ("releases", "store"):
        assert files_of(tmp_path / "data" / inside) == files_of(undisturbed / inside)
    assert build.workspace.lock_file.read_bytes() == Workspace(undisturbed).lock_file.read_bytes()
    assert not [path for path in tmp_path.rglob("*") if is_scratch(path)] and not build.unfinished.exists()
    print(f"built again: {'made' if made else 'found'} v2, the bytes of an undisturbed build, nothing left over")


@SOAK
def test_compilation_that_was_killed_is_not_trusted_and_two_at_once_make_one(tmp_path: Path) -> None:
    """In a copy of the project, which has been compiled never, half, and then by two processes."""
    for name in ("orchestration", "dbt_project", "expectations", "data/sources"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "__pycache__"))
    code = "from orchestration.lineage.columns import all_lineage; all_lineage()"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    target = tmp_path / "dbt_project" / "target"
    target.mkdir()
    (target / "project.sha256").write_text("of another state")
    killed = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    while not (target / "partial_parse.msgpack").exists() and not (target / "manifest.json").exists():
        assert killed.poll() is None
        time.sleep(0.001)
    killed.kill()
    killed.wait()
    assert not (target / "project.sha256").exists()
    for half in ("partial_parse.msgpack", "manifest.json", "warehouse.duckdb"):
        (target / half).write_bytes(b"\x81\xa8met")
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    assert {name: node["compiled_code"] for name, node in nodes.items() if node["resource_type"] == "model"} == {
        name: node["compiled_code"]
        for name, node in manifest.raw()["nodes"].items()
        if node["resource_type"] == "model"
    }
    lineage = (json.loads((folder / "column_lineage.json").read_text()) for folder in (target, project.TARGET))
    assert next(lineage) == next(lineage)
    assert not [path for path in target.iterdir() if is_scratch(path)]


@SOAK
def test_two_quarters_at_once_disturb_each_other_in_nothing_and_a_second_of_one_is_refused(
    versions: Any, built_planted: Any, first_quarter: Path, sample: Path, run: Any, tmp_path: Path
) -> None:
    undisturbed = {QUARTER: versions.first, "2025-26-Q3": hashes(built_planted.release)}
    told, tell = processes.Pipe(duplex=False)
    built = ((QUARTER, first_quarter), ("2025-26-Q3", sample))
    children = [processes.Process(target=run_job, args=(*what, tmp_path, tell)) for what in built]
    for child in children:
        child.start()
    tell.close()
    while told.recv() != "stage_metric":
        pass
    for quarter, extracts in built:
        with pytest.raises(LeagueError, match=f"^{quarter} is being built by another process in {tmp_path}$"):
            run(quarter, extracts, tmp_path)
    for child in children:
        child.join()
    assert {q: hashes(tmp_path / "releases" / q / "v1") for q in undisturbed} == undisturbed
