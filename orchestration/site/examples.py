"""The example on each page of the method: one organisation of a release, and what is said of it.

Belongs here: choosing it by a rule, the sentences. Does not: the questions (`method_pages.py`). An edition without the
figures has no example. Whoever is nearest to the middle of a league stands for it, so that nobody is picked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from orchestration.site import organisation_sentences, sentences
from orchestration.site.editions import Editions
from orchestration.site.rows import (
    ALL_SPECIALTIES,
    Context,
    Measure,
    Measured,
    Pair,
    PatientPlace,
    Peer,
    Quality,
    Score,
    Waiting,
    rows_of,
)
from orchestration.site.view import Edition, League, Member, Series
from orchestration.site.words import counted, dated, listed, months, ordinal, rounded, times_in_100, value


@dataclass(frozen=True)
class Example:
    """What a page of the method says of one edition, and whose page has more."""

    edition: Edition
    league: League
    member: Member | None  # None where it is about a whole league, or about England
    said: tuple[str, ...]

    @property
    def about(self) -> str:
        """Whom it is about."""
        return self.member.name if self.member else self.league.title

    @property
    def path(self) -> str:
        """The page that has more of it."""
        return self.edition.folder(self.league, *([self.member.slug] if self.member else []))


@dataclass(frozen=True)
class Label:
    """How sure we are of a rule, and the measures that are scored by such rules."""

    name: str
    meaning: str
    measures: tuple[str, ...]


VERDICTS = {
    "improved": "Chance would hardly show that, so we say that it improved.",
    "worsened": "Chance would hardly show that, so we say that it got worse.",
    "no change shown": "Chance alone could show that, so we say that no change is shown.",
}
BADGES = {"good": "good", "look": "worth a second look", "not checked": "not checked"}

# Which organisation


def newest_first(shown: Editions) -> list[Edition]:
    """The editions that examples come from, the newest first. Those without places of trusts come after the others."""
    return sorted(shown.in_force[::-1], key=lambda one: all(league.of_icbs for league, _ in _middles(one)))


def from_the_middle(league: League) -> list[Member]:
    """Who has a place and is not held down by the finance rule, the nearest to the middle of the league first."""
    half = (len(league.placed) + 1) / 2
    free = [
        (abs(one.certainty.rank - half), one.code, one) for one in league.placed if one.certainty and not one.capped
    ]
    return [member for *_, member in sorted(free)]


def _lost(member: Member) -> int:
    return (member.certainty and member.certainty.places_lost_to_override) or 0


def _middles(edition: Edition) -> Iterator[tuple[League, Member]]:
    """The middle of each league, those of trusts first."""
    for league in sorted(edition.leagues, key=lambda one: one.of_icbs):
        yield from ((league, one) for one in from_the_middle(league)[:1])


def labels(leagues: Iterable[League]) -> list[Label]:
    """Which measures of leagues have which label."""
    found: dict[str, set[str]] = {name: set() for name in sentences.LABELS}
    for league in leagues:
        for measure in league.measures.values():
            found[measure.label].add(measure.plain_name)
    return [Label(name, meaning, tuple(sorted(found[name]))) for name, meaning in sentences.LABELS.items()]


# Examples by question


def none(edition: Edition) -> None:
    """A page that needs no example."""


def likely_range(edition: Edition) -> Example | None:
    """A place with its likely range."""
    for league, member in _middles(edition):
        return Example(edition, league, member, (*sentences.answer(league, member), of_likely_score(member)))
    return None


def finance_rule(edition: Edition) -> Example | None:
    """The trust that the finance rule moves by the most places."""
    for league in edition.leagues:
        if capped := [one for one in league.placed if one.capped]:
            member = max(capped, key=_lost)
            return Example(edition, league, member, (of_override(member), *sentences.answer(league, member)))
    return None


def score(edition: Edition) -> Example | None:
    """A score that is made by rank."""
    for league, member in _middles(edition):
        for row in rows_of(edition.release, Score, league=league.name, organisation_code=member.code):
            measure = league.measures.get(row.metric_id)
            if measure and measure.scoring_rule == "rank" and row.counted and row.rank_in_population:
                return Example(edition, league, member, of_score(row, measure, member))
    return None


def agreement(edition: Edition) -> Example | None:
    """How far the measures of a league go together."""
    for league, _ in _middles(edition):
        if ("agreement", "league", "mean_correlation") in league.figures:
            return Example(edition, league, None, of_agreement(league))
    return None


def change(edition: Edition) -> Example | None:
    """A change of the average score."""
    for league, member in _middles(edition):
        if member.change and member.change.change is not None:
            return Example(edition, league, member, of_change(member))
    return None


def pair(edition: Edition) -> Example | None:
    """The two in the middle of a league."""
    for league, member in _middles(edition):
        free = [one for one in league.placed if not one.capped]
        others = {one.code: one for one in free[free.index(member) + 1 :][:1]}
        for row in league.pairs:
            if {row.code_a, row.code_b} - {member.code} <= others.keys() and member.code in (row.code_a, row.code_b):
                (other,) = others.values()
                return Example(edition, league, member, of_pair(row, member, other))
    return None


def board(edition: Edition) -> Example | None:
    """A board and the counts behind one of its figures."""
    for league, member in _middles(edition):
        if not league.experimental:
            continue
        said = filter(None, (of_counts(league.measures[one.metric_id], one) for one in member.measured.values()))
        return Example(edition, league, member, (*sentences.answer(league, member), *islice(said, 1)))
    return None


def patients(edition: Edition) -> Example | None:
    """The middle of the table of what patients would ask."""
    for league in sorted(edition.leagues, key=lambda one: one.of_icbs):
        if placed := [one for one in edition.patients.get(league.name, []) if one.rank is not None]:
            row = placed[len(placed) // 2]
            member = next(one for one in league.members if one.code == row.organisation_code)
            return Example(edition, league, member, of_patients(league, row, len(placed)))
    return None


def context(edition: Edition) -> Example | None:
    """Where patients live, and who is most alike."""
    for league, member in _middles(edition):
        of_member = {"league": league.name, "organisation_code": member.code}
        lives = rows_of(edition.release, Context, measure="imd", preferred=True, **of_member)
        if lives:
            alike = rows_of(edition.release, Peer, **of_member)[:3]
            names = [edition.organisations[one.peer_code].short_name for one in alike]
            return Example(edition, league, member, of_context(lives[0], alike, names))
    return None


def quality(edition: Edition) -> Example | None:
    """The badges of one organisation, of which one says that a second look is worth it."""
    for league, _ in _middles(edition):
        found = [
            one for one in rows_of(edition.release, Quality, league=league.name) if one.metric_id in league.measures
        ]
        look = {one.organisation_code for one in found if one.badge == "look"}
        for member in (one for one in from_the_middle(league) if one.code in look):
            own = [one for one in found if one.organisation_code == member.code]
            return Example(edition, league, member, of_quality(own, league))
    return None


def specialty(edition: Edition) -> Example | None:
    """The first specialty that somebody in the middle of a league is ranked in."""
    for league, member in _middles(edition):
        for function, waiting in edition.specialties.items():
            ranked = [one for one in waiting if one.rank is not None and function != ALL_SPECIALTIES]
            for row in (one for one in ranked if one.organisation_code == member.code):
                count = sum(one.side == row.side for one in ranked)
                return Example(edition, league, member, of_specialty(row, count))
    return None


def series(edition: Edition) -> Example | None:
    """The last month of the first measure that has limits."""
    for league, member in _middles(edition):
        for found in edition.months.get(member.code, {}).values():
            if any(point.lower_limit is not None for point in found.points):
                return Example(edition, league, member, of_series(found))
    return None


# What is said


def of_likely_score(member: Member) -> str:
    place = member.place
    assert place.average_score is not None and place.average_score_low is not None
    assert place.average_score_high is not None
    return (
        f"Its average score is {rounded(place.average_score, 2)}. In 19 of 20 draws of measures like its own it is"
        f" between {rounded(place.average_score_low, 2)} and {rounded(place.average_score_high, 2)}."
    )


def of_override(member: Member) -> str:
    place = member.place
    assert place.average_score is not None
    return (
        f"Its average score is {rounded(place.average_score, 2)}. By that alone it would be in segment"
        f" {place.segment_unadjusted}. The finance rule puts it in segment {place.segment}."
    )


def of_score(row: Score, measure: Measure, member: Member) -> tuple[str, ...]:
    assert row.score is not None and row.population_size and row.rank_in_population
    assert member.place.average_score is not None
    better = row.rank_in_population - 1
    others = f"{better:,} of the others {'has' if better == 1 else 'have'}" if better else "None of the others has"
    return (
        f"On “{measure.plain_name}”, {row.population_size:,} are scored together. {others} a better figure than it.",
        f"So its score is 1 + 3 \N{MULTIPLICATION SIGN} {better:,} ÷ {row.population_size - 1:,}, which is"
        f" {rounded(row.score, 2)}.",
        f"It has scores on {counted(member.place.metrics_counted, 'measure')}. With their weights the"
        f" average is {rounded(member.place.average_score, 2)}.",
    )


def of_agreement(league: League) -> tuple[str, ...]:
    figures = {measure: number for (_, item, measure), number in league.figures.items() if item == "league"}
    return (
        f"The average correlation of these {figures['metrics']:.0f} measures is"
        f" {rounded(figures['mean_correlation'], 2)}. At 1 they would all say the same. At 0 they would have nothing in"
        " common.",
        f"They say as much as about {figures['effective_dimensions']:.0f} measures that have nothing in common.",
    )


def of_change(member: Member) -> tuple[str, ...]:
    row = member.change
    assert row and row.change is not None and row.change_low is not None and row.change_high is not None and row.verdict
    assert row.previous_average_score is not None and row.average_score is not None
    before, now = rounded(row.previous_average_score, 2), rounded(row.average_score, 2)
    went = f"went from {before} to {now}" if before != now else f"stayed at {now}"
    return (
        f"Its average score {went}. Lower is better.",
        f"We can compare {counted(row.metrics_compared, 'measure')}. On these the score changed by"
        f" {_signed(row.change)}. With other measures of the same kind it could be anything from"
        f" {_signed(row.change_low)} to {_signed(row.change_high)}.",
        VERDICTS[row.verdict],
    )


def of_pair(row: Pair, one: Member, other: Member) -> tuple[str, ...]:
    ahead = row.ahead_share if row.code_a == one.code else 1 - row.ahead_share - row.level_share
    apart = "can be told apart" if row.told_apart_alone else "cannot be told apart"
    strict = "can" if row.told_apart_all else "cannot"
    return (
        f"{one.name} comes out ahead of {other.name} {times_in_100(ahead)}.",
        f"Their average scores differ by {rounded(abs(row.score_difference), 2)}. As one pair they {apart}. In the"
        f" strict test of all pairs at once they {strict}.",
    )


def of_counts(measure: Measure, row: Measured) -> str | None:
    counts = organisation_sentences.in_counts(measure, row)
    if row.value is None or counts is None:
        return None
    return f"Its figure for “{measure.plain_name}” is {value(row.value, row.unit)}: {counts}."


def of_patients(league: League, row: PatientPlace, count: int) -> tuple[str, ...]:
    assert row.average_score is not None
    parts = {"waits": row.waits_score, "experience": row.experience_score, "outcomes": row.outcomes_score}
    known = listed(f"{rounded(number, 2)} for {name}" for name, number in parts.items() if number is not None)
    return (
        organisation_sentences.of_patients(league, row, count),
        f"Its average score on {counted(row.metrics_counted, 'measure')} is {rounded(row.average_score, 2)}: {known}.",
    )


def of_context(lives: Context, alike: list[Peer], names: list[str]) -> tuple[str, ...]:
    said = f"{organisation_sentences.context(lives)}. {organisation_sentences.basis([lives])}"
    return (said, f"{organisation_sentences.peers(alike)} First come: {'; '.join(names)}.") if alike else (said,)


def of_quality(found: list[Quality], league: League) -> tuple[str, ...]:
    badges = {words: sum(one.badge == badge for one in found) for badge, words in BADGES.items()}
    each = listed(f"{count} {'is' if count == 1 else 'are'} {words}" for words, count in badges.items() if count)
    look = next(one for one in found if one.badge == "look")
    return (
        f"Of its {counted(len(found), 'figure')}, {each}.",
        f"A second look is worth “{league.measures[look.metric_id].plain_name}”: {dated(look.reasons)}.",
    )


def of_specialty(row: Waiting, count: int) -> tuple[str, ...]:
    assert row.rank_low is not None and row.rank_high is not None and row.funnel_centre is not None
    spread = sentences.FUNNEL[row.funnel or ""]
    return (
        f"At the end of {months(row.month, row.month)} it had {row.pathways:,} waits for"
        f" “{row.treatment_function_name}”. Of these {row.within_18_weeks:,} were of 18 weeks or less. That is"
        f" {rounded(row.share_within_18_weeks, 1)}%.",
        f"Of all who are ranked with it, the figure is {rounded(row.funnel_centre, 1)}%. That is {spread}.",
        f"Its place is very likely {_between(row.rank_low, row.rank_high)} of {count}.",
    )


def _between(low: int, high: int) -> str:
    return ordinal(low) if low == high else f"between {ordinal(low)} and {ordinal(high)}"


def of_series(months: Series) -> tuple[str, ...]:
    said = (f"Its measure “{months.last.metric_title}”: {sentences.course(months)}", sentences.sketch(months))
    return tuple(one for one in said if one)


def _signed(number: Decimal) -> str:
    text = rounded(number, 2)
    if number < 0:
        return text.replace("-", "\N{MINUS SIGN}")
    return text if text == "0.00" else f"+{text}"
