"""A release as its pages see it: leagues with their members, each with its own rows.

Belongs here: laying the rows of one bundle together. Does not: which columns are read (`rows.py`), sentences
(`sentences.py`), pages, which releases there are (`editions.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import TypeVar

from orchestration.quarters import Quarter
from orchestration.releases.release import Release
from orchestration.site.rows import (
    Agreement,
    Band,
    Certainty,
    Change,
    CountingRule,
    Coverage,
    Domain,
    DomainPlace,
    EnglandFigure,
    Measure,
    Measured,
    Organisation,
    Origin,
    Pair,
    PatientPlace,
    Place,
    Point,
    QuarterGuide,
    Row,
    Score,
    Support,
    Waiting,
    rows_of,
)

FINANCE = "finance"  # the domain of money
EXPERIMENTAL = "experimental"  # a league by a method of ours
BETTER, EITHER, WORSE = "better_half", "either_half", "worse_half"

T = TypeVar("T", bound=Row)


@dataclass(frozen=True)
class Member:
    """An organisation in one league. `certainty`, `band` and `change` are there for who has a place."""

    organisation: Organisation
    place: Place
    joint: bool  # others share its place
    certainty: Certainty | None
    band: Band | None
    change: Change | None
    domains: dict[str, DomainPlace]
    measured: dict[str, Measured]
    scores: dict[str, Decimal]  # `score_exact` of the measures that count

    @property
    def code(self) -> str:
        return self.place.organisation_code

    @property
    def name(self) -> str:
        return self.organisation.short_name

    @property
    def slug(self) -> str:
        return self.code.lower()

    @property
    def letter(self) -> str:
        """What it stands under from A to Z."""
        return self.name[0].upper()

    @property
    def region(self) -> str:
        return self.organisation.region or "Region not known"

    @property
    def capped(self) -> bool:
        """Whether the finance rule put it in a worse segment than its scores do."""
        now, alone = self.place.segment, self.place.segment_unadjusted
        return now is not None and alone is not None and now > alone

    @property
    def moved_by_override(self) -> bool:
        return bool(self.certainty and self.certainty.places_lost_to_override)


@dataclass(frozen=True)
class League:
    """A league with its members, those with a place first and in its order."""

    coverage: Coverage
    members: tuple[Member, ...]
    domains: tuple[Domain, ...]
    measures: dict[str, Measure]
    figures: dict[tuple[str, str, str], Decimal]  # of `method_sensitivity`, by assessment, item and measure
    pairs: tuple[Pair, ...]
    official: bool  # NHS England published these places, and ours agree with every one of them

    @property
    def name(self) -> str:
        return self.coverage.league

    @property
    def title(self) -> str:
        return self.coverage.title

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")

    @property
    def published(self) -> bool:
        return self.coverage.published

    @property
    def experimental(self) -> bool:
        return self.coverage.framework_status == EXPERIMENTAL

    @property
    def order(self) -> tuple[bool, bool, str]:
        """Those with a table come first, and those of NHS England before ours."""
        return not self.published, self.experimental, self.name

    @property
    def has_finance_rule(self) -> bool:
        """Whether its framework has one, be it that it moves nobody."""
        return self.coverage.override_segment is not None

    @property
    def of_icbs(self) -> bool:
        return any(member.organisation.organisation_type == "icb" for member in self.members)

    @cached_property
    def placed(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.certainty)

    @cached_property
    def by_name(self) -> tuple[Member, ...]:
        return tuple(sorted(self.members, key=lambda member: (member.name.casefold(), member.code)))

    @cached_property
    def _shared(self) -> Counter[tuple[str, int | None]]:
        ways = ("rank_without_override", "rank_without_finance")
        return Counter((way, getattr(one.certainty, way)) for one in self.placed for way in ways)

    def shares(self, way: str, member: Member) -> bool:
        """Whether others have the place of a member by one of the ways to rank but the published one."""
        return self._shared[way, getattr(member.certainty, way)] > 1

    def standing_alone(self, counted: int, metrics: Iterable[str]) -> int:
        """How many of the measures counted a likely range draws among: the questions of one survey are one."""
        groups = [group for one in metrics if one in self.measures and (group := self.measures[one].metric_group)]
        return counted - len(groups) + len(set(groups))

    @cached_property
    def ranked_in(self) -> Counter[str]:
        """How many have a place on each domain."""
        return Counter(own.domain for one in self.members for own in one.domains.values() if own.rank)

    def at(self, position: str) -> tuple[Member, ...]:
        """Those whose likely range lies so, by name."""
        return tuple(one for one in self.by_name if one.certainty and one.certainty.position == position)

    @cached_property
    def typical_places(self) -> str:
        """How many places the likely range of the middle member covers; of two in the middle their mean."""
        return f"{float(median(one.certainty.places_covered for one in self.placed if one.certainty)):g}"

    @property
    def capped(self) -> tuple[Member, ...]:
        return tuple(member for member in self.by_name if member.capped)

    @property
    def moved(self) -> tuple[Member, ...]:
        return tuple(member for member in self.by_name if member.moved_by_override)


@dataclass(frozen=True)
class Edition:
    """One version of a quarter, as its pages show it."""

    release: Release
    quarter: Quarter
    guide: QuarterGuide
    state: str
    why: str
    leagues: tuple[League, ...]
    organisations: dict[str, Organisation]

    @property
    def version(self) -> int:
        return self.release.version

    @property
    def path(self) -> str:
        """Its folder in the site."""
        return f"{self.quarter.lower()}/v{self.version}"

    @property
    def synthetic(self) -> bool:
        return self.release.synthetic

    def folder(self, league: League, *below: str) -> str:
        """The folder of a league's pages, or of one below it."""
        return "/".join((self.path, league.slug, *below))

    def page_of(self, league: League, member: Member) -> str:
        """The folder of the page of a member of a league."""
        return self.folder(league, member.slug)

    @property
    def dates(self) -> str:
        """`July to September 2025 (Q2 2025/26)`."""
        return f"{self.guide.months} ({self.guide.published_label})"

    def league(self, name: str) -> League | None:
        """The league of a name."""
        return next((one for one in self.leagues if one.name == name), None)

    @cached_property
    def england(self) -> dict[str, EnglandFigure]:
        """What England as a whole comes to, by metric, of those that we compute."""
        return {row.metric_id: row for row in rows_of(self.release, EnglandFigure)}

    @cached_property
    def months(self) -> dict[str, dict[str, Series]]:
        """By organisation and metric, counted as the values of the quarter are."""
        in_force = {(rule.metric_id, rule.measure) for rule in rows_of(self.release, CountingRule)}
        return series(self.release, in_force=in_force)

    @cached_property
    def agreements(self) -> dict[str, list[Agreement]]:
        """By league, of the quarter itself."""
        return _by_league(row for row in rows_of(self.release, Agreement) if row.role == "asked for")

    @cached_property
    def patients(self) -> dict[str, list[PatientPlace]]:
        """By league, of those in which anybody has a place."""
        found = _by_league(rows_of(self.release, PatientPlace))
        return {league: rows for league, rows in found.items() if any(row.rank for row in rows)}

    @cached_property
    def support(self) -> dict[str, list[Support]]:
        """By league."""
        return _by_league(rows_of(self.release, Support))

    @cached_property
    def specialties(self) -> dict[str, list[Waiting]]:
        """By treatment function."""
        found: dict[str, list[Waiting]] = {}
        for row in rows_of(self.release, Waiting):
            found.setdefault(row.treatment_function, []).append(row)
        return dict(sorted(found.items()))

    @cached_property
    def origins(self) -> dict[str, list[Origin]]:
        """Where every value comes from, by organisation."""
        return by_code(rows_of(self.release, Origin))

    def beside(self, league: League, kind: type[T]) -> dict[str, list[T]]:
        """The rows of the table of a kind that a league has, by organisation."""
        return by_code(rows_of(self.release, kind, None, league=league.name))

    def leagues_of(self, code: str) -> list[tuple[League, Member]]:
        """The leagues that an organisation is in."""
        return [(league, one) for league in self.leagues for one in league.members if one.code == code]


