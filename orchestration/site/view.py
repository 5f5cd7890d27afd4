"""What the pages read of a release, typed: every figure of a page is a field here, named as its column.

Belongs here: reading the tables of one bundle and laying each organisation's rows together. Does not: sentences
(`sentences.py`), pages, which releases there are (`editions.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import ClassVar, TypeVar

from orchestration.quarters import Quarter
from orchestration.releases.release import Release
from orchestration.site.words import whole

FINANCE = "finance"  # the domain of money
EXPERIMENTAL = "experimental"  # a league that NHS England has not ranked
BETTER, EITHER, WORSE = "better_half", "either_half", "worse_half"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QuarterGuide:
    TABLE: ClassVar = "quarter_guide"
    framework: str
    framework_title: str
    role: str
    published_label: str
    months: str
    first_day: date
    last_day: date
    is_fictional: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    TABLE: ClassVar = "league_coverage"
    league: str
    title: str
    framework: str
    framework_status: str
    override_segment: int | None
    published: bool
    absent_reason: str | None
    organisations: int
    coverage: str | None
    metrics_expected: int
    metrics_scored: int
    metrics_missing: str | None
    metrics_of_an_earlier_month: str | None


@dataclass(frozen=True, slots=True)
class Organisation:
    TABLE: ClassVar = "organisation_guide"
    organisation_code: str
    organisation_name: str
    short_name: str
    organisation_type: str
    leagues: str | None
    trust_subtype: str | None
    region: str | None
    icb_code: str | None
    icb_name: str | None
    town: str | None
    postcode: str | None


@dataclass(frozen=True, slots=True)
class Place:
    TABLE: ClassVar = "league_table"
    league: str
    organisation_code: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    average_score: Decimal | None
    average_score_low: Decimal | None
    average_score_high: Decimal | None
    segment_unadjusted: int | None
    financial_override: int | None
    segment: int | None
    final_segment: int | None
    rank_without_override: int | None
    gap_to_next_segment: Decimal | None
    metrics_counted: int
    metrics_expected: int
    ranked: bool
    not_ranked_reason: str | None
    framework_status: str
    previous_rank: int | None


@dataclass(frozen=True, slots=True)
class Certainty:
    TABLE: ClassVar = "rank_robustness"
    league: str
    organisation_code: str
    rank: int
    rank_low: int
    rank_high: int
    places_covered: int
    position: str
    same_segment_share: Decimal | None
    rank_without_override: int | None
    rank_low_without_override: int | None
    rank_high_without_override: int | None
    places_lost_to_override: int | None
    rank_without_finance: int | None
    rank_low_without_finance: int | None
    rank_high_without_finance: int | None
    left_out_rank_low: int | None
    left_out_rank_high: int | None
    left_out_metric: str | None
    method_rank_low: int | None
    method_rank_median: int | None
    method_rank_high: int | None
    metrics_measured: int
    measurement_rank_low: int | None
    measurement_rank_high: int | None


@dataclass(frozen=True, slots=True)
class Band:
    TABLE: ClassVar = "rank_bands"
    league: str
    organisation_code: str
    best_rank: int
    worst_rank: int
    told_apart_from: int


@dataclass(frozen=True, slots=True)
class Change:
    TABLE: ClassVar = "improvement"
    league: str
    organisation_code: str
    previous_quarter: str | None
    previous_average_score: Decimal | None
    average_score: Decimal | None
    metrics_compared: int
    metrics_excluded: str | None
    metrics_carried_over: str | None
    change: Decimal | None
    change_low: Decimal | None
    change_high: Decimal | None
    verdict: str | None
    previous_rank: int | None
    places_own_scores: Decimal | None
    places_own_metrics: Decimal | None
    places_others: Decimal | None
    places_cut_points: Decimal | None
    places_override: Decimal | None
    not_compared_reason: str | None


@dataclass(frozen=True, slots=True)
class Domain:
    TABLE: ClassVar = "domains_in_force"
    league: str
    domain: str
    title: str


@dataclass(frozen=True, slots=True)
class DomainPlace:
    TABLE: ClassVar = "domain_league_table"
    league: str
    domain: str
    organisation_code: str
    domain_score: Decimal | None
    domain_segment: int | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    metrics_counted: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of one league, in plain words."""

    TABLE: ClassVar = "metric_guide"
    league: str
    metric_id: str
    title: str
    plain_name: str
    what: str
    why: str
    falls_short: str
    words_status: str
    domain: str
    sub_domain: str | None
    unit: str
    direction: str | None
    scoring_rule: str
    standard: Decimal | None
    floor: Decimal | None
    weight: Decimal
    counted: bool
    value_basis: str
    scored_among: str
    publication: str | None
    label: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """An organisation's value, score and place on one measure."""

    TABLE: ClassVar = "metric_league_table"
    league: str
    metric_id: str
    organisation_code: str
    value: Decimal | None
    value_low: Decimal | None
    value_high: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    unit: str
    direction: str | None
    score: Decimal | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    no_limits_because: str | None
    median: Decimal | None
    lower_quartile: Decimal | None
    upper_quartile: Decimal | None


