"""The frameworks that fictional releases are made by: metric catalogue, calendar and what a score is turned into.

Belongs here: what is published and when (metrics, domains, quarters, reporting dates), and the rules of a year as data.
We read the catalogue of 2025/26 from two seeds of the project, but not the rules that turn a value into a score:
`metric_scores.py` and `standings.py` write them out again. Later years are files beside this one, which the workflow
never reads: it has to find their rules in the releases.
Does not belong here: values, scores, file formats.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from orchestration.errors import LeagueError
from orchestration.yaml_files import read_yaml

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "dbt_project" / "seeds"
SEEDED_YEAR = "2025-26"  # its catalogue is that of the workflow, and the primary publications are of it
LOWEST = -(10**12)
MILLION = 1_000_000  # values are whole millionths, so that rounding and comparison are exact

LEAGUES = ("acute", "mental_health_community", "ambulance")
ICBS = "icb_official"
DOMAINS = {  # domain: (title, number that ends OF40xx and OF41xx)
    "access": ("Access to services", "00"),
    "safety": ("Patient safety", "02"),
    "finance": ("Finance and productivity", "03"),
    "people": ("People and workforce", "04"),
    "effectiveness": ("Effectiveness and experience", "05"),
}


@dataclass(frozen=True)
class Quarter:
    """A quarter of the financial year, numbered 0 to 3."""

    number: int
    quarter_id: str
    label: str

    @property
    def published_in(self) -> str:
        """The last month of the next quarter."""
        month = 9 + 3 * self.number
        return f"{int(self.quarter_id[:4]) + (month > 12)}-{(month - 1) % 12 + 1:02}"


def quarters_of(year: str) -> tuple[Quarter, ...]:
    """The four quarters of a year, written as 2025-26."""
    return tuple(Quarter(n, f"{year}-Q{n + 1}", f"Q{n + 1} {year.replace('-', '/')}") for n in range(4))


QUARTERS = quarters_of(SEEDED_YEAR)


@dataclass(frozen=True)
class Shape:
    """A distribution: middle, standard deviation, improvement a quarter, bounds. Tied values pile up at a bound.

    A skewed one is the exponential of a normal, `shift` lower; its spread is that of the logarithm.
    """

    middle: float
    spread: float
    improvement: float = 0.0
    low: float = -inf
    high: float = inf
    skewed: bool = False
    shift: float = 0.0


@dataclass(frozen=True)
class Metric:
    """One metric of a framework; `bound` is its standard or floor in millionths."""

    metric_id: str
    score_id: str
    title: str
    domain: str
    sub_domain: str
    unit: str
    higher_is_better: bool
    weight: Fraction
    counted: bool
    rule: str
    bound: int
    populations: dict[str, str]  # league: the population in which its trusts are scored
    reporting_dates: tuple[str, ...]
    bands: tuple[tuple[int, int], ...] = ()  # from so many millionths on, score; the best first
    matrix_of: tuple[str, ...] = ()  # the two metrics whose scores give this one's
    matrix: tuple[tuple[int, ...], ...] = ()  # score by the first one's and the second one's
    shape: Shape | None = None  # of values that are drawn by it alone
    held_by: Mapping[str, float] = field(default_factory=dict)  # league: share of its trusts


@dataclass(frozen=True)
class Framework:
    """The rules of a year. Without cut points segments are quartiles of all trusts."""

    year: str
    domains: Mapping[str, tuple[str, str]]  # domain: (title, number that ends OF40xx and OF41xx)
    metrics: tuple[Metric, ...]
    override_segment: int
    cut_points: tuple[int, ...] = ()  # hundredths; a score at one is in the better segment
    two_decimals: Mapping[str, frozenset[str]] = field(default_factory=dict)  # quarter: what enters averages rounded

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Those of its year."""
        return quarters_of(self.year)

    @property
    def leagues(self) -> tuple[str, ...]:
        """Those that it has a metric of."""
        measured = {league for metric in self.metrics for league in metric.populations}
        return tuple(league for league in (*LEAGUES, ICBS) if league in measured)


DATES_BY_BASIS = {
    "latest month": ("Jun-25", "Sep-25", "Dec-25", "Mar-26"),
    "quarter": tuple(quarter.label for quarter in QUARTERS),
    "one quarter in arrears": ("Q4 2024-25", "Q1 2025/26", "Q2 2025/26", "Q3 2025/26"),
    "rolling 12 months": ("Jul 24 - Jun 25", "Oct 24 - Sep 25", "Jan 25 - Dec 25", "Apr 25 - Mar 26"),
    "rolling 12 months against the 12 before": (
        "Jun 24 - Jun 25 vs Jun 23 - Jun 24",
        "Oct 24 - Sep 25 vs Oct 23 - Sep 24",
        "Jan 25 - Dec 25 vs Jan 24 - Dec 24",
        "Apr 25 - Mar 26 vs Apr 24 - Mar 25",
    ),
    "annual": ("2024", "2024", "2024", "2025"),
    "annual plan": ("2025/26", "2025/26", "2025/26 plan", "2025/26 plan"),
    "year to date": ("Month 3 2025", "Month 6 2025", "Month 9 2025", "Month 12 2025"),
    "latest rating awarded in the two years before the run": (
        "Latest published if awarded post August 2023",
        "Latest published if awarded post September 2023",
        "Latest published if awarded between 13 Feb 24 and 12 Feb 26",
        "Latest published if awarded between 13 May 24 and 12 May 26",
    ),
}
DATES_BY_METRIC = {
    "OF0085": ("2023/24", "2024/25", "2024/25", "2024/25"),
    "OF0086": ("2023/24", "2024/25", "2024/25", "2024/25"),
    "X-SHMI": ("Feb 24 - Jan 25", "May 24 - Apr 25", "Aug 24 - Jul 25", "Nov 24 - Oct 25"),
    "X-CQC-INPATIENT": ("2023", "2024", "2024", "2024"),
}


