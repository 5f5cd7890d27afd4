"""What the pages say with numbers in it: pure functions of figures, each with tests at its borders.

Belongs here: every sentence that more than one page says, or that depends on a figure. Does not: text that is always
the same (templates), how a number is written (`words.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from orchestration.quarters import Quarter
from orchestration.releases.decisions import Decision
from orchestration.site.view import (
    BETTER,
    EITHER,
    WORSE,
    Agreement,
    Edition,
    League,
    Measure,
    Member,
    PatientPlace,
    Point,
    Series,
    Support,
    Waiting,
)
from orchestration.site.words import counted, listed, ordinal, placed, times_in_100, value

POSITIONS = {
    BETTER: "very likely in the better half",
    EITHER: "could be in either half",
    WORSE: "very likely in the worse half",
}


# A league


def organisations_of(league: League) -> str:
    """What the members of a league are called."""
    return "boards" if league.of_icbs else "trusts"


def lead(league: League) -> str:
    """How much a table of places can say at all."""
    count, either, who = len(league.placed), len(league.at(EITHER)), organisations_of(league)
    if 2 * either > count:
        first = f"Most of these {count} {who} could be in either half of the table."
    else:
        first = f"{either or 'None'} of these {count} {who} could be in either half of the table."
    one = "board" if league.of_icbs else "trust"
    return f"{first} For a typical {one}, the likely range covers {league.typical_places} of the {count} places."


def money(league: League) -> str:
    """What the finance rule did to a league of trusts."""
    if not (capped := len(league.capped)) and not league.moved:
        return "The finance rule moved no trust this quarter."
    moved = counted(len(league.moved), "trust")
    if not capped:
        return f"NHS England’s finance rule changed the place of {moved}."
    segment, better = league.coverage.override_segment or 0, _segments_before(league.coverage.override_segment or 0)
    them, would = ("This one is", "it would be") if capped == 1 else ("These are", "they would be")
    return (
        f"NHS England’s finance rule put {counted(capped, 'trust')} in segment {segment} that scores alone would put in"
        f" segment {better}. {them} marked below, with a ring where {would} by score alone. In all the rule changed the"
        f" place of {moved}."
    )


def _segments_before(segment: int) -> str:
    *first, last = [str(one) for one in range(1, segment)]
    return f"{', '.join(first)} or {last}" if first else last


def strict_test(league: League) -> str:
    """What a test of all pairs at once tells apart."""
    count = len(league.placed)
    told = sum(one.band.told_apart_from for one in league.placed if one.band) // 2
    pairs = f"{count * (count - 1) // 2:,}"
    return f"A strict test of all {pairs} pairs at once tells {counted(told, 'pair') if told else 'no 2'} apart."


def alone(member: Member) -> str | None:
    """The flag of a trust that the finance rule moved down."""
    certainty = member.certainty
    if not member.capped or certainty is None or certainty.rank_without_override is None:
        return None
    return f"{ordinal(certainty.rank_without_override)} by score alone"


def segments(member: Member) -> str:
    """A segment, and beside it the fifth where it is in that too."""
    place = member.place
    if place.segment is None:
        return "none"
    return f"{place.segment}, 5" if place.final_segment == 5 else str(place.segment)


def whose_place(league: League) -> str:
    """Whose a place of a league is: NHS England's where it published the same ones, or ours."""
    return "published place" if league.official else "our place"


def answer(league: League, member: Member) -> list[str]:
    """The answer of a page about one organisation: between which places it very likely is, and what that means. A
    capped trust always carries what the finance rule did."""
    certainty, count = member.certainty, len(league.placed)
    if certainty is None or certainty.rank_without_override is None:
        return [f"It has no place this quarter: {member.place.not_ranked_reason or league.coverage.absent_reason}."]
    low, high = ordinal(certainty.rank_low), ordinal(certainty.rank_high)
    if member.capped:
        return [
            f"NHS England’s finance rule moved it from {ordinal(certainty.rank_without_override)} to"
            f" {placed(certainty.rank, member.joint)} of {count}. With the rule, its place is very likely between"
            f" {low} and {high}.",
            "The range looks narrow because the rule fixes the segment, not because more is known.",
        ]
    half = {
        BETTER: "All of that is in the better half.",
        EITHER: "It could be in either half of the table.",
        WORSE: "All of that is in the worse half.",
    }
    return [f"Its place is very likely between {low} and {high} of {count}. {half[certainty.position]}"]


