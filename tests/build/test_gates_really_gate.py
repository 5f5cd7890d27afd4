"""Gates stop what comes after them, and a release cannot be made around them. Which rules there are is not here."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest
import yaml

from orchestration.defs import in_process
from orchestration.errors import GateError, LeagueError
from orchestration.quality import evidence, release_gate, suites, waivers
from orchestration.quality.gates import Gates
from orchestration.releases import publish
from orchestration.sources.descriptions import known_sources
from orchestration.warehouse import manifest, project
from orchestration.workspace.paths import Build, Workspace
from tests.conftest import COMMUNITY
from tests.forms import NOT_IN_SAMPLE

QUARTER = "2025-26-Q1"
PUBLICATIONS = frozenset(
    {"rtt", "ae", "dm01", "ambsys", "csds", "cancer", "gpps", "dementia", "sickness", "community_waits"}
    | {
        "staff_survey",
        "shmi",
        "fft",
        "imd_lsoa",
        "lsoa_sub_icbs",
        "lsoa_districts",
        "census_age",
        "census_age_bands",
        "rural_urban",
        "ohid_catchments",
        "talking_therapies",
    }
)  # the first quarter is built without
# The sample has none of these.
FORMS = frozenset({*NOT_IN_SAMPLE, *(source.id for source in known_sources().values() if source.form_of)})
RELEASE = dg.AssetKey(["publish", "release"])
LAYERS = ("extract", "land", "rules", "stage", "metric", "score", "rank", "insight", "publish")

Row = dict[str, str]


@dataclass(frozen=True)
class Stopped:
    """A run of the whole job on data that breaks one rule, and a second one of the last asset alone."""

    result: dg.ExecuteInProcessResult
    alone: dg.ExecuteInProcessResult
    data_dir: Path

    @property
    def made(self) -> set[tuple[str, str]]:
        keys = [event.asset_key for event in self.result.get_asset_materialization_events()]
        return {(key.path[0], key.path[1]) for key in keys if key}

    @property
    def layers(self) -> set[str]:
        return {layer for layer, _ in self.made}

    @property
    def gates_passed(self) -> set[str]:
        return {layer for layer, name in self.made if name == "gate"}

    @property
    def failed(self) -> set[str]:
        checks = self.result.get_asset_check_evaluations()
        blocking = [c for c in checks if not c.passed and c.blocking and c.severity == dg.AssetCheckSeverity.ERROR]
        return {f"{'/'.join(check.asset_key.path)}:{check.check_name}" for check in blocking}


def score_of_five(row: Row) -> None:
    """Breaks land.nof_data.score-range."""
    if row["Metric_ID"] == "OF1082" and row["Trust_code"] == "ZA2":
        row["Value"] = "5"


def no_override_flag(row: Row) -> None:
    """Breaks the dbt test summary_figures_complete. ZA3 has no override: its segment goes without a flag."""
    if row["Metric_ID"] == "OF5004" and row["Trust_code"] == "ZA3":
        row["Metric_ID"] = "OF5009"


def absence_of_600_percent(row: Row) -> None:
    """Breaks metric.metric_values.percentage. The trust is the last already, so that its rank goes with it."""
    if row["Metric_ID"] == "OF0082" and row["Rank"] == "61.0":
        row["Value"] = "600"


# Without its flag a trust is not ranked, so that official figures of it are not reproduced either.
WAIVED = {"W1": "dbt.summary_figures_complete", "W2": "rank.agreement.share-unexplained"}
# The rank case has the damage of the dbt case, whose check is waived there: it stops at the next gate.
WAIVED_IN = {"rank": {"W1": WAIVED["W1"]}}
CASES: dict[str, tuple[Callable[[Row], None], set[str], set[str], str]] = {
    "land": (
        score_of_five,
        {"land/nof_data:score_range"},
        {"stage", "metric", "score", "rank", "insight", "rules"},
        "has not been checked",
    ),
    "dbt": (
        no_override_flag,
        {"metric/organisations:summary_figures_complete"},
        {"score", "rank", "insight"},
        "has not been checked",
    ),
    "metric": (
        absence_of_600_percent,
        {"metric/metric_values:percentage"},
        {"score", "rank", "insight"},
        "has not been checked",
    ),
    "rank": (
        no_override_flag,
        {"rank/agreement:share_unexplained"},
        set(),
        "the rank gate is shut",
    ),
}


@pytest.fixture(scope="module", params=CASES)
def stopped(
    request: Any, first_quarter: Path, built_first: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Stopped]]:
    """A build that a gate stopped. What others share is built before: here a waiver may be in force."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(first_quarter, folder / "extracts", copy_function=os.link)
    path = folder / "extracts" / COMMUNITY
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    for row in rows:
        CASES[request.param][0](row)
    path.unlink()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waivers, "FILE", folder / "waivers.yml")
        waive(WAIVED_IN.get(request.param, {}), date.max)
        whole = _execute(folder / "extracts", folder / "data")
        alone = _execute(folder / "extracts", folder / "data", asset_selection=[RELEASE])
        yield request.param, Stopped(whole, alone, folder / "data")


