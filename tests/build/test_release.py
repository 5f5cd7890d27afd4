"""The release bundle as a public contract: its columns, hashes, versions, the same bytes from the same inputs, and the
figures that the sample was counted from."""

from __future__ import annotations

import csv
import fcntl
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from orchestration.cli import league
from orchestration.defs import in_process
from orchestration.defs.in_process import Outcome, defs
from orchestration.defs.metadata import release_metadata
from orchestration.defs.resources import Folders
from orchestration.errors import LeagueError
from orchestration.quality.evidence import of_landed
from orchestration.quarters import Quarter
from orchestration.releases import diff, publish
from orchestration.releases.describe import CONTRACT_VERSION
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import Release
from orchestration.sample import expected_figures, expected_icb_league, invent_year
from orchestration.sample.publications import FRIENDS_AND_FAMILY, MORTALITY, STAFF_SCORES, Figures
from orchestration.sources.inventory import survey
from orchestration.sources.landing import take_in, write_parquet
from orchestration.sources.lock import changing
from orchestration.warehouse import manifest, tables
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import COMMUNITY, COMMUNITY_TABLE, descriptor, hashes

# No day that a rule names: the audit page prints the rules, too.
QUARTER, ANOTHER_DAY = "2025-26-Q1", "2025-10-07"
RANKED = ("acute", "ambulance", "mental_health_community", "icb")
CONTRACT = {
    "league_table": "quarter, league, organisation_code, organisation_name, organisation_type, trust_subtype, region, "
    "icb_code, rank, rank_low, rank_high, average_score, average_score_low, average_score_high, segment_unadjusted, "
    "financial_override, segment, final_segment, rank_without_override, gap_to_next_segment, metrics_counted, "
    "metrics_expected, coverage, ranked, not_ranked_reason, framework, framework_status, previous_rank, rank_change, "
    "no_rank_change_reason",
    "trust_league_table": "quarter, league, rank, rank_low, rank_high, organisation_code, organisation_name, "
    "trust_subtype, region, icb_code, average_score, average_score_low, average_score_high, "
    "segment_unadjusted, financial_override, segment, rank_without_override, "
    "metrics_counted, metrics_expected, ranked, not_ranked_reason, previous_rank, "
    "rank_change, final_segment, gap_to_next_segment, coverage",
    "domain_league_table": "quarter, league, domain, organisation_code, domain_score, domain_segment, rank, "
    "rank_low, rank_high, ranked, not_ranked_reason",
    "metric_league_table": "quarter, league, metric_id, metric_title, organisation_code, value, unit, score, "
    "value_low, value_high, numerator, denominator, direction, rank, rank_low, rank_high, no_limits_because, "
    "median, lower_quartile, upper_quartile",
    "metric_values": "quarter, organisation_code, organisation_type, metric_id, value_basis, numerator, "
    "denominator, value, unit, period_start, period_end, status, status_reason, "
    "source_id, source_sha256",
    "metric_scores": "quarter, organisation_code, metric_id, value_basis, value, population, population_size, "
    "rank_in_population, score, score_basis, weight, counted",
    "reconciliation": "quarter, organisation_code, measure, metric_id, published, computed, difference, "
    "tolerance, status, explanation",
    "metric_sources": "quarter, organisation_code, metric_id, value_basis, source_id, source_sha256, "
    "member_or_sheet, period, code_in_file, first_row, last_row, rows_counted",
    "rank_robustness": "quarter, league, organisation_code, rank, rank_low, rank_high, same_segment_share, "
    "segment_uncertain, top_quarter_share, bottom_quarter_share, expected_rank, rank_without_override, "
    "places_lost_to_override, rank_without_finance, left_out_rank_low, left_out_rank_high, left_out_metric, "
    "method_rank_low, method_rank_median, method_rank_high, method_mean_shift, metrics_measured, "
    "measurement_score_low, measurement_score_high, measurement_rank_low, measurement_rank_high, measurement_share, "
    "places_covered, position, rank_low_without_override, rank_high_without_override, position_without_override, "
    "rank_low_without_finance, rank_high_without_finance",
    "rank_pairs": "quarter, league, code_a, code_b, ahead_share, level_share, score_difference, told_apart_alone, "
    "told_apart_all",
    "metric_guide": "quarter, league, metric_id, title, plain_name, what, why, falls_short, words_status, domain, "
    "sub_domain, unit, direction, standard, floor, counted, scored_among, publication, label, source",
    "domains_in_force": "quarter, league, domain, title, score_id, segment_id, label",
    "quarter_guide": "quarter, framework, framework_title, framework_status, role, published_label, months, first_day, "
    "last_day, is_fictional",
    "organisation_guide": "quarter, organisation_code, organisation_name, short_name, organisation_type, leagues, "
    "trust_subtype, region, icb_code, icb_name, icb_source, town, postcode",
    "patient_league_table": "quarter, league, organisation_code, rank, rank_low, rank_high, average_score, "
    "average_score_low, average_score_high, waits_score, experience_score, outcomes_score, league_rank, "
    "metrics_counted, metrics_at_hand, metrics_expected, metrics, not_ranked_reason, label",
    "rank_bands": "quarter, league, band, organisation_code, average_score, standard_error, rank_without_override, "
    "best_rank, worst_rank, told_apart_from, may_be_in_top_quarter, may_be_in_bottom_quarter",
    "improvement": "quarter, league, organisation_code, previous_quarter, previous_average_score, average_score, "
    "metrics_compared, metrics_excluded, metrics_carried_over, change, change_low, change_high, p_value, q_value, "
    "verdict, previous_rank, rank, rank_change, places_own_scores, places_own_metrics, places_others, "
    "places_cut_points, places_override, not_compared_reason",
    "method_sensitivity": "quarter, league, assessment, item, measure, value",
    "league_coverage": "quarter, league, title, framework, framework_status, value_basis, published, absent_reason, "
    "organisations, expected_organisations, coverage, metrics_expected, metrics_scored, metrics_missing, "
    "metrics_of_an_earlier_month",
    "segment_cut_points": "quarter, framework, scope, better_segment, cut_point, cut_point_basis, label",
    "icb_league_table": "quarter, rank, rank_low, rank_high, organisation_code, organisation_name, "
    "organisation_type, region, average_score, average_score_low, average_score_high, segment, metrics_counted, "
    "metrics_expected, coverage, "
    "ranked, not_ranked_reason, framework_status, previous_rank, rank_change",
    "england_figures": "quarter, metric_id, metric_title, numerator, denominator, value, unit, "
    "denominator_attributed, months_counted, first_month, last_month",
    "metric_series": "quarter, metric_id, metric_title, measure, organisation_code, organisation_name, "
    "organisation_type, league, month, value, unit, numerator, denominator, predecessors, phase, phase_reason, points, "
    "limits, mean, moving_range, lower_limit, upper_limit, outside_limits, shift, trend, two_of_three, variation, "
    "target, assurance, label, publication, source_id, source_file, source_member, source_rows",
    "specialty_league_table": "quarter, month, side, treatment_function, treatment_function_name, organisation_code, "
    "organisation_name, organisation_type, rank, rank_low, rank_high, not_ranked_reason, within_18_weeks, "
    "over_52_weeks, pathways, share_within_18_weeks, share_over_52_weeks, funnel, z, z_sampling_only, funnel_centre, "
    "phi, tau, label, source_file, source_member, source_rows",
    "steep_at_the_standard": "quarter, month, standard, organisation_code, organisation_name, organisation_type, "
    "just_within, just_over, expected_within, odds_ratio, z, steep, providers_tested, placebo_deviation, "
    "placebo_cuts, placebo_flags, placebo_flags_most, label, source_file, source_member, source_rows",
    "ae_mix": "quarter, previous_quarter, organisation_code, organisation_name, previous_within_4_hours, "
    "previous_attendances, within_4_hours, attendances, change, change_by_rates, change_by_mix, label, source_rows",
    "data_quality": "quarter, league, metric_id, metric_title, organisation_code, organisation_name, badge, reasons, "
    "checked, label",
    "context": "quarter, league, organisation_code, organisation_name, specialist, measure, basis, "
    "preferred, value, england_value, difference_from_england, share_attributed, patients, "
    "largest_area, largest_area_share, cross_check_basis, cross_check_value, "
    "cross_check_difference, diluted, source_file, source_rows",
    "area_context": "quarter, area_kind, area_code, small_areas, residents, imd, share_65_plus, rural_share, "
    "source_file, source_rows",
    "context_models": "quarter, league, outcome_kind, outcome, basis, organisations, covariates, intercept, "
    "slope_imd, error_imd, slope_share_65_plus, error_share_65_plus, slope_rural_share, "
    "error_rural_share, r_squared, q_squared, permutation_p, q_value, passes_now, passed_before, "
    "verdict",
    "context_view": "quarter, league, outcome, organisation_code, organisation_name, score, expected_score, "
    "difference, adjusted_score, adjusted_score_low, adjusted_score_high, rank, adjusted_rank, "
    "adjusted_rank_low, adjusted_rank_high",
    "peers": "quarter, league, organisation_code, organisation_name, place, peer_code, peer_name, "
    "distance, measures, has_close_peers, nearest_at_most, source_file, source_rows",
    "what_it_takes": "quarter, league, organisation_code, organisation_name, segment_can_change, average_score, "
    "segment_unadjusted, segment, final_segment, metrics_needed, place, metric_id, metric_title, domain, "
    "value, unit, score, median, score_at_median, average_at_median, segment_unadjusted_at_median, "
    "segment_at_median, average_with_places, value_needed, basis, not_changed_reason, label",
    "learn_from": "quarter, league, organisation_code, organisation_name, metric_id, metric_title, unit, value, score, "
    "place, candidate_code, candidate_name, candidate_value, candidate_score, at_bound, previous_quarter, "
    "previous_value, candidate_previous_value, candidate_previous_score, noise, difference_needed, "
    "noise_basis, basis, candidates, not_named_reason, label",
    "needs_support": "quarter, league, organisation_code, organisation_name, status, not_yet_reason, rank, "
    "bottom_quarter_share, previous_bottom_quarter_share, verdict, domains_in_segment_4, domains, "
    "weak_metrics, learn_from, context, label",
}
KEYS = {
    "league_table": ("quarter", "league", "organisation_code"),
    "metric_values": ("quarter", "organisation_code", "metric_id", "value_basis"),
    "metric_sources": ("quarter", "organisation_code", "metric_id", "value_basis", "period", "code_in_file"),
    "segment_cut_points": ("quarter", "framework", "scope", "better_segment"),
    "icb_league_table": ("quarter", "organisation_code"),
    "england_figures": ("quarter", "metric_id"),
}
PROVENANCE = {"source_sha256", "source_row", "published_score_row", "first_row", "last_row"}
COUNTS = ("numerator", "denominator")
TEN_DECIMALS = Fraction(1, 10**10)
CONTEXT = "X-DM01-6W"  # shown beside the framework, never scored
QUARTER_OF = {"built_planted": "2025-26-Q3", "built": "2025-26-Q4"}
PREVIOUS = {"2025-26-Q3": "2025-26-Q2", "2025-26-Q4": "2025-26-Q3"}


