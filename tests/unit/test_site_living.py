"""What living pages and the pages of a version say, at the borders of their sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.quarters import Quarter
from orchestration.site import living_pages, pictures, sentences, view
from orchestration.site.editions import Editions
from orchestration.site.render import page
from orchestration.site.rows import PatientPlace, Point, Waiting
from orchestration.site.view import Series
from tests.site_rows import capped, league, member, row


def point(**other: Any) -> Point:
    month = {
        "metric_id": "OF0013",
        "metric_title": "A&E waits within 4 hours",
        "measure": "ae_within_4_hours",
        "organisation_code": "RAA",
        "month": date(2026, 1, 1),
        "value": Decimal("74.12"),
        "unit": "%",
        "predecessors": None,
        "phase": 1,
        "phase_reason": None,
        "points": 12,
        "limits": "full",
        "mean": Decimal("75"),
        "lower_limit": Decimal("70"),
        "upper_limit": Decimal("79.96"),
        "variation": "common cause",
        "target": None,
        "assurance": None,
    }
    return Point(**(month | other))


def series(*points: Point) -> Series:
    return Series(points or (point(),))


def edition(quarter: str = "2025-26-Q2", version: int = 1, state: str = "approved", **other: Any) -> Any:
    about: dict[str, Any] = {
        "quarter": Quarter(quarter),
        "version": version,
        "state": state,
        "synthetic": False,
        "leagues": (),
        "guide": SimpleNamespace(published_label="Q2 2025/26"),
        "path": f"{quarter.lower()}/v{version}",
        "dates": "July to September 2025 (Q2 2025/26)",
    }
    return SimpleNamespace(**(about | other))


def editions(*shown: Any) -> Editions:
    return Editions(tuple(shown))


# Months


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "said"),
    [
        ("70", "79.96", "%", "70.0% to 80.0%"),
        ("-0.01", "13.2", "%", "up to 13.2%"),
        ("0", "13.2", "%", "0.0% to 13.2%"),
        ("93", "100", "%", "93.0% to 100.0%"),
        ("93", "100.01", "%", "93.0% or more"),
        ("93", "107", "minutes", "93.0 minutes to 107.0 minutes"),
        ("-5", "107", "minutes", "up to 107.0 minutes"),
    ],
)
def test_a_usual_range_ends_where_a_value_can_not_be(lower: str, upper: str, unit: str, said: str) -> None:
    one = point(lower_limit=Decimal(lower), upper_limit=Decimal(upper), unit=unit)
    assert sentences.usual_range(one) == said


def test_without_limits_no_range_is_told() -> None:
    alone = point(lower_limit=None, upper_limit=None, mean=None, variation="too short", limits="none")
    assert sentences.usual_range(alone) is None
    assert sentences.course(series(alone)) == (
        "In January 2026 it was 74.1%. There are too few months to say what is usual."
    )


@pytest.mark.parametrize(("months", "releases", "apart"), [(5, 2, False), (6, 2, True), (9, 1, False)])
def test_months_of_quarters_that_were_read_apart_say_so(months: int, releases: int, apart: bool) -> None:
    """The first of them may have a usual range of their own, as the months of two quarters have."""
    short: dict[str, Any] = {"lower_limit": None, "upper_limit": None, "variation": "too short", "limits": "none"}
    points = [point(month=date(2025, month, 1), **(short if month == months else {})) for month in range(1, months + 1)]
    one = Series(tuple(points), releases=releases)
    why = "Its months come from quarters that we read apart, so its last ones have no usual range."
    assert sentences.course(one).endswith(why if apart else "There are too few months to say what is usual.")
    assert sentences.variation(one, one.last) == (
        "not known: its quarter was read apart" if apart else "too few months to say"
    )
    assert sentences.variation(one, points[0]) == "chance explains it"


@pytest.mark.parametrize(
    ("variation", "verdict"),
    [
        ("common cause", "Chance explains how its months differ: no change is shown."),
        ("improvement", "That is a change for the better, beyond what chance explains."),
        ("concern", "That is a change for the worse, beyond what chance explains."),
    ],
)
def test_the_last_month_says_whether_chance_explains_it(variation: str, verdict: str) -> None:
    earlier = point(month=date(2025, 12, 1), variation="concern")
    said = sentences.course(series(earlier, point(variation=variation)))
    assert said == f"In January 2026 it was 74.1%. Its usual range is 70.0% to 80.0%. {verdict}"


@pytest.mark.parametrize(
    ("assurance", "meets"),
    [
        ("passes", "Its usual range meets it."),
        ("fails", "Its usual range does not reach it."),
        ("hit or miss", "Its usual range is on both sides of it, so chance decides which month meets it."),
    ],
)
def test_the_standard_is_asked_of_the_usual_range(assurance: str, meets: str) -> None:
    one = series(point(target=Decimal(78), assurance=assurance))
    assert sentences.standard(one) == f"The standard of 2025/26 is 78.0%. {meets}"
    assert sentences.standard(series()) is None
    assert sentences.standard(series(point(target=Decimal(78)))) is None


def test_where_months_are_from_is_said() -> None:
    of_quarters = "The months come from the newest version of each quarter, which reads the quarter before, too."
    assert sentences.where_months_are_from(None, []) == of_quarters
    of_all: Any = SimpleNamespace(version=3)
    assert sentences.where_months_are_from(of_all, [Quarter("2025-26-Q4")]) == (
        "The months come from our series of all months, version 3. What it lacks comes from the newest version of each"
        " quarter. Months of a quarter that was withdrawn stay where another release reads them."
    )


def test_few_months_are_a_sketch() -> None:
    assert sentences.sketch(series(point(limits="trial", points=3))) == "This rests on 3 months: read it as a sketch."
    assert sentences.sketch(series()) is None


def test_of_the_ways_to_count_a_metric_the_one_that_reaches_furthest_has_its_months() -> None:
    def rows(measure: str, *months: int, code: str = "RAA") -> list[dict[str, Any]]:
        points = [point(measure=measure, organisation_code=code, month=date(2025, month, 1)) for month in months]
        return [asdict(one) | {"organisation_type": "trust"} for one in points]

    tables = rows("b", 4, 5, 6) + rows("a", 6, 5) + rows("a", 6, code="RBB") + rows("c", 1, 2, 3, 4, 5)
    release: Any = SimpleNamespace(since=None, rows=lambda table, **kind: [r for r in tables if r | kind == r])
    found = view.series(release)
    assert [(one.measure, one.month.month) for one in found["RAA"]["OF0013"].points] == [("b", 4), ("b", 5), ("b", 6)]
    assert list(found) == ["RAA", "RBB"]


def test_the_months_of_a_quarter_are_counted_as_its_values_are() -> None:
    own, of_footprint = "ae_within_4_hours", "ae_footprint_within_4_hours"
    points = [point(measure=own, month=date(2025, month, 1)) for month in (6, 7)]
    points += [point(measure=of_footprint, month=date(2025, 7, 1))]
    rows = [asdict(one) | {"organisation_type": "trust"} for one in points]
    release: Any = SimpleNamespace(since=None, rows=lambda table, **kind: [r for r in rows if r | kind == r])
    of_quarter = view.series(release, in_force={("OF0013", of_footprint)})["RAA"]["OF0013"]
    assert [one.measure for one in of_quarter.points] == [of_footprint]
    of_all = view.series(release)["RAA"]["OF0013"]
    assert [one.measure for one in of_all.points] == [own, own]
    nearby = "footprint: its own visits and a share of those to walk-in centres nearby."
    assert sentences.way(of_quarter) == f"These months are of its {nearby}"
    assert (
        sentences.way(of_all) == f"These months count visits to the trust itself. A league table may count its {nearby}"
    )
    assert sentences.way(series()) is None
    of_icb = replace(series(), other_measures=frozenset({sentences.OF_AREA}))
    assert (sentences.way(of_icb) or "").startswith(
        "These months are without walk-in centres whose area no list knows."
    )


def test_months_of_all_releases_are_joined_and_the_first_that_has_one_says_what_it_is() -> None:
    def release(value: int, *months: int) -> Any:
        points = [point(value=Decimal(value), month=date(2025, month, 1)) for month in months]
        rows = [asdict(one) | {"organisation_type": "trust"} for one in points]
        return SimpleNamespace(since=None, rows=lambda table, **kind: [row for row in rows if row | kind == row])

    found = view.series(release(1, 6, 7), release(2, 4, 5, 6), release(3, 9))["RAA"]["OF0013"]
    assert [(one.month.month, int(one.value)) for one in found.points] == [(4, 2), (5, 2), (6, 1), (7, 1), (9, 3)]
    assert found.releases == 3


def test_months_with_and_without_who_was_taken_over_are_never_joined() -> None:
    """Warrington took over RY2: its visits went from 64.8% without it to 72.2% with it, and of both nothing changed."""

    def release(*points: Point) -> Any:
        rows = [asdict(one) | {"organisation_type": "trust"} for one in points]
        return SimpleNamespace(since=None, rows=lambda table, **kind: [row for row in rows if row | kind == row])

    def of(code: str, *months: int, **other: Any) -> list[Point]:
        return [point(organisation_code=code, month=date(2025, month, 1), **other) for month in months]

    tests: dict[str, Any] = {"metric_id": "X-DM01-6W", "measure": "dm01_over_6_weeks"}
    before = release(*of("RWW", 1, 2, 3), *of("RWW", 1, 2, **tests), *of("RY2", 1, 2, 3), *of("RAA", 1, 2))
    after = release(*of("RWW", 3, 4, predecessors="RY2"), *of("RWW", 5), *of("RAA", 3))
    found = view.series(after, before)
    both, alone = found["RWW"]["OF0013"], found["RWW"]["X-DM01-6W"]
    assert [one.month.month for one in both.points] == [3, 4, 5]
    assert [one.month.month for one in alone.points] == [1, 2]
    assert [one.month.month for one in found["RAA"]["OF0013"].points] == [1, 2, 3]
    assert sentences.alone_before(alone) == "These months are of this trust alone, without RY2."
    assert sentences.alone_before(both) is None


@pytest.mark.parametrize(("picture", "dots"), [(pictures.months, 3), (pictures.series, 1)])
def test_a_picture_of_months_ends_its_line_where_one_is_missing(picture: Callable[..., str], dots: int) -> None:
    def drawn(*months: int) -> str:
        return str(picture([point(month=date(2025, month, 1)) for month in months]))

    assert drawn(1, 2, 3).count("<polyline") == 1
    assert drawn(1, 2, 4).count("<polyline") == 2
    assert drawn(1, 2, 4).count("<circle") == dots


def test_the_little_picture_of_months_rises_to_its_last_past_the_mean() -> None:
    def drawn(*values: int, mean: Decimal | None) -> str:
        points = [point(month=date(2025, n, 1), value=Decimal(value), mean=mean) for n, value in enumerate(values, 1)]
        return str(pictures.series(points))

    rising = drawn(1, 3, mean=Decimal(2))
    assert 'points="20.0,940.0 980.0,60.0"' in rising and 'cx="98%" cy="6%"' in rising
    assert '<line class="middle" x1="0%" x2="100%" y1="50%" y2="50%"/>' in rising
    level = drawn(3, 3, mean=None)
    assert 'points="20.0,940.0 980.0,940.0"' in level and "middle" not in level


def test_the_picture_of_months_marks_what_chance_does_not_explain() -> None:
    kinds = ("common cause", "improvement", "concern")
    points = [point(month=date(2025, n, 1), variation=kind) for n, kind in enumerate(kinds, 1)]
    drawn = str(pictures.months(points))
    assert (drawn.count('r="2.5"'), drawn.count('r="5"'), drawn.count('class="flag"')) == (1, 1, 1)
    assert "standard" not in drawn
    assert 'class="standard"' in str(pictures.months([point(target=Decimal(78))]))


def test_the_picture_of_months_reaches_as_far_as_is_said() -> None:
    values = [point(month=date(2025, month, 1), value=Decimal(60 + month)) for month in (1, 2)]
    assert pictures.extent(values) == (Decimal(61), Decimal("79.96"))
    bare = [point(value=Decimal(60), lower_limit=None, upper_limit=None, target=Decimal(78))]
    assert pictures.extent(bare) == (Decimal(60), Decimal(78))


def test_the_limits_of_each_phase_are_drawn() -> None:
    points = [point(month=date(2025, n, 1), phase=1 + (n > 2)) for n in range(1, 5)]
    assert str(pictures.months(points)).count('class="usual"') == 2
    joined = [point(), point(month=date(2026, 2, 1), mean=Decimal(76))]
    assert str(pictures.months(joined)).count('class="usual"') == 2  # of one phase each, by two releases
    alone = point(mean=None, lower_limit=None, upper_limit=None)
    assert 'class="usual"' not in str(pictures.months([alone]))


# Versions


@pytest.mark.parametrize(
    ("state", "version", "current", "said"),
    [
        ("withdrawn", 1, 2, "Withdrawn: do not use it"),
        ("withdrawn", 1, None, "Withdrawn: do not use it"),
        ("approved", 1, 2, "Replaced by version 2"),
    ],
)
def test_a_version_stands_beside_those_of_its_quarter(state: str, version: int, current: int | None, said: str) -> None:
    newest = edition(version=current) if current else None
    assert sentences.standing(edition(state=state, version=version), newest) == said


def test_the_newest_version_is_in_force() -> None:
    one, invented = edition(), edition(state="candidate", synthetic=True)
    assert sentences.standing(one, one) == "In force"
    assert sentences.standing(invented, invented) == "Fictional"


def test_notes_say_what_a_version_has_and_lacks() -> None:
    one, none = league(title="Acute trusts"), league(published=False)
    lacking = league(title="Boards", metrics_missing="OF0001 OF0002")
    assert sentences.notes(edition(leagues=(none,))) == "No league has a table."
    assert sentences.notes(edition(leagues=(one, none))) == "Tables of 1 league: Acute trusts."
    assert sentences.notes(edition(leagues=(one, lacking))) == (
        "Tables of 2 leagues: Acute trusts and Boards. 2 measures had to be left out."
    )


def test_quarters_of_which_nothing_is_left() -> None:
    first, second = Quarter("2025-26-Q1"), Quarter("2025-26-Q2")
    assert sentences.quarters_left([first]) == "Every version of Q1 2025/26 was withdrawn, so it is left out."
    assert sentences.quarters_left([first, second]) == (
        "Every version of Q1 2025/26 and Q2 2025/26 was withdrawn, so they are left out."
    )


@pytest.mark.parametrize(
    ("files", "rules", "said"),
    [
        (0, 0, ("New version", "Nothing that a place is made of changed.")),
        (1, 0, ("Figures revised", "1 file of the publishers changed.")),
        (0, 2, ("Method changed", "The method or our program changed.")),
        (
            2,
            1,
            (
                "Figures revised and method changed",
                "2 files of the publishers changed. The method or our program changed.",
            ),
        ),
    ],
)
def test_a_revision_is_of_figures_of_method_or_both(files: int, rules: int, said: tuple[str, str]) -> None:
    assert sentences.revised(files, rules) == said


def test_a_day_is_written_out() -> None:
    decision = SimpleNamespace(at="2026-11-06T14:06:29+00:00")
    assert sentences.day(decision) == "6 November 2026"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passed", "failed", "waived", "said"),
    [
        (452, 0, 0, "452 checks were made. All were passed."),
        (1200, 1, 0, "1,201 checks were made. 1 found something."),
        (1, 3, 1, "4 checks were made. 3 found something. 1 of these a person waived."),
    ],
)
def test_checks_are_counted(passed: int, failed: int, waived: int, said: str) -> None:
    checks = [{"passed": True, "waiver": None}] * passed
    checks += [{"passed": False, "waiver": "W1" if number < waived else None} for number in range(failed)]
    assert sentences.checks_made(checks) == said


def test_agreement_is_told_in_figures() -> None:
    def rows(*figures: tuple[int, int]) -> Any:
        return [SimpleNamespace(figures=all_, unexplained=unexplained) for all_, unexplained in figures]

    assert sentences.agreed(rows()) == "there are no official figures to compare with."
    assert sentences.agreed(rows((61, 0), (2000, 0))) == (
        "none of 2,061 official figures differs from ours without a known reason. Some cannot differ, for they were our"
        " input."
    )
    assert sentences.agreed(rows((61, 1), (61, 0))) == (
        "of 122 official figures 1 differs from ours, and we cannot say why."
    )


def test_a_league_without_a_table_says_why_in_the_words_of_pages() -> None:
    said = "There is no table this quarter: only 3 of the 24 measures are at hand."
    none = league(published=False, absent_reason="only 3 of the 24 metrics are at hand")
    assert sentences.first_sentence(none) == said
    no_file = league(published=False, absent_reason="no metric of this league is at hand for the quarter")
    assert sentences.first_sentence(no_file).endswith("quarter: no measure of this league is at hand for the quarter.")
    board = member("QHL", None, organisation_type="icb")
    assert sentences.why_no_place(no_file, board) == no_file.coverage.absent_reason
    one = member("R1", None, not_ranked_reason="has 1 of the 4 metrics")
    assert sentences.no_place(none, one) == said
    assert sentences.no_place(league(), one) == "It has no place this quarter: it has 1 of the 4 measures."


def test_a_capped_trust_carries_what_the_finance_rule_did() -> None:
    held = capped(rank_low_without_override=4, rank_high_without_override=28)
    assert sentences.rule_held(edition(), held) == (
        "Q2 2025/26: the finance rule put it in segment 3. By score alone it was 12th (likely 4 to 28). The range looks"
        " narrow because the rule fixes the segment, not because more is known."
    )
    assert sentences.rule_held(edition(), member("R1", None)) is None


# Lists of ours


def test_patients_table_says_how_many_have_a_place() -> None:
    def places(ranked: int, others: int, *absent: str) -> Any:
        scores = {f"{part}_score": None if part in absent else Decimal(2) for part in sentences.PATIENTS_PARTS}
        of = [n + 1 if n < ranked else None for n in range(ranked + others)]
        return [row(PatientPlace, rank=rank, metrics_at_hand=4, **scores) for rank in of]

    assert sentences.patients_lead(league(), places(30, 31)) == (
        "30 of 61 trusts have a place by 4 measures of waits, experience and outcomes. The other 31 lack too many of"
        " the measures."
    )
    assert sentences.patients_lead(league(member("QHL", organisation_type="icb")), places(42, 0)) == (
        "42 of 42 boards have a place by 4 measures of waits, experience and outcomes."
    )
    assert sentences.patients_lead(league(), places(30, 31, "outcomes")) == (
        "30 of 61 trusts have a place by 4 measures of waits and experience. No measure of outcomes is at hand. The"
        " other 31 lack too many of the measures."
    )
    assert sentences.patients_parts(places(1, 0, "waits", "outcomes")) == ["experience"]


def test_patients_table_says_how_many_of_its_ranges_are_too_narrow() -> None:
    def narrow(*metrics: int | None) -> str | None:
        places = [row(PatientPlace, rank=one and 1, metrics_counted=one or 2) for one in metrics]
        return sentences.patients_narrow(league(), places)

    assert narrow(5, 6, None) is None
    assert narrow(3, 4, None) == "Each place rests on so few measures that its likely range is too narrow."
    assert narrow(4, 5) == "1 of 2 places rests on so few measures that its likely range is too narrow."
    assert narrow(4, 4, 5) == "2 of 3 places rest on so few measures that their likely range is too narrow."


def test_support_is_told_as_times_in_100() -> None:
    def row(now: str, before: str | None) -> Any:
        earlier = None if before is None else Decimal(before)
        return SimpleNamespace(bottom_quarter_share=Decimal(now), previous_bottom_quarter_share=earlier)

    lead = "With other measures of the same kind, it would be in the last quarter of the table"
    assert sentences.needs_support(row("0.54", None)) == f"{lead} about 54 times in 100."
    assert sentences.needs_support(row("1", "0.879")) == (
        f"{lead} almost every time, and about 88 times in 100 in the quarter before."
    )


def waiting(code: str, funnel: str, pathways: int = 1000, share: str = "50") -> Waiting:
    return Waiting(
        month=date(2026, 1, 1),
        side="provider",
        treatment_function="C_101",
        treatment_function_name="Urology Service",
        organisation_code=code,
        organisation_name=code,
        organisation_type="trust",
        rank=1,
        rank_low=1,
        rank_high=2,
        not_ranked_reason=None,
        within_18_weeks=0,
        over_52_weeks=0,
        pathways=pathways,
        share_within_18_weeks=Decimal(share),
        funnel=funnel,
        funnel_centre=Decimal("52.02"),
        tau=Decimal("0.0981"),
    )


def test_a_specialty_counts_who_is_outside_the_usual_spread() -> None:
    within, far, below = "within limits", "above 99.8% limit", "below 95% limit"

    def said(*funnels: str) -> str:
        return sentences.specialty_lead([waiting(str(n), funnel) for n, funnel in enumerate(funnels)], "trusts")

    assert said(within, within) == "Of 2 trusts, 2 are within the usual spread, none above it and none below it."
    assert said(within, far, below, below) == "Of 4 trusts, 1 is within the usual spread, 1 above it and 2 below it."
    assert said(far) == "Of 1 trusts, none are within the usual spread, 1 above it and none below it."


def test_the_funnel_draws_its_limits_as_the_release_has_them() -> None:
    """RWE of docs/insight.md, 16.17% of 5,806, is below the limit of 99.8%: its mark is under that line."""
    ranked = [waiting("RWE", "below 99.8% limit", 5806, "16.17"), waiting("RAA", "within limits", 939, "52")]
    drawn = str(pictures.funnel(ranked))
    lowest_line = drawn.split('<polyline class="limit" points="')[1].split('"')[0]
    line_at_the_end = float(lowest_line.split()[-1].split(",")[1]) / 10
    mark = float(drawn.split('<path class="flag"')[0].rsplit('y="', 1)[1].split("%")[0])
    assert mark > line_at_the_end
    assert drawn.count("<polyline") == 4
    assert drawn.count('r="2.5"') == 1


# Which edition pages lead to


def test_a_fictional_or_withdrawn_edition_is_never_latest() -> None:
    old, new = edition("2025-26-Q1"), edition("2025-26-Q2")
    assert editions(old, new).latest is new
    assert editions(old, edition("2025-26-Q2", state="withdrawn")).latest is old
    invented = edition(state="candidate", synthetic=True)
    assert editions(invented).latest is None
    assert editions(invented).front is invented
    assert editions(invented).fictional
    gone = editions(edition(state="withdrawn"))
    assert gone.front is None
    assert gone.left == (Quarter("2025-26-Q2"),)


def test_an_earlier_version_is_in_force_again_once_the_newer_is_withdrawn() -> None:
    first, second = edition(version=1), edition(version=2)
    assert editions(first, second).in_force == (second,)
    assert editions(first, edition(version=2, state="withdrawn")).in_force == (first,)


def test_a_league_leads_to_the_newest_edition_that_has_its_table() -> None:
    def with_league(quarter: str, published: bool) -> Any:
        return edition(quarter, leagues=(league(published=published),))

    first, second, third = (with_league(f"2025-26-Q{n}", n == 1) for n in (1, 2, 3))
    assert editions(first, second, third).leagues["acute"][0] is first
    assert editions(second, third).leagues["acute"][0] is third


def test_league_tables_are_the_newest_of_each_league() -> None:
    def folder(found: Any) -> str:
        return f"2025-26-q1/v1/{found.slug}"

    old = edition("2025-26-Q1", leagues=(league(member("RAA", 1)),), folder=folder)
    none = league(member("RAA", None), published=False, absent_reason="no metric of the league is at hand")
    new = edition("2026-27-Q1", leagues=(none,), guide=SimpleNamespace(months="April to June 2026"))
    shown = editions(old, new)
    (latest, stub) = living_pages._latest(shown, partial(page, fictional=False, shown=shown, leagues=shown.leagues))
    assert latest.path == "latest/index.html" and b"refresh" not in latest.content
    assert b'href="../2025-26-q1/v1/acute/index.html"' in latest.content
    assert b"April to June 2026 has no table of this league. This is the newest." in latest.content
    assert stub.path == "latest/acute/index.html" and b"2025-26-q1/v1/acute/index.html" in stub.content


def test_who_lies_in_a_board_that_ended_is_told_the_newest_boards() -> None:
    def boards(quarter: str, *codes: str) -> Any:
        found = league(*(member(code, None, organisation_type="icb", icb_code=code) for code in codes), name="icb")
        trusts = league(member("RWR", 1, icb_code="QM7"), member("RAA", 2, icb_code="QHM"))
        release = SimpleNamespace(since=None, rows=lambda table, **kind: [])
        return edition(quarter, leagues=(found, trusts), release=release, months={})

    old, new = boards("2025-26-Q4", "QM7", "QHM"), boards("2026-27-Q1", "D7T5G", "QHM")
    found = living_pages._everybody(editions(old, new))
    assert {code for code, one in found.items() if one.boards_without is new} == {"QM7", "RWR"}
    assert {code for code, one in found.items() if one.boards_without is None} == {"D7T5G", "QHM", "RAA"}
    assert {one.boards_without for one in living_pages._everybody(editions(old)).values()} == {None}


def test_predecessors_are_told_once() -> None:
    both = series(point(predecessors="RAB, RAC"), point(predecessors="RAB"), point())
    assert living_pages._predecessors([both, series()]) == {"RAB", "RAC"}


@pytest.mark.parametrize(
    ("state", "number", "revised", "kind"),
    [
        ("approved", 1, False, "First version"),
        ("approved", 1, True, "Figures revised"),
        ("approved", 3, True, "Approved again"),
        ("withdrawn", 2, False, "Withdrawn"),
        ("reinstated", 3, False, "Withdrawal taken back"),
        (None, 0, False, "First version"),
        (None, 0, True, "Figures revised"),
    ],
)
def test_a_decision_has_its_kind(state: str | None, number: int, revised: bool, kind: str) -> None:
    decision: Any = SimpleNamespace(state=state, number=number) if state else None
    revision = living_pages.Revision("Figures revised", "", 2) if revised else None
    assert living_pages.Event(edition(), decision, revision).kind == kind


def test_the_page_that_was_not_found_has_no_link_that_could_be_wrong() -> None:
    content = page("not_found", "404.html", "Page not found").content.decode()
    assert "Page not found" in content
    assert "href" not in content
    assert "src=" not in content