def address(edition: Edition, league: League, member: Member) -> str:
    """The folder of an organisation's page."""
    return edition.folder(league, member.slug)


# A league, on pages that only name it


def first_sentence(league: League) -> str:
    """What a league says first, or why it has no table."""
    return (
        lead(league)
        if league.published
        else f"There is no table this quarter: {in_words(league.coverage.absent_reason)}."
    )


def no_place(league: League, member: Member) -> str:
    """Why an organisation has no place in a league."""
    if not league.published:
        return first_sentence(league)
    return f"It has no place this quarter: {in_words(member.place.not_ranked_reason)}."


def in_words(reason: str | None) -> str:
    """A reason of a release in the words of pages."""
    return (reason or "no reason is given").replace("metric", "measure")


def rule_held(edition: Edition, member: Member) -> str | None:
    """What a likely range of an earlier quarter needs beside it: what the finance rule did."""
    if (moved := alone(member)) is None:
        return None
    return (
        f"{edition.guide.published_label}: the finance rule put it in segment {member.place.segment}. By score alone it"
        f" was {moved.removesuffix(' by score alone')}. The range looks narrow because the rule fixes the segment, not"
        " because more is known."
    )


# Versions and what became of them


def day(decision: Decision) -> str:
    """The day of a decision: `26 November 2026`."""
    return written(date.fromisoformat(decision.at[:10]))


def written(when: date) -> str:
    """`26 November 2026`."""
    return f"{when.day} {when:%B %Y}"


def files_changed(count: int) -> str:
    """How many files of the publishers are new, revised or gone."""
    return f"{counted(count, 'file')} of the publishers changed."


def standing(edition: Edition, current: Edition | None) -> str:
    """What a version is among those of its quarter."""
    if edition.state == "withdrawn":
        return "Withdrawn: do not use it"
    if edition is current:
        return "Fictional" if edition.synthetic else "In force"
    return f"Replaced by version {current.version}" if current else "Replaced"


def notes(edition: Edition) -> str:
    """What a version has, and what it lacks."""
    with_table = [league.title for league in edition.leagues if league.published]
    found = f"Tables of {counted(len(with_table), 'league')}"
    if with_table:
        found += f": {listed(with_table)}"
    missing = sum(len((one.coverage.metrics_missing or "").split()) for one in edition.leagues if one.published)
    return f"{found}. {counted(missing, 'measure').capitalize()} had to be left out." if missing else f"{found}."


def quarters_left(quarters: Iterable[Quarter]) -> str:
    """Why quarters are not shown."""
    names = [f"Q{quarter.number} {quarter[:4]}/{quarter[5:7]}" for quarter in quarters]
    return f"Every version of {listed(names)} was withdrawn, so {'it is' if len(names) == 1 else 'they are'} left out."


# Months


def month(day: date) -> str:
    """`January 2026`."""
    return f"{day:%B %Y}"


def usual_range(point: Point) -> str | None:
    """Between which values its months usually lie. A share ends at 0% and 100%, whatever the limits."""
    if point.lower_limit is None or point.upper_limit is None:
        return None
    low, high = (value(limit, point.unit) for limit in (point.lower_limit, point.upper_limit))
    if point.lower_limit < 0:
        return f"up to {high}"
    if point.unit == "%" and point.upper_limit > 100:
        return f"{low} or more"
    return f"{low} to {high}"


def course(series: Series) -> str:
    """The last month, and whether chance explains it."""
    point = series.last
    said = f"In {month(point.month)} it was {value(point.value, point.unit)}."
    usual = usual_range(point)
    if usual is None or point.variation == "too short":
        return f"{said} There are too few months to say what is usual."
    verdict = {
        "common cause": "Chance explains how its months differ: no change is shown.",
        "improvement": "That is a change for the better, beyond what chance explains.",
        "concern": "That is a change for the worse, beyond what chance explains.",
    }[point.variation]
    return f"{said} Its usual range is {usual}. {verdict}"


VARIATION = {
    "common cause": "chance explains it",
    "improvement": "better by more than chance",
    "concern": "worse by more than chance",
    "too short": "too few months to say",
}


def direction(measure: Measure | None) -> str:
    """What is better of a measure, where that is known."""
    return {"lower_better": "lower is better", "higher_better": "higher is better"}.get(
        (measure and measure.direction) or "", ""
    )


