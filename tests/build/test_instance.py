"""What Dagster is told and tells: the doctor's look at its instance, and cells that it shows as they are."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from click.testing import CliRunner
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._daemon.types import DaemonHeartbeat
from dagster._utils.error import SerializableErrorInfo

from orchestration.cli import league
from orchestration.defs import definitions, in_process, instance
from orchestration.defs.assets import RELEASE, WRITES_WAREHOUSE
from orchestration.defs.decide import decide
from orchestration.defs.metadata import STATE, as_table
from orchestration.defs.resources import Folders
from orchestration.errors import LeagueError
from orchestration.operations import processes
from orchestration.operations.doctor import ERROR, OK, WARNING
from orchestration.releases.decisions import Record
from orchestration.releases.release import Release
from orchestration.workspace.paths import PROJECT
from tests.unit.test_decisions import bundle
from tests.unit.test_doctor import said, states


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def test_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(instance.examine()) == [OK]
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert states(instance.examine()) == [ERROR]
    settings = tmp_path / "dagster.yaml"
    settings.write_text((PROJECT / "orchestration" / "operations" / "deploy" / "local" / "dagster.yaml").read_text())
    assert states(instance.examine()) == [OK, ERROR, ERROR, WARNING, WARNING, OK]
    assert "no code server runs on this machine" in said(instance.examine())
    assert "no daemon runs on this machine, it was never started here" in said(instance.examine())
    with dg.DagsterInstance.from_config(str(tmp_path)) as here:
        for daemon in here.get_required_daemon_types():
            here.add_daemon_heartbeat(DaemonHeartbeat(time.time(), daemon, "1", []))
        location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "league")
        origin = RemoteInstigatorOrigin(location, "fetch_what_is_due")
        daily = ScheduleInstigatorData("0 6 * * *")
        schedule = InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, daily)
        here.add_instigator_state(schedule)
    assert re.search("no daemon runs on this machine, last heartbeat [0-9] s ago", said(instance.examine()))
    monkeypatch.setattr(processes, "running", lambda names, home: [["dagster", "--port", "1"]])
    assert states(instance.examine()) == [OK, OK, ERROR, OK, OK]
    assert "the web server does not answer: http://127.0.0.1:1" in said(instance.examine())
    monkeypatch.setattr(processes, "answers", lambda words: ("http://here", True))
    assert states(instance.examine()) == [OK, OK, OK, OK, OK]
    others = "build_what_has_come, site_after_decisions, tell_of_failed_runs, tell_of_warnings"
    assert f"ok: on: fetch_what_is_due; off: {others}" in said(instance.examine())
    with dg.DagsterInstance.from_config(str(tmp_path)) as here:
        error = SerializableErrorInfo("SensorError\n", [], None, SerializableErrorInfo("LeagueError: no\n", [], None))
        failed = TickData(
            schedule.instigator_origin_id,
            schedule.instigator_name,
            schedule.instigator_type,
            TickStatus.FAILURE,
            time.time(),
            error=error,
            selector_id=schedule.selector_id,
        )
        here.create_tick(failed)
    assert "error: fetch_what_is_due failed when it last ran: LeagueError: no\n" in said(instance.examine())
    with dg.DagsterInstance.from_config(str(tmp_path)) as here:
        here.create_tick(failed.with_status(TickStatus.SUCCESS, timestamp=time.time() + 1, error=None))
    assert states(instance.examine()) == [OK, OK, OK, OK, OK]
    with sqlite3.connect(tmp_path / "history" / "runs.db") as runs:
        runs.execute("update alembic_version set version_num = 'earlier'")
    assert "error: the schema of SqliteRunStorage is of another version" in said(instance.examine())
    settings.write_text("telemetry: {enabled: false}\n")
    assert states(instance.examine()) == [ERROR, OK, OK, OK, ERROR]
    with dg.DagsterInstance.from_config(str(tmp_path)) as here:
        first = min(here.get_required_daemon_types())
        here.add_daemon_heartbeat(DaemonHeartbeat(time.time() - 600, first, "1", []))
    found = said(instance.examine())
    assert f"daemons without a heartbeat for 120 s: {first.lower()}; last heartbeat " in found
    settings.write_text("no_such_setting: secret\n")
    assert states(instance.examine()) == [ERROR]
    assert "secret" not in said(instance.examine())


NO_SERVER = 'storage: {postgres: {postgres_url: "postgresql+psycopg2://league:secret@127.0.0.1:1/dagster"}}\n'


@pytest.mark.parametrize("wrong", ["its server is down", "a relative path", "a setting"])
def test_instance_that_does_not_open_is_one_sentence_to_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    settings = {"its server is down": NO_SERVER, "a setting": "no_such_setting: secret\n"}
    (tmp_path / "dagster.yaml").write_text(settings.get(wrong, "telemetry: {enabled: false}\n"))
    home = str(tmp_path)
    if wrong == "a relative path":
        monkeypatch.chdir(tmp_path.parent)
        home = tmp_path.name
    monkeypatch.setenv("DAGSTER_HOME", home)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between its attempts
    with pytest.raises(LeagueError, match=f"^the instance of DAGSTER_HOME, {home}, does not open: ") as refused:
        in_process.run_quarter("quarter", "2025-26-Q2", tmp_path, tmp_path / "data", lambda kind, step: None)
    told = str(refused.value)
    assert told.endswith(": put its dagster.yaml or its storage right, or build without DAGSTER_HOME")
    assert "\n" not in told and "secret" not in told
    assert ("Connection refused" in told) == (wrong == "its server is down")
    assert states(instance.examine()) == [ERROR]


def test_step_of_a_killed_command_keeps_no_other_waiting(tmp_path: Path) -> None:
    """On a laptop no daemon frees what it held."""
    shutil.copy(PROJECT / "orchestration" / "operations" / "deploy" / "local" / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as here:
        for run in ("killed", "next"):
            context = InstanceConcurrencyContext(here, dg.DagsterRun("quarter", run_id=run))
            assert context.claim(WRITES_WAREHOUSE, "stage_metric")


def test_command_exits_with_1_where_anything_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "[red]none\x1b[31m").touch()
    bad = CliRunner().invoke(league, ["doctor", "--data-dir", str(tmp_path / "[red]none\x1b[31m" / "data")])
    assert (
        bad.exit_code == 1
        and "\x1b" not in bad.output
        and "[red]none\\x1b" in bad.output.replace("\n", "").replace(" ", "")
    )


def test_instance_without_its_folders_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAGUE_EXTRACTS", "/extracts")
    for name in ("LEAGUE_DATA", "LEAGUE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LeagueError, match="needs LEAGUE_DATA, the folder that builds write to, in its environment"):
        definitions.defs()
    monkeypatch.delenv("LEAGUE_EXTRACTS")
    with pytest.raises(LeagueError, match=r"needs LEAGUE_EXTRACTS, .* and LEAGUE_DATA, "):
        definitions.defs()
    monkeypatch.setenv("LEAGUE_EXTRACTS", "/extracts")
    monkeypatch.setenv("LEAGUE_DATA", "data/of/ours")  # in another folder than the second process runs in
    folders = definitions.defs().resources["folders"]
    assert (folders.extracts, folders.data, folders.engine) == ("/extracts", f"{Path.cwd()}/data/of/ours", "duckdb")
    monkeypatch.setenv("LEAGUE_ENGINE", "spark")
    assert definitions.defs().resources["folders"].engine == "spark"
    monkeypatch.setenv("LEAGUE_ENGINE", "Spark")
    with pytest.raises(LeagueError, match="LEAGUE_ENGINE is Spark: it is one of duckdb, spark"):
        definitions.defs()


def test_dagster_itself_says_what_is_missing() -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LEAGUE_")}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "orchestration.defs.definitions"]
    refused = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "a Dagster instance needs LEAGUE_EXTRACTS" in refused.stdout + refused.stderr


def test_dagster_is_given_cells_and_no_markdown() -> None:
    hostile = "![x](https://example.org/x.png) | <img src=x> [x](javascript:1)"
    shown = as_table(pd.DataFrame({"name": [hostile, None], "n": [1, 2]}))
    assert [dict(record.data) for record in shown.records] == [{"name": hostile, "n": "1"}, {"name": "", "n": "2"}]
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "orchestration" / "defs").glob("*.py")]
    lines = [line for source in sources for line in source.splitlines()]
    markdown = [line.split("dg.")[1] for line in lines if "value.md" in line.lower()]
    assert markdown == ["MetadataValue.md(pictures.as_markdown(picture.read_bytes()))"]


def test_a_release_is_decided_on_from_the_ui(tmp_path: Path) -> None:
    release = bundle(tmp_path)
    seen, here = Release.read(release).package_sha256()[:12], dg.DagsterInstance.ephemeral()

    def outcome(**config: str) -> dg.ExecuteInProcessResult:
        about = {"quarter": "2025-26-Q2", "decision": "approved", "text": "A Name", "package_sha256": seen} | config
        return decide.execute_in_process(
            run_config={"ops": {"record_decision": {"config": about}}},
            resources={"folders": Folders(extracts="unused", data=str(tmp_path))},
            instance=here,
            raise_on_error=False,
        )

    for refused in ({"text": " "}, {"package_sha256": "0" * 12}, {"package_sha256": ""}, {"quarter": "2025-26-Q1"}):
        assert not outcome(**refused).success and Release.read(release).state()[0] == "candidate"
    assert outcome().success
    assert outcome(decision="withdrawn", text="RTT of two trusts").success
    assert [(one.state, one.text) for one in Record(release).decisions] == [
        ("approved", "A Name"),
        ("withdrawn", "RTT of two trusts"),
    ]
    shown = [one.asset_observation for one in here.fetch_observations(RELEASE, limit=9).records]
    assert all(one and one.partition == "2025-26-Q2" for one in shown)
    assert [str(one.metadata[STATE].value)[:9] for one in shown if one] == ["withdrawn", "approved:"]
