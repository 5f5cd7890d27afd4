"""Every rule of dbt is seen to fail: one row that breaks it, beside one that keeps it, or a change of a good build.
Rules on publications have their mutants in `test_control_totals.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from orchestration.text import in_sql
from orchestration.warehouse import manifest
from orchestration.warehouse.manifest import Rule

Row = dict[str, Any]

RULES = {rule.name: rule for rule in manifest.rules()}
REASON = "a reason"
BOOKED = ("type_1", "type_2", "other_department")

NOBODY_ELSE = dict.fromkeys(  # of A&E, but for those of type 1
    [
        f"{counted}_{of}"
        for counted, other in (("attendances_over_4hrs", "other"), ("a_e_attendances", "other_a_e"))
        for of in ("type_2", f"{other}_department", *(f"booked_appointments_{of}" for of in BOOKED))
    ],
    0,
)
# By rule, columns of a row that keeps it, and what makes it one that does not: for each part of the rule.
HOLDS: dict[str, tuple[Row, ...]] = {
    "organisations.region_is_given": ({"league": "acute", "region": "London"}, {"region": None}),
    "organisations.icb_code_is_given": ({"league": "acute", "icb_code": "QAA"}, {"icb_code": None}),
    "metric_values.reported_means_a_value_or_a_score": ({"status": "reported", "value": 1}, {"value": None}),
    "metric_values.absence_has_a_reason": ({"status": "missing", "status_reason": REASON}, {"status_reason": None}),
    "metric_values.status_in_vocabulary": ({"status": "suppressed"}, {"status": "hidden"}),
    "metric_league_table.limits_hold_the_value": (
        {"value_low": 1, "value": 2, "value_high": 3},
        {"value": 3.1},
        {"value": 0.9},
    ),
    "metric_league_table.limits_or_a_reason": (
        {"value_low": 1, "rank_low": 1, "rank_high": 2},
        {"no_limits_because": REASON},
        {"rank_low": None, "rank_high": None},
        {"rank_high": None},
    ),
    "rank_robustness.ranges_hold_the_rank": (
        {"rank_low": 1, "rank": 2, "rank_high": 3, "left_out_rank_low": 1, "left_out_rank_high": 1},
        {"rank": 4},
        {"rank_low": 3},
        {"left_out_rank_low": 2},
        {"measurement_rank_low": 1, "measurement_rank_high": 1},
        {"measurement_rank_low": 3, "measurement_rank_high": 3},
    ),
    "rank_robustness.ranges_without_hold_the_rank_without": (
        {"rank_low_without_override": 1, "rank_without_override": 2, "rank_high_without_override": 2},
        {"rank_without_override": 3},
        {"rank_without_finance": 1, "rank_low_without_finance": 2, "rank_high_without_finance": 2},
    ),
    "domain_league_table.range_holds_the_rank": (
        {"rank_low": 2, "rank": 2, "rank_high": 2},
        {"rank": 1},
        {"rank": 3},
    ),
    "rank_bands.rank_sets_hold_the_rank": (
        {"best_rank": 2, "rank_without_override": 2, "worst_rank": 2},
        {"rank_without_override": 3},
        {"rank_without_override": 1},
    ),
    "league_coverage.leagues_have_their_known_size": (
        {"value_basis": "published", "organisations": 129, "expected_organisations": 134},
        {"organisations": 128},
    ),
    "league_table.rank_or_reason": (
        {"ranked": True, "rank": 1},
        {"not_ranked_reason": REASON},
        {"rank": None},
        {"ranked": False},
    ),
    "league_table.change_or_reason": ({"ranked": True, "rank_change": 1}, {"rank_change": None}),
    "league_table.range_holds_the_rank": ({"rank_low": 2, "rank": 2, "rank_high": 2}, {"rank": 1}, {"rank": 3}),
    "league_table.range_holds_the_average_score": (
        {"average_score_low": 2, "average_score": 2, "average_score_high": 2},
        {"average_score": 1.99},
        {"average_score": 2.01},
    ),
    "league_table.override_only_worsens": ({"segment_unadjusted": 2, "segment": 2}, {"segment": 1}),
    "league_table.counted_of_expected": ({"metrics_counted": 9, "metrics_expected": 9}, {"metrics_counted": 10}),
    "reconciliation.status_in_vocabulary": ({"status": "explained"}, {"status": "guessed"}),
    "rank_pairs.pairs_are_listed_once": ({"code_a": "A", "code_b": "B"}, {"code_b": "A"}),
    "rank_pairs.shares_are_of_one_whole": ({"ahead_share": 0.8, "level_share": 0.2}, {"level_share": 0.21}),
    "rank_pairs.told_apart_among_all_is_told_apart_alone": (
        {"told_apart_all": True, "told_apart_alone": True},
        {"told_apart_alone": False},
    ),
    "rank_pairs.told_apart_differ": (
        {"told_apart_alone": True, "score_difference": 0.1},
        {"score_difference": 0},
    ),
    "improvement.causes_add_up_to_the_change_of_rank": (
        {
            "rank_change": 3,
            "places_own_scores": 1,
            "places_own_metrics": 1,
            "places_others": 1,
            "places_cut_points": 0,
            "places_override": 0,
        },
        {"places_override": 1},
    ),
    "improvement.compared_or_a_reason": ({"verdict": "improved"}, {"not_compared_reason": REASON}),
    "what_it_takes.changed_or_a_reason": (
        {"place": 1, "average_at_median": 2},
        {"not_changed_reason": REASON},
        {"average_at_median": None},
    ),
    "what_it_takes.only_better_is_tried": (
        {"place": 1, "score_at_median": 2, "score": 2, "average_at_median": 2, "average_score": 2},
        {"score_at_median": 2.1},
        {"average_at_median": 2.1},
    ),
    "what_it_takes.together_no_worse_than_alone": (
        {"place": 1, "average_with_places": 2, "average_at_median": 2},
        {"average_with_places": 2.1},
    ),
    "patient_league_table.rank_or_reason": ({"rank": 1}, {"rank": None}),
    "learn_from.named_or_a_reason": (
        {"place": 1, "candidate_code": "A"},
        {"not_named_reason": REASON},
        {"candidate_code": None},
    ),
    "learn_from.not_itself": ({"organisation_code": "A", "candidate_code": "B"}, {"candidate_code": "A"}),
    "learn_from.further_than_noise": (
        {"place": 1, "value": 5, "candidate_value": 3, "difference_needed": 2},
        {"candidate_value": 3.1},
    ),
    "learn_from.better_in_both_quarters": (
        {"place": 1, "candidate_score": 1, "score": 2, "candidate_value": 3, "value": 4}
        | {"candidate_previous_value": 4, "previous_value": 5},
        {"candidate_score": 2},
        {"candidate_previous_value": 5},
        {"candidate_previous_value": 6},
    ),
    "context.value_is_of_patients": (
        {"share_attributed": 1, "patients": 1},
        {"patients": 0},
        {"share_attributed": 0},
        {"share_attributed": 1.1},
    ),
    "needs_support.status_or_a_reason": (
        {"status": "not_yet", "not_yet_reason": REASON},
        {"not_yet_reason": None},
    ),
    "needs_support.judged_by_both_quarters": (
        {"status": "support", "previous_bottom_quarter_share": 0.5, "verdict": "worsened"},
        {"verdict": None},
        {"previous_bottom_quarter_share": None},
    ),
    "specialty_league_table.rank_or_reason": ({"rank": 1}, {"rank": None}),
    "area_context.shares_are_shares": (
        {"share_65_plus": 0.2, "rural_share": 1},
        {"rural_share": 1.1},
        {"rural_share": -0.1},
        {"share_65_plus": 1.1},
        {"share_65_plus": -0.1},
    ),
    "ae_provider_attendances.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "gpps_results.limits_hold_the_percentage": (
        {"lower_95": 0.6, "percent": 0.7, "upper_95": 0.8},
        {"percent": 0.81},
        {"percent": 0.59},
    ),
    "ae_attendances.over_4_hours_are_some_of_those_who_attended": (
        {"attendances_over_4hrs_type_1": 0, "a_e_attendances_type_1": 5} | NOBODY_ELSE,
        {"attendances_over_4hrs_type_1": 6},
        *({over: 1} for over in NOBODY_ELSE if over.startswith("attendances_over_4hrs")),
    ),
    "cancer_cuts.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "sickness_days.days_lost_are_some_of_those_available": (
        {"numerator": 5, "denominator": 5},
        {"numerator": 6},
    ),
    "sickness_days.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "fft_answers.answers_add_up": ({"answers": 5, "denominator": 5}, {"answers": 4}),
    "fft_answers.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "fft_answers.england_has_all_answers": (
        {"is_england": True, "denominator": 9, "responses_shown": 8, "trusts_hidden": 1},
        {"trusts_hidden": 0},
    ),
    "survey_scores.score_is_of_ten": ({"numerator": 10}, {"numerator": 10.1}, {"numerator": -0.1}),
    "talking_therapies_months.improved_have_finished": ({"numerator": 10, "denominator": 5}, {"numerator": 15}),
    "ambulance_responses.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "nof_figures.trust_code_is_given": ({"trust_code": "A"}, {"trust_code": None}),
    "nof_figures.published_id_is_given": ({"published_id": "A"}, {"published_id": None}),
    "cancer_waits.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "catchments.shares_of_a_trust_are_all_there": ({"trust_total": 1}, {"trust_total": 0.98}, {"trust_total": 1.02}),
    "dementia_diagnoses.code_is_given": ({"organisation_code": "A"}, {"organisation_code": ""}),
    "dementia_diagnoses.rate_lies_within_its_limits": (
        {"numerator": 6, "denominator": 10, "lower_limit": 60, "upper_limit": 60},
        {"upper_limit": 59},
        {"lower_limit": 61},
    ),
    "dm01_provider_waits.weeks_add_up": (
        {"sum_of_weeks": 9, "waiting_list": 9, "sum_of_late_weeks": 2, "over_6_weeks": 2},
        {"over_6_weeks": 3},
        {"waiting_list": 8},
    ),
    "dm01_provider_waits.rate_is_that_of_the_counts": ({"rate_agrees": True}, {"rate_agrees": False}),
    "shmi_bands.value_is_observed_by_expected": (
        {"shmi_value": 1.1, "expected": 1000, "observed": 1106},
        {"observed": 1107},
        {"observed": 1093},
    ),
    "shmi_bands.band_is_on_the_side_of_its_value": (
        {"numerator": 1, "shmi_value": 1.2},
        {"numerator": 3},
        {"shmi_value": 0.8},
    ),
    "release_contradictions.kind_is_known": ({"severity": "warning"}, {"severity": None}),
    "small_areas.every_file_has_the_area": ({"missing_in": None}, {"missing_in": "a file"}),
    "metric_scores.score_exact_in_range": ({"score_exact": 4}, {"score_exact": 4.01}, {"score_exact": 0.99}),
    "metric_scores.score_basis_in_vocabulary": ({"score_basis": "none"}, {"score_basis": "guessed"}),
    "domain_scores.domain_score_in_range": ({"domain_score": 1}, {"domain_score": 0.99}, {"domain_score": 4.01}),
    "adjusted_segments.override_only_worsens": (
        {"segment": 3, "segment_unadjusted": 2, "override_segment": 3},
        {"segment": 1},
        {"segment": 4},
    ),
    "unadjusted_segments.segment_in_range": ({"segment": 4}, {"segment": 5}, {"segment": 0}),
    "average_scores.average_score_in_range": ({"average_score": 4}, {"average_score": 4.01}, {"average_score": 0.99}),
    "metrics.rank_rules_have_a_polarity": ({"scoring_rule": "rank", "polarity": "higher"}, {"polarity": None}),
    "metrics.thresholds_are_given": (
        {"scoring_rule": "rank_with_floor", "floor": 1},
        {"floor": None},
        {"scoring_rule": "rank_with_standard"},
    ),
    "score_precision.decimals_are_two": ({"decimals": 2}, {"decimals": 3}),
}


@dataclass(frozen=True)
class Change:
    """A change of the first row of a table where something holds: other values, by default the row is lost; `again` it
    is there a second time with them. The rule must find one row, of whom or what that row is about. It `says` the rest.
    """

    table: str
    where: str = "true"
    values: str | None = None
    again: bool = False
    says: tuple[tuple[str, str], ...] = ()


TAKE_ONE = {"BIGINT", "INTEGER", "VARCHAR"}  # types of columns that a 1 fits into
WHO_AND_WHAT = {"quarter", "league", "organisation_code", "trust_code", "scope", "domain", "metric_id", "published_id"}
LAST = "quarter = '2025-26-Q4' and league = 'acute'"
CHANGES = {
    "averages_are_weighted_domain_means": Change("average_scores", LAST, "average_score + 0.02 as average_score"),
    "case_mix_is_adjusted_once": Change("context_view", LAST, "'X-SHMI' as outcome", says=(("metric_id", "X-SHMI"),)),
    "closed_trusts_have_a_successor": Change(
        "reference_trusts", "quarter = '2025-26-Q4' and trust_code = 'ZA1'", "'2026-02-28'::date as close_date"
    ),
    "cut_points_are_three_and_increase": Change("segment_cut_points", "better_segment = 2"),
    "domain_ranks_count_the_better": Change("domain_league_table", f"{LAST} and rank = 2", "3 as rank"),
    "every_metric_value_is_scored": Change("metric_scores", f"{LAST} and counted"),
    "every_trust_is_listed": Change("trust_league_table", LAST),
    "figures_are_published_once": Change("nof_figures", LAST, "99999 as source_row", again=True),
    "landed_rows_are_staged": Change("nof_figures", LAST),
    "leagues_of_one_share_no_metric": Change(
        "metric_values",
        f"{LAST} and value_basis = 'published'",
        "'icb' as league, 'computed' as value_basis",
        True,
        (("one_league", "acute"), ("other_league", "icb")),
    ),
    "merged_trusts_are_gone": Change(
        "successions",
        "true",
        "'2020-01-01'::date as merger_date, 'ZA1' as predecessor_code",
        True,
        (("organisation_code", "ZA1"),),
    ),
    "months_have_ended": Change("months_available", "true", "'2099-01-01'::date as month"),
    "published_ids_are_known": Change("nof_figures", LAST, "'OF9999' as published_id"),
    "published_units_are_known": Change("metric_values", f"{LAST} and value_basis = 'published'", "'mile' as unit"),
    "published_values_are_used": Change(
        "metric_values", f"{LAST} and value_basis = 'published' and value is not null", "null as value"
    ),
    "icbs_have_a_framework": Change("leagues_in_force", "quarter = '2025-26-Q4' and league = 'icb'"),
    "quarters_have_a_framework": Change("quarters_in_scope", "role = 'asked for'", "'2030-31-Q1' as quarter"),
    "rank_scores_are_percent_ranks": Change("rank_scores", "population_size > 1", "score + 0.01 as score"),
    "ranked_have_ranges": Change("rank_uncertainty", LAST),
    "ranks_count_the_better": Change("league_ranks", f"{LAST} and rank = 2", "3 as rank"),
    "robustness_lists_the_ranked": Change("rank_bands", LAST),
    "segments_follow_positions": Change("unadjusted_segments", "segment = 1", "4 as segment"),
    "trusts_are_described_once": Change("organisations", "league = 'icb'", "'elsewhere' as region", again=True),
    "trusts_have_one_name": Change("nof_figures", LAST, "lower(trust_name) as trust_name"),
}
PROVED_ELSEWHERE = {
    "league_table_lists_the_same_trusts",  # and the next four: `tests/unit/test_dbt_tests.py`
    "leagues_have_every_known_organisation",
    "pairs_told_apart_are_those_of_the_bands",
    "reporting_dates_are_understood",
    "scores_are_recovered",
    "releases_and_seeds_agree",  # and the next: `tests/build/test_contradictions.py`
    "releases_go_with_themselves",
    "summary_figures_complete",  # `tests/build/test_damage_at_the_gate.py`
}


class Tables:
    """The tables of a build, of which a test may have others."""

    def __init__(self, built: Any) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("attach ':memory:' as warehouse; use warehouse")
        self.connection.execute(f"attach {in_sql(built.build.warehouse)} as built (read_only)")
        self.connection.execute(f"set file_search_path = {in_sql(built.build.landed)}")
        nodes = [node for node in manifest.raw()["nodes"].values() if node["resource_type"] in ("model", "seed")]
        for schema in sorted({node["schema"] for node in nodes}):
            self.connection.execute(f"create schema {schema}")
        self.relations = {node["name"]: f"{node['schema']}.{node['name']}" for node in nodes}
        for relation in self.relations.values():
            self.connection.execute(f"create view {relation} as from built.{relation}")

    def put(self, table: str, rows: str) -> None:
        relation = self.relations[table]
        self.connection.execute(f"drop view {relation}; create table {relation} as {rows}")

    def empty(self, table: str) -> None:
        self.put(table, f"from built.{self.relations[table]} limit 0")

    def rows(self, sql: str) -> list[Row]:
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def found(self, rule: Rule) -> list[Row]:
        return self.rows(rule.sql)


@pytest.fixture(scope="module")
def whole(built: Any) -> Tables:
    return Tables(built)


@pytest.fixture
def tables(whole: Tables) -> Iterator[Tables]:
    """As they were again after each test."""
    whole.connection.execute("begin")
    yield whole
    whole.connection.execute("rollback")


def holding(kind: str) -> list[str]:
    return [name for name, rule in RULES.items() if rule.kind == kind]


@pytest.mark.parametrize(
    ("name", "part"),
    [pytest.param(name, part, id=f"{name}-{part}") for name in HOLDS for part in range(1, len(HOLDS[name]))],
)
def test_row_that_breaks_a_rule_is_found(tables: Tables, name: str, part: int) -> None:
    kept, broken, rule = HOLDS[name][0], HOLDS[name][part], RULES[name]
    tables.empty(rule.table)
    for row in (kept, kept | broken):
        tables.connection.execute(
            f"insert into {tables.relations[rule.table]} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
    (found,) = [json.loads(row["row"]) for row in tables.found(rule)]
    for column, value in (kept | broken).items():
        assert found[column] == value


@pytest.mark.parametrize("name", holding("key"))
def test_key_that_is_there_twice_is_found_whatever_the_rest_says(tables: Tables, name: str) -> None:
    rule = RULES[name]
    relation = tables.relations[rule.table]
    tables.empty(rule.table)
    kinds = tables.rows(f"describe {relation}")
    others = [row["column_name"] for row in kinds if row["column_type"] in TAKE_ONE]
    other = next((name for name in others if name not in rule.columns), rule.columns[0])
    for value in ("null", "1" if other not in rule.columns else "null"):
        assert tables.found(rule) == []
        tables.connection.execute(f"insert into {relation} ({other}) values ({value})")
    (found,) = tables.found(rule)
    assert json.loads(found["row"])["rows_found"] == 2


@pytest.mark.parametrize("name", holding("references"))
def test_row_about_nothing_is_found(tables: Tables, name: str) -> None:
    rule = RULES[name]
    key = ", ".join(rule.columns)
    all_given = " is not null and ".join(rule.columns)
    about = f"select distinct {key} from {tables.relations[rule.table]} where {all_given} is not null"
    (one, *others) = tables.rows(f"{about} order by all")
    assert others and tables.found(rule) == []
    where = " and ".join(f"{column} = '{value}'" for column, value in one.items())
    tables.put(rule.refers_to, f"from built.{tables.relations[rule.refers_to]} where not ({where})")
    (found,) = tables.found(rule)
    assert json.loads(found["row"]) == {column: str(value) for column, value in one.items()}


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_a_good_build_is_found(tables: Tables, name: str) -> None:
    change, rule = CHANGES[name], RULES[name]
    before = tables.found(rule)
    relation = tables.relations[change.table]
    first = f"from built.{relation} where {change.where} order by all limit 1"
    tables.connection.execute(f"create temp table chosen as {first}")
    changed = f"select * replace ({change.values}) from chosen" if change.values else "from chosen limit 0"
    kept = f"from built.{relation}" if change.again else f"from built.{relation} except all from chosen"
    tables.put(change.table, f"({kept}) union all ({changed})")
    found = [row for row in tables.found(rule) if row not in before]
    (row,) = tables.rows(changed if change.values else "from chosen")
    (one,) = found
    named = {column for column in WHO_AND_WHAT & one.keys() & row.keys() if one[column] is not None}
    assert named and all(one[column] == row[column] for column in named)
    assert all(one[column] == value for column, value in change.says)


def test_every_rule_is_seen_to_fail() -> None:
    """A new rule needs a row that breaks it. Rules of a file of their own that are not here are control totals."""
    assert sorted(HOLDS) == sorted(holding("holds"))
    assert {*holding("custom_sql")} >= CHANGES.keys() | PROVED_ELSEWHERE
    assert not CHANGES.keys() & PROVED_ELSEWHERE
