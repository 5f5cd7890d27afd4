"""Years of months that are interrupted: `league history` is killed at random moments, and what comes of it at last is
what comes of it undisturbed. LEAGUE_SEED says when."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import hashes

KILLS = 4
SEED = int(os.environ.get("LEAGUE_SEED", str(random.SystemRandom().randrange(10**6))))


def start(extracts: Path, data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "orchestration.cli", "history", "--to", "2025-26-Q2", "--json"]
    folders = ["--extracts", str(extracts), "--data-dir", str(data)]
    return subprocess.Popen([*command, *folders], cwd=PROJECT, stdout=subprocess.DEVNULL)


def releases(data: Path) -> dict[str, dict[str, str]]:
    found = [*Workspace(data).series.glob("v*"), *(data / "releases").glob("*/v*")]
    return {str(folder.relative_to(data)): hashes(folder) for folder in found}


def test_history_that_is_killed_and_run_again_makes_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    assert start(sample, tmp_path / "undisturbed").wait() == 0
    took = time.monotonic() - began
    expected = releases(tmp_path / "undisturbed")
    assert sorted(expected) == ["history/series/v1", "releases/2025-26-Q1/v1", "releases/2025-26-Q2/v1"]
    chance, data = random.Random(SEED), tmp_path / "data"
    for seconds in sorted(chance.uniform(1, took) for _ in range(KILLS)):
        running = start(sample, data)
        time.sleep(seconds)
        running.kill()
        running.wait()
        there = releases(data)
        assert there.items() <= expected.items(), f"seed {SEED}: killed after {seconds:.1f} of {took:.1f} s"
    assert start(sample, data).wait() == 0
    assert releases(data) == expected, f"seed {SEED}"
    kept = [path for path in (data / "work" / "landed").rglob("*") if path.is_file()]
    assert kept and all(path.name.partition(".")[2] == sha256_of_file(path) for path in kept)
