"""Ctrl-C: one sentence and exit code 130, whatever the process is doing at that moment.

Libraries handle the signal in ways of their own: a traceback through an import, a failed step after which a pass would
go on, a second process that prints. So no thread but one gets it, and that one ends the process at once. A build may
be ended so at any moment: what is released is whole, and the next build clears away what was not. The soak lane kills
builds to show it."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable

from orchestration.terminal.console import SHOW_CURSOR, Console

STOPPED = 128 + signal.SIGINT
SECONDS_TO_CLEAR_AWAY = 2


class _Said:
    """What is true of a command that is stopped now."""

    sentence: Callable[[], str] = staticmethod(lambda: "nothing published")


def say_when_stopped(sentence: Callable[[], str]) -> None:
    """Sets what is said of this command after `stopped by you`, worked out when it is stopped."""
    _Said.sentence = staticmethod(sentence)


def end_when_interrupted() -> None:
    """Starts to wait for Ctrl-C; before other threads are started, which then do not get it either."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        _block()
        threading.Thread(target=_wait, daemon=True).start()


def prepare_for_libraries() -> None:
    """Keeps the signal from this thread in a run, too: dbt makes a lock of several processes, and with the first of
    those Python starts a process of its own and lets the signal through again."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        resource_tracker.ensure_running()
        if blocked:
            _block()


def _block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _wait() -> None:
    signal.sigwait({signal.SIGINT})
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), f"\r\x1b[2K{SHOW_CURSOR}".encode())
    Console(stderr=True).say(f"stopped by you, {_Said.sentence()}", style="bold red")
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what still runs has nothing to say any more
        os.dup2(nowhere, stream)
    clearing = threading.Thread(target=atexit._run_exitfuncs, daemon=True)
    clearing.start()
    clearing.join(SECONDS_TO_CLEAR_AWAY)
    os._exit(STOPPED)
