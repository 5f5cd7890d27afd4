"""The metric catalogue and the calendar of the fictional releases.

Belongs here: what is published and when (metrics, domains, quarters, reporting dates). We read the catalogue from two
seeds of the project, but not the rules that turn a value into a score: `metric_scores.py` and `standings.py` write
them out again.
Does not belong here: values, scores, file formats.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
FRAMEWORK = "nof-2025-26"
MILLION = 1_000_000  # values are whole millionths, so that rounding and comparison are exact

LEAGUES = ("acute", "mental_health_community", "ambulance")
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


QUARTERS = tuple(Quarter(n, f"2025-26-Q{n + 1}", f"Q{n + 1} 2025/26") for n in range(4))


@dataclass(frozen=True)
class Metric:
    """One metric of the framework; `bound` is its standard or floor in millionths."""

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


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["framework"] == FRAMEWORK]


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
        )
        for row in _seed("metrics.csv")
        if row["scoring_rule"] != "none"  # shown beside the framework, not in its releases
    )


METRICS = load_metrics()