@dataclass(frozen=True, slots=True)
class EnglandFigure:
    TABLE: ClassVar = "england_figures"
    metric_id: str
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Agreement:
    TABLE: ClassVar = "agreement"
    role: str
    league: str
    measure: str
    figures: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class Point:
    """A month of one measure of one organisation, with the limits of its own months."""

    TABLE: ClassVar = "metric_series"
    metric_id: str
    metric_title: str
    measure: str
    organisation_code: str
    month: date
    value: Decimal
    unit: str
    predecessors: str | None
    phase: int
    phase_reason: str | None
    points: int
    limits: str
    mean: Decimal | None
    lower_limit: Decimal | None
    upper_limit: Decimal | None
    variation: str
    target: Decimal | None
    assurance: str | None


@dataclass(frozen=True, slots=True)
class PatientPlace:
    """A place by waits, experience and outcomes alone. Ours."""

    TABLE: ClassVar = "patient_league_table"
    league: str
    organisation_code: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    average_score: Decimal | None
    waits_score: Decimal | None
    experience_score: Decimal | None
    outcomes_score: Decimal | None
    metrics_counted: int
    metrics_at_hand: int
    metrics: str | None
    not_ranked_reason: str | None


@dataclass(frozen=True, slots=True)
class Support:
    """Who may need support. Ours."""

    TABLE: ClassVar = "needs_support"
    league: str
    organisation_code: str
    status: str
    not_yet_reason: str | None
    bottom_quarter_share: Decimal
    previous_bottom_quarter_share: Decimal | None
    domains: str | None
    weak_metrics: str | None
    learn_from: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long people wait for one specialty at one organisation. Ours."""

    TABLE: ClassVar = "specialty_league_table"
    month: date
    side: str
    treatment_function: str
    treatment_function_name: str
    organisation_code: str
    organisation_name: str
    organisation_type: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    not_ranked_reason: str | None
    within_18_weeks: int
    over_52_weeks: int
    pathways: int
    share_within_18_weeks: Decimal
    funnel: str | None
    funnel_centre: Decimal | None
    tau: Decimal | None


@dataclass(frozen=True, slots=True)
class Score:
    TABLE: ClassVar = "metric_scores"
    league: str | None
    organisation_code: str
    metric_id: str
    population_size: int | None
    rank_in_population: int | None
    score: Decimal | None
    score_exact: Decimal | None
    counted: bool


@dataclass(frozen=True, slots=True)
class Pair:
    TABLE: ClassVar = "rank_pairs"
    league: str
    code_a: str
    code_b: str
    ahead_share: Decimal
    level_share: Decimal
    score_difference: Decimal
    told_apart_alone: bool | None
    told_apart_all: bool | None


# What stands beside an organisation's figures: where they come from, and tables of ours


@dataclass(frozen=True, slots=True)
class Value:
    """What the files say of an organisation on a metric, and where."""

    TABLE: ClassVar = "metric_values"
    organisation_code: str
    metric_id: str
    value_basis: str
    value: Decimal | None
    reporting_date: str | None
    period_start: date | None
    period_end: date | None
    status: str
    status_reason: str | None
    source_sha256: str | None
    source_member: str | None
    source_row: int | None
    published_score_row: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The rows of one file that a value is made from."""

    TABLE: ClassVar = "metric_sources"
    organisation_code: str
    metric_id: str
    value_basis: str
    source_sha256: str
    member_or_sheet: str | None
    period: str | None
    first_row: int | None
    last_row: int | None
    rows_counted: int


