"""What is expected of a quarter, and by which day."""

from collections import Counter
from datetime import date, timedelta

import pytest

from orchestration.quarters import Quarter, last_day
from orchestration.sources import calendar
from orchestration.sources.calendar import ARRIVED, AWAITED, LATE, OVERDUE, expected, latest_due
from orchestration.sources.descriptions import Retired, known_sources
from orchestration.sources.recognise import Subject

Q4 = Quarter("2025-26-Q4")
LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("month", "day"), [("2025-12", date(2025, 12, 31)), ("2026-02", date(2026, 2, 28)), ("2028-02", date(2028, 2, 29))]
)
def test_last_day_of_a_month(month: str, day: date) -> None:
    assert last_day(month) == day


def test_each_publication_of_a_quarter_is_expected_once_by_its_own_day() -> None:
    found = {(one.source_id, one.name): (one.due, one.alert) for one in expected(Q4, (), LONG_AGO)}
    assert len(found) == len(expected(Q4, (), LONG_AGO))
    each = Counter(source_id for source_id, _ in found)
    assert each >= Counter(ae=3, ambsys=3, cancer=6, csds=1, dm01=1, rtt=1, nof_data=3, nof_league=3)
    assert set(each) == {name for name, source in known_sources().items() if source.calendar}
    assert found["ae", "2026-02"] == (date(2026, 3, 14), date(2026, 3, 28))
    assert found["rtt", "2026-03"] == (date(2026, 5, 15), date(2026, 5, 29))
    assert found["cancer", "2026-01 provider"] == (date(2026, 3, 17), date(2026, 3, 31))
    assert found["nof_data", f"{Q4} acute"] == (date(2026, 6, 23), date(2026, 7, 7))
    assert ("rtt", "2026-02") not in found  # no metric of the quarter is made of it
    assert {one.subject.quarter for one in expected(Q4, (), LONG_AGO)} == {Q4}


def test_the_alert_day_of_the_framework_release_is_what_the_freshness_policy_says() -> None:
    days = [max(one.alert for one in expected(Quarter(f"2025-26-Q{n}"), (), LONG_AGO)) for n in (1, 2, 3, 4)]
    assert days == [date(2025, 10, 6), date(2026, 1, 6), date(2026, 4, 8), date(2026, 7, 7)]


@pytest.mark.parametrize(
    ("after_due", "state"), [(-60, AWAITED), (0, AWAITED), (1, LATE), (14, LATE), (15, OVERDUE), (900, OVERDUE)]
)
def test_states_change_after_the_due_day_and_after_the_alert_day(after_due: int, state: str) -> None:
    today = date(2026, 3, 14) + timedelta(after_due)
    states = {(one.source_id, one.name): one.state for one in expected(Q4, (), today)}
    assert states["ae", "2026-02"] == state
    here = {("ae", Subject(Q4, "2026-02")), ("rtt", Subject(Q4, "2026-01"))}
    states = {(one.source_id, one.name): one.state for one in expected(Q4, here, today)}
    assert states.pop(("ae", "2026-02")) == ARRIVED and ARRIVED not in states.values()


def test_retired_source_is_expected_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whichever form: months after it are expected where another form is still published."""
    forms = {name: source for name, source in known_sources().items() if source.publication == "ae"}
    retired = Retired(since=date(2026, 3, 1), reason="replaced")
    gone = {name: source.model_copy(update={"retired": retired}) for name, source in forms.items()}
    described = known_sources() | {"ae": gone["ae"]}
    monkeypatch.setattr(calendar, "known_sources", lambda: described)
    every = [one for one in expected(Q4, (), LONG_AGO) if one.source_id == "ae"]
    assert [one.name for one in every] == ["2026-01", "2026-02", "2026-03"]
    described |= gone
    assert [one for one in expected(Q4, (), LONG_AGO) if one.source_id == "ae"] == every[:2]


def test_month_is_there_in_any_form() -> None:
    here = {("cancer_combined", Subject(Q4, "2026-01", "provider")), ("ae_provider", Subject(Q4, "2026-02"))}
    found = [(one.source_id, one.name) for one in expected(Q4, here, LONG_AGO) if one.state == ARRIVED]
    assert found == [("ae", "2026-02"), ("cancer", "2026-01 provider")]


def test_cancer_of_after_its_workbooks_is_expected_still() -> None:
    """No month after September 2025 was seen in the workbooks that the publication began with."""
    assert known_sources()["cancer"].is_retired("2025-10") and not known_sources()["cancer"].is_retired("2025-09")
    assert [one.name for one in expected(Q4, (), LONG_AGO) if one.source_id == "cancer"][:2] == [
        "2026-01 commissioner",
        "2026-01 provider",
    ]


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2025, 5, 13), None),
        (date(2025, 5, 14), "2025-26-Q1"),
        (date(2025, 8, 13), "2025-26-Q1"),
        (date(2025, 8, 14), "2025-26-Q2"),
        (date(2026, 11, 22), "2026-27-Q3"),
    ],
)
def test_the_latest_quarter_of_which_anything_is_due(today: date, quarter: str | None) -> None:
    assert latest_due(today) == quarter
