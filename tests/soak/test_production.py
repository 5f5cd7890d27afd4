"""The production instance as it is installed: PostgreSQL, code server and daemon as processes of their own, by the
lines of the units and the files beside them, on a clock that the test moves. Files come from a publisher on this
machine, through a proxy; after the schedule and the sensors are switched on nobody does anything."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.audit.verify import verify
from orchestration.defs.in_process import rebuild
from orchestration.releases.release import Release
from orchestration.sources.inventory import survey
from orchestration.sources.lock import NOT_RECORDED
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import COMMUNITY, COMMUNITY_TABLE, exchange_first_and_last
from tests.publisher import Site, certificate, proxy_to, publish, serving

FILES = PROJECT / "orchestration" / "operations" / "deploy"
POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), Path("/usr/lib/faketime"))
HOSTS = ("www.england.nhs.uk", "files.digital.nhs.uk", "digital.nhs.uk", "www.odsdatasearchandexport.nhs.uk")
UNPRIVILEGED = "postgres" if os.geteuid() == 0 else None  # PostgreSQL does not run as root
QUARTER, THURSDAY, FRIDAY = "2025-26-Q1", "2025-08-14", "2025-08-15"  # A&E of July is due that Thursday
UPLOADS = "https://www.england.nhs.uk/"
# libfaketime takes the moment until which Python sleeps for one of the clock that it moves.
SITECUSTOMIZE = "import threading, time\ntime.sleep = lambda seconds: threading.Event().wait(seconds) and None\n"


class Installed:
    """The instance in a folder of its own; its processes go by a clock that stands in a file."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.processes = folder, dict[str, subprocess.Popen[bytes]]()
        self.places = {
            "/opt/league/.venv/bin": str(Path(sys.executable).parent),
            "/opt/league/orchestration/operations/deploy/workspace.yaml": str(folder / "workspace.yaml"),
            "/opt/league": str(PROJECT),
            "/var/lib/league": str(folder),
            "/run/league": str(folder),
            "/run/postgresql": str(folder / "postgres"),
            "league?": "league?user=league&",  # the user of the test has another name
        }
        for name in ("dagster", "extracts", "data", "postgres"):
            (folder / name).mkdir()
        (folder / "dagster" / "dagster.yaml").symlink_to(FILES / "dagster.yaml")
        (folder / "workspace.yaml").write_text(self.here((FILES / "workspace.yaml").read_text()))
        (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
        self.environment = (
            os.environ
            | environment
            | {
                "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}",
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else Python waits for its own lock in a busy loop
                "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
                "FAKETIME_CACHE_DURATION": "1",
            }
        )
        self.environment |= dict(re.findall(r"^(\w+)=(.*)$", self.here((FILES / "environment").read_text()), re.M))
        self.extracts, self.releases = folder / "extracts", Workspace(folder / "data").releases(QUARTER)

    def here(self, text: str) -> str:
        for installed, place in self.places.items():
            text = text.replace(installed, place)
        return text

    def clock(self, local: str) -> None:
        """Moves the clock to a moment in London."""
        moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/London"))
        (self.folder / "clock").write_text(f"{moment.timestamp() - time.time():+.0f}")

    def later(self, seconds: int) -> None:
        """Moves the clock on."""
        (self.folder / "clock").write_text(f"{int((self.folder / 'clock').read_text()) + seconds:+}")

    def start(self, unit: str) -> None:
        """What a unit starts."""
        units = configparser.ConfigParser(strict=False, interpolation=None)
        units.read(FILES / f"league-{unit}.service")
        self.spawn(unit, shlex.split(self.here(units["Service"]["ExecStart"])), self.environment)

    def start_postgres(self) -> None:
        where = self.folder / "postgres"
        command = [POSTGRES / "postgres", "-D", where / "data", "-k", where, "-c", "listen_addresses=", "-F"]
        self.spawn("postgres", [str(part) for part in command], {}, user=UNPRIVILEGED)
        self.wait("PostgreSQL", lambda: self.sql("select 1", "postgres"))

    def spawn(self, name: str, command: list[str], environment: dict[str, str], **options: Any) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=environment, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True, **options
            )

    def end(self, name: str, by: int = signal.SIGKILL) -> None:
        """A process and those that it started."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, by)
            process.wait()

    def sql(self, statement: str, database: str = "league") -> str:
        command = [POSTGRES / "psql", "-h", self.folder / "postgres", "-U", "league", "-d", database, "-Atc", statement]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def dagster(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The command as an operator gives it."""
        where = ["--workspace", str(self.folder / "workspace.yaml")]
        command = [str(Path(sys.executable).parent / "dagster"), *arguments, *where]
        self.spawn(f"dagster-{arguments[0]}", command, self.environment)
        return self.processes[f"dagster-{arguments[0]}"]

    def wait(self, what: str, until: Callable[[], Any], seconds: float = 300) -> Any:
        """What is waited for, once it is there."""
        started = time.monotonic()
        while not (found := until()):
            if time.monotonic() > started + seconds:
                logs = [f"== {path.name}\n{path.read_text()[-8000:]}" for path in sorted(self.folder.glob("*.log"))]
                raise AssertionError("\n".join([f"{what}: not within {seconds} s", *logs]))
            time.sleep(0.5)
        return found


