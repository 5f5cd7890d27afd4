"""One mutant an expectation: good data damaged so that exactly that rule is broken. Rules of dbt are not here.

Mutants that change one cell share a frame, each in a row of its own: a suite is run once on all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from orchestration.quality import suites
from orchestration.quality.checks import Check
from orchestration.quality.release_gate import GX_GATES
from orchestration.quality.suites import Suite
from orchestration.sources import recognise
from orchestration.sources.descriptions import known_sources
from orchestration.warehouse.tables import reading
from tests import forms
from tests.unit.test_inventory import rows_of

Damaged = tuple[pd.DataFrame, list[str]]
Damage = Callable[[Suite, pd.DataFrame], Damaged]

SUITES = {suite.name: suite for gate in GX_GATES for suite in suites.suites(gate)}
# Of all others a release shows that good data passes: it was made.
OF_FORMS = [
    name
    for name, suite in SUITES.items()
    if suite.gate == "land" and (known_sources()[suite.table].form_of or suite.table in forms.NOT_IN_SAMPLE)
]
PART = {  # enough of a large table to hold a row for every rule
    "insight.learn_from": "league != 'acute'",
    "insight.what_it_takes": "league != 'acute'",
    "land.nof_data": "trust_type == 'Ambulance trust' and quarter_label == 'Q4 2025/26'",
    "metric.metric_values": "quarter == '2025-26-Q4' and league != 'acute'",
    "rank.metric_league_table": "quarter == '2025-26-Q4' and league != 'acute'",
    "rank.reconciliation": "quarter == '2025-26-Q4' and measure.str.startswith('league')",
}

PUBLISHED = "status == 'reported' and value_basis == 'published'"
COMPUTED = "status == 'reported' and value_basis == 'computed'"
NOT_OF_ENGLAND = {"cancer": "ods_code != ''", "dm01_provider": "provider_code != ''"}  # others have a rule for its name
TOLD = "_source_member == '28-DAY FDS (ALL ROUTES)'"  # the sheets of a cancer workbook
TREATED = "_source_member == '62-DAY (ALL CANCER)'"


@dataclass(frozen=True)
class Cell:
    """Another value in one cell of a row; `whole` is the end of an interval that must hold it and moves with it.

    The message must name the row, what was found, and the column (or `told`)."""

    column: str
    value: Any
    where: str | None = None
    told: str | None = None
    whole: str | None = None

    def rows(self, frame: pd.DataFrame) -> list[Any]:
        """The rows that it can be in; those at the top come last."""
        found = [*(frame.query(self.where) if self.where else frame).index]
        return found[2:] + found[:2]

    def place(self, suite: Suite, row: pd.Series) -> list[str]:
        found = [str(self.value)] if self.value is not None and not self.told else []
        return [*_place(suite, row), f"column {self.told or suite.heading(self.column)}: found", *found]


def widened(column: str, value: Any, end: str) -> Cell:
    return Cell(column, value, whole=end)


def changed(frame: pd.DataFrame, cells: list[Cell]) -> list[Any]:
    """Changes a frame in a row of its own for each cell; returns the rows. Who has the least choice chooses first."""
    fitting = [cell.rows(frame) for cell in cells]
    taken: dict[int, Any] = {}
    for number in sorted(range(len(cells)), key=lambda number: len(fitting[number])):
        taken[number] = next(row for row in fitting[number] if row not in taken.values())
    for number, cell in enumerate(cells):
        for column in filter(None, (cell.column, cell.whole)):
            frame.loc[taken[number], column] = cell.value
    return [taken[number] for number in range(len(cells))]


def cut(rows: int) -> Damage:
    return lambda suite, frame: (frame.head(rows), [f"found {rows}"])


def twice(suite: Suite, frame: pd.DataFrame) -> Damaged:
    """A row is there a second time."""
    return pd.concat([frame, frame.iloc[[7]]], ignore_index=True), _place(suite, frame.iloc[7])


def repeated(column: str, within: str | None = None) -> Damage:
    """Two rows share a value that should be unique, or unique within those that share another."""

    def damage(suite: Suite, frame: pd.DataFrame) -> Damaged:
        alike = frame[frame[within] == frame[within].iloc[0]] if within else frame
        one, other = alike.index[2], alike.index[5]
        frame.loc[other, column] = frame.loc[one, column]
        return frame, [
            *_place(suite, frame.loc[other]),
            f"column {suite.heading(column)}",
            repr(frame.loc[one, column]),
        ]

    return damage


def share(column: str, value: str, part: float, where: str | None = None) -> Damage:
    """Another value in a part of the rows that a rule is about, the first ones."""

    def damage(suite: Suite, frame: pd.DataFrame) -> Damaged:
        about = (frame.query(where) if where else frame).index
        rows = about[: int(len(about) * part) + 1]
        frame.loc[rows, column] = value
        return frame, [*_place(suite, frame.loc[rows[0]]), f"found {value!r}"]

    return damage


def without(column: str, value: str, instead: str) -> Damage:
    """A value is in no row."""
    return lambda suite, frame: (frame.replace({column: {value: instead}}), [f"found no {value};"])


def _place(suite: Suite, row: pd.Series) -> list[str]:
    return suite.place(row).split(", ")


def contradicted(role: str, measure: str = "average_score") -> Any:
    """More than one in twenty figures of one kind not reproduced."""

    def change(suite: Suite, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
        row = frame.index[(frame["role"] == role) & (frame["measure"] == measure)][0]
        frame.loc[row, "unexplained"], frame.loc[row, "share_unexplained"] = 7, 0.06
        return frame, (f"measure {frame.loc[row, 'measure']}", "found 0.06; expected at most 0.05")

    return change


MUTANTS: dict[str, Damage | Cell] = {
    "insight.learn_from.place": Cell("place", 4),
    "insight.learn_from.weak": Cell("score", 2.99),
    "insight.learn_from.strong": Cell("candidate_score", 2.01, "place > 0"),
    "insight.learn_from.strong-before": Cell("candidate_previous_score", 2.01, "place > 0"),
    "insight.learn_from.noise": Cell("noise", 0, "noise > 0"),
    "insight.learn_from.further-than-noise": Cell("difference_needed", 0, "noise > 0", told="difference_needed, noise"),
    "insight.learn_from.basis": Cell("basis", "the best"),
    "insight.needs_support.status": Cell("status", "failing"),
    "insight.needs_support.likely-last": Cell("bottom_quarter_share", 0.499),
    "insight.needs_support.likely-last-before": Cell("previous_bottom_quarter_share", 0.499),
    "insight.needs_support.domains": Cell("domains_in_segment_4", 1),
    "insight.needs_support.not-improved": Cell("verdict", "improved"),
    "insight.what_it_takes.below-segment-one": Cell("segment", 1),
    "insight.what_it_takes.segment-after-override": Cell(
        "segment_at_median", 0, "segment_at_median > 0", told="segment_at_median, segment_unadjusted_at_median"
    ),
    "insight.what_it_takes.metrics-needed": Cell("metrics_needed", 0),
    "insight.what_it_takes.score-at-median": Cell("score_at_median", 4.01),
    "insight.what_it_takes.basis": Cell("basis", "guessed"),
    "insight.area_context.residents": Cell("residents", 0),
    "insight.area_context.deprivation": Cell("imd", 101),
    "insight.context.value": Cell("value", 121, "measure == 'imd'"),
    "insight.context.share": Cell("value", 18.4, "measure == 'share_65_plus'"),
    "insight.context.attributed": Cell("share_attributed", 0.4),
    "insight.context_models.explained": Cell("r_squared", 1.2, "r_squared == r_squared"),
    "insight.context_models.discovery-rate": Cell("q_value", 1.5, "q_value == q_value"),
    "insight.context_models.basis": Cell("basis", "another", "verdict == 'passes'"),
    "insight.context_models.foretells": Cell("q_squared", 0.05, "verdict == 'passes'"),
    "insight.context_view.score": Cell("score", 4.2),
    "insight.context_view.interval-end": Cell("adjusted_score_high", 0.5, told="adjusted_score_high, adjusted_score"),
    "insight.context_view.best-rank": Cell("adjusted_rank_low", 999, told="adjusted_rank, adjusted_rank_low"),
    "insight.peers.place": Cell("place", 11),
    "insight.peers.distance": Cell("distance", -0.5),
    "insight.peers.peer": repeated("peer_code", within="organisation_code"),
    "land.imd_lsoa.rows": cut(99),
    "land.imd_lsoa.area": Cell("lsoa_code", "W01000001"),
    "land.imd_lsoa.score": Cell("imd_score", "n/a"),
    "land.imd_lsoa.decile": Cell("imd_decile", "11"),
    "land.imd_lsoa.key": repeated("lsoa_code"),
    "land.lsoa_sub_icbs.rows": cut(99),
    "land.lsoa_sub_icbs.area": Cell("lsoa_code", "E0199900"),
    "land.lsoa_sub_icbs.sub-icb-code": Cell("sub_icb_code", "E38000255"),
    "land.lsoa_sub_icbs.icb-code": Cell("icb_code", ""),
    "land.lsoa_sub_icbs.key": repeated("lsoa_code"),
    "land.lsoa_districts.rows": cut(99),
    "land.lsoa_districts.area": Cell("lsoa_code", "E02000001"),
    "land.lsoa_districts.district-code": Cell("district_code", "E10000001"),
    "land.census_age.rows": cut(99),
    "land.census_age.area": Cell("lsoa_code", " "),
    "land.census_age.children": Cell("aged_0_to_15", "1,250"),
    "land.census_age.young": Cell("aged_16_to_24", ""),
    "land.census_age.adults": Cell("aged_25_to_34", "-1"),
    "land.census_age.middle": Cell("aged_35_to_49", "12.5"),
    "land.census_age.older": Cell("aged_50_to_64", "*"),
    "land.census_age.oldest": Cell("aged_65_and_over", "n/a"),
    "land.census_age.key": repeated("lsoa_code"),
    "land.census_age_bands.rows": cut(99),
    "land.census_age_bands.area": Cell("lsoa_code", "E06000001"),
    "land.census_age_bands.total": Cell("residents", "1,250"),
    "land.census_age_bands.late-sixties": Cell("aged_65_to_69", ""),
    "land.census_age_bands.early-seventies": Cell("aged_70_to_74", "-1"),
    "land.census_age_bands.late-seventies": Cell("aged_75_to_79", "12.5"),
    "land.census_age_bands.early-eighties": Cell("aged_80_to_84", "*"),
    "land.census_age_bands.oldest": Cell("aged_85_and_over", "n/a"),
    "land.census_age_bands.key": repeated("lsoa_code"),
    "land.rural_urban.rows": cut(99),
    "land.rural_urban.area": Cell("lsoa_code", "S01000001"),
    "land.rural_urban.class": Cell("class", "Suburban"),
    "land.rural_urban.key": repeated("lsoa_code"),
    "land.ohid_catchments.rows": cut(99),
    "land.ohid_catchments.trust-code": Cell("trust_code", "ZA"),
    "land.ohid_catchments.district-code": Cell("district_code", "E05000001"),
    "land.ohid_catchments.share": Cell("share", "30.4%"),
    "land.ohid_catchments.key": twice,
    "land.talking_therapies.rows": cut(99),
    "land.talking_therapies.org-type": Cell("org_type", "provider"),
    "land.talking_therapies.org-types": without("org_type", "England", "ICB"),
    "land.talking_therapies.variable-type": Cell("variable_type", "IMD Decile", "variable_type == 'Total'"),
    "land.talking_therapies.deciles": without("variable_type", "Indices of Deprivation Decile", "IMD"),
    "land.talking_therapies.org-code": Cell("org_code", "za2s2", "org_type == 'Provider'"),
    "land.talking_therapies.decile": Cell("variable_a", "Decile 1", "variable_type != 'Total'"),
    "land.talking_therapies.measure": Cell("measure_name", "Referrals received"),
    "land.talking_therapies.statistic": Cell("measure_statistic", "Count"),
    "land.talking_therapies.value": Cell("value", "1,500", "variable_type == 'Total'"),
    "land.talking_therapies.key": twice,
    "land.ae.rows": cut(99),
    "land.ae.period": Cell("period", "MSitAE-2026-01"),
    "land.ae.org-code": Cell("org_code", "ZB"),
    "land.ae.region": Cell("parent_org", " "),
    "land.ae.attendances-major": Cell("a_e_attendances_type_1", "1,234"),
    "land.ae.attendances-specialty": Cell("a_e_attendances_type_2", "1234567890"),
    "land.ae.attendances-other": Cell("a_e_attendances_other_a_e_department", ""),
    "land.ae.booked-major": Cell("a_e_attendances_booked_appointments_type_1", "*"),
    "land.ae.booked-specialty": Cell("a_e_attendances_booked_appointments_type_2", "1.5"),
    "land.ae.booked-other": Cell("a_e_attendances_booked_appointments_other_department", "١٢"),
    "land.ae.over-four-hours-major": Cell("attendances_over_4hrs_type_1", "75%"),
    "land.ae.over-four-hours-specialty": Cell("attendances_over_4hrs_type_2", "NA"),
    "land.ae.over-four-hours-other": Cell("attendances_over_4hrs_other_department", "1e3"),
    "land.ae.booked-over-four-hours-major": Cell("attendances_over_4hrs_booked_appointments_type_1", "<5"),
    "land.ae.booked-over-four-hours-specialty": Cell("attendances_over_4hrs_booked_appointments_type_2", "5 "),
    "land.ae.booked-over-four-hours-other": Cell("attendances_over_4hrs_booked_appointments_other_department", "."),
    "land.ae.key": twice,
    "land.ae_provider.rows": cut(9),
    "land.ae_provider.period": Cell("period", "2025-07"),
    "land.ae_provider.org-code": Cell("org_code", "ZB"),
    "land.ae_provider.attendances-major": Cell("attendances_type_1", "1,234"),
    "land.ae_provider.attendances-specialty": Cell("attendances_type_2", "-1"),
    "land.ae_provider.attendances-other": Cell("attendances_type_3", ""),
    "land.ae_provider.attendances-total": Cell("attendances_total", "*"),
    "land.ae_provider.within-four-hours-major": Cell("within_4_hours_type_1", "75%"),
    "land.ae_provider.within-four-hours-specialty": Cell("within_4_hours_type_2", "NA"),
    "land.ae_provider.within-four-hours-other": Cell("within_4_hours_type_3", "1e3"),
    "land.ae_provider.within-four-hours-total": Cell("within_4_hours_total", "<5"),
    "land.ae_provider.over-four-hours-major": Cell("over_4_hours_type_1", "5 "),
    "land.ae_provider.over-four-hours-specialty": Cell("over_4_hours_type_2", "."),
    "land.ae_provider.over-four-hours-other": Cell("over_4_hours_type_3", "12 345"),
    "land.ae_provider.over-four-hours-total": Cell("over_4_hours_total", "+3"),
    "land.ae_provider.key": twice,
    "land.ambsys_series.rows": cut(1),
    "land.ambsys_series.year": Cell("year", "2026"),
    "land.ambsys_series.month": Cell("month", "4"),
    "land.ambsys_series.org-code": Cell("org_code", "zb0"),
    "land.ambsys_series.category-two-incidents": Cell("a10", "1,234"),
    "land.ambsys_series.category-two-seconds": Cell("a30", "00:24:27"),
    "land.ambsys_series.category-two-mean": Cell("a31", "24"),
    "land.ambsys_series.key": twice,
    "land.sickness.rows": cut(99),
    "land.sickness.org-code": Cell("org_code", "ZB"),
    "land.sickness.trust-code": Cell("org_code", "", "org_type == 'Acute'"),
    "land.sickness.org-name": Cell("org_name", " "),
    "land.sickness.org-type": Cell("org_type", "Hospital", "org_type == 'Acute'"),
    "land.sickness.days-lost": Cell("fte_days_lost", "1,234.5"),
    "land.sickness.days-available": Cell("fte_days_available", "n/a"),
    "land.sickness.key": twice,
    "land.community_waits.rows": cut(19),
    "land.community_waits.level": Cell("organisation_type", "Trust"),
    "land.community_waits.organisation-code": Cell("organisation_code", "ZB", "organisation_type != 'Provider'"),
    "land.community_waits.provider-code": Cell("organisation_code", "", "organisation_type == 'Provider'"),
    "land.community_waits.table-of-all": Cell("title", "Waiting by service", "_source_member == 'Table 4'"),
    "land.community_waits.table-over-one-year": Cell("title", "Waiting >18-52 weeks", "_source_member == 'Table 4g'"),
    "land.community_waits.table-over-two-years": Cell("title", "Waiting >52-104 weeks", "_source_member == 'Table 4h'"),
    "land.community_waits.patients": Cell("patients", "52.5"),
    "land.community_waits.key": twice,
    "land.cancer_combined.rows": cut(9),
    "land.cancer_combined.period": Cell("period", "April"),
    "land.cancer_combined.basis": Cell("basis", "Patient"),
    "land.cancer_combined.org-code": Cell("org_code", "ZB"),
    "land.cancer_combined.standard": Cell("standard", "14D"),
    "land.cancer_combined.cancer-type": Cell("cancer_type", ""),
    "land.cancer_combined.route": Cell("referral_route_or_stage", " "),
    "land.cancer_combined.total": Cell("total", "52.25"),
    "land.cancer_combined.within": Cell("within", "*"),
    "land.cancer_combined.after": Cell("after", "-1"),
    "land.cancer_combined.key": twice,
    "land.cancer_csv.rows": cut(9),
    "land.cancer_csv.period": Cell("period", "April"),
    "land.cancer_csv.basis": Cell("basis", "Patient"),
    "land.cancer_csv.org-code": Cell("org_code", "ZB"),
    "land.cancer_csv.standard": Cell("standard", "14D"),
    "land.cancer_csv.cancer-type": Cell("cancer_type", ""),
    "land.cancer_csv.route": Cell("referral_route_or_stage", " "),
    "land.cancer_csv.total": Cell("total", "52.25"),
    "land.cancer_csv.within": Cell("within", "*"),
    "land.cancer_csv.after": Cell("after", "-1"),
    "land.cancer_csv.key": twice,
    "land.cancer_extract.rows": cut(9),
    "land.cancer_extract.period": Cell("period", "April"),
    "land.cancer_extract.org-code": Cell("org_code", "ZB"),
    "land.cancer_extract.standard": Cell("standard", "14D"),
    "land.cancer_extract.cancer-type": Cell("cancer_type", ""),
    "land.cancer_extract.route": Cell("referral_route_or_stage", " "),
    "land.cancer_extract.total": Cell("total", "52.25"),
    "land.cancer_extract.within": Cell("within", "*"),
    "land.cancer_extract.after": Cell("after", "-1"),
    "land.cancer_extract.key": twice,
    "land.dm01_provider.rows": cut(9),
    "land.dm01_provider.period": Cell("period", "06/2025"),
    "land.dm01_provider.provider-code": Cell("provider_code", "ZB"),
    "land.dm01_provider.england": Cell("provider_name", "A TRUST", "provider_code == ''"),
    "land.dm01_provider.waiting-list": Cell("total_waiting_list", "52.5"),
    "land.dm01_provider.six-weeks": Cell("waiting_6_or_more_weeks", ""),
    "land.dm01_provider.thirteen-weeks": Cell("waiting_13_or_more_weeks", "*"),
    "land.dm01_provider.key": twice,
    "land.staff_survey.rows": cut(19),
    "land.staff_survey.organisation-code": Cell("organisation_code", "ZB"),
    "land.staff_survey.score": Cell("score", "73.5"),
    "land.staff_survey.key": twice,
    "land.talking_therapies_monthly.rows": cut(49),
    "land.talking_therapies_monthly.group-type": Cell("group_type", " "),
    "land.talking_therapies_monthly.org-code": Cell("org_code2", "za2s1", "group_type == 'Provider'"),
    "land.talking_therapies_monthly.sub-icb-code": Cell("org_code1", "92g", "group_type == 'SubICB/Provider'"),
    "land.talking_therapies_monthly.measure-id": Cell("measure_id", "1"),
    "land.talking_therapies_monthly.measure-name": Cell("measure_name", ""),
    "land.talking_therapies_monthly.value": Cell("measure_value", "1,250"),
    "land.talking_therapies_monthly.key": twice,
    "land.ohid_catchments_msoa.rows": cut(99),
    "land.ohid_catchments_msoa.year": Cell("catchment_year", "2022/23"),
    "land.ohid_catchments_msoa.trust-code": Cell("trust_code", "ZB"),
    "land.ohid_catchments_msoa.msoa-code": Cell("msoa_code", "E01000001"),
    "land.ohid_catchments_msoa.patients": Cell("patients", "1,005"),
    "land.ohid_catchments_msoa.key": twice,
    "land.staff_survey_benchmark.rows": cut(19),
    "land.staff_survey_benchmark.organisation-code": Cell("organisation_code", ""),
    "land.staff_survey_benchmark.score": Cell("score", "0.735%"),
    "land.staff_survey_benchmark.key": twice,
    "land.shmi.rows": cut(79),
    "land.shmi.provider-code": Cell("provider_code", "ZB"),
    "land.shmi.banding": Cell("shmi_banding", "as expected"),
    "land.shmi.value": Cell("shmi_value", "1,25"),
    "land.shmi.observed": Cell("observed", "1,000"),
    "land.shmi.expected": Cell("expected", "-"),
    "land.shmi.key": twice,
    "land.fft.rows": cut(9),
    "land.fft.trust-code": Cell("trust_code", "ZB"),
    "land.fft.code-of-trust": Cell("trust_code", "", "trust_code != ''"),
    "land.fft.trust-name": Cell("trust_name", " "),
    "land.fft.responses": Cell("responses", "1,234"),
    "land.fft.very-good": Cell("very_good", "0.9"),
    "land.fft.good": Cell("good", "0.9"),
    "land.fft.neither": Cell("neither", "few"),
    "land.fft.poor": Cell("poor", "-1"),
    "land.fft.very-poor": Cell("very_poor", "<5"),
    "land.fft.dont-know": Cell("dont_know", "1%"),
    "land.fft.key": twice,
    "land.gpps.rows": cut(9),
    "land.gpps.code": Cell("code", "XA"),
    "land.gpps.type": Cell("type", "PCN"),
    "land.gpps.measure": Cell("measure", "phone"),
    "land.gpps.distributed": Cell("distributed", "1,000"),
    "land.gpps.received": Cell("received", ""),
    "land.gpps.base": Cell("unweighted_base", "-"),
    "land.gpps.percent": Cell("percent", "101"),
    "land.gpps.percent-unit": share("percent", "0.4924", 0.15),
    "land.gpps.lower-limit": Cell("lower_95", "*"),
    "land.gpps.lower-limit-unit": share("lower_95", "0.4711", 0.15),
    "land.gpps.upper-limit": Cell("upper_95", ""),
    "land.gpps.upper-limit-unit": share("upper_95", "0.5137", 0.15),
    "land.gpps.key": twice,
    "land.dementia.rows": cut(9),
    "land.dementia.period": Cell("period", "England, 2026"),
    "land.dementia.type": Cell("type", " ", "type == 'Region'"),
    "land.dementia.icb-code": Cell("ods_code", "XA", "type == 'ICB'"),
    "land.dementia.recorded": Cell("recorded", "52.5"),
    "land.dementia.estimated": Cell("estimated", "*"),
    "land.dementia.key": twice,
    "land.ambsys.rows": cut(1),
    "land.ambsys.year": Cell("year", "26"),
    "land.ambsys.month": Cell("month", "13"),
    "land.ambsys.org-code": Cell("org_code", "zb0"),
    "land.ambsys.category-two-incidents": Cell("a10", ""),
    "land.ambsys.category-two-seconds": Cell("a30", "00:24:27"),
    "land.ambsys.category-two-mean": Cell("a31", "24"),
    "land.ambsys.key": twice,
    "land.cancer.rows": cut(99),
    "land.cancer.month": Cell("month", "2025-04"),
    "land.cancer.basis": Cell("basis", "BASIS: ALL ENGLAND"),
    "land.cancer.block": Cell("block", "PART F: ALL ROUTES"),
    "land.cancer.code": Cell("ods_code", "ZB"),
    "land.cancer.england": Cell("organisation_name", "A TRUST", "ods_code == ''"),
    "land.cancer.route": Cell("referral_route", "Self-referral"),
    "land.cancer.cancer-type": Cell("cancer_type", "Lung", TREATED),
    "land.cancer.total-told": Cell("total", "52.5", TOLD),
    "land.cancer.told-in-time": Cell("within_28_days", "52.5", TOLD),
    "land.cancer.told-late": Cell("after_28_days", "-1", TOLD),
    "land.cancer.told-band-first": Cell("within_14_days", "0.5", TOLD),
    "land.cancer.told-band-second": Cell("in_15_to_28_days", "", TOLD),
    "land.cancer.told-band-third": Cell("in_29_to_42_days", "*", TOLD),
    "land.cancer.told-band-fourth": Cell("in_43_to_62_days", "-", TOLD),
    "land.cancer.told-band-fifth": Cell("after_62_days", "3.5", TOLD),
    "land.cancer.total-treated": Cell("total", "52.25", TREATED),
    "land.cancer.treated-in-time": Cell("within_62_days", "*", TREATED),
    "land.cancer.treated-late": Cell("after_62_days", "", TREATED),
    "land.cancer.treated-band-first": Cell("within_31_days", "1.25", TREATED),
    "land.cancer.treated-band-second": Cell("in_32_to_38_days", "n/a", TREATED),
    "land.cancer.treated-band-third": Cell("in_39_to_48_days", "-0.5", TREATED),
    "land.cancer.treated-band-fourth": Cell("in_49_to_62_days", ".5", TREATED),
    "land.cancer.treated-band-fifth": Cell("in_63_to_76_days", "1,000", TREATED),
    "land.cancer.treated-band-sixth": Cell("in_77_to_90_days", "50%", TREATED),
    "land.cancer.treated-band-seventh": Cell("in_91_to_104_days", "1/2", TREATED),
    "land.cancer.treated-band-eighth": Cell("after_104_days", "<5", TREATED),
    "land.cancer.share-told-in-time": Cell("told_within_28_days", "76.1", TOLD),
    "land.cancer.share-treated-in-time": Cell("treated_within_62_days", "1.01", TREATED),
    "land.cancer.key": twice,
    "land.csds.rows": cut(199),
    "land.csds.period-start": Cell("reporting_period_start", "2026-03-02"),
    "land.csds.level": Cell("org_level", "England"),
    "land.csds.org-code": Cell("org_code", "ZB"),
    "land.csds.dimension": Cell("dimension", " "),
    "land.csds.measure-value": Cell("measure_value", "*"),
    "land.csds.rounding": Cell("measure_value", "61.0"),
    "land.csds.key": twice,
    "land.dm01.rows": cut(999),
    "land.dm01.period": Cell("period", "DM01-2026-03"),
    "land.dm01.provider-code": Cell("provider_org_code", "ZB"),
    "land.dm01.commissioner-code": Cell("commissioner_org_code", "NHS ENGLAND"),
    "land.dm01.commissioner-parent": Cell("commissioner_parent_org_code", "X2"),
    "land.dm01.test": Cell("diagnostic_tests", "Total"),
    "land.dm01.total-wl": Cell("total_wl", "-5"),
    "land.dm01.key": twice,
    "land.nof_data.rows": cut(99),
    "land.nof_data.trust-code": Cell("trust_code", "ZB"),
    "land.nof_data.trust-name": Cell("trust_name", "\u3164"),
    "land.nof_data.region": Cell("region", "Scotland"),
    "land.nof_data.metric-id": Cell("metric_id", "0F0017", "metric_id == 'OF0017'"),
    "land.nof_data.units": Cell("units", ""),
    "land.nof_data.value": Cell("value", "1,234.5", "metric_id == 'OF0017'"),
    "land.nof_data.reporting-date": Cell("reporting_date", " "),
    "land.nof_data.rank": Cell("rank", "12.5"),
    "land.nof_data.median": Cell("median_value", "123456789012.5"),
    "land.nof_data.lower-quartile": Cell("lower_quartile", "-"),
    "land.nof_data.upper-quartile": Cell("upper_quartile", "٣"),
    "land.nof_data.score-range": Cell("value", "4.7", "metric_id == 'OF1017'"),
    "land.nof_data.segment-range": Cell("value", "9", "metric_id == 'OF5000'"),
    "land.nof_data.flag-range": Cell("value", "2", "metric_id == 'OF5004'"),
    "land.nof_data.key": twice,
    "land.nof_league.trust-code": Cell("trust_code", "zb0"),
    "land.nof_league.average-score": Cell("average_score", "4.01"),
    "land.nof_league.segment": Cell("segment", "0"),
    "land.nof_league.deficit": Cell("trust_in_financial_deficit", "Maybe"),
    "land.nof_league.rank": Cell("rank", "0"),
    "land.nof_league.key": twice,
    "land.ods_etr.rows": cut(149),
    "land.ods_etr.code": Cell("code", "ZB01"),
    "land.ods_etr.region": Cell("national_grouping", "XD3"),
    "land.ods_etr.icb": Cell("high_level_health_geography", "TRUST HEADQUARTERS"),
    "land.ods_etr.country": Cell("gor", ""),
    "land.ods_etr.close-date": Cell("close_date", "2025-06-30"),
    "land.ods_etr.key": repeated("code"),
    "land.ods_sub_icbs.sub-icb-code": Cell("sub_icb_ods_code", "92g"),
    "land.ods_sub_icbs.icb-code": Cell("icb_ods_code", "E54999001"),
    "land.ods_sub_icbs.key": repeated("sub_icb_ods_code"),
    "land.ods_trusts.rows": cut(149),
    "land.ods_trusts.code": Cell("ods_code", "ZB"),
    "land.ods_trusts.merger-date": Cell("merger_date", "01/04/2026"),
    "land.ods_trusts.predecessors": Cell("predecessor_codes", "ZA1, ZA2"),
    "land.ods_trusts.key": repeated("ods_code"),
    "land.rtt.rows": cut(999),
    "land.rtt.period": Cell("period", "RTT-2026-03"),
    "land.rtt.provider-code": Cell("provider_org_code", "ZB"),
    "land.rtt.commissioner-code": Cell("commissioner_org_code", "#N/A"),
    "land.rtt.commissioner-parent": Cell("commissioner_parent_org_code", "X2"),
    "land.rtt.part": Cell("rtt_part_type", "Part_4"),
    "land.rtt.function": Cell("treatment_function_code", "Total"),
    "land.rtt.total-all": Cell("total_all", ""),
    "land.rtt.key": twice,
    "metric.metric_guide.plain-name": Cell("plain_name", None),
    "metric.metric_guide.words-status": Cell("words_status", "final"),
    "metric.metric_guide.direction": Cell("direction", "higher"),
    "insight.patient_league_table.average-score": Cell("average_score", 4.01),
    "insight.patient_league_table.range-better-end": Cell("rank_low", 206, "rank_low >= 1", told="rank, rank_low"),
    "insight.patient_league_table.range-worse-end": Cell("rank_high", 0, "rank_high >= 1", told="rank_high, rank"),
    "insight.patient_league_table.metrics-counted": Cell(
        "metrics_counted", 99, told="metrics_at_hand, metrics_counted"
    ),
    "insight.patient_league_table.experimental": Cell("label", "official"),
    "insight.ae_mix.part-of-whole": Cell("within_4_hours", 10**9, told="attendances, within_4_hours"),
    "insight.ae_mix.change": Cell("change", -100.5),
    "insight.ae_mix.experimental": Cell("label", "official"),
    "insight.ae_mix.provenance": Cell("source_rows", None, "organisation_code != 'England'"),
    "insight.data_quality.badge": Cell("badge", "gaming", "badge == 'good'"),
    "insight.data_quality.reasons": Cell("reasons", None),
    "insight.data_quality.not-checked-is-not-checked": Cell("checked", "everything", "badge == 'not checked'"),
    "insight.data_quality.experimental": Cell("label", "official"),
    "insight.specialty_league_table.share-within": Cell("share_within_18_weeks", 100.5),
    "insight.specialty_league_table.share-over": Cell("share_over_52_weeks", -0.5),
    "insight.specialty_league_table.part-of-whole": Cell("within_18_weeks", 10**9, told="pathways, within_18_weeks"),
    "insight.specialty_league_table.short-lists-are-not-ranked": Cell(
        "pathways", 99, "rank >= 1", whole="within_18_weeks"
    ),
    "insight.specialty_league_table.only-trusts-and-icbs-are-ranked": Cell(
        "organisation_type", "independent_or_other", "rank >= 1"
    ),
    "insight.specialty_league_table.range-better-end": Cell("rank_low", 999, "rank >= 1", told="rank, rank_low"),
    "insight.specialty_league_table.range-worse-end": Cell("rank_high", 0, "rank >= 1", told="rank_high, rank"),
    "insight.specialty_league_table.funnel": Cell("funnel", "outlier", "rank >= 1"),
    "insight.specialty_league_table.experimental": Cell("label", "official"),
    "insight.specialty_league_table.provenance": Cell("source_rows", None, "organisation_type != 'england'"),
    "insight.steep_at_the_standard.steep-is-far": Cell("z", 3.9, "steep"),
    "insight.steep_at_the_standard.steep-is-large": Cell("odds_ratio", 1.24, "steep"),
    "insight.steep_at_the_standard.few-placebo-flags": Cell("placebo_flags", 2.1),
    "insight.steep_at_the_standard.experimental": Cell("label", "official"),
    "insight.steep_at_the_standard.provenance": Cell("source_rows", None),
    "metric.metric_values.percentage": Cell("value", 100.5, "metric_id == 'OF0082'"),
    "metric.metric_values.survey-score": Cell("value", 10.5, "unit == 'out of 10'"),
    "metric.metric_values.finance": Cell("value", 6000, "metric_id == 'OF0079'"),
    "metric.metric_values.count": Cell("value", -1, "unit == 'minutes'"),
    "metric.metric_values.provenance": Cell("source_row", None, PUBLISHED),
    "metric.metric_values.provenance-computed": Cell("source_sha256", None, COMPUTED),
    "metric.metric_values.denominator": Cell("denominator", 0, f"{COMPUTED} and unit == 'minutes'"),
    "metric.metric_values.part-of-whole": Cell(
        "numerator", 10**9, f"{COMPUTED} and unit == '%'", told="denominator, numerator"
    ),
    "metric.metric_values.reported-share": share(
        "status", "missing", 0.9, "value_basis == 'published' and status_reason.isna()"
    ),
    "metric.organisations.rows": cut(9),
    "metric.organisations.known-to-ods": Cell("known_to_ods", False, "organisation_type == 'trust'"),
    "metric.organisations.region": Cell("region", None, "organisation_type == 'icb'"),
    "metric.organisations.icb": Cell("icb_code", None, "organisation_type == 'trust'"),
    "metric.organisations.type": Cell("organisation_type", "hospital", "organisation_type == 'commissioning_hub'"),
    "metric.organisations.key": twice,
    "rank.agreement.share-unexplained": contradicted("asked for"),
    "rank.agreement.share-unexplained-before": contradicted("previous"),
    "rank.agreement.share-of-values-unexplained": contradicted("asked for", "metric_value"),
    "rank.domain_league_table.domain-score": Cell("domain_score", 4.01),
    "rank.domain_league_table.domain-segment": Cell("domain_segment", 5),
    "rank.domain_league_table.rank": Cell("rank", 0),
    "rank.domain_league_table.rank-if-ranked": Cell("rank", None, "ranked"),
    "rank.domain_league_table.reason-if-not-ranked": Cell("ranked", False, "ranked", told="not_ranked_reason"),
    "rank.domain_league_table.metrics-counted": Cell("metrics_counted", 99, told="metrics_at_hand, metrics_counted"),
    "rank.domain_league_table.experimental": Cell("framework_status", "reconstructed", "league == 'icb'"),
    "rank.icb_league_table.rows": cut(35),
    "rank.icb_league_table.rank": Cell("rank", 43, "ranked"),
    "rank.icb_league_table.only-icbs-are-ranked": Cell("organisation_type", "commissioning_hub", "ranked"),
    "rank.icb_league_table.experimental": Cell("framework_status", "official"),
    "rank.improvement.verdict": Cell("verdict", "improving"),
    "rank.improvement.improved": Cell("verdict", "improved", "change > 0", told="change"),
    "rank.improvement.worsened": Cell("verdict", "worsened", "change < 0", told="change"),
    "rank.improvement.change": widened("change", -3.001, "change_low"),
    "rank.improvement.large-change": widened("change", 1.501, "change_high"),
    "rank.improvement.interval-better-end": Cell("change_low", 3, told="change, change_low"),
    "rank.improvement.interval-worse-end": Cell("change_high", -3, told="change_high, change"),
    "rank.improvement.p-value": Cell("p_value", -0.001),
    "rank.improvement.q-value": Cell("q_value", 1.001),
    "rank.improvement.q-not-below-p": Cell("q_value", 0, "p_value > 0", told="q_value, p_value"),
    "rank.league_coverage.published-or-reason": Cell("published", False, told="absent_reason"),
    "rank.league_coverage.members-if-published": Cell("organisations", 0, "published"),
    "rank.league_table.rows": cut(45),
    "rank.league_table.league": Cell("league", "other"),
    "rank.league_table.organisation-type": Cell("organisation_type", "clinic"),
    "rank.league_table.name": Cell("organisation_name", None),
    "rank.league_table.framework": Cell("framework", None),
    "rank.league_table.rank": Cell("rank", 206),
    "rank.league_table.average-score": Cell("average_score", 4.01),
    "rank.league_table.segment": Cell("segment", 5, "segment == 1"),
    "rank.league_table.rank-change": Cell("rank_change", 205, "rank_change >= -204"),
    "rank.league_table.previous-rank-if-changed": Cell("previous_rank", None, "rank_change >= -204"),
    "rank.method_sensitivity.assessment": Cell("assessment", "luck"),
    "rank.method_sensitivity.measure": Cell("measure", "mean_width", "measure == 'mean_shift'"),
    "rank.method_sensitivity.value-present": Cell("value", None),
    "rank.method_sensitivity.correlation": Cell("value", -1.001, "measure == 'correlation'"),
    "rank.method_sensitivity.same-thing-twice": Cell("value", 0.951, "measure == 'correlation'"),
    "rank.method_sensitivity.share": Cell("value", -0.001, "measure == 'pairs_told_apart_share'"),
    "rank.method_sensitivity.share-of-method": Cell("value", 1.101, "measure == 'total_share'"),
    "rank.method_sensitivity.places-or-number": Cell("value", 206, "measure == 'largest_shift'"),
    "rank.method_sensitivity.mostly-chance": Cell(
        "measure", "median_share", "measure == 'total_share' and value > 0.5", told="value"
    ),
    "insight.metric_series.denominator": Cell("denominator", 0.0),
    "insight.metric_series.limits": Cell("limits", "wide"),
    "insight.metric_series.upper-limit": Cell(
        "upper_limit", -1.0, "upper_limit == upper_limit", told="upper_limit, mean"
    ),
    "insight.metric_series.lower-limit": Cell(
        "lower_limit", 1e6, "lower_limit == lower_limit", told="mean, lower_limit"
    ),
    "insight.metric_series.variation": Cell("variation", "good"),
    "insight.metric_series.name": Cell("organisation_name", None),
    "rank.metric_league_table.score": Cell("score", 0.99),
    "rank.metric_league_table.rank": Cell("rank", 206, "no_limits_because.str.len() > 0"),  # without limits to miss it
    "rank.metric_league_table.rank-present": Cell("rank", None),
    "rank.metric_league_table.title": Cell("metric_title", None),
    "rank.metric_league_table.lower-quartile": Cell(
        "lower_quartile", 1000, "median < 999", told="median, lower_quartile"
    ),
    "rank.metric_league_table.upper-quartile": Cell(
        "upper_quartile", -1000, "median > -999", told="upper_quartile, median"
    ),
    "rank.metric_league_table.direction": Cell("direction", "lower"),
    "rank.metric_league_table.value-low": Cell("value_low", -0.1, "value_low >= 0"),
    "rank.metric_league_table.rank-low": Cell("rank_low", 206, "rank_low >= 1", told="rank, rank_low"),
    "rank.metric_league_table.rank-high": Cell("rank_high", 0, "rank_high >= 1", told="rank_high, rank"),
    "rank.metric_league_table.no-limits-because": Cell("no_limits_because", "unknown", "value_low >= 0"),
    "rank.metric_league_table.denominator": Cell("denominator", -1.0, "denominator >= 0"),
    "rank.metric_league_table.experimental": Cell("framework_status", "official", "league == 'icb'"),
    "rank.rank_bands.band": Cell("band", 0),
    "rank.rank_bands.many-bands": Cell("band", 5),
    "rank.rank_bands.average-score": Cell("average_score", 4.01),
    "rank.rank_bands.standard-error": Cell("standard_error", 0.0),
    "rank.rank_pairs.share-present": Cell("ahead_share", None),
    "rank.rank_pairs.ahead-share": Cell("ahead_share", 1.001),
    "rank.rank_pairs.level-share": Cell("level_share", -0.001),
    "rank.rank_pairs.score-difference": Cell("score_difference", 3.01),
    "rank.rank_robustness.same-segment-share": Cell("same_segment_share", 1.001),
    "rank.rank_robustness.top-quarter-share": Cell("top_quarter_share", -0.001),
    "rank.rank_robustness.bottom-quarter-share": Cell("bottom_quarter_share", 95.0),
    "rank.rank_robustness.method-range": Cell("method_rank_low", 206, told="method_rank_high, method_rank_low"),
    "rank.rank_robustness.measurement-share": Cell("measurement_share", 1.001),
    "rank.rank_robustness.position": Cell("position", "top_half"),
    "rank.rank_robustness.position-present": Cell("position", None),
    "rank.rank_robustness.position-without-override": Cell("position_without_override", "lower_half"),
    "rank.rank_robustness.places-covered": Cell("places_covered", 0),
    "rank.reconciliation.unexplained": Cell("status", "unexplained"),
} | {  # names: all of them in the same way
    f"{suite.name}.{e['meta']['id']}": Cell(
        e["kwargs"]["column"], "N" * 201, NOT_OF_ENGLAND.get(suite.table), told=suite.heading(e["kwargs"]["column"])
    )
    for suite in SUITES.values()
    for e in suite.expectations
    if e["type"] == "expect_column_value_lengths_to_be_between"
}


ODDITIES = {  # published as it should be, strange as it looks
    "land.ae": [
        Cell("org_code", "Y99999"),
        Cell("org_code", "TOTAL "),
        Cell("org_code", "RXX "),
        Cell("period", "Total "),
    ],
    "land.ambsys": [
        Cell("a10", "."),
        Cell("a30", "."),
    ],
    "land.cancer": [
        Cell("ods_code", "ZZ9ZZ"),
        Cell("total", "52.5", TREATED),
        Cell("treated_within_62_days", "1", TREATED),
    ],
    "land.csds": [
        Cell("org_code", "E06000001"),
        Cell("org_code", "Unknown"),
        Cell("measure_value", "60"),
    ],
    "land.dm01": [
        Cell("provider_org_code", "Y99999"),
        Cell("commissioner_parent_org_code", ""),
    ],
    "land.rtt": [
        Cell("commissioner_org_code", "G6V2S"),
        Cell("commissioner_parent_org_code", ""),
        Cell("treatment_function_code", "X09"),
    ],
}


@pytest.fixture(scope="module")
def tables(built: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Every checked table of the shared build, whole; of the forms that the sample has not, one file each."""
    files = pd.read_parquet(built.build.parquet("files"))
    names = dict(zip(files["source_sha256"], files["file_name"], strict=True))
    found = {}
    for name, suite in SUITES.items():
        if suite.gate == "land":
            rows = rows_of(built.build, suite.table)
            if rows.empty:
                path = forms.publish(suite.table, tmp_path_factory.mktemp(suite.table))
                rows = recognise.read_rows(path, None, known_sources()[suite.table], path.name)
                rows = rows.assign(_source_sha256=next(iter(names)))
            found[name] = rows.assign(_file=rows["_source_sha256"].map(names).astype("string"))
        else:
            with reading(built.build) as connection:
                found[name] = connection.table(name).order("all").df()  # which rows are changed: the same in every run
    return found


