"""What the pages say with numbers in it: pure functions of figures, each with tests at its borders.

Belongs here: every sentence that more than one page says, or that depends on a figure. Does not: text that is always
the same (templates), how a number is written (`words.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orchestration.quarters import Quarter
from orchestration.releases.decisions import WITHDRAWN, Decision
from orchestration.releases.release import Release
from orchestration.site.rows import Agreement, Measure, Measured, PatientPlace, Place, Point, Support, Value, Waiting
from orchestration.site.view import BETTER, EITHER, WORSE, Edition, League, Member, Series
from orchestration.site.words import (
    counted,
    dated,
    listed,
    months,
    ordinal,
    placed,
    span,
    times_in_100,
    value,
    whole,
)
from orchestration.statistics.series import FEWEST

POSITIONS = {
    BETTER: "very likely in the better half",
    EITHER: "could be in either half",
    WORSE: "very likely in the worse half",
}
BETTER_QUARTER, MIDDLE_HALF, WORSE_QUARTER = "better_quarter", "middle_half", "worse_quarter"
STANDINGS = {  # the mark of each and its words
    BETTER_QUARTER: ("●", "better quarter"),
    MIDDLE_HALF: ("○", "middle half"),
    WORSE_QUARTER: ("◆", "worse quarter"),
}
ENOUGH = 5  # of fewer a range holds 50 to 80 of 100 average scores where it should hold 95 (simulated, 2026-11)
TOO_NARROW = "So few measures make its likely range too narrow."
NARROW = "The range looks narrow because the rule fixes the segment, not because more is known."
SHARES = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth"}


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


def ours(edition: Edition) -> str:
    """Whose the table of boards is, as far as the release knows: one of NHS England's own may be out."""
    if any(league.of_icbs and not league.experimental for league in edition.leagues):
        return "NHS England ranks these boards as well. The method here is ours."
    return "We have no ranking of these boards by NHS England. The method is ours."


def money(league: League) -> str:
    """What the finance rule did to a league of trusts."""
    if not (capped := len(league.capped)) and not league.moved:
        return "The finance rule moved no trust this quarter."
    moved = counted(len(league.moved), "trust")
    if not capped:
        return f"NHS England’s finance rule changed the place of {moved}."
    segment, better = league.coverage.override_segment or 0, segments_before(league.coverage.override_segment or 0)
    them, would = ("This one is", "it would be") if capped == 1 else ("These are", "they would be")
    return (
        f"NHS England’s finance rule put {counted(capped, 'trust')} in segment {segment} that scores alone would put in"
        f" segment {better}. {them} marked below, with a ring where {would} by score alone. In all the rule changed the"
        f" place of {moved}."
    )


def segments_before(segment: int) -> str:
    """The segments that are better than one: `1 or 2`."""
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
    within = likely(certainty.rank_low_without_override, certainty.rank_high_without_override)
    return f"{ordinal(certainty.rank_without_override)} by score alone{within}"


def likely(low: int | None, high: int | None) -> str:
    """The range that a place never stands without, where it is known."""
    return "" if low is None or high is None else f" (likely {span(low, high)})"


def segments(member: Member) -> str:
    """A segment, and beside it that of a programme where it is in that too."""
    place = member.place
    if place.segment is None:
        return "none"
    return f"{place.segment}, {place.final_segment}" if is_in_another(place) else str(place.segment)


def is_in_another(place: Place) -> bool:
    """Whether a programme puts it in a segment besides that of its scores."""
    return place.final_segment is not None and place.final_segment != place.segment


def most_support(league: League) -> str | None:
    """What a segment beside another is, where a league shows one."""
    also = {member.place.final_segment for member in league.placed if is_in_another(member.place)}
    if not also:
        return None
    return (
        f"Segment {listed(sorted(map(str, also)))} beside another is for {organisations_of(league)} that get NHS"
        " England’s most intensive support. They keep their place."
    )


def whose_place(league: League) -> str:
    """Whose a place of a league is: NHS England's where it published the same ones, or ours."""
    return "published place" if league.official else "our place"


def is_of_few(metrics: int) -> bool:
    """Whether a place rests on so few measures that its likely range is too narrow."""
    return metrics < ENOUGH


def has_few(league: League, member: Member) -> bool:
    """Whether the place of a member in its league rests on so few. The questions of one survey are one measure."""
    return is_of_few(league.standing_alone(member.place.metrics_counted, member.scores))


