"""The process that runs suites: what happens where it dies, and where its code comes from. Great Expectations itself
does not run here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.errors import GateError, LeagueError
from orchestration.quality import validator
from orchestration.quality.suites import Suite

SUITE = Suite("land", "rtt", (), (), "")
ASKED = "import pickle, sys; pickle.load(sys.stdin.buffer); out = sys.stdout.buffer; "
Started = Callable[[list[str]], None]


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Starts Python with other arguments wherever the validator would be started."""
    real = subprocess.Popen

    def start(arguments: list[str]) -> None:
        def popen(command: list[str], **options: Any) -> Any:
            return real([command[0], *arguments], **options)

        monkeypatch.setattr(subprocess, "Popen", popen)
        validator.start.cache_clear()

    yield start
    validator.start.cache_clear()


@pytest.mark.parametrize(
    "answer",
    ["", "out.write(pickle.dumps(['a long answer'])[:-4])"],
    ids=["before it answers", "in the middle of an answer"],
)
def test_process_that_dies_is_named_and_started_again(instead: Started, answer: str) -> None:
    instead(["-c", ASKED + answer])
    with pytest.raises(LeagueError, match=r"the process that checks land\.rtt is gone"):
        validator.run_suite(SUITE, pd.DataFrame())
    instead(["-c", ASKED + "out.write(pickle.dumps([]))"])
    assert validator.run_suite(SUITE, pd.DataFrame()) == []


def test_refusal_comes_back_as_it_was(instead: Started) -> None:
    refused = "from orchestration.errors import GateError; out.write(pickle.dumps(GateError('not evaluated')))"
    instead(["-c", ASKED + refused])
    with pytest.raises(GateError, match="not evaluated"):
        validator.run_suite(SUITE, pd.DataFrame())


def test_nothing_is_imported_from_the_folder_of_the_command(
    instead: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orchestration.py").write_text("raise SystemExit('taken from a folder of extracts')")
    monkeypatch.chdir(tmp_path)
    instead(["-m", "orchestration.text"])
    assert validator.start().wait() == 0
    assert subprocess.run([sys.executable, "-m", "orchestration.text"], capture_output=True).returncode == 1