@pytest.mark.parametrize("name", OF_FORMS)
def test_good_data_of_forms_passes(tables: dict[str, pd.DataFrame], name: str) -> None:
    checks = suites.run_suite(SUITES[name], tables[name][SUITES[name].columns])
    assert [check.id for check in checks] == [f"{name}.{e['meta']['id']}" for e in SUITES[name].expectations]
    assert {check.id for check in checks if check.shuts_the_gate} == set()


@pytest.mark.parametrize("name", SUITES)
def test_changed_cell_is_named_by_its_rule_alone(tables: dict[str, pd.DataFrame], name: str) -> None:
    suite, frame = SUITES[name], _part(tables, name)
    cells = {rule: mutant for rule, mutant in _mutants(suite).items() if isinstance(mutant, Cell)}
    rows = changed(frame, [*cells.values()])
    failed = _failed(suites.run_suite(suite, frame))
    critical = {rule for rule in cells if _severity(suite, rule) == "critical"}
    assert {check_id for check_id in failed if failed[check_id].severity == "critical"} == {
        f"{name}.{rule}" for rule in critical
    }
    for (rule, mutant), row in zip(cells.items(), rows, strict=True):
        check = failed[f"{name}.{rule}"]
        assert check.severity == _severity(suite, rule)
        assert check.unexpected == 1 or rule not in critical, str(check)
        assert [text for text in mutant.place(suite, frame.loc[row]) if text not in str(check)] == [], str(check)


