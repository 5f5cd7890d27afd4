"""Fictional NHS trusts, published as NHS England would publish them, with every score worked out independently.

Belongs here: invented organisations, drawn metric values, the patients counted behind them, a second and separate
implementation of the official arithmetic and of the ICB league, and the publishers' file formats, quirks included.
It is the oracle that the dbt engine is tested against, so it shares with the project only the metric catalogue of
2025/26 (two seeds), never its rules in SQL or its code. The rules of a later year are the sample's alone.
Does not belong here: reading extracts, scoring real data, anything that the workflow itself imports.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.sample.cancer_workbooks import write_cancer_workbooks
from orchestration.sample.community_workbooks import write_community_workbooks
from orchestration.sample.framework import ICBS, SEEDED, SEEDED_YEAR, Framework, frameworks_of
from orchestration.sample.general_practice_files import write_general_practice
from orchestration.sample.icb_standings import IcbStanding, icb_league
from orchestration.sample.organisations import Organisations, Trust, invent_organisations, write_reference_files
from orchestration.sample.outcome_files import write_friends_and_family, write_mortality
from orchestration.sample.publication_files import write_csv_publications
from orchestration.sample.publications import (
    MORTALITY,
    STAFF_SCORES,
    Figures,
    Publications,
    count_publications,
    figures,
)
from orchestration.sample.releases import write_releases
from orchestration.sample.small_areas import write_small_areas
from orchestration.sample.staff_workbooks import write_staff_workbooks
from orchestration.sample.standings import QuarterResult, score_quarter
from orchestration.sample.values import QuarterValues, draw_values, draw_values_of, staff_scores

SEED = 20260621


@dataclass(frozen=True)
class Year:
    """What there is to publish in 2025/26, quarter by quarter."""

    organisations: Organisations
    drawn: list[QuarterValues]
    publications: list[Publications]


@cache
def invent_year(seed: int = SEED) -> Year:
    """The fictional year; do not change what it holds."""
    organisations = invent_organisations(seed)
    drawn = draw_values(organisations.trusts, seed)
    staff = staff_scores(drawn, list(STAFF_SCORES))
    deaths = [values.values[MORTALITY] for values in drawn]
    counted = count_publications(organisations, [values.ratios for values in drawn], staff, deaths, seed)
    return Year(organisations, drawn, counted)


def write_sample(directory: Path, seed: int = SEED, framework_year: str = SEEDED_YEAR) -> None:
    """Write what is published of a year, a folder a publication; same seed, same bytes. Of 2025/26 that is everything,
    with `planted_disagreements.csv`; of a later year it is the oversight releases."""
    frameworks, year = frameworks_of(framework_year), invent_year(seed)
    write_reference_files(directory / "ods", year.organisations)
    for framework in frameworks:
        drawn, results = draw_year(framework, seed), expected_results(framework, seed)
        write_releases(directory, framework, members_of(framework, seed), drawn, results, seed)
    if SEEDED in frameworks:
        write_csv_publications(directory, year.publications, year.organisations, seed)
        write_cancer_workbooks(directory / "cancer", year.publications)
        write_community_workbooks(directory / "community_waits", year.publications, year.organisations)
        write_general_practice(directory, year.publications)
        write_staff_workbooks(directory / "staff_survey", year.publications, year.organisations)
        write_mortality(directory / "shmi", year.publications, year.organisations, seed)
        write_friends_and_family(directory / "fft", year.publications)
        write_small_areas(directory / "context", year.organisations, year.drawn[-1].values["OF0082"], seed)


def members_of(framework: Framework, seed: int = SEED) -> tuple[Trust, ...]:
    """Who is in the leagues of a framework: trusts, or ICBs."""
    organisations = invent_year(seed).organisations
    return organisations.boards if ICBS in framework.leagues else organisations.trusts


def draw_year(framework: Framework, seed: int = SEED) -> list[QuarterValues]:
    """The values of a year, quarter by quarter."""
    if framework is SEEDED:
        return invent_year(seed).drawn
    return draw_values_of(framework, members_of(framework, seed), seed)


def expected_results(framework: Framework, seed: int = SEED) -> list[QuarterResult]:
    """Oracle: every score, average, segment and place of a year, quarter by quarter."""
    members = members_of(framework, seed)
    return [
        score_quarter(framework, quarter, members, values)
        for quarter, values in zip(framework.quarters, draw_year(framework, seed), strict=True)
    ]


@cache
def expected_figures(quarter_id: str, seed: int = SEED) -> Figures:
    """Oracle: numerator, denominator and value of a quarter, by metric and organisation code."""
    year = invent_year(seed)
    (counted,) = (counted for counted in year.publications if counted.quarter.quarter_id == quarter_id)
    return figures(counted, year.organisations)


def expected_icb_league(quarter_id: str, seed: int = SEED) -> list[IcbStanding]:
    """Oracle: the league of the 42 ICBs in a quarter, best first."""
    codes = [icb.code for icb in invent_year(seed).organisations.icbs]
    return icb_league(expected_figures(quarter_id, seed), codes)