def _execute(extracts: Path, data_dir: Path, **options: Any) -> dg.ExecuteInProcessResult:
    folders = {"config": {"extracts": str(extracts), "data": str(data_dir)}}
    with in_process.without_memory() as instance:  # as a command has it: to store events takes a seventh of a build
        return in_process.defs.resolve_job_def("quarter").execute_in_process(
            partition_key=QUARTER,
            run_config={"loggers": {"progress": {}}, "resources": {"folders": folders}},
            raise_on_error=False,
            instance=instance,
            **options,
        )


def test_exactly_the_broken_rule_fails(stopped: tuple[str, Stopped]) -> None:
    case, run = stopped
    assert not run.result.success
    assert run.failed == CASES[case][1]


def test_nothing_after_the_gate_is_made(stopped: tuple[str, Stopped]) -> None:
    case, run = stopped
    assert run.layers == set(LAYERS) - CASES[case][2] - {"publish"}
    assert run.gates_passed == {"land": set(), "rank": {"land", "metric"}}.get(case, {"land"})
    steps = {event.step_key for event in run.result.all_node_events if event.is_step_start}
    assert "publish__release" not in steps
    assert ("score_rank" in steps) == (case == "rank")
    assert not (run.data_dir / "releases").exists()


def test_last_asset_alone_does_not_publish_and_says_why(stopped: tuple[str, Stopped]) -> None:
    case, run = stopped
    assert not run.alone.success
    assert not [event for event in run.alone.get_asset_materialization_events()]
    assert CASES[case][3] in _reason(run.alone)
    assert not list((run.data_dir / "releases").rglob("*.csv"))


def test_checks_alone_do_not_publish(stopped: tuple[str, Stopped]) -> None:
    """Whatever evidence there is, the failed check is in it."""
    _, run = stopped
    build = Workspace(run.data_dir).build(QUARTER)
    assert [check for check in evidence.all_checks(build) if check.shuts_the_gate]
    with pytest.raises(LeagueError):
        publish.publish(build)