@pytest.mark.parametrize("check_id", [check_id for check_id, mutant in MUTANTS.items() if not isinstance(mutant, Cell)])
def test_changed_table_is_named_by_its_rule_alone(tables: dict[str, pd.DataFrame], check_id: str) -> None:
    name, _, rule = check_id.rpartition(".")
    damage: Any = MUTANTS[check_id]
    frame, place = damage(SUITES[name], _part(tables, name))
    failed = _failed(suites.run_suite(SUITES[name], frame))
    assert failed[check_id].severity == _severity(SUITES[name], rule)
    assert {other for other in failed if failed[other].severity == "critical"} - {check_id} == set()
    assert failed[check_id].unexpected >= 1
    message = str(failed[check_id])
    assert [text for text in place if text not in message] == [], message


@pytest.mark.parametrize(("rule", "found"), [("segment", "found 5;"), ("name", "found no value;")])
def test_value_found_is_named_plainly(tables: dict[str, pd.DataFrame], rule: str, found: str) -> None:
    suite = SUITES["rank.league_table"]
    frame, mutant = tables[suite.name][suite.columns].copy(), _mutants(suite)[rule]
    assert isinstance(mutant, Cell)
    changed(frame, [mutant])
    message = str(_failed(suites.run_suite(suite, frame))[f"{suite.name}.{rule}"])
    assert found in message


