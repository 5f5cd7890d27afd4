"""Builds that are killed or stopped at any moment, and two at once. LEAGUE_KILLS (`make soak`) is how many are killed,
LEAGUE_SEED when. Kills at moments that are always the same are beside."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import LeagueError
from orchestration.warehouse import manifest, project
from orchestration.workspace.files import is_scratch
from orchestration.workspace.paths import PROJECT
from tests.build.test_command_line import assert_stopped_after
from tests.conftest import hashes
from tests.kills import FILES_OF_A_RELEASE, QUARTER, Moment, assert_that_kills_leave_nothing_half, processes, run_job

KILLS = int(os.environ.get("LEAGUE_KILLS", "50"))
IN_SERIES = 5
SEED = int(os.environ.get("LEAGUE_SEED", str(random.SystemRandom().randrange(10**6))))

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


@pytest.mark.parametrize("moments", series(), ids=lambda moments: f"{len(moments)}")
def test_killed_build_leaves_nothing_half_and_the_next_makes_the_same_bytes(
    versions: Any, run: Any, tmp_path: Path, moments: list[Moment]
) -> None:
    print(f"seed {SEED}")
    assert_that_kills_leave_nothing_half(versions, run, tmp_path, moments)


def test_compilation_that_was_killed_is_not_trusted_and_two_at_once_make_one(tmp_path: Path) -> None:
    """In a copy of the project, which has been compiled never, half, and then by two processes."""
    for name in ("orchestration", "dbt_project", "expectations", "data/sources"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "__pycache__"))
    code = "from orchestration.warehouse.column_lineage import all_lineage; all_lineage()"
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


@pytest.mark.parametrize("seconds", [4, 9])
def test_ctrl_c_at_other_moments_is_one_sentence_and_130(first_quarter: Path, tmp_path: Path, seconds: float) -> None:
    assert_stopped_after(seconds, first_quarter, tmp_path)
