"""Running a job in this process: the same assets and checks as under a Dagster instance, without one.

Belongs here: starting a run, and saying plainly why one stopped. Does not: what a job is (`schedules.py`)."""

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

import dagster as dg
import pandas as pd
from dagster._core.event_api import EventRecordsResult
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage
from dagster._core.utils import make_new_run_id
from dagster_shared.error import SerializableErrorInfo

from orchestration.defs import progress
from orchestration.defs.assets import RELEASE, published_series
from orchestration.defs.definitions import assemble
from orchestration.defs.instance import why_not_open
from orchestration.defs.resources import FRAMEWORK, LISTED, SINCE, Folders
from orchestration.errors import LeagueError, what_to_do
from orchestration.operations import alerts
from orchestration.operations.runbook import advice
from orchestration.quality import checks, evidence
from orchestration.quality.checks import Check
from orchestration.quarters import FIRST, Quarter, require_known_quarter
from orchestration.releases.release import Release
from orchestration.sources.inventory import in_short
from orchestration.warehouse.project import DUCKDB
from orchestration.workspace.paths import Build, Workspace

defs = assemble(Folders.configure_at_launch())  # each run names its own folders


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    quarter: str
    problems: tuple[str, ...]  # none when it succeeded
    release: Path | None  # the folder of the bundle, if there is one
    created: bool
    set_aside: tuple[str, ...] = ()  # in short, the files of which nothing is used
    checks: tuple[Check, ...] = ()  # that the run made


def steps(job_name: str) -> int:
    """How many steps a run of a job has."""
    return len(defs.resolve_job_def(job_name).graph.node_defs)


def run_quarter(
    job_name: str,
    quarter: str,
    extracts: Path,
    data_dir: Path,
    listener: Callable[[str, str], None],
    recorded: bool = False,
    engine: str = DUCKDB,
    framework: str | None = None,
) -> Outcome:
    """Run a job for one quarter, from a folder of extracts or, `recorded`, from what a release records and the store
    has, where it is said under the rules of a framework. Raises LeagueError for a quarter that cannot be built or one
    that is being built."""
    (outcome,) = _run(
        job_name,
        [require_known_quarter(quarter)],
        Folders(extracts=str(extracts), data=str(data_dir), engine=engine, recorded=recorded),
        listener,
        framework=framework,
    )
    return outcome


def run_series(
    since: str,
    until: str,
    extracts: Path,
    data_dir: Path,
    listener: Callable[[str, str], None],
    recorded: bool = False,
) -> Outcome:
    """Run the job that makes one series of all months from one quarter to another."""
    folders = Folders(extracts=str(extracts), data=str(data_dir), recorded=recorded)
    (outcome,) = _run("series", [Quarter(until)], folders, listener, Quarter(since))
    return outcome


def run_quarters(
    job_name: str,
    quarters: Sequence[str],
    extracts: Path,
    data_dir: Path,
    listener: Callable[[str, str], None],
    engine: str = DUCKDB,
    framework: str | None = None,
) -> list[Outcome]:
    """Run a job for several quarters in one pass: one survey, one landing, one run of dbt. Where that stops, each is
    run by itself, so that a fault stops the quarter it is in and no other. Raises what `run_quarter` raises."""
    together = sorted({require_known_quarter(quarter) for quarter in quarters})
    if len(together) > 1:
        folders = Folders(extracts=str(extracts), data=str(data_dir), engine=engine)
        outcomes = _run(job_name, together, folders, listener, framework=framework)
        if not any(outcome.problems for outcome in outcomes):
            return outcomes
    return [
        run_quarter(job_name, quarter, extracts, data_dir, listener, engine=engine, framework=framework)
        for quarter in together
    ]


def _run(
    job_name: str,
    quarters: list[Quarter],
    folders: Folders,
    listener: Callable[[str, str], None],
    since: Quarter | None = None,
    framework: str | None = None,
) -> list[Outcome]:
    build = Workspace(Path(folders.data)).build(*quarters, since=since, framework=framework)
    tags = {LISTED: ",".join(quarters), SINCE: since, FRAMEWORK: framework}
    run_id = make_new_run_id()
    with progress.to(listener), _instance(folders) as instance, _canceled_where_it_is_stopped(instance, run_id):
        result = defs.resolve_job_def(job_name).execute_in_process(
            partition_key=max(quarters[-1], FIRST),  # a series may end before
            tags={name: value for name, value in tags.items() if value},
            resources={"folders": folders},
            run_config={"loggers": {"progress": {}}},
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
        )
    if _was_interrupted(result):
        raise KeyboardInterrupt  # Dagster made a failure of it, after which a pass would go on one by one
    for event in result.all_events:
        if event.is_resource_init_failure and (error := event.engine_event_data.error):
            raise LeagueError(_plain_message(error, build))
    made: dict[str, Any] = {}
    for event in result.get_asset_materialization_events():
        if event.asset_key in (RELEASE, published_series.key):
            made = dict(event.materialization.metadata["releases"].value)  # type: ignore[arg-type]
    found = tuple(evidence.all_checks(build))
    problems = () if result.success else tuple(_problems(result, build, found))
    return [
        Outcome(quarter, (), Path(made[quarter]["path"]), made[quarter]["created"], _set_aside(build, quarter), found)
        if quarter in made
        else Outcome(quarter, problems, None, False, _set_aside(build, quarter), found)
        for quarter in quarters
    ]