def read(release: Release) -> Edition:
    """Lays out a release. Raises LeagueError where it is damaged, or its decisions are."""
    state, why = release.state()
    quarter = Quarter(release.quarter)
    guide = next(one for one in rows_of(release, QuarterGuide) if one.role == "asked for")
    organisations = {one.organisation_code: one for one in rows_of(release, Organisation)}
    official = {
        row["league"]
        for row in release.rows("agreement", measure="league_rank", role="asked for")
        if row["figures"] and not row["unexplained"]
    }
    figures: dict[str, dict[tuple[str, str, str], Decimal]] = {}
    for row in release.rows("method_sensitivity"):
        figures.setdefault(row["league"], {})[row["assessment"], row["item"], row["measure"]] = row["value"]
    measures, domains = _by_league(rows_of(release, Measure)), _by_league(rows_of(release, Domain))
    members, pairs = _members(release, organisations), _by_league(rows_of(release, Pair))
    leagues = [
        League(
            coverage=coverage,
            members=tuple(members.get(coverage.league, ())),
            domains=tuple(domains.get(coverage.league, ())),
            measures={one.metric_id: one for one in measures.get(coverage.league, ())},
            figures=figures.get(coverage.league, {}),
            pairs=tuple(pairs.get(coverage.league, ())),
            official=coverage.league in official,
        )
        for coverage in rows_of(release, Coverage)
    ]
    in_order = tuple(sorted(leagues, key=lambda league: league.order))
    return Edition(release, quarter, guide, state, why, in_order, organisations)