NUMBERS_AND_BREAKS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|<wbr>")  # of runs; within a hash


@pytest.mark.parametrize("table", CONTRACT)
def test_table_has_the_columns_of_the_contract(built: Any, table: str) -> None:
    heading = (built.release / f"{table}.csv").read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
    assert set(CONTRACT[table].split(", ")) - set(heading) == set()
    assert heading == list(pd.read_parquet(built.release / f"{table}.parquet").columns)


@pytest.mark.parametrize("table", KEYS)
def test_key_is_that_of_the_contract(table: str) -> None:
    assert {t.key for t in published_tables() if t.name == table} == {KEYS[table]}


def test_bundle_holds_every_file_of_the_contract(built: Any) -> None:
    tables = {table.name for table in published_tables()}
    assert set(CONTRACT) <= tables
    files = {f"{table}.{kind}" for table in tables for kind in ("csv", "parquet")}
    pictures = {f"ranks_{league}.svg" for league in RANKED}
    pictures |= {"movement_acute.svg", "movement_icb.svg"}  # the others were ranked on another metric more in Q3
    described = {"README.md", "dictionary.md", "audit.html", "checks.json", "datapackage.json"}
    described |= {"csv-metadata.json", "openlineage.ndjson", "prov.json", "dcat.jsonld"}
    described |= {f"fictional-nhs-league-tables-2025-26-q4-v1.{form}" for form in ("xlsx", "ods")}
    assert set(hashes(built.release)) == files | pictures | described