def _set_aside(build: Build, quarter: Quarter) -> tuple[str, ...]:
    path = build.inventory(quarter)
    return tuple(in_short(pd.read_parquet(path))) if path.exists() else ()


class _Forgotten(InMemoryEventLogStorage):
    """An event log that keeps nothing. Whoever starts a run here has its events from the run itself. Storing them, in a
    database that ends with the run, took a seventh of a build (2026-11)."""

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Keep nothing."""

    def fetch_materializations(self, *args: Any, **kwargs: Any) -> EventRecordsResult:
        return EventRecordsResult([], "", False)

    def fetch_observations(self, *args: Any, **kwargs: Any) -> EventRecordsResult:
        return EventRecordsResult([], "", False)

    def get_asset_records(self, *args: Any, **kwargs: Any) -> list[AssetRecord]:
        return []


def _instance(folders: Folders) -> dg.DagsterInstance:
    """The instance of DAGSTER_HOME, so that its UI has what was built by command; without one, an instance for one run.
    It is not told of a release that is built again only to be compared. Raises LeagueError where the instance does not
    open."""
    home = os.environ.get("DAGSTER_HOME")
    if folders.recorded or not home or not (Path(home) / "dagster.yaml").is_file():
        return without_memory()
    try:
        return dg.DagsterInstance.get()
    except Exception as error:  # each library raises its own
        to_do = "put its dagster.yaml or its storage right, or build without DAGSTER_HOME"
        why = why_not_open(error)
        raise LeagueError(f"the instance of DAGSTER_HOME, {home}, does not open: {why}: {to_do}") from error


@contextmanager
def _canceled_where_it_is_stopped(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Says on an instance that remembers that a run was canceled, where the process is ended in the middle of it."""

    def cancel() -> None:
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished:
            instance.report_run_canceled(run, "stopped at the terminal")

    if not instance.is_ephemeral:
        atexit.register(cancel)
    try:
        yield
    finally:
        atexit.unregister(cancel)


def without_memory() -> dg.DagsterInstance:
    """An instance for one run. As `DagsterInstance.ephemeral` makes it, but for the event log."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call]
        run_storage=InMemoryRunStorage(),
        event_storage=_Forgotten(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )


def rebuild(
    listener: Callable[[str, str], None], release: Path, quarter: Quarter, data_dir: Path
) -> Path | tuple[str, ...]:
    """A release built again from what it records and the store of a data folder has: its folder, or what stopped it."""
    made = Release.read(release)
    if since := made.since:
        outcome = run_series(since, quarter, release, data_dir, listener, recorded=True)
    else:
        outcome = run_quarter("quarter", quarter, release, data_dir, listener, recorded=True, framework=made.framework)
    return outcome.release or outcome.problems


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    of_steps = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    ended = [event for event in result.all_events if event.is_run_failure and event.event_specific_data]
    of_run = [event.job_failure_data.error for event in ended]
    said = [error.to_string() for error in (*of_steps, *of_run) if error]  # a library may have wrapped it
    return any("DagsterExecutionInterruptedError" in text for text in said)


def _problems(result: dg.ExecuteInProcessResult, build: Build, found: Sequence[Check]) -> Iterator[str]:
    failed = {
        event.step_key or "": event.step_failure_data.error.cause or event.step_failure_data.error
        for event in result.all_node_events
        if event.is_step_failure and event.step_failure_data.error
    }
    for error in failed.values():
        if what_to_do(error.message):  # then the other steps failed for the same reason
            yield _plain_message(error, build)
            return
    shut = checks.causes(found)
    for check in shut:
        of_another = checks.read_too(checks.quarters_named(check.examples), build.quarters)
        to_do = f"  What to do: {advice(check.id) or alerts.GATE_SHUT.sentence}"
        yield "\n".join([f"{check.gate} gate: {check}", *([of_another] if of_another else []), to_do])
    for step, error in failed.items():
        if not shut or not (step.startswith("gate") or error.cls_name == "GateError"):
            yield _plain_message(error, build)


def _plain_message(error: SerializableErrorInfo, build: Build) -> str:
    """A refusal in plain words; a programming mistake as the traceback it is."""
    said = error.message.partition(": ")[2].strip()
    if advice := what_to_do(said):
        return f"{build} cannot be built in {build.workspace.data_dir}: {' '.join(said.split())}: {advice}"
    if error.cls_name in ("InputError", "LeagueError"):
        return said
    return error.message.strip() if error.cls_name in ("GateError", "Failure") else error.to_string()
