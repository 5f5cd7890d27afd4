"""dbt without a log: nobody reads one of a build. What a build finds is in dbt's results.

Does not belong here: running dbt (`project.py`)."""

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager


class Silence(EventManager):
    """Makes a message of warnings and errors only. dbt makes one of each of 5,000 events of a build, which takes 0.6 s
    (2026-11-26), and asks then whether anybody listens."""

    def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **how: Any) -> None:
        if (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            super().fire_event(e, level, *args, **how)
