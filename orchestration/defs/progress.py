"""Hands the events of a run in this process to whoever shows its progress."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

Listener = Callable[[str, str], None]  # kind of event, step
_listeners: list[Listener] = []


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None and event.step_key:
            for listener in _listeners:
                listener(event.event_type_value, event.step_key)


def _logger(context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("progress", level=logging.DEBUG)
    logger.addHandler(_Forward())
    return logger


progress = dg.LoggerDefinition(_logger, description="Hands every step event of the run to whoever listens here.")


@contextmanager
def to(listener: Listener) -> Iterator[None]:
    """Calls a listener for every step event while the context is open."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
