"""What a person at a terminal sees while a quarter is built: one line that moves, and nothing of Dagster's own log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import dagster as dg

Listener = Callable[[dg.DagsterEvent, float], None]
_listeners: list[Listener] = []


class _Forward(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None:
            for listener in _listeners:
                listener(event, time.monotonic() - self._started)


@dg.logger(description="Hands every event of the run to whoever listens in this process.")
def progress(context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("progress", level=logging.DEBUG)
    logger.addHandler(_Forward())
    return logger


def listen(listener: Listener) -> None:
    """Adds a listener for the runs of this process."""
    _listeners.append(listener)
