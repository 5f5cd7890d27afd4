"""The second process: what happens where it dies, and where its code comes from."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration import second_process
from orchestration.errors import GateError, LeagueError

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