def beyond(low: int, high: int, count: int) -> str:
    """What a likely range that is too narrow leaves open, where places are left."""
    return " or beyond" if high < count else " or before" if low > 1 else ""


def answer(league: League, member: Member) -> list[str]:
    """The answer of a page about one organisation: between which places it very likely is, and what that means. A
    capped trust always carries what the finance rule did."""
    certainty, count = member.certainty, len(league.placed)
    if certainty is None or certainty.rank_without_override is None:
        return [f"It has no place this quarter: {in_words(why_no_place(league, member))}."]
    low, high = ordinal(certainty.rank_low), ordinal(certainty.rank_high)
    if member.capped:
        now, alone_at = placed(certainty.rank, member.joint), certainty.rank_without_override
        before = placed(alone_at, league.shares("rank_without_override", member))
        moved = f"moved it from {before} to {now} of {count}"
        if alone_at == certainty.rank:
            moved = f"put it in segment {member.place.segment}. It stays {now} of {count}"
        return [
            f"NHS England’s finance rule {moved}. With the rule, its place is very likely between {low} and {high}.",
            NARROW,
        ]
    half = {
        BETTER: "All of that is in the better half.",
        EITHER: "It could be in either half of the table.",
        WORSE: "All of that is in the worse half.",
    }
    sure = "likely" if has_few(league, member) else "very likely"
    return [f"Its place is {sure} between {low} and {high} of {count}. {half[certainty.position]}"]


def why_no_place(league: League, member: Member) -> str | None:
    """Why an organisation has no place: its own reason where it could never have one, else that of its league."""
    of_league = league.coverage.absent_reason
    if member.organisation.is_trust_or_board and of_league:
        return of_league
    return member.place.not_ranked_reason or of_league


def key_place(league: League, member: Member) -> str:
    """What the dot stands for: whose place, and which."""
    if member.certainty is None:
        return whose_place(league)
    return f"{whose_place(league)}, {placed(member.certainty.rank, member.joint)}"


# A measure

BY_FOOTPRINT = "attendances of the acute trust footprint"  # the note of a rule in the seed `computed_metrics`
OF_FOOTPRINT = "ae_footprint_within_4_hours"  # the measure of that rule
FOOTPRINT = "its own visits and a share of those to walk-in centres nearby"
BY_PROVIDER = "without departments of providers whose ICB no list knows"  # as the note of a footprint
OF_AREA = "ae_system_within_4_hours"  # the measure that has them
NOT_PLACED = "without walk-in centres whose area no list knows"
RULES = {
    "rank": "The {one} with the {better} value scores 1.00, the one with the {worse} 4.00. The others are spread evenly"
    " between by their place.",
    "bands": "The value falls in a band. Each band has its score, from 1 to 4.",
    "matrix": "The scores of two other measures are looked up in a table, which gives one score for both.",
    "published_score": "NHS England publishes a score and not the value behind it. The score is used as it is.",
    "none": "It has no score: it is shown beside the measures that count.",
}
LABELS = {  # `docs/methodology.md`
    "official": "We read the rule in the official text.",
    "verified": "The rule gives the figures that NHS England published.",
    "inferred": "The rule is plausible and partly borne out. It is not proven.",
    "background": "The rule is general knowledge. We found it in no source.",
    "experimental": "The rule is ours.",
    "discovered": "We read the rule from the published figures themselves.",
    "unknown": "We do not know the rule, and had to choose.",
}
NO_LIMITS = {
    "another unit": "they are published in another unit than our counts give",
    "counts not known": "we do not have the counts behind them",
    "no law of chance": "we have no counts that they are shares of",
    "score alone": "only scores are published",
}


def measure_lead(league: League, measure: Measure) -> list[str]:
    """Which end is the better, and where the middle is. Of fewer than four figures there are no quarters."""
    found = [one for member in league.members if (one := member.measured.get(measure.metric_id))]
    who, values = organisations_of(league), [one.value for one in found if one.value is not None]
    better = f"{direction(measure).capitalize()}." if measure.direction else ""
    if not found:
        return [*filter(None, [better]), f"No figure of these {who} is at hand."]
    if not values:
        return [f"Only scores are published, of {counted(len(found), who[:-1])}. A lower score is better."]
    first, unit = found[0], found[0].unit
    if len(values) < 4 or first.median is None or first.lower_quartile is None or first.upper_quartile is None:
        low, high = value(min(values), unit), value(max(values), unit)
        spread = span(low, high)
        only = f"Only {counted(len(values), who[:-1])} {'has' if len(values) == 1 else 'have'} a figure: {spread}."
        return [*filter(None, [better]), only]
    low, high = value(first.lower_quartile, unit), value(first.upper_quartile, unit)
    return [
        *filter(None, [better]),
        f"The middle {who[:-1]}: {value(first.median, unit)}.",
        f"Middle half: {span(low, high)}.",
    ]


