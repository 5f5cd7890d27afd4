"""The publication calendar: what is expected of a quarter, by which day, and what has not come.

Belongs here: days and states, worked out from `calendar` in `data/sources/*.yml`. Does not: looking for files
(`fetch.py`), what is done about a late one (`defs/schedules.py`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.quarters import Quarter, known_quarters, last_day
from orchestration.sources.descriptions import known_sources
from orchestration.sources.recognise import Subject

ARRIVED, AWAITED, LATE, OVERDUE = "arrived", "awaited", "late", "overdue"


@dataclass(frozen=True)
class Expected:
    """A publication, or one part of it, in any form. It is expected on `due` at the latest, `late` after it and
    `overdue` after `alert`."""

    source_id: str
    subject: Subject
    due: date
    alert: date
    state: str

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.subject.period, self.subject.part]))

    def __str__(self) -> str:
        return f"{self.source_id}, {self.name}: {self.state}, was expected by {self.due}"


def expected(quarter: Quarter, arrived: Collection[tuple[str, Subject]], today: date) -> list[Expected]:
    """Every publication about a quarter, by due day. `arrived` are the sources and subjects of the files at hand. A
    month has arrived in any form, and is expected as long as one form of it is published."""
    sources = known_sources()
    here = {(sources[source_id].publication, subject) for source_id, subject in arrived if source_id in sources}
    found = []
    for source in sources.values():
        if not (calendar := source.calendar):
            continue
        forms = [form for form in sources.values() if form.publication == source.id]
        months = source.months_of(quarter)
        for month in months if calendar.of == "every_month" else months[-1:]:
            if all(form.is_retired(month) for form in forms):
                continue
            for part in calendar.parts or (None,):
                subject = Subject(quarter, quarter if calendar.of == "quarter" else month, part)
                due, alert = (last_day(month) + timedelta(days) for days in (calendar.due_days, calendar.alert_days))
                late = OVERDUE if today > alert else LATE if today > due else AWAITED
                state = ARRIVED if (source.id, subject) in here else late
                found.append(Expected(source.id, subject, due, alert, state))
    return sorted(found, key=lambda one: (one.due, one.source_id, one.name))


def due_next(arrived: Collection[tuple[str, Subject]], today: date) -> list[Expected]:
    """What is awaited by the first day on which anything is."""
    coming = [one for name in known_quarters() for one in expected(name, arrived, today) if one.state == AWAITED]
    first = min((one.due for one in coming), default=None)
    return [one for one in coming if one.due == first]


def latest_due(today: date) -> Quarter | None:
    """The last quarter of which anything is due."""
    return max((q for q in known_quarters() if expected(q, (), today)[0].due <= today), default=None)
