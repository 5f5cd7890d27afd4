"""The second process: what happens where it dies, and where its code comes from."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration import second_process
from orchestration.errors import GateError, InputError, LeagueError
from orchestration.sources import landing
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.landing import write_parquet
from orchestration.workspace.paths import Workspace

ASKED = "import pickle, sys; pickle.load(sys.stdin.buffer); out = sys.stdout.buffer; "
Started = Callable[[list[str]], None]


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Starts Python with other arguments wherever the second process would be started."""
    real = subprocess.Popen

    def start(arguments: list[str]) -> None:
        def popen(command: list[str], **options: Any) -> Any:
            return real([command[0], *arguments], **options)

        monkeypatch.setattr(subprocess, "Popen", popen)
        second_process.start.cache_clear()

    yield start
    second_process.start.cache_clear()


@pytest.mark.parametrize(
    "answer",
    ["", "out.write(pickle.dumps(['a long answer'])[:-4])"],
    ids=["before it answers", "in the middle of an answer"],
)
def test_process_that_dies_is_named_and_started_again(instead: Started, answer: str) -> None:
    instead(["-c", ASKED + answer])
    with pytest.raises(LeagueError, match="the second process is gone, during `sorted`"):
        second_process.run(sorted, [1])
    instead(["-c", ASKED + "out.write(pickle.dumps([]))"])
    assert second_process.run(sorted, [1]) == []


def test_refusal_comes_back_as_it_was(instead: Started) -> None:
    refused = "from orchestration.errors import GateError; out.write(pickle.dumps(GateError('not evaluated')))"
    instead(["-c", ASKED + refused])
    with pytest.raises(GateError, match="not evaluated"):
        second_process.run(sorted, [1])


def test_refusal_of_a_file_is_what_it_was_on_either_side() -> None:
    said = InputError("holds no number", file="f.csv", row=2, column="A", found="x", expected="a number")
    back = pickle.loads(pickle.dumps(said))
    assert type(back) is InputError and str(back) == str(said)


def test_largest_national_file_in_use_is_landed_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Workspace(tmp_path).build("2025-26-Q1")
    files = [
        ("rtt", "used", 30),
        ("dm01", "used", 20),
        ("dm01", "used", 20),
        ("csds", "superseded", 99),
        ("ae", "used", 99),
    ]
    inventory = pd.DataFrame(files, columns=["source_id", "status", "bytes"])
    inventory["source_sha256"] = [str(number) for number in range(len(files))]
    write_parquet(inventory, build.parquet("files"))
    there: list[str] = []

    def begin(function: Any, source: Source, *arguments: Any) -> Future[str]:
        there.append(source.id)
        answer = Future[str]()
        answer.set_result("landed there")
        return answer

    monkeypatch.setattr(landing.second_process, "begin", begin)
    monkeypatch.setattr(landing, "land", lambda source, files, build: f"{len(files)} files read here")
    ours = landing.Landing(build)
    ours.begin(inventory)
    assert there == ["dm01"]
    assert [ours.land(known_sources()[name]) for name in ("rtt", "dm01", "dm01")] == [
        "5 files read here",
        "landed there",
        "5 files read here",
    ]
    ours.begin(inventory[inventory["source_id"] == "ae"])
    assert there == ["dm01"], "no national file is in use"


def test_landing_that_nobody_asks_for_is_stopped(tmp_path: Path) -> None:
    landed = landing.Landing(Workspace(tmp_path).build("2025-26-Q1"))
    landed.close()
    landed._begun["rtt"] = begun = second_process.begin(time.sleep, 300)  # type: ignore[assignment]
    before = time.monotonic()
    landed.close()
    assert time.monotonic() - before < 60
    with pytest.raises(LeagueError, match="the second process is gone, during `sleep`"):
        begun.result()
    assert second_process.run(sorted, [2, 1]) == [1, 2]


def test_refusal_of_the_system_comes_back_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        second_process.run(os.rmdir, tmp_path / "nowhere")


def test_what_is_asked_is_packed_before_the_caller_changes_it() -> None:
    second_process.begin(time.sleep, 0.2)
    asked = [1]
    answer = second_process.begin(sorted, asked)
    asked.append(2)
    assert answer.result() == [1]


def test_it_ends_in_the_middle_of_an_answer_when_nobody_is_there_any_more() -> None:
    """Its input is closed then, as when a build is killed."""
    second_process.run(sorted, [])
    process = second_process.start()
    assert process.stdin
    pickle.dump((time.sleep, (60,), {}), process.stdin)
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    second_process.start.cache_clear()


def test_great_expectations_finds_no_spark_there() -> None:
    """It would import it for nothing, which takes seconds and warns."""
    with pytest.raises(RuntimeError, match="pyspark"):
        second_process.run(importlib.import_module, "pyspark")


def test_nothing_is_imported_from_the_folder_of_the_command(
    instead: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orchestration.py").write_text("raise SystemExit('taken from a folder of extracts')")
    monkeypatch.chdir(tmp_path)
    instead(["-m", "orchestration.text"])
    assert second_process.start().wait() == 0
    assert subprocess.run([sys.executable, "-m", "orchestration.text"], capture_output=True).returncode == 1
