"""Great Expectations in a process of its own, so that two slow imports happen at the same time.

Importing it takes as long as importing Dagster and dbt together. A build starts this process first. It is ready when
the first table has landed.

Belongs here: starting the process and talking to it. Does not: what is run there (`suites.py`)."""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import traceback
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from orchestration.errors import LeagueError
from orchestration.workspace.paths import PROJECT

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.quality.checks import Check
    from orchestration.quality.suites import Suite


@cache
def start() -> subprocess.Popen[bytes]:
    """Start the process, once. It ends with this one, even where this one is killed: its input is closed then."""
    command = [sys.executable, "-m", "orchestration.quality.validator"]
    # `-m` imports from the folder it runs in first: from this checkout, never from a folder of extracts.
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
    atexit.register(process.kill)  # while it imports it does not look at its input
    return process


def run_suite(suite: Suite, frame: pd.DataFrame) -> list[Check]:
    """Run a suite there, as `suites.run_suite` does. Raises what that raises, and LeagueError where the process is
    gone."""
    process = start()
    assert process.stdin and process.stdout
    try:
        pickle.dump((suite, frame), process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
        found = pickle.load(process.stdout)  # noqa: S301 - from our own process
    except (OSError, EOFError, pickle.UnpicklingError) as error:  # the last: it died in the middle of an answer
        start.cache_clear()
        raise LeagueError(f"the process that checks {suite.name} is gone: look at the memory, build again") from error
    if isinstance(found, Exception):
        raise found
    checks: list[Check] = found
    return checks


def _serve() -> NoReturn:
    """Answer until the input is closed. Whatever a library prints goes to the error output, not between the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts a build gets one answer, from the build
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    sys.modules["pyspark"] = None  # type: ignore[assignment] # Great Expectations would import it, which warns
    import pyarrow as pa

    from orchestration.quality import suites

    suites.prepare()
    while True:
        try:
            suite, frame = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
        except (EOFError, pickle.UnpicklingError):  # the last: the build was killed in the middle of a question
            os._exit(0)  # nobody is there to wait until all that was imported is taken apart
        try:
            found: object = suites.run_suite(suite, frame)
        except LeagueError as error:
            found = error
        except Exception:  # a library's own may not survive the way: its traceback does
            found = RuntimeError(traceback.format_exc())
        pickle.dump(found, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
        del frame
        pa.default_memory_pool().release_unused()  # a build holds two processes: each gives back what it can


if __name__ == "__main__":
    _serve()