def _members(release: Release, organisations: dict[str, Organisation]) -> dict[str, list[Member]]:
    certainties = _by_member(rows_of(release, Certainty))
    bands = _by_member(rows_of(release, Band))
    changes = _by_member(rows_of(release, Change))
    places = rows_of(release, Place)
    shared = Counter((place.league, place.rank) for place in places)
    of_domains: dict[tuple[str, str], dict[str, DomainPlace]] = {}
    for row in rows_of(release, DomainPlace):
        of_domains.setdefault((row.league, row.organisation_code), {})[row.domain] = row
    measured: dict[tuple[str, str], dict[str, Measured]] = {}
    for one in rows_of(release, Measured):
        measured.setdefault((one.league, one.organisation_code), {})[one.metric_id] = one
    scores: dict[tuple[str | None, str], dict[str, Decimal]] = {}
    for score in rows_of(release, Score):
        if score.counted and score.score_exact is not None:
            scores.setdefault((score.league, score.organisation_code), {})[score.metric_id] = score.score_exact
    found: dict[str, list[Member]] = {}
    for place in places:
        key = (place.league, place.organisation_code)
        found.setdefault(place.league, []).append(
            Member(
                organisation=organisations[place.organisation_code],
                place=place,
                joint=place.rank is not None and shared[place.league, place.rank] > 1,
                certainty=certainties.get(key),
                band=bands.get(key),
                change=changes.get(key),
                domains=of_domains.get(key, {}),
                measured=measured.get(key, {}),
                scores=scores.get(key, {}),
            )
        )
    return found


def _by_league(rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.league, []).append(row)  # type: ignore[attr-defined]
    return found


def by_code(rows: Iterable[T]) -> dict[str, list[T]]:
    """Rows by the organisation that they are of."""
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.organisation_code, []).append(row)  # type: ignore[attr-defined]
    return found


def _by_member(rows: Iterable[T]) -> dict[tuple[str, str], T]:
    return {(row.league, row.organisation_code): row for row in rows}  # type: ignore[attr-defined]


# Months


@dataclass(frozen=True)
class Series:
    """The months of one measure of one organisation."""

    points: tuple[Point, ...]
    other_measures: frozenset[str] = frozenset()  # what else its metric counts, by other rules
    apart: frozenset[str] = frozenset()  # whom it took over since, and who is not in these months
    releases: int = 1  # how many releases its months are of, each with limits of its own

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def reach(self) -> tuple[date, int]:
        """How far it reaches, to prefer the one that says more."""
        return self.last.month, len(self.points)


def series(*releases: Release, in_force: Collection[tuple[str, str]] = ()) -> dict[str, dict[str, Series]]:
    """The months of trusts and boards, by organisation and metric: of quarters, or of a release of all months, whose
    tables are a publication and year each. Of a month that several have, what the first of them says. Where a metric is
    counted in several ways, the months of the one in force, else of the one that reaches furthest. A release of before
    a merger has months without those who were taken over: they are never joined to months with them."""
    found: dict[str, dict[tuple[str, str], dict[date, tuple[Point, int]]]] = {}
    predecessors: dict[str, set[str]] = {}
    counted: list[set[str]] = [set() for _ in releases]
    for number, release in enumerate(releases):
        tables = [Point.TABLE]
        if release.since:
            tables = sorted(path.stem for path in release.folder.glob("*.parquet"))
        for table in tables:
            for kind in ("trust", "icb"):
                for row in rows_of(release, Point, table, organisation_type=kind):
                    of_one = found.setdefault(row.organisation_code, {})
                    of_one.setdefault((row.metric_id, row.measure), {}).setdefault(row.month, (row, number))
                    predecessors.setdefault(row.organisation_code, set()).update(row.predecessor_codes)
                    counted[number].add(row.organisation_code)
    preferred: dict[str, dict[str, Series]] = {}
    for code, ways in sorted(found.items()):
        apart = [frozenset(predecessors[code] & of_release) for of_release in counted]
        of_metric: dict[str, list[Series]] = {}
        for (metric, _), months in sorted(ways.items()):
            _, newest = months[max(months)]
            joined = [of for _, of in sorted(months.items()) if apart[of[1]] == apart[newest]]
            points, numbers = zip(*joined, strict=True)
            made = Series(points, apart=apart[newest], releases=len(set(numbers)))
            of_metric.setdefault(metric, []).append(made)
        preferred[code] = {metric: _preferred(made, in_force) for metric, made in of_metric.items()}
    return preferred


def _preferred(ways: list[Series], in_force: Collection[tuple[str, str]]) -> Series:
    best = max(ways, key=lambda one: ((one.last.metric_id, one.last.measure) in in_force, one.reach))
    return replace(best, other_measures=frozenset(one.last.measure for one in ways) - {best.last.measure})