def scored_among(measure: Measure, titles: dict[str, str]) -> str:
    """Who is ranked together for a score."""
    names = [titles.get(one, one.replace("_", " ")) for one in measure.scored_among.split()]
    first, *rest = (name.split(" (")[0] for name in names)
    if not rest:
        return f"{first} are scored among themselves."
    return f"{listed([first, *(name[0].lower() + name[1:] for name in rest)])} are scored together."


def scoring_rule(league: League, measure: Measure) -> str:
    """How a value becomes a score."""
    lower = measure.direction == "lower_better"
    if measure.scoring_rule == "rank_with_standard" and measure.standard is not None:
        meets = f"{value(measure.standard, measure.unit)} or {'less' if lower else 'more'}"
        if lower and measure.standard == 0:
            meets = "none at all"
        return (
            f"The standard is {meets}. Who meets it scores 1.00. The others score from 2.00 to 4.00, spread evenly by"
            " their place."
        )
    if measure.scoring_rule == "rank_with_floor" and measure.floor is not None:
        return (
            f"Below {value(measure.floor, measure.unit)} the score is 4.00. The others score from 1.00 to 3.00, spread"
            " evenly by their place."
        )
    better, worse = ("lowest", "highest") if lower else ("highest", "lowest")
    rule = RULES.get(measure.scoring_rule, "We have no words for this rule yet.")
    return rule.format(one=organisations_of(league)[:-1], better=better, worse=worse)


def period_of_figures(periods: list[str], ended: date | None, first_day: date) -> str:
    """What time the figures of a measure are of, and whether that is before the quarter."""
    if not periods:
        return "No figure is at hand."
    older = ended is not None and ended < first_day
    return f"{'; '.join(periods)}.{' That is before the quarter began.' if older else ''}"


def standing_of(measured: Measured) -> str | None:
    """Say whether a value is in the better quarter of its league, the middle half or the worse quarter, by the
    quartiles as the release writes them. Of a score without a value, nothing."""
    if measured.value is None or measured.median is None or measured.direction is None:
        return None
    if measured.lower_quartile is None or measured.upper_quartile is None:
        return None
    at, sign = (
        measured.value.quantize(measured.median, ROUND_HALF_UP),
        1 if measured.direction == "lower_better" else -1,
    )
    better, middle, worse = (sign * one for one in (measured.lower_quartile, measured.median, measured.upper_quartile))
    if sign < 0:
        better, worse = worse, better
    if sign * at <= better and sign * at < middle:
        return BETTER_QUARTER
    return WORSE_QUARTER if sign * at >= worse and sign * at > middle else MIDDLE_HALF


def period(found: Value | None) -> str | None:
    """What time a value is about."""
    if found is None:
        return None
    if found.period_start and found.period_end:
        return months(found.period_start, found.period_end)
    return found.reporting_date


def whose_figure(values: Iterable[Value]) -> str | None:
    """What the figures of a measure count where that is not what a reader would think."""
    reasons = {one.status_reason for one in values}
    if BY_FOOTPRINT in reasons:
        return f"That of the footprint of each trust: {FOOTPRINT}. The figure of a trust alone may be far from it."
    if BY_PROVIDER in reasons:
        return f"That of the departments in each area, {NOT_PLACED}. The figure of a whole area may be far from it."
    return None


def without_figure(league: League, number: int) -> str | None:
    """How many trusts or boards have no figure on a measure."""
    who, has = organisations_of(league), "has" if number == 1 else "have"
    count = sum(member.organisation.is_trust_or_board for member in league.members)
    if not number:
        return None
    return (
        f"{number} of {count} {who} {has} no figure: the measure does not apply to them, or none was sent. That is"
        " neither good nor bad."
    )


