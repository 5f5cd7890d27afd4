"""The page of one organisation in one league of one quarter, and its card to embed.

Belongs here: laying out what one page shows. Does not: what it says of that (`sentences.py`), pictures, and where a
figure comes from (`view.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from orchestration.site import organisation_sentences as said
from orchestration.site import pictures, sentences
from orchestration.site.league_pages import above
from orchestration.site.pictures import Scale
from orchestration.site.render import File, page
from orchestration.site.rows import (
    Context,
    InContext,
    Lever,
    Measure,
    Measured,
    Origin,
    Peer,
    Quality,
    Teacher,
    Value,
)
from orchestration.site.view import FINANCE, Edition, League, Member

LOOK, GOOD = "look", "good"  # badges of `data_quality` that a page shows beside a figure
FEWEST_MONTHS = 3  # a line of two months shows no course


@dataclass(frozen=True)
class Way:
    """One way to rank a league, and where an organisation is by it."""

    name: str
    note: str
    rank: int | None
    low: int
    high: int
    joint: bool = False


@dataclass(frozen=True)
class Row:
    """One measure of a page."""

    measure: Measure
    measured: Measured
    picture: Markup
    standing: str | None
    place: str | None  # `22nd of 49`
    period: str | None
    older: bool
    counts: str | None  # `96,483 of 156,401 waits`
    badge: Quality | None


@dataclass(frozen=True)
class Trace:
    """The rows of a file that one figure comes from."""

    name: str
    figure: str
    rows: str


@dataclass(frozen=True)
class Course:
    """The months of one measure."""

    name: str
    picture: Markup
    said: str


@dataclass(frozen=True)
class Neighbour:
    """Another organisation that a page names, with its page where it has one."""

    name: str
    path: str | None


class Background:
    """What the pages of one league have in common, made once."""

    def __init__(self, edition: Edition, league: League) -> None:
        self.edition, self.league = edition, league
        self.by_code = {member.code: member for member in league.members}
        self.values = edition.beside(league, Value)
        self.badges = edition.beside(league, Quality)
        self.contexts = edition.beside(league, Context)
        self.in_context = edition.beside(league, InContext)
        self.peers = edition.beside(league, Peer)
        self.teachers = edition.beside(league, Teacher)
        self.support = {one.organisation_code: one for one in edition.support.get(league.name, ())}
        self.of_patients = {one.organisation_code: one for one in edition.patients.get(league.name, ())}
        self.levers = edition.beside(league, Lever)
        self.files = {sha256: said.file_name(one) for sha256, one in edition.release.sources.items()}
        self.outcomes = Counter(one.outcome for rows in self.in_context.values() for one in rows)
        self.ranked_for_patients = sum(one.rank is not None for one in self.of_patients.values())
        found: dict[str, list[Decimal]] = {}
        for member in league.members:
            for metric, one in member.measured.items():
                if one.value is not None and one.direction is not None:
                    found.setdefault(metric, []).append(one.value)
        self.counts = {metric: len(values) for metric, values in found.items()}
        self.scales = {
            metric: Scale.of(values, league.measures[metric].direction == "lower_better")
            for metric, values in found.items()
            if metric in league.measures
        }
        self.shared = Counter(
            (metric, one.rank) for member in league.members for metric, one in member.measured.items()
        )

    def neighbour(self, code: str | None) -> Neighbour | None:
        """An organisation of the league by its code."""
        if code is None or code not in self.by_code:
            return None
        member = self.by_code[code]
        return Neighbour(member.name, self.edition.page_of(self.league, member))


def pages(edition: Edition, league: League) -> Iterator[File]:
    """A page and a card for each member of a league."""
    background = Background(edition, league)
    for member in league.members:
        path = edition.page_of(league, member)
        shared: dict[str, Any] = {"league": league, "member": member}
        yield page(
            "organisation",
            path,
            member.organisation.organisation_name,
            above(edition, league),
            edition,
            **shared,
            said=said,
            **_shown(background, member),
        )
        yield page("card", f"{path}/card", member.organisation.organisation_name, edition=edition, **shared)


def _shown(background: Background, member: Member) -> dict[str, object]:
    """What the page of one organisation shows besides its place."""
    edition, league, code = background.edition, background.league, member.code
    values = _values(league, background.values.get(code, []))
    badges = {one.metric_id: one for one in background.badges.get(code, ())}
    rows = [_row(background, member, measure, values, badges) for measure in league.measures.values()]
    found = [row for row in rows if row]
    care = [
        (domain, member.domains.get(domain.domain), [row for row in found if row.measure.domain == domain.domain])
        for domain in league.domains
        if domain.domain != FINANCE
    ]
    absent: dict[str, list[str]] = {}
    for measure in league.measures.values():
        if measure.counted and measure.metric_id not in member.measured and member.measured:
            value = values.get(measure.metric_id)
            reason = said.not_counted(value.status_reason if value else None)
            absent.setdefault(reason, []).append(measure.plain_name)
    peers = background.peers.get(code, [])
    contexts = [one for one in background.contexts.get(code, ()) if one.preferred]
    patients = background.of_patients.get(code)
    support = background.support.get(code)
    return {
        "board": _board(edition, member),
        "ways": list(_ways(league, member)),
        "care": [(domain, place, rows) for domain, place, rows in care if rows],
        "money": sorted(
            (row for row in found if row.measure.domain == FINANCE), key=lambda row: not row.measure.counted
        ),
        "total": len(found),
        "badges": Counter(row.badge.badge for row in found if row.badge),
        "absent": absent,
        "patients": said.of_patients(league, patients, background.ranked_for_patients) if patients else None,
        "patients_measures": [
            league.measures[metric].plain_name
            for metric in ((patients.metrics or "").split() if patients and patients.rank else ())
            if metric in league.measures
        ],
        "contexts": contexts,
        "outcomes": [
            (_outcome(league, one.outcome), one, background.outcomes[one.outcome], _rests_on_few(league, member, one))
            for one in background.in_context.get(code, ())
        ],
        "peers": [(one, background.neighbour(one.peer_code)) for one in peers],
        "teachers": _teachers(background, member),
        "at_bound": any(one.at_bound for one in background.teachers.get(code, ())),
        "levers": said.levers(league, background.levers.get(code, [])),
        "support": said.support(support, league) if support else [],
        "courses": list(_courses(background, code)),
        "traces": _traces(background, found, values, edition.origins.get(code, [])),
        "area": _area(edition, member) if league.of_icbs else [],
    }


def _values(league: League, found: list[Value]) -> dict[str, Value]:
    """The value of each metric that its league counts: of the basis that the guide names, or of the other one where
    only that is reported."""
    chosen: dict[str, Value] = {}
    for one in found:
        measure = league.measures.get(one.metric_id)
        known = chosen.get(one.metric_id)
        better = known is None or (one.status == "reported") > (known.status == "reported")
        same = known is not None and (one.status == "reported") == (known.status == "reported")
        if better or (same and measure and one.value_basis == measure.value_basis):
            chosen[one.metric_id] = one
    return chosen


def _row(
    background: Background,
    member: Member,
    measure: Measure,
    values: dict[str, Value],
    badges: dict[str, Quality],
) -> Row | None:
    """A measure as its organisation has it, or nothing where it has no figure."""
    measured = member.measured.get(measure.metric_id)
    if measured is None:
        return None
    value, metric = values.get(measure.metric_id), measure.metric_id
    picture, place = Markup(), None
    if measured.value is not None and metric in background.scales:
        quartiles = (measured.lower_quartile, measured.upper_quartile)
        picture = pictures.value_strip(
            background.scales[metric],
            None if quartiles[0] is None or quartiles[1] is None else (quartiles[0], quartiles[1]),
            measured.median,
            measured.value,
        )
        joint = background.shared[metric, measured.rank] > 1
        place = said.place_of(measured, joint, background.counts[metric])
    badge = badges.get(metric)
    return Row(
        measure=measure,
        measured=measured,
        picture=picture,
        standing=sentences.standing_of(measured),
        place=place,
        period=sentences.period(value),
        older=bool(value and value.period_end and value.period_end < background.edition.guide.first_day),
        counts=said.in_counts(measure, measured, value.status_reason if value else None),
        badge=badge if badge and badge.badge in (LOOK, GOOD) else None,
    )


def _ways(league: League, member: Member) -> Iterator[Way]:
    """The ways to rank the league that its release knows, with the likely places by each."""
    certainty, place = member.certainty, member.place
    if certainty is None:
        return
    whose = "NHS England’s method" if league.official else "Our method" if league.experimental else "The method"
    yield Way(whose, "", certainty.rank, certainty.rank_low, certainty.rank_high, member.joint)
    if league.has_finance_rule:
        for name, note, way in (
            ("By average score alone", "without the finance rule", "without_override"),
            ("Without any money measures", "", "without_finance"),
        ):
            rank, low, high = (getattr(certainty, f"{one}_{way}") for one in ("rank", "rank_low", "rank_high"))
            if low is not None and high is not None:
                yield Way(name, note, rank, low, high, league.shares(f"rank_{way}", member))
    if certainty.left_out_rank_low is not None and certainty.left_out_rank_high is not None:
        metric = certainty.left_out_metric or ""
        name = league.measures[metric].plain_name if metric in league.measures else metric
        note = f"moves most without “{name}”" if name else ""
        yield Way("With any 1 measure left out", note, None, certainty.left_out_rank_low, certainty.left_out_rank_high)
    if certainty.method_rank_low is not None and certainty.method_rank_high is not None:
        yield Way(
            "By other sound methods",
            "thousands of ways to score, weigh and average; the place is the middle one",
            certainty.method_rank_median,
            certainty.method_rank_low,
            certainty.method_rank_high,
        )
    if certainty.metrics_measured and certainty.measurement_rank_low and certainty.measurement_rank_high:
        yield Way(
            "If chance moves the counts",
            f"on the measures with counts: {certainty.metrics_measured} of {place.metrics_counted}",
            None,
            certainty.measurement_rank_low,
            certainty.measurement_rank_high,
        )
    if member.band:
        yield Way(
            "What a strict test cannot rule out",
            "all pairs at once",
            None,
            member.band.best_rank,
            member.band.worst_rank,
        )


def _rests_on_few(league: League, member: Member, row: InContext) -> bool:
    """Whether the range of a score seen with its context is too narrow, as that of the score itself is."""
    domain = member.domains.get(row.outcome)
    return sentences.is_of_few(domain.metrics_counted) if domain else sentences.has_few(league, member)


def _outcome(league: League, outcome: str) -> str:
    """The name of a measure or of a part of the framework."""
    if outcome in league.measures:
        return league.measures[outcome].plain_name
    titles = {one.domain: one.title for one in league.domains}
    return titles.get(outcome, outcome.replace("_", " ").capitalize())


def _teachers(
    background: Background, member: Member
) -> list[tuple[Measure, str, str | None, list[tuple[Neighbour | None, str]]]]:
    """For each weak measure who does better, with the values of both."""
    league = background.league
    found: dict[str, list[Teacher]] = {}
    for one in background.teachers.get(member.code, ()):
        if one.metric_id in league.measures:
            found.setdefault(one.metric_id, []).append(one)
    if not any(one.candidate_code for rows in found.values() for one in rows):
        return []
    return [
        (
            league.measures[metric],
            said.own_value(rows[0]),
            said.by_scores_alone(rows[0]),
            [(background.neighbour(one.candidate_code), said.teacher(one)) for one in rows],
        )
        for metric, rows in found.items()
    ]


def _courses(background: Background, code: str) -> Iterator[Course]:
    """The measures of the league that the release has months of."""
    for metric, found in background.edition.months.get(code, {}).items():
        measure = background.league.measures.get(metric)
        if measure and len(found.points) >= FEWEST_MONTHS:
            course = " ".join(filter(None, (said.series(found.points), sentences.way(found))))
            yield Course(measure.plain_name, pictures.series(found.points), course)


def _traces(
    background: Background, rows: list[Row], values: dict[str, Value], origins: list[Origin]
) -> dict[str, list[Trace]]:
    """Where every figure of the measures comes from, by file and sheet."""
    of_values: dict[tuple[str, str], list[Origin]] = {}
    for origin in origins:
        of_values.setdefault((origin.metric_id, origin.value_basis), []).append(origin)
    found: dict[str, list[Trace]] = {}
    for row in rows:
        value = values.get(row.measure.metric_id)
        at: dict[str, list[Origin]] = {}
        for origin in of_values.get((value.metric_id, value.value_basis), ()) if value else ():
            file = background.files.get(origin.source_sha256, origin.source_sha256)
            place = f"{file}, {origin.member_or_sheet}" if origin.member_or_sheet else file
            at.setdefault(place, []).append(origin)
        for place, parts in at.items():
            figure = said.traced(row.measured, parts, len(at))
            rows_of = [said.rows_of(one, value.published_score_row if value else None) for one in parts]
            found.setdefault(place, []).append(Trace(row.measure.plain_name, figure, "; ".join(rows_of)))
    return found


def _board(edition: Edition, member: Member) -> Neighbour | None:
    """The board that a trust belongs to."""
    code, name = member.organisation.icb_code, member.organisation.icb_name
    if not code or code == member.code:
        return None
    for league, one in edition.leagues_of(code):
        return Neighbour(one.name, edition.page_of(league, one))
    return Neighbour(name or code, None)


def _area(edition: Edition, board: Member) -> list[tuple[League, list[Member]]]:
    """The trusts that belong to a board, by league."""
    found = [
        (league, [one for one in league.by_name if one.organisation.icb_code == board.code])
        for league in edition.leagues
        if not league.of_icbs
    ]
    return [(league, members) for league, members in found if members]