@pytest.mark.parametrize("name", ODDITIES)
def test_published_oddities_pass(tables: dict[str, pd.DataFrame], name: str) -> None:
    frame = tables[name][SUITES[name].columns].reset_index(drop=True)
    changed(frame, ODDITIES[name])
    assert _failed(suites.run_suite(SUITES[name], frame)) == {}


@pytest.mark.parametrize(
    ("table", "period", "stops"),
    [
        ("cancer_extract", "2022-12-01", False),
        ("cancer_extract", "2023-09-01", False),
        ("cancer_extract", "2023-10-01", True),
        ("cancer_csv", "30/09/2023", False),
        ("cancer_csv", "01/12/2022", False),
        ("cancer_csv", " 2023-09-01", False),
        ("cancer_csv", "01/10/2023", True),
        ("cancer_csv", "20/01/2026", True),
        ("cancer_csv", "2023-10-01", True),
    ],
)
def test_another_standard_of_cancer_stops_since_they_changed(
    tables: dict[str, pd.DataFrame], table: str, period: str, stops: bool
) -> None:
    suite = SUITES[f"land.{table}"]
    frame = tables[suite.name][suite.columns].reset_index(drop=True)
    frame.loc[7, ["period", "standard"]] = [period, "31-day FDT"]
    assert set(_failed(suites.run_suite(suite, frame))) == ({f"{suite.name}.standard"} if stops else set())


def test_every_expectation_has_a_mutant() -> None:
    assert set(MUTANTS) == {f"{name}.{e['meta']['id']}" for name, suite in SUITES.items() for e in suite.expectations}


def _failed(checks: list[Check]) -> dict[str, Check]:
    return {check.id: check for check in checks if not check.passed}


def _part(tables: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    rows = tables[name].query(PART[name]) if name in PART else tables[name]
    return rows[SUITES[name].columns].reset_index(drop=True)


def _mutants(suite: Suite) -> dict[str, Damage | Cell]:
    """Those of a suite by the rule that they break."""
    return {e["meta"]["id"]: MUTANTS[f"{suite.name}.{e['meta']['id']}"] for e in suite.expectations}


def _severity(suite: Suite, rule: str) -> str:
    return str(next(e["severity"] for e in suite.expectations if e["meta"]["id"] == rule))