def without_limits(reasons: set[str | None], counts: bool) -> str:
    """Why nobody has a place on a measure. Counts of days, times and estimates are counts, too."""
    known = NO_LIMITS | ({"no law of chance": "their counts follow no law of chance that we know"} if counts else {})
    why = listed(known.get(one or "", "the reason is not known") for one in sorted(reasons, key=str))
    return f"How far chance alone would move these figures is not known: {why}. So nobody has a place here."


def not_seen(measure: Measure) -> str | None:
    """The warning of a measure whose rule, or a part of it, nobody outside has seen."""
    known = f" What we know: {measure.source.rstrip('.')}." if measure.source else ""
    if measure.label == "unknown":
        return LABELS["unknown"] + known
    if "not seen" in known:
        return f"No file that we have shows all of this measure.{known}"
    return None


# A ranking of one's own


def own_rule(league: League) -> str | None:
    """What the switch of the finance rule does on the page of one's own ranking. None where the rule applies to
    nobody."""
    under = [one for one in league.placed if one.place.financial_override]
    segment = league.coverage.override_segment
    if not under or segment is None:
        return None
    spared = sum((one.place.segment or segment) < segment for one in league.placed)
    them = "this trust comes" if len(under) == 1 else "these trusts come"
    applies = counted(len(under), "trust")
    if not spared:
        better = segments_before(segment)
        return f"The finance rule applies to {applies}. It moves nobody here: no trust is in segment {better}."
    return (
        f"The finance rule applies to {applies}. With it, {them} after the {spared} that it leaves in segment"
        f" {segments_before(segment)}."
    )


def counts_as(weight: Decimal) -> str | None:
    """How a measure counts of which several weigh together as one. None where it counts in full."""
    return None if weight == 1 else f"Counts as {SHARES.get(whole(1 / weight), 'a part')} of a measure."


# A league, on pages that only name it


def first_sentence(league: League) -> str:
    """What a league says first, or why it has no table."""
    if league.published:
        return lead(league)
    return f"There is no table this quarter: {in_words(league.coverage.absent_reason)}."


def no_place(league: League, member: Member) -> str:
    """Why an organisation has no place in a league."""
    if not league.published:
        return first_sentence(league)
    return f"It has no place this quarter: {in_words(member.place.not_ranked_reason)}."


def in_words(reason: str | None) -> str:
    """A reason of a release in the words of pages."""
    said = dated(reason or "no reason is given").replace("metric", "measure").replace(", is no ", " and is no ")
    return f"it {said}" if said.startswith(("is ", "has ", "commissions ")) else said


def rule_held(edition: Edition, member: Member) -> str | None:
    """What a likely range of an earlier quarter needs beside it: what the finance rule did."""
    if (moved := alone(member)) is None:
        return None
    return (
        f"{edition.guide.published_label}: the finance rule put it in segment {member.place.segment}. By score alone it"
        f" was {moved.replace(' by score alone', '')}. {NARROW}"
    )


# Versions and what became of them


def day(decision: Decision) -> str:
    """The day of a decision: `26 November 2026`."""
    when = date.fromisoformat(decision.at[:10])
    return f"{when.day} {months(when, when)}"


def revised(files: int, rules: int) -> tuple[str, str]:
    """Of what kind a new version is, and what changed: files of publishers that are new, revised or gone, and rules."""
    figures, method = f"{counted(files, 'file')} of the publishers changed.", "The method or our program changed."
    if files and rules:
        return "Figures revised and method changed", f"{figures} {method}"
    if files or rules:
        return ("Figures revised", figures) if files else ("Method changed", method)
    return "New version", "Nothing that a place is made of changed."


def standing(edition: Edition, current: Edition | None) -> str:
    """What a version is among those of its quarter."""
    if edition.state == WITHDRAWN:
        return "Withdrawn: do not use it"
    if edition is current:
        return "Fictional" if edition.synthetic else "In force"
    assert current is not None  # itself, where there is no newer one
    return f"Replaced by version {current.version}"


def notes(edition: Edition) -> str:
    """What a version has, and what it lacks."""
    with_table = [league.title for league in edition.leagues if league.published]
    if not with_table:
        return "No league has a table."
    found = f"Tables of {counted(len(with_table), 'league')}: {listed(with_table)}"
    missing = sum(len((one.coverage.metrics_missing or "").split()) for one in edition.leagues if one.published)
    return f"{found}. {counted(missing, 'measure').capitalize()} had to be left out." if missing else f"{found}."