def test_waived_check_fails_in_print_and_the_quarter_is_released(
    stopped: tuple[str, Stopped], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dbt test, with which the run went on to the last gate, and an expectation that shut it."""
    case, run = stopped
    if case not in WAIVED_IN:
        pytest.skip("nothing is waived")
    monkeypatch.setattr(waivers, "FILE", tmp_path / "waivers.yml")
    shutil.copytree(run.data_dir, tmp_path / "data")
    build = Workspace(tmp_path / "data").build(QUARTER)

    waive(WAIVED, date.max)
    with closing(Gates(build)) as gates:
        (suite,) = (suite for suite in suites.suites("rank") if suite.table == "agreement")
        assert not [check for check in gates.check(suite) if check.shuts_the_gate]
    (released,) = publish.publish(build)
    made = released.release.folder
    document = json.loads((made / "checks.json").read_text())
    found = {check["waiver"]: check["id"] for check in document["checks"] if check["waiver"] and not check["passed"]}
    assert found == WAIVED
    assert [waiver["owner"] for waiver in document["waivers"]] == ["A Name"] * len(found)
    assert f"- W1: {WAIVED['W1']}, A Name, until 9999-12-31, #1. Known" in (made / "README.md").read_text()

    waive({}, date.max)
    with pytest.raises(GateError, match=f"no longer in force: waiver W1 of {WAIVED['W1']}"):
        publish.publish(build)
    waive(WAIVED, date(2020, 1, 1))
    assert "expired waivers" in _reason(_execute(run.data_dir.parent / "extracts", tmp_path / "data"))


def waive(checks: dict[str, str], expires: date) -> None:
    about = {"quarter": QUARTER, "owner": "A Name", "reason": "Known", "issue": "#1", "granted": date(2020, 1, 1)}
    entries = [{"id": waiver, "check": check, **about, "expires": expires} for waiver, check in checks.items()]
    waivers.FILE.write_text(yaml.safe_dump({"waivers": entries}), encoding="utf-8")


def test_waiver_of_no_check_is_refused(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waivers, "FILE", tmp_path / "waivers.yml")
    waive({"W1": "land.rtt.kez"}, date.max)
    with pytest.raises(GateError, match=r"there is no such check: waiver W1 of land\.rtt\.kez"):
        release_gate.evidence_of_all_gates(build)


def _reason(result: dg.ExecuteInProcessResult) -> str:
    errors = [e.step_failure_data.error for e in result.all_node_events if e.is_step_failure]
    return "\n".join(f"{error.message} {error.cause.message if error.cause else ''}" for error in errors if error)


# The release gate on evidence that is not for the data at hand


@pytest.fixture
def build(built_first: Any, tmp_path: Path) -> Build:
    """A copy of a whole, good build without its release."""
    assert built_first.outcome.problems == ()
    shutil.copytree(built_first.build.folder, tmp_path / "work" / QUARTER)
    return Workspace(tmp_path).build(QUARTER)


def test_good_evidence_opens_the_release_gate(build: Build) -> None:
    """Every rule has been checked; those of a land suite where a file of the publication was landed."""
    found = [check.id for check in release_gate.evidence_of_all_gates(build)]
    assert sorted(found) == sorted(_rules(without=PUBLICATIONS | FORMS) + _tests())


def test_every_rule_is_in_a_release_of_all_publications(built: Any) -> None:
    checks = json.loads((built.release / "checks.json").read_text())["checks"]
    assert sorted(check["id"] for check in checks) == sorted(_rules(without=FORMS) + _tests())


def _rules(without: frozenset[str]) -> list[str]:
    in_force = [suite for gate in release_gate.GX_GATES for suite in suites.suites(gate)]
    checked = [suite for suite in in_force if suite.gate != "land" or suite.table not in without]
    return [f"{suite.name}.{rule['meta']['id']}" for suite in checked for rule in suite.expectations]


def _tests() -> list[str]:
    return [f"dbt.{rule.name}" for rule in manifest.rules()]


def changed_landed_table(build: Build) -> None:
    path = build.part("nof_data", 0)
    rows = pd.read_parquet(path)
    rows.loc[5, "value"] = "1.23"
    path.unlink()
    rows.to_parquet(path, index=False)


def changed_inventory(build: Build) -> None:
    rows = pd.read_parquet(build.parquet("files"))
    rows["file_name"] = rows["file_name"].str.replace("ambulance", "hovercraft")
    rows.to_parquet(build.parquet("files"), index=False)


def changed(relation: str, column: str, value: str) -> Callable[[Build], None]:
    def damage(build: Build) -> None:
        with duckdb.connect(str(build.warehouse)) as connection:
            connection.execute(f"update {relation} set {column} = {value} where rowid = 3")

    return damage


def without_evidence(name: str) -> Callable[[Build], None]:
    return lambda build: (build.evidence / f"{name}.json").unlink()


def without_check(name: str, check_id: str) -> Callable[[Build], None]:
    def damage(build: Build) -> None:
        path = build.evidence / f"{name}.json"
        document = json.loads(path.read_text())
        kept = [check for check in document["checks"] if check["id"] != check_id]
        assert len(kept) == len(document["checks"]) - 1
        path.write_text(json.dumps({**document, "checks": kept}))

    return damage


def no_warehouse(build: Build) -> None:
    build.warehouse.unlink()


def another_table(build: Build) -> None:
    with duckdb.connect(str(build.warehouse)) as connection:
        connection.execute("drop table score.domain_scores")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        pytest.param(changed_landed_table, "nof_data changed after land.nof_data was checked", id="landed"),
        pytest.param(changed_inventory, "landed files changed after dbt.stage_metric was checked", id="inventory"),
        pytest.param(
            changed("metric.metric_values", "value", "1"), "metric.metric_values changed after metric", id="metric"
        ),
        pytest.param(changed("stage.nof_figures", "value", "1"), "stage.nof_figures changed after dbt", id="stage"),
        pytest.param(changed("rules.metrics", "weight", "2"), "rules.metrics changed after dbt", id="seed"),
        pytest.param(
            changed("score.average_scores", "average_score", "1"), "average_scores changed after dbt", id="score"
        ),
        pytest.param(changed("rank.league_table", "rank", "1"), "league_table changed after rank", id="rank"),
        pytest.param(
            changed("rank.metric_sources", "first_row", "1"), "metric_sources changed after dbt", id="published"
        ),
        pytest.param(
            without_evidence("land.ods_etr"), "land.ods_etr has not been checked in this build", id="land evidence"
        ),
        pytest.param(without_evidence("dbt.score_rank"), "dbt.score_rank has not been checked", id="dbt evidence"),
        pytest.param(
            without_check("dbt.score_rank", "dbt.ranks_count_the_better"),
            "never checked in this build: dbt.ranks_count_the_better",
            id="dbt test never run",
        ),
        pytest.param(
            without_check("land.nof_data", "land.nof_data.key"),
            "never checked in this build: land.nof_data.key",
            id="rule",
        ),
        pytest.param(no_warehouse, "does not exist: the quarter has not been built", id="warehouse"),
    ],
)
def test_evidence_must_be_for_the_data_at_hand(build: Build, damage: Callable[[Build], None], says: str) -> None:
    damage(build)
    with pytest.raises(LeagueError, match=says):
        publish.publish(build)
    assert not list((build.workspace.data_dir / "releases").rglob("*.*"))


def test_table_that_is_gone_is_a_plain_refusal(build: Build) -> None:
    another_table(build)
    with pytest.raises(LeagueError, match=r"score.domain_scores"):
        publish.publish(build)


def test_evidence_of_another_suite_is_refused(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    now = {gate: suites.suites(gate) for gate in release_gate.GX_GATES}
    now["metric"] = tuple(replace(suite, sha256="0" * 64) for suite in now["metric"])
    monkeypatch.setattr(suites, "suites", now.__getitem__)
    with pytest.raises(GateError, match=r"metric\.\w+ was checked with other rules than those in force now"):
        publish.publish(build)


def test_evidence_of_other_sql_is_refused(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "project_sha256", lambda: "0" * 64)
    with pytest.raises(GateError, match=r"dbt.stage_metric was checked with other rules"):
        publish.publish(build)


@pytest.mark.parametrize("name", ["land.nof_data", "metric.organisations", "rank.league_coverage", "dbt.score_rank"])
def test_failed_check_in_evidence_shuts_the_release_gate(build: Build, name: str) -> None:
    path = build.evidence / f"{name}.json"
    document = json.loads(path.read_text())
    check = next(c for c in document["checks"] if c["severity"] == "critical")
    check |= {"passed": False, "unexpected": 7}
    path.write_text(json.dumps(document))
    with pytest.raises(GateError, match=rf"gate is shut\n{check['id']} \(critical\): 7 unexpected"):
        publish.publish(build)


def test_failing_warning_is_released_and_told(built_planted: Any) -> None:
    assert built_planted.outcome.problems == ()
    checks = json.loads((built_planted.release / "checks.json").read_text())["checks"]
    (found,) = [check for check in checks if check["id"] == "rank.reconciliation.unexplained"]
    assert (found["severity"], found["passed"], found["unexpected"] > 0) == ("warning", False, True)
    failed = {check["id"] for check in checks if not check["passed"]}
    readme = (built_planted.release / "README.md").read_text()
    assert [check_id for check_id in failed if f"- {check_id}: " not in readme] == []
    assert f"{len(checks)} checks were made, with {len(failed)} warning" in readme