@pytest.fixture
def site(sample: Path) -> Site:
    """All files about the first quarter of the sample, and of no other."""
    site, found = Site(), survey(sample).candidates
    others = {candidate.path for candidate in found if candidate.subject.quarter not in (None, QUARTER)}
    publish(site, [candidate for candidate in found if candidate.path not in others])
    return site


@pytest.fixture
def installed(site: Site, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """PostgreSQL and the code server are running, the daemon is not. What no page links was put there by hand."""
    for needed in (POSTGRES / "postgres", FAKETIME):
        if not needed.exists():
            pytest.skip(f"{needed} is not there: apt-get install postgresql faketime")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="league-", dir="/tmp")))
        folder.chmod(0o755)  # for PostgreSQL, whose sockets need a short path
        pem = certificate(folder / "pem", *HOSTS)
        port = stack.enter_context(serving(site, pem=pem))
        proxy = stack.enter_context(serving(Site(), proxy_to(port)))
        installed = Installed(folder, {"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "SSL_CERT_FILE": str(pem)})
        for candidate in survey(sample).candidates:
            if candidate.source.id.startswith("ods_") and not candidate.source.fetch:
                shutil.copy(candidate.path, installed.extracts)
        where = folder / "postgres"
        if UNPRIVILEGED:
            shutil.chown(where, UNPRIVILEGED)
        initdb = [POSTGRES / "initdb", "-D", where / "data", "-U", "league", "-E", "UTF8", "--auth=trust", "-N"]
        subprocess.run(initdb, check=True, capture_output=True, user=UNPRIVILEGED)
        installed.start_postgres()
        stack.callback(lambda: [installed.end(name) for name in [*installed.processes]])
        installed.sql("create database league", "postgres")
        installed.clock(f"{THURSDAY} 05:50:00")
        installed.start("code")
        installed.wait("code server", (folder / "code.sock").exists)
        monkeypatch.setenv("LEAGUE_POSTGRES", installed.environment["LEAGUE_POSTGRES"])
        yield installed


@pytest.fixture
def instance(installed: Installed) -> Iterator[dg.DagsterInstance]:
    """What the test looks through; its own clock is right."""
    with dg.DagsterInstance.from_config(str(installed.folder / "dagster")) as instance:
        yield instance


@pytest.fixture
def revised(sample: Path, tmp_path: Path) -> dict[str, bytes]:
    """Two files of the sample after a revision that agrees with itself, by the names to publish them under."""
    for name in (COMMUNITY, COMMUNITY_TABLE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample / name, tmp_path / name)
    exchange_first_and_last(tmp_path)
    return {f"{name[:-4]}-v2.csv": (tmp_path / name).read_bytes() for name in (COMMUNITY, COMMUNITY_TABLE)}


def runs(instance: dg.DagsterInstance, job: str) -> list[dg.DagsterRun]:
    """The runs of a job, in order."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job), ascending=True)
    return [record.dagster_run for record in records]


def ended(instance: dg.DagsterInstance, job: str, number: int = 1) -> Callable[[], dg.DagsterRun | None]:
    """The nth run of a job when it has ended."""
    return lambda: next((run for run in runs(instance, job)[number - 1 :] if run.is_finished), None)


def partition(quarter: str) -> str:
    return json.dumps({"dagster/partition": quarter})


def failures(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """What is said of a run that did not succeed."""
    events = [entry.get_dagster_event() for entry in instance.all_logs(run.run_id) if entry.is_dagster_event]
    return [f"{event.message}: {event.event_specific_data}" for event in events if event.is_failure]


def used(release: Path) -> dict[str, str]:
    """The URL of each file that a release was built from, by sha256."""
    return {source["sha256"]: source["url"] for source in Release.read(release).package["sources"]}


def worker(instance: dg.DagsterInstance, step: str, number: int = 1) -> Callable[[], int | None]:
    """The process of the nth build when it works on a step."""

    def found() -> int | None:
        for run in runs(instance, "quarter")[number - 1 :]:
            events = instance.all_logs(run.run_id)
            if any(
                event.step_key == step and event.get_dagster_event().is_step_start
                for event in events
                if event.is_dagster_event
            ):
                said = "\n".join(event.message for event in events)
                return int(re.findall(r"^Started process for run \(pid: (\d+)\)", said, re.M)[0])
        return None

    return found


def fetched_and_released(site: Site, installed: Installed, instance: dg.DagsterInstance) -> Path:
    """The first release of the quarter, by the schedule and the sensor alone."""
    limits = instance.get_concurrency_config()
    assert (limits.pool_config.default_pool_limit, limits.run_queue_config.max_concurrent_runs) == (1, 2)
    installed.start("daemon")
    for switched_on in [installed.dagster(kind, "start", "--start-all") for kind in ("schedule", "sensor")]:
        assert switched_on.wait() == 0

    installed.clock(f"{THURSDAY} 05:59:57")
    assert failures(instance, installed.wait("fetched", ended(instance, "fetch"))) == []
    installed.later(120)
    assert failures(instance, installed.wait("built", ended(instance, "quarter"))) == []
    release = installed.releases / "v1"
    assert list(Release.read(release).damage()) == []
    published = {hashlib.sha256(body).hexdigest(): url for url, body in site.content.items() if b"<html>" not in body}
    assert {sha256: url for sha256, url in used(release).items() if url != NOT_RECORDED} == published
    return release


def test_quarter_is_fetched_and_released_unattended(
    site: Site, installed: Installed, instance: dg.DagsterInstance
) -> None:
    fetched_and_released(site, installed, instance)
    assert [len(runs(instance, job)) for job in ("fetch", "quarter")] == [1, 1]


def test_revision_is_fetched_and_released_though_a_worker_is_killed(
    site: Site, revised: dict[str, bytes], installed: Installed, instance: dg.DagsterInstance
) -> None:
    first, second = fetched_and_released(site, installed, instance), installed.releases / "v2"
    (page,) = [url for url, body in site.content.items() if f"{UPLOADS}{COMMUNITY}".encode() in body]
    site.content |= {f"{UPLOADS}{name}": body for name, body in revised.items()}
    site.content[page] += "".join(f'<a href="{UPLOADS}{name}">revised</a>' for name in revised).encode()
    installed.clock(f"{FRIDAY} 05:59:57")
    assert failures(instance, installed.wait("fetched again", ended(instance, "fetch", 2))) == []
    installed.later(120)
    os.kill(installed.wait("at work", worker(instance, "stage_metric", 2)), signal.SIGKILL)
    killed = installed.wait("seen to be dead", ended(instance, "quarter", 2))
    assert killed.is_failure and not second.exists()
    assert instance.event_log_storage.get_concurrency_info("warehouse").active_run_ids == {killed.run_id}
    installed.later(90)  # the pool is free again after 60, and no run takes 180 to start
    retried = installed.wait("built again", ended(instance, "quarter", 3))
    assert (failures(instance, retried), retried.parent_run_id) == ([], killed.run_id)
    assert instance.event_log_storage.get_concurrency_info("warehouse").active_run_ids == set()
    assert list(Release.read(first).damage()) == list(Release.read(second).damage()) == []
    assert {hashlib.sha256(body).hexdigest(): f"{UPLOADS}{name}" for name, body in revised.items()} == {
        sha256: url for sha256, url in used(second).items() if sha256 not in used(first)
    }
    assert len(used(second)) == len(used(first))
    assert [len(runs(instance, job)) for job in ("fetch", "quarter")] == [2, 3]


def test_postgresql_that_breaks_down_during_a_build_costs_that_run_only(
    installed: Installed, instance: dg.DagsterInstance, sample: Path
) -> None:
    """It is away for longer than a connection is tried for; no unit ends."""
    shutil.copytree(sample, installed.extracts, dirs_exist_ok=True)
    installed.start("daemon")
    assert installed.dagster("job", "launch", "--job", "quarter", "--tags", partition(QUARTER)).wait() == 0
    installed.wait("at work", worker(instance, "stage_metric"))
    installed.end("postgres", signal.SIGQUIT)
    time.sleep(20)
    installed.start_postgres()
    installed.later(1900)  # more than a run may take
    installed.wait("built", lambda: any(run.is_success for run in runs(instance, "quarter")))
    assert [run.is_success for run in runs(instance, "quarter")] == [False, True]
    assert [name for name in ("code", "daemon") if installed.processes[name].poll() is not None] == []
    assert list(Release.read(installed.releases / "v1").damage()) == [] and not (installed.releases / "v2").exists()
    assert instance.event_log_storage.get_concurrency_info("warehouse").active_run_ids == set()


def test_backfill_of_two_quarters_at_once_gives_what_separate_builds_give(
    installed: Installed, instance: dg.DagsterInstance, sample: Path
) -> None:
    shutil.copytree(sample, installed.extracts, dirs_exist_ok=True)
    installed.start("daemon")
    quarters = [QUARTER, "2025-26-Q2", "2025-26-Q3"]
    backfill = ["--job", "quarter", "--partitions", ",".join(quarters), "--noprompt"]
    assert installed.dagster("job", "backfill", *backfill).wait() == 0
    installed.wait("all built", lambda: [run.is_success for run in runs(instance, "quarter")] == [True] * 3, 600)
    stats = [instance.get_run_stats(run.run_id) for run in runs(instance, "quarter")]
    spans = sorted((stat.start_time or 0, stat.end_time or 0) for stat in stats)
    assert spans[1][0] < spans[0][1], "the first two did not run at once"
    assert spans[2][0] >= min(spans[0][1], spans[1][1]), "three ran at once"
    again = partial(rebuild, lambda kind, step: None)
    for quarter in quarters:
        release = Workspace(installed.folder / "data").releases(quarter) / "v1"
        assert verify(Release.read(release), installed.folder / "data", again) == []
