"""What the page of an organisation says: pure functions of figures, each with tests at its borders.

Belongs here: what only that page says. Does not: what others say, too (`sentences.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from orchestration.site import sentences
from orchestration.site.rows import (
    Context,
    DomainPlace,
    Lever,
    Measure,
    Measured,
    Origin,
    PatientPlace,
    Peer,
    Place,
    Point,
    Support,
    Teacher,
)
from orchestration.site.sentences import BETTER_QUARTER, STANDINGS, WORSE_QUARTER
from orchestration.site.view import FINANCE, League, Member
from orchestration.site.words import counted, listed, months, ordinal, placed, rounded, some, span, times_in_100, value
from orchestration.statistics.learning import ONE_PERIOD

KINDS = {"commissioning_hub": "hub", "other_commissioner": "commissioner", "icb": "board"}
FEW = 5  # more measures than these are counted and not named
NOT_COMPARED = {
    "not ranked in the previous quarter": "it had no place then",
    "an ICB of the previous quarter is gone": "a board of its table is gone, which moves all other scores",
    "fewer than three metrics in common": "fewer than 3 measures can be compared",
}
NO_FIGURE = {  # by how a reason starts
    "not in the release": "NHS England’s file has no figure: the measure does not apply, or none was sent.",
    "no NHS Oversight Framework file": "No data file of NHS England for this league and quarter is at hand.",
    "suppressed": "NHS England does not show the figure, because it is about few people.",
}
NO_FILE = " file of the quarter"  # how the reason of a computed measure ends
COUNTED_OF = {  # what a publication counts, or a metric where its publication counts several things
    "rtt": "waits",  # one person may have several
    "dm01": "tests waited for",
    "ae": "visits",
    "OF0010": "people told",
    "ICB-CANCER-28D": "people told",
    "OF0011": "treatments",  # halves, too, where two trusts share one
    "ICB-CANCER-62D": "treatments",
    "dementia": "people thought to have dementia",
    "fft": "answers",
    "sickness": "days of staff",
    "community_waits": "waits",
    "talking_therapies_monthly": "people who finished treatment",
}
WEIGHTED = ("gpps",)  # their counts are those of an effective sample: nobody gave so many answers
BASES = {
    "ohid": "the districts that its patients in hospital come from",
    "ohid_not_seen": "the districts that its patients in hospital come from, in a file that we read by its description",
    "rtt_new_periods": "the areas of people who joined its waiting list",
    "talking_therapies": "the people referred to its talking therapies",
    "sub_icb_referrals_not_seen": "the areas that refer people to it, in a file that we read by its description",
    "host_icb": "the area of the board that it lies in",
    "residents": "the people who live in its area",
}
ALIKE = {"imd": "deprivation", "share_65_plus": "age", "rural_share": "rurality", "size": "size", "type": "type"}


def kind(member: Member) -> str:
    """What one organisation is called."""
    return KINDS.get(member.organisation.organisation_type, "trust")


def whereabouts(member: Member) -> str:
    """Where it is, as far as we know."""
    where = member.organisation
    return ", ".join(part for part in (where.town, where.postcode, where.region) if part)


def segment_fact(league: League, member: Member) -> list[str]:
    """The segment, and how much it hangs on the choice of measures."""
    place, certainty, override = member.place, member.certainty, league.coverage.override_segment
    if place.segment is None:
        return ["It has no segment this quarter."]
    if league.experimental:
        said = [f"Segment {place.segment} of 4 by our method.", "1 is the better end."]
    else:
        said = [
            f"Segment {place.segment} of 4.",
            "NHS England gives 1 for the narrowest range of challenges and 4 for the broadest.",
        ]
    if sentences.is_in_another(place):
        said.insert(1, f"It is also in segment {place.final_segment}: it gets NHS England’s most intensive support.")
    if place.financial_override and override:
        better = sentences.segments_before(override)
        said.append(f"While the finance rule applies it cannot be in segment {better}, whatever its scores.")
    if certainty and certainty.same_segment_share is not None and not member.capped:
        said.append(
            "With other measures of the same kind, it would be in the same segment"
            f" {times_in_100(certainty.same_segment_share)}."
        )
    return said


def money_fact(member: Member) -> list[str]:
    """What the finance rule and measures of money do to a place."""
    certainty = member.certainty
    if certainty is None or certainty.rank_without_override is None:
        return []
    lost = certainty.places_lost_to_override or 0
    alone = sentences.likely(certainty.rank_low_without_override, certainty.rank_high_without_override)
    if lost > 0:
        said = [
            f"The finance rule costs it {counted(lost, 'place')}: by score alone it would be"
            f" {ordinal(certainty.rank_without_override)}{alone}, not {ordinal(certainty.rank)}."
        ]
    elif lost < 0:
        first = "does not change its segment" if member.place.financial_override else "does not apply to it"
        said = [f"The finance rule {first}, but it gains {counted(-lost, 'place')} because the rule moves others down."]
    else:
        said = ["The finance rule does not change its place."]
    if certainty.rank_without_finance is not None:
        likely = sentences.likely(certainty.rank_low_without_finance, certainty.rank_high_without_finance)
        said.append(f"Without any money measures it would be {ordinal(certainty.rank_without_finance)}{likely}.")
    return said


def change_fact(member: Member) -> list[str]:
    """What changed since the quarter before, and whether chance would show as much."""
    change = member.change
    if change is None:
        return []
    if change.change is None or change.change_low is None or change.change_high is None:
        otherwise = "there is no table of that quarter made by the same rules"
        reason = NOT_COMPARED.get(change.not_compared_reason or "", otherwise)
        return [f"Not compared with the quarter before: {reason}."]
    said = []
    if change.previous_average_score is not None and change.average_score is not None:
        before, now = rounded(change.previous_average_score, 2), rounded(change.average_score, 2)
        went = f"stayed at {now}" if before == now else f"went from {before} to {now}"
        said = [f"Its average score {went} (lower is better)."]
    on = f"On the {counted(change.metrics_compared, 'measure')} that can be compared,"
    if change.verdict is None or change.verdict == "no change shown":
        return [
            "No change shown since the quarter before.",
            *said,
            f"{on} the change is within what chance would show.",
        ]
    low, high = sorted(rounded(abs(one), 2) for one in (change.change_low, change.change_high))
    fell = "fell" if change.change < 0 else "rose"
    return [
        f"{change.verdict.capitalize()} since the quarter before.",
        *said,
        f"{on} its scores {fell} by {rounded(abs(change.change), 2)} (likely {low} to {high}), more than chance would"
        " show.",
    ]


def measures_fact(league: League, member: Member) -> list[str]:
    """Where it is among the better and the worse quarter, money apart, and on how much its place rests."""
    place, who = member.place, sentences.organisations_of(league)
    found: dict[str, list[str]] = {BETTER_QUARTER: [], WORSE_QUARTER: []}
    for metric, measured in member.measured.items():
        measure = league.measures.get(metric)
        if (
            measure
            and measure.counted
            and measure.domain != FINANCE
            and (where := sentences.standing_of(measured)) in found
        ):
            found[where].append(measure.plain_name)
    said = []
    for where, measures in found.items():
        _, quarter = STANDINGS[where]
        if names := some(measures, FEW):
            said.append(f"Among the {quarter} of {who} on: {names}.")
        elif measures:
            said.append(f"Among the {quarter} of {who} on {len(measures)} measures.")
    of = "boards" if league.of_icbs else "this kind of trust"
    said.append(f"Based on {place.metrics_counted} of the {place.metrics_expected} measures for {of}.")
    return [*said, sentences.TOO_NARROW] if sentences.has_few(league, member) else said


def told_apart(league: League, member: Member) -> str | None:
    """What a strict test of all pairs at once says of one organisation."""
    if member.band is None or (others := len(league.placed) - 1) < 1:
        return None
    told = member.band.told_apart_from
    rest = f"the other {others}" if others > 1 else "the other one"
    if not told:
        rest = f"any of {rest}" if others > 1 else rest
        return f"In a strict test of all pairs at once it cannot be told apart from {rest}."
    return f"In a strict test of all pairs at once it can be told apart from {told} of {rest}."


def middle(measured: Measured) -> str | None:
    """The value in the middle, beside one that says its unit."""
    if measured.median is None:
        return None
    said = value(measured.median, measured.unit, measured.value)
    return f"middle {said.removesuffix(f' {measured.unit}')}"


def in_counts(measure: Measure, measured: Measured, reason: str | None = None) -> str | None:
    """The counts behind a share: `96,483 of 156,401 waits`. The reason of its value may say whose they are."""
    if measured.numerator is None or measured.denominator is None or measured.unit != "%":
        return None
    if measure.publication in WEIGHTED:
        return None
    of = COUNTED_OF.get(measure.metric_id) or COUNTED_OF.get(measure.publication or "", "")
    if reason == sentences.BY_FOOTPRINT:
        of = f"in its footprint: {sentences.FOOTPRINT}"
    elif reason == sentences.BY_PROVIDER:
        of = f"{of}, {sentences.NOT_PLACED}"
    return f"{rounded(measured.numerator, 0)} of {rounded(measured.denominator, 0)} {of}".rstrip()


def named(names: list[str]) -> str:
    """A few measures by name, or how many."""
    return some(names, FEW + FEW) or f"{len(names)} measures"


def not_counted(reason: str | None) -> str:
    """Why an organisation has no figure on a measure."""
    if reason is None:
        return NO_FIGURE["not in the release"]
    for start, sentence in NO_FIGURE.items():
        if reason.startswith(start):
            return sentence
    if reason.endswith(NO_FILE):
        return "No data file of the quarter is at hand."
    return f"The reason: {sentences.in_words(reason)}."


def gap(place: Place) -> str | None:
    """What the average would have to be for the next segment."""
    if place.gap_to_next_segment is None or place.segment is None or place.segment < 2:
        return None
    by = rounded(abs(place.gap_to_next_segment), 2)
    return f"Its average would have to fall by {by} to be in segment {place.segment - 1}."


def levers(league: League, found: list[Lever]) -> str | None:
    """What it would take to move up a segment, as arithmetic."""
    if not found:
        return None
    if not found[0].segment_can_change:
        return "While the finance rule applies, no score gives it a better segment."
    needed, middle = found[0].metrics_needed, f"the value of the middle {sentences.organisations_of(league)[:-1]}"
    if needed is None:
        return f"Even with each measure at {middle}, its segment stays."
    first = sorted((one.place, one.metric_id) for one in found if one.place and one.place <= needed)
    names = [league.measures[metric].plain_name for _, metric in first if metric in league.measures]
    one, them = ("1 measure", "this one") if needed == 1 else (f"{needed} measures", "these")
    return (
        f"{one} at {middle} would be enough for a better segment, if all else stayed as it is: {'; '.join(names)}. This"
        f" is arithmetic, no forecast and no target: {them} may not matter most to patients."
    )


def moves(member: Member) -> list[tuple[str, str]]:
    """What moved a place since the quarter before, each part in places."""
    change = member.change
    if change is None:
        return []
    parts = (
        ("Its own scores", change.places_own_scores),
        ("Measures of its own that came, went or changed", change.places_own_metrics),
        ("The scores of others", change.places_others),
        ("The borders of segments", change.places_cut_points),
        ("The finance rule", change.places_override),
    )
    return [(name, _moved(places)) for name, places in parts if places is not None]


def _moved(places: Decimal) -> str:
    size = rounded(abs(places), 1)
    if size == "0.0":
        return "no place"
    return f"{size} {'place' if size == '1.0' else 'places'} {'up' if places > 0 else 'down'}"


def left_out(change_excluded: str | None, league: League) -> list[str]:
    """Measures that cannot be compared with the quarter before, each with the reason."""
    said = []
    for part in (change_excluded or "").split("; "):
        metric, _, reason = part.partition(" ")
        if metric in league.measures:
            reason = sentences.in_words(reason.removeprefix("(").removesuffix(")"))
            said.append(f"{league.measures[metric].plain_name}: {reason}")
    return said


def of_patients(league: League, found: PatientPlace, ranked: int) -> str:
    """The place by waits, experience and outcomes alone."""
    if found.rank is None or found.rank_low is None or found.rank_high is None:
        return f"It has no place in this table: {sentences.in_words(found.not_ranked_reason)}."
    alone = league.standing_alone(found.metrics_counted, (found.metrics or "").split())
    return (
        f"By waits, patients’ experience and outcomes alone, its place is likely between {ordinal(found.rank_low)}"
        f" and {ordinal(found.rank_high)} of {ranked}."
        f"{f' {sentences.TOO_NARROW}' if sentences.is_of_few(alone) else ''}"
        " Money and staff do not count here."
    )


def context(found: Context) -> str:
    """How the people of an organisation differ from England on one measure."""
    difference = found.difference_from_england
    if found.measure == "imd":
        size, less, more = rounded(abs(difference), 1), "less deprived", "more deprived"
        said, of = f"{size} points", "on the Index of Multiple Deprivation"
    else:
        size, less, more = rounded(abs(difference * 100), 1), "fewer", "more"
        said = f"{size} percentage points"
        of = "are 65 or over" if found.measure == "share_65_plus" else "live in rural areas"
    if size == "0.0":
        return f"{of[0].upper()}{of[1:]}: as in England" if found.measure == "imd" else f"As many {of} as in England"
    word = more if difference > 0 else less
    if found.measure == "imd":
        return f"{word[0].upper()}{word[1:]} than England by {said} {of}"
    return f"{word.capitalize()} {of} than in England, by {said}"


def basis(found: list[Context]) -> str:
    """By what we know whose context it is, and whether that is sure."""
    known = listed(dict.fromkeys(BASES[one.basis] for one in found))
    careful = (
        " Read it with care: these may be other people than its patients." if any(one.diluted for one in found) else ""
    )
    return f"We know it by {known}.{careful}"


def peers(found: list[Peer]) -> str:
    """What its peers are like it by."""
    alike = dict.fromkeys(one for peer in found for one in peer.measures.split(", "))
    by = listed(ALIKE.get(one, one.replace("_", " ")) for one in alike)
    if found[0].has_close_peers:
        return f"These are most like it by {by}, the nearest first."
    return f"None is close to it. These are only the least unlike by {by}."


def by_scores_alone(found: Teacher) -> str | None:
    """What is said of those named where nothing could be tested."""
    if found.candidate_code is None or not (found.noise_basis or "").startswith("not known"):
        return None
    yearly = "yearly survey, " if found.noise_basis == ONE_PERIOD else ""
    return f"{yearly}by scores alone: chance is not known"


def teacher(found: Teacher) -> str:
    """The value of who is better, or why nobody is named."""
    if found.candidate_value is None:
        return f"Nobody is named: {sentences.in_words(found.not_named_reason)}"
    return value(found.candidate_value, found.unit) + (" (the limit)" if found.at_bound else "")


def support(found: Support, league: League) -> list[str]:
    """What makes an organisation one that needs support, by our four conditions."""
    titles = {one.domain: one.title for one in league.domains}
    domains = listed(titles.get(one, one) for one in (found.domains or "").split())
    said = [sentences.needs_support(found), *([f"In segment 4: {domains}."] if domains else [])]
    if found.status == "not_yet":
        return [
            f"It meets our conditions but one, which cannot be judged: {sentences.in_words(found.not_yet_reason)}.",
            *said,
        ]
    return ["It meets all four of our conditions for who needs support.", *said]


def series(points: Sequence[Point]) -> str:
    """What the months of one measure show."""
    first, last = points[0], points[-1]
    said = (
        f"{months(first.month, last.month)}: from {value(first.value, first.unit)} to {value(last.value, last.unit)}."
    )
    if last.variation == "improvement":
        return f"{said} The last month is better by more than chance would show."
    if last.variation == "concern":
        return f"{said} The last month is worse by more than chance would show."
    if last.variation == "common cause":
        return f"{said} Chance would show as much."
    return f"{said} There are too few months to say what is usual."


def own_value(found: Teacher) -> str:
    """The value of who could learn."""
    return value(found.value, found.unit)


def file_name(file: dict[str, Any]) -> str:
    """A file of a publisher, and how mature it is."""
    maturity = "maturity not stated" if file["maturity"] == "not stated" else file["maturity"]
    return f"{file['file_name']} ({maturity})"


def traced(measured: Measured, origins: list[Origin], files: int = 1) -> str:
    """What a figure is in its file and of what time, or of which it is a part where it is made of several."""
    if measured.value is None:
        return f"score {rounded(measured.score, 2)}" if measured.score is not None else "score"
    said = f"{'part of ' if files > 1 else ''}{measured.value.normalize():f} {measured.unit}"
    periods = sorted({origin.period for origin in origins if origin.period})
    return f"{said}, {span(periods[0], periods[-1])}" if periods else said


def rows_of(origin: Origin, score_row: int | None = None) -> str:
    """The rows of a file that a figure is made from: `row 12`, `rows 14 to 29 (2 counted)`."""
    first, last = origin.first_row, origin.last_row
    if first is None or last is None:
        said = "row not known"
    elif first == last:
        said = f"row {first}"
    else:
        said = f"rows {first} to {last} ({origin.rows_counted} counted)"
    return said if score_row in (None, first) else f"{said}, score in row {score_row}"


def of_domain(found: DomainPlace | None, ranked: int) -> str | None:
    """Where an organisation is on one part of the framework, on which so many are ranked, never without the range."""
    if found is None:
        return None
    said = [] if found.domain_segment is None else [f"segment {found.domain_segment}"]
    if found.rank_low is not None and found.rank_high is not None:
        few = sentences.is_of_few(found.metrics_counted)
        beyond = sentences.beyond(found.rank_low, found.rank_high, ranked) if few else ""
        said.append(f"likely places {span(found.rank_low, found.rank_high)}{beyond}")
    return ", ".join(said) or None


def checked(badges: dict[str, int], total: int) -> str:
    """How many figures of a page could be checked, and how many deserve a question."""
    look, good = badges.get("look", 0), badges.get("good", 0)
    known = look + good
    if known == total:
        said = "We could check this figure." if total == 1 else f"We could check all {total} of these figures."
    else:
        said = f"We could check {known or 'none'} of these {total} figures."
    if look == 1:
        said += f" {'It' if total == 1 else '1 of them'} deserves a question, which does not make it wrong."
    elif look:
        said += f" {look} of them deserve a question, which does not make them wrong."
    return said


def place_of(measured: Measured, joint: bool, count: int) -> str | None:
    """The place on one measure, with how far chance in the counts moves it where these are known."""
    if measured.rank is None:
        return None
    said = f"{placed(measured.rank, joint)} of {count}"
    if measured.rank_low is None or measured.rank_high is None:
        return said
    return f"{said}, likely {span(measured.rank_low, measured.rank_high)}"
