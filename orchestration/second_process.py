"""A second process of a build, in which runs what is slow to import or long to compute: Python uses one core a process.

A Python model computes there what takes a second or more of a large quarter. The ranges of domains take 2.7 s of the
sample's 2025-26-Q4 (2026-11-28). A shorter one stays where it is, as the ranges of the patients' table do (0.65 s): the
calls stand in one line here, behind the suites.

Belongs here: starting the process and talking to it. Does not: what is run there."""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any, NoReturn, ParamSpec, TypeVar

from orchestration.errors import LeagueError
from orchestration.workspace.paths import PROJECT

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
_LINE = ThreadPoolExecutor(max_workers=1)  # one call after the other

# Arrow asks the system for each table and gives it back at once: a tenth of what a pass holds (2026-11-29)
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


@cache
def start() -> subprocess.Popen[bytes]:
    """Start the process, once. It ends with this one, even where this one is killed: its input is closed then."""
    command = [sys.executable, "-m", "orchestration.second_process"]
    # `-m` imports from the folder it runs in first: from this checkout, never from a folder of extracts.
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
    atexit.register(process.kill)  # while it imports it does not look at its input
    return process


def begin(
    function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
) -> Future[Answer]:
    """Call a function there, when all that was begun before is done. The answer raises what the function raises, and
    LeagueError where the process is gone."""
    # Packed here and now: until its turn comes the caller may change what it has handed over.
    question = pickle.dumps((function, arguments, named), pickle.HIGHEST_PROTOCOL)
    return _LINE.submit(_ask, function.__name__, question)


def run(function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs) -> Answer:
    """Call a function there and wait for its answer."""
    return begin(function, *arguments, **named).result()


def stop() -> None:
    """End the process, even in the middle of an answer. The next call starts another."""
    if start.cache_info().currsize:
        process = start()
        start.cache_clear()
        process.kill()
        process.wait()


def _ask(name: str, question: bytes) -> Any:
    process = start()
    assert process.stdin and process.stdout
    try:
        process.stdin.write(question)
        process.stdin.flush()
        answer = pickle.load(process.stdout)  # noqa: S301 - from our own process
    except (OSError, EOFError, pickle.UnpicklingError) as error:  # the last: it died in the middle of an answer
        start.cache_clear()
        gone = f"the second process is gone, during `{name}`: look at the memory, build again"
        raise LeagueError(gone) from error
    if isinstance(answer, Exception):
        raise answer
    return answer


def _listen(questions: SimpleQueue[Any]) -> NoReturn:
    """End once nobody is there to ask, even in the middle of an answer: a build that was killed is run again at once,
    and what it was writing must not appear among what the next one writes."""
    while True:
        try:
            questions.put(pickle.load(sys.stdin.buffer))  # noqa: S301 - from the process that started it
        except (EOFError, pickle.UnpicklingError):  # the last: the build was killed in the middle of a question
            os._exit(0)  # nobody waits until all that was imported is taken apart


def _serve() -> NoReturn:
    """Answer until the input is closed. Whatever a library prints goes to the error output, not between the answers."""
    gc.set_threshold(200_000, 20, 100)  # as the command line does
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts a build gets one answer, from the build
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    sys.modules["pyspark"] = None  # type: ignore[assignment] # Great Expectations would import it, which warns
    import pyarrow as pa

    questions = SimpleQueue[Any]()
    Thread(target=_listen, args=(questions,), daemon=True).start()
    while True:
        function, arguments, named = questions.get()
        try:
            answer: object = function(*arguments, **named)
        except (LeagueError, OSError) as error:
            answer = error
        except Exception:  # a library's own may not survive the way: its traceback does
            answer = RuntimeError(traceback.format_exc())
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
        del function, arguments, named, answer
        pa.default_memory_pool().release_unused()  # a build holds two processes: each gives back what it can


if __name__ == "__main__":
    _serve()