BANDS = {  # spelled out here, not read from the seeds, so that a mistake in a seed shows
    "X-SHMI": ((3 * MILLION, 1), (2 * MILLION, 2), (MILLION, 4)),  # 3 is lower than expected, 1 higher
    "OF0079": ((0, 1), (1 - MILLION, 2), (1 - 2 * MILLION, 3), (LOWEST, 4)),
    "OF0081": ((0, 1), (1 - MILLION // 2, 2), (1 - MILLION, 3), (LOWEST, 4)),
}
COMBINED_FINANCE = ((1, 1, 2, 3), (2, 2, 3, 4), (2, 3, 3, 4), (2, 3, 4, 4))  # plan score by variance score


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["framework"] == f"nof-{SEEDED_YEAR}"]


def load_metrics() -> tuple[Metric, ...]:
    """The catalogue in the order of its seed."""
    populations: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in _seed("league_metrics.csv"):
        populations[row["metric_id"]][row["league"]] = row["population"]
    return tuple(
        Metric(
            metric_id=row["metric_id"],
            score_id=row["score_id"],
            title=row["title"],
            domain=row["domain"],
            sub_domain=row["sub_domain"],
            unit=row["unit"],
            higher_is_better=row["polarity"] != "lower",
            weight=Fraction(row["weight"]).limit_denominator(3),  # 0.333333333333 is a third
            counted=row["counted"] == "true",
            rule=row["scoring_rule"],
            bound=int(Decimal(row["standard"] or row["floor"] or 0) * MILLION),
            populations=populations[row["metric_id"]],
            reporting_dates=DATES_BY_METRIC.get(row["metric_id"]) or DATES_BY_BASIS[row["basis"]],
            bands=BANDS.get(row["metric_id"], ()),
            matrix_of=("OF0079", "OF0081") if row["scoring_rule"] == "matrix" else (),
            matrix=COMBINED_FINANCE if row["scoring_rule"] == "matrix" else (),
        )
        for row in _seed("metrics.csv")
        if row["scoring_rule"] != "none"  # shown beside the framework, not in its releases
    )


METRICS = load_metrics()
SEEDED = Framework(
    SEEDED_YEAR,
    DOMAINS,
    METRICS,
    override_segment=3,
    two_decimals={"2025-26-Q1": frozenset({"OF0005", "OF0016", "OF0057", "OF0063"})},
)


def known_years() -> list[str]:
    """The years that the fictional publisher has a framework of."""
    return [SEEDED_YEAR, *sorted(path.stem.removeprefix("framework-") for path in HERE.glob("framework-*.yml"))]


@cache
def framework_of(year: str) -> Framework:
    """The framework of a year, written as 2026-27. Raises LeagueError on a year that the publisher has none of."""
    if year not in known_years():
        raise LeagueError(
            f"{year} is no year that the sample has a framework of: expected {' or '.join(known_years())}"
        )
    return SEEDED if year == SEEDED_YEAR else _read(HERE / f"framework-{year}.yml", year)


def frameworks_of(year: str) -> list[Framework]:
    """That of the trusts, and that of the ICBs where the publisher has one."""
    of_icbs = HERE / f"icb-framework-{year}.yml"
    return [framework_of(year), *([_read(of_icbs, year)] if of_icbs.exists() else [])]


@cache
def _read(path: Path, year: str) -> Framework:
    written = read_yaml(path)
    return Framework(
        year,
        {domain: (title, number) for domain, (title, number) in written["domains"].items()},
        tuple(_metric(row, quarters_of(year)) for row in written["metrics"]),
        written["override_segment"],
        tuple(int(Decimal(cut) * 100) for cut in written["cut_points"]),
        {quarter: frozenset(ids) for quarter, ids in written["two_decimals"].items()},
    )


def _metric(row: Mapping[str, Any], quarters: tuple[Quarter, ...]) -> Metric:
    """A metric as its file has it. What is scored `together` is one population, whatever the type of the trust."""
    held_by, rule = row["held_by"], row["rule"]
    annual = [quarters[0].label[3:]] * len(quarters)
    return Metric(
        metric_id=row["id"],
        score_id=row["score_id"],
        title=row["title"],
        domain=row["domain"],
        sub_domain=row["title"].split(" ")[0],
        unit=row.get("unit", "score"),
        higher_is_better=row.get("better", "higher") == "higher",
        weight=Fraction(row["weight"]),
        counted=Fraction(row["weight"]) > 0,
        rule=rule,
        bound=int(Decimal(str(row.get("bound", 0))) * MILLION),
        populations={league: row["id"] if row.get("together") else league for league in held_by},
        reporting_dates=tuple(annual if row.get("annual") else [quarter.label for quarter in quarters]),
        bands=tuple(
            (LOWEST if low is None else int(Decimal(str(low)) * MILLION), n) for low, n in row.get("bands", ())
        ),
        matrix_of=tuple(row.get("matrix_of", ())),
        matrix=tuple(map(tuple, row.get("matrix", ()))),
        shape=Shape(**row["shape"]) if "shape" in row else None,
        held_by=held_by,
    )