def test_readme_is_one_to_read_and_the_dictionary_has_every_column(built: Any) -> None:
    assert len((built.release / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
    dictionary = (built.release / "dictionary.md").read_text(encoding="utf-8")
    described = dict(section.split("\n", 1) for section in dictionary.split("\n## ")[1:])
    assert set(described) == {table.name for table in published_tables()}
    for table in published_tables():
        for name, kind, description in table.columns:
            assert f"| {name} | {kind} | {description} |" in described[table.name].splitlines()


def test_everything_made_from_the_sample_says_so(built: Any) -> None:
    """All but the tables, whose columns are the contract's."""
    package = Release.read(built.release).package
    assert package["synthetic"] is True
    assert {package["title"][:9], *(source["publisher"][:9] for source in package["sources"])} == {"FICTIONAL"}
    beside = [path for path in built.release.iterdir() if path.suffix not in (".csv", ".parquet")]
    silent = [path.name for path in beside if b"FICTIONAL" not in path.read_bytes()]
    assert silent == ["checks.json"] and json.loads((built.release / "checks.json").read_text())["synthetic"] is True
    said = {name: (built.release / name).read_text(encoding="utf-8") for name in ("README.md", "audit.html")}
    for name, text in said.items():
        assert "invented" in text and "official data" not in text and "Open Government" not in text, name
    assert said["README.md"].startswith("# FICTIONAL: NHS league tables")
    shown = release_metadata(publish.Published(Release.read(built.release), created=False))
    assert shown["synthetic"] is True


def test_terminal_says_so(built: Any) -> None:
    data_dir = str(built.workspace.data_dir)
    shown = CliRunner().invoke(league, ["show", "--data-dir", data_dir], env={"COLUMNS": "200"}).output
    assert "v1: FICTIONAL: candidate" in shown and shown.count("FICTIONAL: ") == 1 + len(RANKED)
    traced = CliRunner().invoke(league, ["trace", "acute", "--quarter", "2025-26-Q4", "--data-dir", data_dir]).output
    assert "v1: FICTIONAL: candidate" in traced.replace("\n", "")


def test_fictional_files_do_not_get_into_a_folder_of_real_releases(
    first_quarter: Path, run: Any, tmp_path: Path
) -> None:
    real = tmp_path / "releases" / "2025-26-Q2" / "v1"
    real.mkdir(parents=True)
    (real / "datapackage.json").write_text(descriptor([], synthetic=False))
    outcome = run("2025-26-Q1", first_quarter, tmp_path)
    (problem,) = outcome.problems
    assert problem.startswith(f"{tmp_path} holds real releases, such as {real}, and these files are fictional: build")
    assert outcome.release is None and not (tmp_path / "store").exists() and not list(tmp_path.glob("*.lock.json"))


def test_descriptor_is_a_valid_data_package(built_first: Any) -> None:
    from frictionless import Package

    report = Package(str(built_first.release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])[:5]


def test_descriptor_names_hash_and_bytes_of_every_other_file(built: Any, built_planted: Any) -> None:
    package = json.loads((built.release / "datapackage.json").read_text())
    described = {r["path"]: (r["hash"], r["bytes"]) for r in package["resources"]}
    found = {
        name: (f"sha256:{sha256}", (built.release / name).stat().st_size)
        for name, sha256 in hashes(built.release).items()
    }
    found.pop("datapackage.json")
    assert described == found
    assert package["contract_version"] == CONTRACT_VERSION
    store = {path.name for path in built.workspace.store.rglob("*") if path.is_file()}
    of_both = [*package["sources"], *Release.read(built_planted.release).package["sources"]]
    assert {source["sha256"] for source in of_both} == store


def test_csv_and_parquet_hold_the_same_values(built: Any) -> None:
    options = "all_varchar = true, header = true, delim = ',', quote = '\"'"
    with duckdb.connect() as connection:
        for table in published_tables():
            file = built.release / table.name
            typed = connection.execute(f"select columns(*)::varchar from '{file}.parquet'").fetchall()
            text = connection.execute(f"select * from read_csv('{file}.csv', {options})").fetchall()
            assert text == typed, table.name


def test_a_name_stands_beside_every_code(built: Any) -> None:
    names = pd.read_parquet(built.release / "league_table.parquet").set_index("organisation_code")["organisation_name"]
    for table in published_tables():
        rows = pd.read_parquet(built.release / f"{table.name}.parquet")
        if "organisation_code" in rows:
            place = list(rows.columns).index("organisation_code")
            assert rows.columns[place + 1] == "organisation_name", table.name
            named = rows[rows["organisation_code"].isin(names.index)]
            assert (named["organisation_name"] == named["organisation_code"].map(names)).all(), table.name


def test_ranked_rows_stand_first(built: Any) -> None:
    for table in ("league_table", "trust_league_table", "icb_league_table", "domain_league_table"):
        ranked = pd.read_parquet(built.release / f"{table}.parquet")["ranked"]
        assert ranked.any() and ranked.sort_values(ascending=False, kind="stable").equals(ranked), table


def test_parquet_says_what_its_columns_are(built: Any) -> None:
    for table in published_tables():
        said = pq.read_metadata(built.release / f"{table.name}.parquet").metadata
        expected = {table.name: table.description, **{name: told for name, _, told in table.columns}}
        assert {name: said[name.encode()].decode() for name in expected} == expected


# Nothing is recovered where every population is at hand, and the last quarter of the sample goes with itself.
EMPTY = {"population_sizes_recovered", "release_contradictions"}


def test_every_row_is_of_the_quarter_and_keys_are_unique(built: Any) -> None:
    for table in published_tables():
        rows = pd.read_parquet(built.release / f"{table.name}.parquet")
        assert set(rows["quarter"]) == (set() if table.name in EMPTY else {"2025-26-Q4"}), table.name
        assert not rows.duplicated(list(table.key)).any(), table.name


def test_table_says_whether_it_has_the_quarter_before_too(built: Any) -> None:
    """A pass shows of a quarter what a build of it alone has."""
    asked_for = set(built.build.quarters)
    with tables.reading(built.build) as connection:
        for table in manifest.models():
            if table.published and table.name not in EMPTY:
                found = {
                    of for (of,) in connection.execute(f"select distinct quarter from {table.relation}").fetchall()
                }
                assert (found == asked_for) == table.published.asked_for, table.name


FULL_WIDTH = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "=cmd|' /C calc'!A0", *FULL_WIDTH])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert _safe(text, "string") == f"'{text}"