def quarters_left(quarters: Iterable[Quarter]) -> str:
    """Why quarters are not shown."""
    names = [f"Q{quarter.number} {quarter[:4]}/{quarter[5:7]}" for quarter in quarters]
    return f"Every version of {listed(names)} was withdrawn, so {'it is' if len(names) == 1 else 'they are'} left out."


# Months


def where_months_are_from(series: Release | None, left: Iterable[Quarter]) -> str:
    """From which releases the months of an organisation come, and that they may outlast a withdrawal."""
    said = "The months come from the newest version of each quarter, which reads the quarter before, too."
    if series:
        said = (
            f"The months come from our series of all months, version {series.version}. What it lacks comes from the"
            " newest version of each quarter."
        )
    if any(left):
        said += " Months of a quarter that was withdrawn stay where another release reads them."
    return said


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
    said = f"In {months(point.month, point.month)} it was {value(point.value, point.unit)}."
    usual = usual_range(point)
    if usual is None or point.variation == "too short":
        if _joins_enough(series):
            return f"{said} Its months come from quarters that we read apart, so its last ones have no usual range."
        return f"{said} There are too few months to say what is usual."
    verdict = {
        "common cause": "Chance explains how its months differ: no change is shown.",
        "improvement": "That is a change for the better, beyond what chance explains.",
        "concern": "That is a change for the worse, beyond what chance explains.",
    }[point.variation]
    return f"{said} Its usual range is {usual}. {verdict}"


def _joins_enough(series: Series) -> bool:
    """Whether there would be a usual range if its months were of one release."""
    return series.releases > 1 and len(series.points) >= FEWEST


def variation(series: Series, point: Point) -> str:
    """What one month shows."""
    if point.variation == "too short" and _joins_enough(series):
        return "not known: its quarter was read apart"
    return VARIATION[point.variation]


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


def alone_before(series: Series) -> str | None:
    """Who is not in the months of a trust, though it took them over since."""
    return f"These months are of this trust alone, without {listed(sorted(series.apart))}." if series.apart else None


def way(series: Series) -> str | None:
    """Whose visits the months of a trust are where another way to count takes in those of others."""
    if series.last.measure == OF_FOOTPRINT:
        return f"These months are of its footprint: {FOOTPRINT}."
    if OF_FOOTPRINT in series.other_measures:
        return f"These months count visits to the trust itself. A league table may count its footprint: {FOOTPRINT}."
    if OF_AREA in series.other_measures:
        return f"These months are {NOT_PLACED}. A league table may count every department in the area."
    return None


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
        said = f"none of {figures:,} official figures differs from ours without a known reason."
        return f"{said} Some cannot differ, for they were our input."
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


PATIENTS_PARTS = ("waits", "experience", "outcomes")


def patients_parts(places: list[PatientPlace]) -> list[str]:
    """The parts of the patients' table that anybody has a score on."""
    return [part for part in PATIENTS_PARTS if any(getattr(one, f"{part}_score") is not None for one in places)]


def patients_lead(league: League, places: list[PatientPlace]) -> str:
    """What the table by waits, experience and outcomes rests on."""
    ranked, parts = [place for place in places if place.rank], patients_parts(places)
    who = organisations_of(league)
    at_hand = max(place.metrics_at_hand for place in places)
    said = f"{len(ranked)} of {len(places)} {who} have a place by {counted(at_hand, 'measure')} of {listed(parts)}."
    if absent := [part for part in PATIENTS_PARTS if part not in parts]:
        said += f" No measure of {' or '.join(absent)} is at hand."
    if len(ranked) < len(places):
        said += f" The other {len(places) - len(ranked)} lack too many of the measures."
    return said


def patients_narrow(league: League, places: list[PatientPlace]) -> str | None:
    """How many places rest on so few measures that their likely range is too narrow."""
    ranked = [place for place in places if place.rank]
    few = sum(is_of_few(league.standing_alone(one.metrics_counted, (one.metrics or "").split())) for one in ranked)
    if not few:
        return None
    if few == len(ranked):
        return "Each place rests on so few measures that its likely range is too narrow."
    rest, their = ("rests", "its") if few == 1 else ("rest", "their")
    return f"{few} of {len(ranked)} places {rest} on so few measures that {their} likely range is too narrow."


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
