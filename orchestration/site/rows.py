"""The rows of a release that pages show: a class a table, whose fields are named as its columns. Every figure of the
site is one of them.

Belongs here: which columns are read, and reading them. Does not: laying rows together (`view.py`)."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Protocol, TypeVar

from orchestration.releases.release import Release

ALL_SPECIALTIES = "C_999"  # the treatment function of all of them together


class Row(Protocol):
    """What each class below is: a dataclass that names its table."""

    TABLE: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=Row)


def rows_of(release: Release, kind: type[T], table: str | None = None, /, **equal: object) -> list[T]:
    """The rows of the table of a kind that have these values, in its published order, as far as its fields go. A
    `table` of another name has the same columns. A field with a default may be a column that older releases lack."""
    names = [field.name for field in fields(kind)]
    found = release.rows(table or kind.TABLE, **equal)
    return [kind(**{name: row[name] for name in names if name in row}) for row in found]


@dataclass(frozen=True, slots=True)
class QuarterGuide:
    TABLE: ClassVar = "quarter_guide"
    role: str
    published_label: str
    months: str
    first_day: date


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

    @property
    def is_trust_or_board(self) -> bool:
        """Whether it could have a place at all. A league of boards lists hubs and regions, too."""
        return self.organisation_type in ("trust", "icb")


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
    metric_group: str | None = None  # not in releases of before 2026-11-29

    @property
    def slug(self) -> str:
        """Its id in addresses, in which a dot stands before the kind of a file."""
        return self.metric_id.lower().replace(".", "-")


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
    denominator: Decimal
    denominator_attributed: Decimal | None

    @property
    def counts_others(self) -> bool:
        """Whether a thousandth or more of what it counts is nobody's: that of a commissioner that is left out, or of a
        provider without an ICB. Less would not show in its value."""
        return (
            self.denominator_attributed is not None
            and self.denominator_attributed <= Decimal("0.999") * self.denominator
        )


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

    @property
    def predecessor_codes(self) -> list[str]:
        """Whom it took over and whose months it has."""
        return self.predecessors.split(", ") if self.predecessors else []


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
class CountingRule:
    """What a metric counts in the quarter."""

    TABLE: ClassVar = "rules_in_force"
    metric_id: str
    measure: str


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
    adjusted_rank_low: int | None
    adjusted_rank_high: int | None


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
    noise_basis: str | None
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