@pytest.mark.parametrize("text", ["NHS Trust", "A - B", "", "1=1", "'quoted", "é"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert _safe(text, "string") == text


def test_numbers_are_left_alone() -> None:
    assert _safe(-1.5, "decimal(4,2)") == -1.5
    assert _safe(None, "string") is None


def _safe(value: Any, kind: str) -> Any:
    expression = publish.safe_in_a_spreadsheet("cell", kind)
    with duckdb.connect() as connection:
        row = connection.execute(f"select {expression} from (select ? as cell)", [value]).fetchone()
    assert row is not None
    return row[0]


def test_name_that_is_a_formula_is_neutralised_in_csv_only(built_first: Any, tmp_path: Path) -> None:
    shutil.copytree(built_first.build.folder, tmp_path / "work" / QUARTER)
    build = Workspace(tmp_path).build(QUARTER)
    with duckdb.connect(str(build.warehouse)) as connection:
        connection.execute(
            "update rank.trust_league_table set organisation_name = '=cmd' where organisation_code = 'ZA2'"
        )
    (tmp_path / "out").mkdir()
    tables = [table for table in published_tables() if table.name == "trust_league_table"]
    publish._write_tables(build, Quarter(QUARTER), tables, tmp_path / "out")
    with (tmp_path / "out" / "trust_league_table.csv").open(encoding="utf-8", newline="") as file:
        assert {row["organisation_name"] for row in csv.DictReader(file) if row["organisation_code"] == "ZA2"} == {
            "'=cmd"
        }
    original = pd.read_parquet(tmp_path / "out" / "trust_league_table.parquet").set_index("organisation_code")
    assert original.loc["ZA2", "organisation_name"] == "=cmd"


def test_files_are_read_only(built: Any) -> None:
    assert {path.name for path in built.release.iterdir() if path.stat().st_mode & 0o222} == set()


def test_nothing_unfinished_is_left(built: Any) -> None:
    assert [path.name for path in built.workspace.releases("2025-26-Q4").iterdir()] == ["v1"]


def test_day_the_files_came_changes_what_tells_it_and_nothing_else(built_first: Any, tmp_path: Path) -> None:
    """Published again as if the files had come on another day. Files that tell the day have hashes, and runs are
    numbered by it; with these exchanged all bytes are the same. That no table tells it is seen where rows are
    shuffled, in a build of its own."""
    for name in ("work", "store"):
        shutil.copytree(built_first.workspace.data_dir / name, tmp_path / name)
    build = Workspace(tmp_path).build(QUARTER)
    evidence = {path: path.read_text(encoding="utf-8") for path in build.evidence.glob("*.json")}
    for path in (build.parquet("files"), build.inventory(QUARTER)):
        before = [sha256_of_file(path), of_landed([path])[""]]
        write_parquet(pd.read_parquet(path).assign(retrieved=ANOTHER_DAY), path)
        for old, new in zip(before, [sha256_of_file(path), of_landed([path])[""]], strict=True):
            evidence = {of: text.replace(old, new) for of, text in evidence.items()}
    for path, text in evidence.items():
        path.write_text(text, encoding="utf-8")
    (again,) = publish.publish(build)
    here, there = again.release.folder, built_first.release
    days, inventories = zip(*[_day_and_inventory(folder) for folder in (here, there)], strict=True)
    dated = ("checks.json", "openlineage.ndjson", "prov.json", "dcat.jsonld", "audit.html")
    exchanged = [days, inventories, *[tuple(hashes(folder)[name] for folder in (here, there)) for name in dated[:-2]]]
    assert all(one != other for one, other in exchanged)
    exchanged += [tuple(hashes(folder)[name] for folder in (here, there)) for name in dated[-2:]]
    assert set(hashes(here)) == set(hashes(there))
    for name in hashes(here):
        content, other_content = ((folder / name).read_bytes() for folder in (here, there))
        if name in (*dated, "datapackage.json"):
            content, other_content = (NUMBERS_AND_BREAKS.sub(b"", found) for found in (content, other_content))
            for one, other in exchanged:
                content = content.replace(one.encode(), other.encode())
        assert content == other_content, name


def _day_and_inventory(release: Path) -> tuple[str, str]:
    """The day all files of a release came, and the sha256 of the inventory that says so."""
    checks = json.loads((release / "checks.json").read_text(encoding="utf-8"))
    (day,) = {file["retrieved"] for file in checks["files"] if file["status"] == "used"}
    (inventory,) = {run["data"]["landed files"] for run in checks["evidence"] if "landed files" in run["data"]}
    return day, inventory


def test_same_content_is_not_published_again(versions: Any) -> None:
    assert (versions.again[0].version, versions.again[1]) == (1, False)


def test_changed_content_is_the_next_version_and_the_first_stays(versions: Any) -> None:
    assert versions.second.name == "v2"
    assert hashes(versions.second.with_name("v1")) == versions.first
    package = json.loads((versions.second / "datapackage.json").read_text())
    assert package["version"] == "2"
    assert "changes.csv" in {resource["path"] for resource in package["resources"]}


def test_changes_say_who_moved_and_why(versions: Any) -> None:
    changes = pd.read_csv(versions.second / "changes.csv").set_index("organisation_code")
    assert set(changes.index) == set(versions.exchanged)
    assert set(changes["league"]) == {"mental_health_community"}
    first, last = (changes.loc[[code]].set_index("cause").loc["input revised"] for code in versions.exchanged)
    assert first["rank_before"] < first["rank_after"] == last["rank_before"]
    assert (first["average_score_before"], first["average_score_after"]) == (
        last["average_score_after"],
        last["average_score_before"],
    )
    assert set(first["files"].split("; ")) == {COMMUNITY}
    before = pd.read_csv(versions.second.with_name("v1") / "trust_league_table.csv").set_index("organisation_code")
    after = pd.read_csv(versions.second / "trust_league_table.csv").set_index("organisation_code")
    assert set(before.index[before["rank"] != after["rank"].reindex(before.index)]) == set(versions.exchanged)


def test_changes_are_those_that_diff_finds_and_every_place_is_explained(versions: Any, tmp_path: Path) -> None:
    found = diff.difference(Release.read(versions.second.with_name("v1")), Release.read(versions.second))
    found.changes.assign(quarter=QUARTER)[["quarter", *diff.CHANGES]].to_csv(tmp_path / "changes.csv", index=False)
    assert (tmp_path / "changes.csv").read_bytes() == (versions.second / "changes.csv").read_bytes()
    assert set(found.changes["cause"]) <= {"input revised", "override", "others moved", "population moved"}
    assert found.rules.empty and found.cut_points.empty
    assert set(found.inputs["change"]) == {"revised"}
    assert {*found.inputs["file_name_before"], *found.inputs["file_name_after"]} == {COMMUNITY, COMMUNITY_TABLE}


def test_every_place_of_two_quarters_is_explained_in_every_league(built_planted: Any, built: Any) -> None:
    found = diff.difference(Release.read(built_planted.release), Release.read(built.release)).changes
    expected = set()
    for table in ("trust_league_table", "icb_league_table"):
        before, after = (
            pd.read_csv(of.release / f"{table}.csv", dtype=str, keep_default_na=False).set_index("organisation_code")
            for of in (built_planted, built)
        )
        columns = [column for column in diff.PLACE if column in before.columns]
        assert len(columns) >= 4 and set(before.index) == set(after.index)
        differs = (before[columns] != after.loc[before.index, columns]).any(axis=1)
        leagues = before["league"] if "league" in before.columns else pd.Series("icb", index=before.index)
        expected |= set(zip(leagues[differs], before.index[differs], strict=True))
    assert set(zip(found["league"], found["organisation_code"], strict=True)) == expected
    assert {league for league, _ in expected} == set(RANKED)
    causes = {"new quarter", "population moved", "override", "cut points", "others moved"}
    assert set(found["cause"]) <= causes | {"rule changed"}  # where a planted figure goes against a seed


@pytest.fixture(scope="module")
def shuffled(first_quarter: Path, run: Any, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The first quarter of files whose rows stand in another order, and which came on another day by the lock."""
    folder, workspace = tmp_path_factory.mktemp("shuffled"), Workspace(tmp_path_factory.mktemp("shuffled-data"))
    shutil.copytree(first_quarter, folder, dirs_exist_ok=True)
    for path in sorted(folder.rglob("*.csv")):
        end = b"\r\n" if b"\r\n" in path.read_bytes() else b"\n"
        *lines, last = path.read_bytes().split(end)
        assert last == b""
        heading = [] if path.name == "etr.csv" else [lines.pop(0)]
        random.Random(path.name).shuffle(lines)
        path.write_bytes(end.join([*heading, *lines, b""]))
    take_in(survey(folder), QUARTER, workspace)
    with changing(workspace) as lock:
        lock.entries = {key: replace(entry, retrieved=ANOTHER_DAY) for key, entry in lock.entries.items()}
    outcome: Outcome = run(QUARTER, folder, workspace.data_dir)
    return outcome


def test_order_of_rows_and_day_of_files_change_only_provenance(built_first: Any, shuffled: Outcome) -> None:
    assert shuffled.problems == () and shuffled.release
    used = Release.read(shuffled.release).package["sources"]
    assert {source["retrieved"] for source in used} == {ANOTHER_DAY}
    for table in published_tables():
        names = [f"{table.name}.{kind}" for kind in ("csv", "parquet")]
        if {name for name, _, _ in table.columns} & PROVENANCE:
            left, right = (pd.read_parquet(release / names[1]) for release in (built_first.release, shuffled.release))
            kept = [column for column in left.columns if column not in PROVENANCE]
            pd.testing.assert_frame_equal(left[kept], right[kept])
            assert left.empty or not left.equals(right)
        else:
            for name in names:
                assert (built_first.release / name).read_bytes() == (shuffled.release / name).read_bytes(), name


def test_planted_disagreements_are_found_and_no_others(built_planted: Any, sample: Path) -> None:
    with (sample / "planted_disagreements.csv").open(encoding="utf-8", newline="") as file:
        planted = {
            (row["organisation_code"], measure, metric_id, float(row["planted"]), float(row["right"]))
            for row in csv.DictReader(file)
            for measure, metric_id in _measures(row)
        }
    rows = pd.read_parquet(built_planted.release / "reconciliation.parquet")
    rows = rows[rows["status"] == "unexplained"].astype({"published": float, "computed": float, "metric_id": object})
    found = {
        (r.organisation_code, r.measure, None if pd.isna(r.metric_id) else r.metric_id, r.published, r.computed)
        for r in rows.itertuples()
    }
    assert found == planted


def _measures(row: dict[str, str]) -> list[tuple[str, str | None]]:
    """Where reconciliation shows a published cell: a score beside that of the published value and that of ours."""
    measure, metric_id = _measure(row)
    return [(measure, metric_id), *([("metric_value_score", metric_id)] if measure == "metric_score" else [])]


def _measure(row: dict[str, str]) -> tuple[str, str | None]:
    published_id, column = row["published_id"], row["column"]
    if row["file_kind"] == "league table":
        return f"league_table_{column.lower()}", None
    if published_id.startswith("OF1"):
        return "metric_score", f"OF0{published_id[3:]}"
    if published_id.startswith("OF40"):
        return "domain_score", published_id
    if (published_id, column) in {("OF0010", "Value"), ("OF0011", "Value"), ("OF0013", "Value")}:
        return "metric_value", published_id
    return {("OF5002", "Value"): "average_score", ("OF5000", "Rank"): "league_rank"}[published_id, column], None


# What was counted: the release beside the sample's oracle, both ways


@pytest.fixture(scope="module", params=QUARTER_OF)
def counted(request: Any) -> tuple[str, Callable[[str], pd.DataFrame]]:
    """A quarter and the tables of its release."""
    folder = request.getfixturevalue(request.param).release
    return QUARTER_OF[request.param], lambda table: pd.read_parquet(folder / f"{table}.parquet")


def _assert_figures(rows: pd.DataFrame, expected: Figures) -> None:
    """Every computed row is the oracle's figure or says why there is none, and every figure of the oracle is a row."""
    rows = rows[rows["value_basis"] == "computed"].set_index(["metric_id", "organisation_code"])
    assert rows.index.is_unique
    oracle = {(metric_id, code): figure for metric_id, of in expected.items() for code, figure in of.items()}
    with_counts = rows[rows["numerator"].notna() | rows["denominator"].notna()]
    assert {key: (Fraction(row["numerator"]), Fraction(row["denominator"])) for key, row in with_counts.iterrows()} == {
        key: (figure.numerator, figure.denominator) for key, figure in oracle.items()
    }
    valued = {key: figure.value for key, figure in oracle.items() if figure.value is not None}
    assert {key: Fraction(value) * 10**6 for key, value in rows["value"].dropna().items()} == valued
    assert set(rows.index[rows["status"] == "reported"]) == set(valued)
    without = rows[rows["status"] != "reported"]
    assert set(without["status"]) == {"missing"}
    for key, reason in without["status_reason"].items():
        expected_reason = "nobody counted: the denominator is 0" if key in oracle else "not counted in the "
        if key[0] in FRIENDS_AND_FAMILY.values():
            expected_reason = "a figure is missing in the file of "  # hidden, for there were few answers
        assert str(reason).startswith(expected_reason), key
    assert without["status_reason"].str.startswith("nobody counted").sum() == len(oracle) - len(valued) > 0


def test_every_computed_figure_is_the_one_counted(counted: Any) -> None:
    quarter, table = counted
    _assert_figures(table("metric_values"), expected_figures(quarter))


def test_published_values_stand_beside_the_computed_ones(counted: Any) -> None:
    """Trusts are scored on what is published, ICBs on what is computed; the two agree where nothing was planted."""
    quarter, table = counted
    scores = table("metric_scores")
    assert set(scores.loc[scores["value_basis"] == "computed", "metric_id"]) == {
        CONTEXT,
        *(metric_id for metric_id in expected_figures(quarter) if metric_id.startswith("ICB-")),
    }
    assert set(scores["league"]) == {"acute", "mental_health_community", "ambulance", "icb"}
    assert set(scores.loc[scores["league"] == "icb", "value_basis"]) == {"computed"}
    assert scores.loc[scores["metric_id"] == CONTEXT, "score"].isna().all()
    assert not scores.loc[scores["metric_id"] == CONTEXT, "counted"].any()

    values = table("metric_values").dropna(subset="value")
    keys = {
        basis: set(zip(rows["organisation_code"], rows["metric_id"], strict=True))
        for basis, rows in values.groupby("value_basis")
    }
    compared = table("reconciliation")
    compared = compared[compared["measure"] == "metric_value"]
    pairs = list(zip(compared["organisation_code"], compared["metric_id"], strict=True))
    assert len(pairs) == len(set(pairs)) > 600
    assert set(pairs) == keys["published"] & keys["computed"]
    counted_too = {"OF0003", "OF0005", "OF0010", "OF0011", "OF0013", "OF0017", "OF0023", "OF0061", "OF0082", "OF0084"}
    counted_too |= {MORTALITY}
    assert {metric_id for _, metric_id in pairs} == counted_too
    unexplained = compared[compared["status"] == "unexplained"]
    assert len(unexplained) == (3 if quarter == "2025-26-Q3" else 0)
    assert set(compared["status"]) - {"unexplained"} == {"agrees"}


def test_england_is_everybody_counted(counted: Any) -> None:
    """Those commissioned from outside England too, whom the figures of their providers leave out."""
    quarter, table = counted
    sums = {
        metric_id: tuple(sum((getattr(f, part) for f in of.values()), Fraction(0)) for part in COUNTS)
        for metric_id, of in expected_figures(quarter).items()
        if not metric_id.startswith("ICB-GP-") and metric_id not in {*STAFF_SCORES, MORTALITY}  # which do not add up
    }
    everybody = sums | {"OF0023": sums["ICB-RTT-18W"], "OF0003": sums["ICB-RTT-52W"], "ICB-AE-4H": sums["OF0013"]}
    england = table("england_figures").set_index("metric_id")
    found = {m: tuple(Fraction(row[part]) for part in COUNTS) for m, row in england.iterrows()}
    assert found == {m: tuple(_half_up(count, 3) for count in counts) for m, counts in everybody.items()}
    assert {m: Fraction(n) for m, n in england["denominator_attributed"].items()} == {
        m: _half_up(n, 3) for m, (_, n) in sums.items()
    }
    for metric_id in ("OF0023", "OF0003", "ICB-AE-4H"):
        assert found[metric_id][1] > sums[metric_id][1], metric_id
    for metric_id, (numerator, denominator) in everybody.items():
        scale = Fraction(1, 60) if metric_id == "OF0017" else 100
        assert Fraction(england.loc[metric_id, "value"]) == _half_up(scale * numerator / denominator, 6), metric_id


def test_icb_league_is_the_oracles(counted: Any) -> None:
    quarter, table = counted
    oracle = expected_icb_league(quarter)
    rows = table("icb_league_table")
    ranked = rows[rows["ranked"]]
    assert [
        (row.organisation_code, row.rank, row.segment, Fraction(row.average_score) * 100, row.metrics_counted)
        for row in ranked.sort_values(["rank", "organisation_code"]).itertuples()
    ] == [(icb.code, icb.rank, icb.segment, icb.average, len(icb.scores)) for icb in oracle]
    previous = {icb.code: icb.rank for icb in expected_icb_league(PREVIOUS[quarter])}
    moves = ranked.set_index("organisation_code")[["previous_rank", "rank_change"]].astype(int)
    assert moves.T.to_dict("list") == {icb.code: [previous[icb.code], previous[icb.code] - icb.rank] for icb in oracle}

    unranked = rows[~rows["ranked"]]
    icbs = {icb.code for icb in oracle}
    counted_by_commissioner = {
        code for metric_id, of in expected_figures(quarter).items() if metric_id.startswith("ICB-") for code in of
    }
    assert set(unranked["organisation_code"]) == counted_by_commissioner - icbs
    assert unranked[["rank", "segment", "average_score", "previous_rank"]].isna().all(axis=None)
    assert (unranked["not_ranked_reason"].str.len() > 0).all()
    assert set(ranked["organisation_type"]) == {"icb"} and "icb" not in set(unranked["organisation_type"])
    assert set(rows["framework_status"]) == {"experimental"}
    assert set(zip(rows["coverage"], rows["metrics_expected"], strict=True)) == {("full", 15)}
    coverage = table("league_coverage").set_index("league").loc["icb"]
    assert (coverage["value_basis"], coverage["organisations"], coverage["metrics_scored"]) == ("computed", 42, 15)
    assert coverage[["metrics_missing", "metrics_of_an_earlier_month", "absent_reason"]].isna().all()


def test_metric_scores_of_icbs_are_the_oracles(counted: Any) -> None:
    quarter, table = counted
    rows = table("metric_scores")
    rows = rows[rows["league"] == "icb"].set_index(["organisation_code", "metric_id"])
    scores = {
        (icb.code, metric_id): score for icb in expected_icb_league(quarter) for metric_id, score in icb.scores.items()
    }
    assert rows.index.is_unique
    assert set(rows.index) == set(scores)
    figures = expected_figures(quarter)
    for (code, metric_id), row in rows.iterrows():
        score = scores[code, metric_id]
        assert abs(Fraction(row["score_exact"]) - score) <= TEN_DECIMALS, (code, metric_id)
        assert Fraction(row["score"]) == _half_up(score, 2), (code, metric_id)
        assert row["rank_in_population"] == 1 + (score - 1) * 41 / 3, (code, metric_id)
        assert Fraction(row["value"]) * 10**6 == figures[metric_id][code].value, (code, metric_id)
    for column, only in (
        ("population_size", 42),
        ("score_basis", "computed"),
        ("label", "experimental"),
    ):
        assert set(rows[column]) == {only}, column
    gp = rows.index.get_level_values("metric_id").str.startswith("ICB-GP-")
    assert set(rows.loc[gp, "weight"].astype(float)) == {0.125} and set(rows.loc[~gp, "weight"]) == {1}
    assert rows["counted"].all()


def test_segments_of_icbs_are_cut_at_quartiles_of_icbs(counted: Any) -> None:
    quarter, table = counted
    cuts = table("segment_cut_points")
    cuts = cuts[(cuts["framework"] == "icb-2025-26") & (cuts["scope"] == "overall")]
    averages = pd.Series([icb.average for icb in expected_icb_league(quarter)])
    quartiles = averages.quantile([0.25, 0.5, 0.75]).tolist()
    assert [float(cut) * 100 for cut in cuts.sort_values("better_segment")["cut_point"]] == pytest.approx(quartiles)
    assert set(cuts["cut_point_basis"]) == {"quartiles"}


def test_patients_of_an_absorbed_trust_are_its_successors(built_planted: Any) -> None:
    """The merger of 1 July 2025: its second quarter is the previous one of the third."""
    (successor,) = (trust for trust in invent_year().organisations.trusts if trust.predecessor)
    values, sources = (
        _of_the_warehouse(built_planted, f"from {table} where quarter = '2025-26-Q2'")
        for table in ("metric.metric_values", "rank.metric_sources")
    )
    _assert_figures(values, expected_figures("2025-26-Q2"))
    assert successor.predecessor not in set(values["organisation_code"])
    named = sources[(sources["organisation_code"] == successor.code) & (sources["value_basis"] == "computed")]
    codes = named.groupby(["metric_id", "period"])["code_in_file"].agg(set)
    for metric_id in ("OF0010", "OF0011", "OF0013"):
        assert codes[metric_id].to_dict() == {
            "2025-07": {successor.code, successor.predecessor},
            "2025-08": {successor.code},
            "2025-09": {successor.code},
        }
    of_predecessor = sources[sources["code_in_file"] == successor.predecessor].groupby("metric_id")["period"].agg(set)
    assert of_predecessor.pop("OF0082") == {"2025-04", "2025-05", "2025-06"}  # in arrears
    assert set.union(*of_predecessor) == {"2025-07"}


def _of_the_warehouse(built: Any, query: str) -> pd.DataFrame:
    """Rows as they are kept: decimals stay decimals."""
    with tables.reading(built.build) as connection:
        rows = connection.sql(query)
        return pd.DataFrame(rows.fetchall(), columns=rows.columns, dtype=object)


def _half_up(number: Fraction, places: int) -> Fraction:
    return Fraction(int(number * 10**places + Fraction(1, 2)), 10**places)


def test_second_process_on_the_same_quarter_is_refused(first_quarter: Path, run: Any, tmp_path: Path) -> None:
    lock = tmp_path / "work" / f"{QUARTER}.lock"
    lock.parent.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LeagueError, match=f"{QUARTER} is being built by another process in {tmp_path}"):
            run(QUARTER, first_quarter, tmp_path)
        with in_process.without_memory() as instance:
            started_by_dagster = defs.resolve_job_def("check_quarter").execute_in_process(
                partition_key=QUARTER,
                resources={"folders": Folders(extracts=str(first_quarter), data=str(tmp_path))},
                instance=instance,
                raise_on_error=False,
            )
    (refused,) = [event for event in started_by_dagster.all_events if event.is_resource_init_failure]
    assert refused.engine_event_data.error and "is being built" in refused.engine_event_data.error.message
    assert not [event for event in started_by_dagster.all_events if event.is_step_start]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [lock.name]


def test_sizes_that_a_server_is_planned_by_are_those_of_the_sample(built: Any) -> None:
    """Within a factor of two. Where one is not any more: measure it again for docs/production.md."""
    page = (PROJECT / "docs" / "production.md").read_text(encoding="utf-8")
    told = {what: float(size) for what, size in re.findall(r"^\| (.+) \| (\d+) MB\b", page, re.MULTILINE)}
    for what, folder in (
        ("a version of a release", built.release),
        ("the working folder of a quarter", built.build.whole),
    ):
        measured = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        assert told[what] / 2 < measured < told[what] * 2, f"{what} has {measured:.0f} MB"