def standard(series: Series) -> str | None:
    """Whether its usual range meets the standard."""
    point = series.last
    if point.target is None or point.assurance is None:
        return None
    meets = {
        "passes": "Its usual range meets it.",
        "fails": "Its usual range does not reach it.",
        "hit or miss": "Its usual range is on both sides of it, so chance decides which month meets it.",
    }[point.assurance]
    return f"The standard of 2025/26 is {value(point.target, point.unit)}. {meets}"


def sketch(series: Series) -> str | None:
    """How little a range of few months is."""
    point = series.last
    if point.limits != "trial":
        return None
    return f"This rests on {counted(point.points, 'month')}: read it as a sketch."


# A version


COMPARED = {  # what `agreement` compares, in words
    "adjusted_segment": "Segment, with the finance rule",
    "average_score": "Average score",
    "domain_rank": "Place in a domain",
    "domain_score": "Score of a domain",
    "domain_segment": "Segment of a domain",
    "final_segment": "Final segment",
    "financial_override": "Finance rule",
    "league_rank": "Place in the league",
    "league_table_average_score": "Average score, in the league table file",
    "league_table_financial_override": "Finance rule, in the league table file",
    "league_table_rank": "Place, in the league table file",
    "league_table_segment": "Segment, in the league table file",
    "metric_rank": "Place on a measure",
    "metric_score": "Score on a measure",
    "metric_value": "Value of a measure",
    "metric_value_score": "Score of a value that we counted",
    "rank_without_override": "Place by score alone",
    "unadjusted_segment": "Segment by score alone",
}


def agreed(rows: list[Agreement]) -> str:
    """How many official figures of a league we rebuild."""
    figures, unexplained = sum(row.figures for row in rows), sum(row.unexplained for row in rows)
    if not figures:
        return "there are no official figures to compare with."
    if not unexplained:
        return f"we rebuild all {figures:,} official figures, or can say why one differs."
    verb = "differs" if unexplained == 1 else "differ"
    return f"of {figures:,} official figures {unexplained:,} {verb} from ours, and we cannot say why."


def checks_made(checks: list[dict[str, Any]]) -> str:
    """How many checks a version passed, failed and was let off."""
    failed = [check for check in checks if not check["passed"]]
    waived = sum(check["waiver"] is not None for check in failed)
    said = f"{len(checks):,} checks were made. "
    if not failed:
        return f"{said}All were passed."
    said += f"{len(failed):,} found something."
    return f"{said} {waived:,} of these a person waived." if waived else said


def how_sure(league: League) -> str:
    """What the likely ranges of a league cover."""
    return f"{league.typical_places} of {len(league.placed)}"


# Lists of ours


def patients_lead(league: League, places: list[PatientPlace]) -> str:
    """What the table by waits, experience and outcomes rests on."""
    ranked = [place for place in places if place.rank]
    who = organisations_of(league)
    at_hand = max(place.metrics_at_hand for place in places)
    few = f" The other {len(places) - len(ranked)} lack too many of the measures." if len(ranked) < len(places) else ""
    return (
        f"{len(ranked)} of {len(places)} {who} have a place by {counted(at_hand, 'measure')} of waits, experience and"
        f" outcomes.{few}"
    )


def needs_support(row: Support) -> str:
    """How likely an organisation is in the last quarter of its league, now and before."""
    now = times_in_100(row.bottom_quarter_share)
    said = f"With other measures of the same kind, it would be in the last quarter of the table {now}"
    if row.previous_bottom_quarter_share is None:
        return f"{said}."
    return f"{said}, and {times_in_100(row.previous_bottom_quarter_share)} in the quarter before."


def specialty_lead(ranked: list[Waiting], who: str) -> str:
    """How many differ by more than chance and the usual spread."""
    above, below = (
        sum(row.funnel in (f"{side} 99.8% limit", f"{side} 95% limit") for row in ranked) for side in ("above", "below")
    )
    within = len(ranked) - above - below
    return (
        f"Of {len(ranked)} {who}, {within or 'none'} {'is' if within == 1 else 'are'} within the usual spread,"
        f" {above or 'none'} above it and {below or 'none'} below it."
    )


FUNNEL = {
    "above 99.8% limit": "far above the usual spread",
    "above 95% limit": "above the usual spread",
    "within limits": "within the usual spread",
    "below 95% limit": "below the usual spread",
    "below 99.8% limit": "far below the usual spread",
}