@dataclass(frozen=True, slots=True)
class Quality:
    TABLE: ClassVar = "data_quality"
    organisation_code: str
    metric_id: str
    badge: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Context:
    TABLE: ClassVar = "context"
    organisation_code: str
    measure: str
    basis: str
    preferred: bool
    difference_from_england: Decimal
    diluted: bool | None


@dataclass(frozen=True, slots=True)
class InContext:
    TABLE: ClassVar = "context_view"
    organisation_code: str
    outcome: str
    score: Decimal
    expected_score: Decimal
    adjusted_rank: int
    adjusted_rank_low: int
    adjusted_rank_high: int


@dataclass(frozen=True, slots=True)
class Peer:
    TABLE: ClassVar = "peers"
    organisation_code: str
    place: int
    peer_code: str
    measures: str
    has_close_peers: bool


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who is better on a weak measure, or why nobody is named."""

    TABLE: ClassVar = "learn_from"
    organisation_code: str
    metric_id: str
    unit: str
    value: Decimal
    candidate_code: str | None
    candidate_value: Decimal | None
    at_bound: bool | None
    noise: Decimal | None
    basis: str | None
    not_named_reason: str | None


@dataclass(frozen=True, slots=True)
class Lever:
    """What would become of average and segment if one measure were at the middle."""

    TABLE: ClassVar = "what_it_takes"
    organisation_code: str
    segment_can_change: bool
    metrics_needed: int | None
    place: int | None
    metric_id: str


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
    def of_icbs(self) -> bool:
        return any(member.organisation.organisation_type == "icb" for member in self.members)

    @cached_property
    def placed(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.certainty)

    @cached_property
    def by_name(self) -> tuple[Member, ...]:
        return tuple(sorted(self.members, key=lambda member: (member.name.casefold(), member.code)))

    def at(self, position: str) -> tuple[Member, ...]:
        """Those whose likely range lies so, by name."""
        return tuple(one for one in self.by_name if one.certainty and one.certainty.position == position)

    @cached_property
    def typical_places(self) -> int:
        """How many places the likely range of the middle member covers."""
        return whole(Decimal(median(one.certainty.places_covered for one in self.placed if one.certainty)))

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
        return {row.metric_id: row for row in _rows(self.release, EnglandFigure)}

    @cached_property
    def with_months(self) -> frozenset[tuple[str, str]]:
        """Whose months of which metric are known."""
        rows = self.release.rows(Point.TABLE)
        return frozenset((row["organisation_code"], row["metric_id"]) for row in rows)

    @cached_property
    def agreements(self) -> dict[str, list[Agreement]]:
        """By league, of the quarter itself."""
        return _by_league(row for row in _rows(self.release, Agreement) if row.role == "asked for")

    @cached_property
    def patients(self) -> dict[str, list[PatientPlace]]:
        """By league, of those in which anybody has a place."""
        found = _by_league(_rows(self.release, PatientPlace))
        return {league: rows for league, rows in found.items() if any(row.rank for row in rows)}

    @cached_property
    def support(self) -> dict[str, list[Support]]:
        """By league."""
        return _by_league(_rows(self.release, Support))

    @cached_property
    def specialties(self) -> dict[str, list[Waiting]]:
        """By treatment function."""
        found: dict[str, list[Waiting]] = {}
        for row in _rows(self.release, Waiting):
            found.setdefault(row.treatment_function, []).append(row)
        return dict(sorted(found.items()))

    @cached_property
    def origins(self) -> dict[str, list[Origin]]:
        """Where every value comes from, by organisation."""
        return _by_code(_rows(self.release, Origin))

    def beside(self, league: League, kind: type[T]) -> dict[str, list[T]]:
        """The rows of the table of a kind that a league has, by organisation."""
        return _by_code(_rows(self.release, kind, None, league=league.name))

    def leagues_of(self, code: str) -> list[tuple[League, Member]]:
        """The leagues that an organisation is in."""
        return [(league, one) for league in self.leagues for one in league.members if one.code == code]


def read(release: Release) -> Edition:
    """Lays out a release. Raises LeagueError where it is damaged, or its decisions are."""
    state, why = release.state()
    quarter = Quarter(release.quarter)
    guide = next(one for one in _rows(release, QuarterGuide) if one.role == "asked for")
    organisations = {one.organisation_code: one for one in _rows(release, Organisation)}
    official = {
        row["league"]
        for row in release.rows("agreement", measure="league_rank", role="asked for")
        if row["figures"] and not row["unexplained"]
    }
    figures: dict[str, dict[tuple[str, str, str], Decimal]] = {}
    for row in release.rows("method_sensitivity"):
        figures.setdefault(row["league"], {})[row["assessment"], row["item"], row["measure"]] = row["value"]
    measures, domains = _by_league(_rows(release, Measure)), _by_league(_rows(release, Domain))
    members, pairs = _members(release, organisations), _by_league(_rows(release, Pair))
    leagues = tuple(
        League(
            coverage=coverage,
            members=tuple(members.get(coverage.league, ())),
            domains=tuple(domains.get(coverage.league, ())),
            measures={one.metric_id: one for one in measures.get(coverage.league, ())},
            figures=figures.get(coverage.league, {}),
            pairs=tuple(pairs.get(coverage.league, ())),
            official=coverage.league in official,
        )
        for coverage in _rows(release, Coverage)
    )
    return Edition(release, quarter, guide, state, why, leagues, organisations)


def rows(edition: Edition, kind: type[T], **equal: object) -> list[T]:
    """The rows of a table that few pages read, those that have these values."""
    return _rows(edition.release, kind, **equal)


def _members(release: Release, organisations: dict[str, Organisation]) -> dict[str, list[Member]]:
    certainties = _by_member(_rows(release, Certainty))
    bands = _by_member(_rows(release, Band))
    changes = _by_member(_rows(release, Change))
    places = _rows(release, Place)
    shared = Counter((place.league, place.rank) for place in places)
    of_domains: dict[tuple[str, str], dict[str, DomainPlace]] = {}
    for row in _rows(release, DomainPlace):
        of_domains.setdefault((row.league, row.organisation_code), {})[row.domain] = row
    measured: dict[tuple[str, str], dict[str, Measured]] = {}
    for one in _rows(release, Measured):
        measured.setdefault((one.league, one.organisation_code), {})[one.metric_id] = one
    scores: dict[tuple[str | None, str], dict[str, Decimal]] = {}
    for score in _rows(release, Score):
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


def _rows(release: Release, kind: type[T], table: str | None = None, /, **equal: object) -> list[T]:
    """The rows of the table of a kind, in its published order, as far as its fields go."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    found = release.rows(table or kind.TABLE, **equal)  # type: ignore[attr-defined]
    return [kind(**{name: row[name] for name in names}) for row in found]


def _by_league(rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.league, []).append(row)  # type: ignore[attr-defined]
    return found


def _by_code(rows: Iterable[T]) -> dict[str, list[T]]:
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
    release: Release

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def reach(self) -> tuple[date, int]:
        """How far it reaches, to prefer the one that says more."""
        return self.last.month, len(self.points)


def series(release: Release) -> dict[str, dict[tuple[str, str], Series]]:
    """The months of trusts and boards, by organisation and measure: of a quarter, or of a release of all months, whose
    tables are a publication and year each."""
    tables = [Point.TABLE]
    if release.since:
        tables = sorted(path.stem for path in release.folder.glob("*.parquet"))
    found: dict[str, dict[tuple[str, str], list[Point]]] = {}
    for table in tables:
        for kind in ("trust", "icb"):
            for row in _rows(release, Point, table, organisation_type=kind):
                found.setdefault(row.organisation_code, {}).setdefault((row.metric_id, row.measure), []).append(row)
    return {
        code: {
            measure: Series(tuple(sorted(points, key=lambda point: point.month)), release)
            for measure, points in sorted(of_one.items())
        }
        for code, of_one in sorted(found.items())
    }
