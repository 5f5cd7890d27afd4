"""Watching runs: a run that failed, or succeeded though checks failed, becomes one alert.

Belongs here: what a run did, by the event log of the instance, and the sensors. Does not: how an alert reads and where
it goes (`operations/alerts.py`). The working folder is not looked at: it may be another run's by now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import dagster as dg
from dagster import AssetCheckEvaluation, DagsterEvent, DagsterEventType, DagsterExecutionInterruptedError
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME

from orchestration.defs.assets import FETCHED
from orchestration.defs.metadata import MARK
from orchestration.defs.resources import END, START
from orchestration.errors import LeagueError, what_to_do
from orchestration.operations import alerts
from orchestration.operations.alerts import Action, Alert, FailedCheck, one_line

os.environ.setdefault("DAGSTER_RUN_STATUS_SENSOR_PROCESS_LIMIT", "1")  # a run a tick: its alert may take most of 60 s

CHECKED, FAILED = DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.STEP_FAILURE
INTERRUPTED = DagsterExecutionInterruptedError.__name__
ENGINE = DagsterEventType.ENGINE_EVENT  # what is heard from outside of the steps: of a killed process the signal


@dg.op
def say_that_it_is_a_test() -> None:
    raise LeagueError("This is a test of the alerts: where you read it they arrive, and nothing is to be done.")


@dg.job(description="Fails on purpose, to see that alerts arrive.")
def alert_test() -> None:
    say_that_it_is_a_test()


def sensors(environ: Mapping[str, str]) -> list[dg.SensorDefinition]:
    """The sensors of failed runs and of runs that succeeded. Raises LeagueError on wrong or incomplete settings."""
    channels = alerts.channels(environ)

    def send_alert(context: dg.RunStatusSensorContext) -> None:
        if alert := alert_of(context.instance, context.dagster_run, context.dagster_event):
            alerts.send(alert, channels, context.log)

    @dg.run_failure_sensor(description="An alert of every run that failed, whatever job.")
    def tell_of_failed_runs(context: dg.RunFailureSensorContext) -> None:
        send_alert(context)

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        description="An alert of every run that succeeded though checks failed, whatever job.",
    )
    def tell_of_warnings(context: dg.RunStatusSensorContext) -> None:
        send_alert(context)

    return [tell_of_failed_runs, tell_of_warnings]


def alert_of(instance: dg.DagsterInstance, run: dg.DagsterRun, ended: DagsterEvent) -> Alert | None:
    """The alert of a run, by the event that ended it and those before; none where all is well."""
    records = instance.get_records_for_run(run.run_id, of_type={CHECKED, FAILED, ENGINE, ended.event_type}).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    evaluations = [event.asset_check_evaluation_data for event in events if event.event_type == CHECKED]
    latest = {evaluation.asset_check_key: evaluation for evaluation in evaluations}  # a step may have been retried
    failed = [evaluation for evaluation in latest.values() if not evaluation.passed]
    stopped = dict(_what_stopped_it(ended, events)) if ended.is_run_failure else {}
    if not stopped and not failed:
        return None
    # A backfill of assets, which has no job of ours, is started again where it failed, and a build refuses that.
    again = bool(stopped) and run.tags.get("dagster/will_retry") == "true" and run.job_name != IMPLICIT_ASSET_JOB_NAME
    late = sorted({evaluation.asset_key == FETCHED for evaluation in failed}, reverse=True)
    checks = sorted(map(_check, failed), key=lambda check: (check.severity, check.waiver is not None))
    record = instance.get_run_record_by_id(run.run_id)
    at = datetime.fromtimestamp(record.end_time, UTC) if record and record.end_time else None
    return Alert(
        severity="error" if (stopped and not again) or any(c.severity == "ERROR" for c in checks) else "warning",
        job=one_line(run.job_name),
        quarter=_quarter(run.tags),
        run_id=run.run_id,
        ended=at.isoformat(timespec="seconds") if at else "at a time not recorded",
        problems=tuple(one_line(text) for said in stopped for text in said.strip().split("\n"))
        + (("It is started again by itself.",) if again else ()),
        checks=tuple(checks),
        actions=tuple(dict.fromkeys(stopped.values()))
        or tuple(alerts.NOT_FETCHED if one else alerts.WARNED for one in late),
    )


def _quarter(tags: Mapping[str, str]) -> str | None:
    """The quarter of a run, or the first and last of a backfill's; none where a run is of no quarter."""
    if START in tags:
        return one_line(" to ".join(dict.fromkeys((tags[START], tags[END]))))
    return one_line(tags["dagster/partition"]) if "dagster/partition" in tags else None


def _what_stopped_it(ended: DagsterEvent, events: list[DagsterEvent]) -> Iterator[tuple[str, Action]]:
    """In plain words, and what to do; of a mistake in the program the last line of its traceback."""
    steps = [(event.step_key, event.step_failure_data.error) for event in events if event.event_type == FAILED]
    of_run = ended.job_failure_data.error if ended.event_specific_data else None
    errors = [(step, error.cause or error) for step, error in steps or [(None, of_run)] if error]
    # What was interrupted does not know why: the event that ended the run does, as of one that took too long.
    errors = [(step, error) for step, error in errors if error.cls_name != INTERRUPTED]
    if not errors:
        before = takewhile(lambda event: not event.is_run_failure, events)
        heard = [event.message or "" for event in before if event.event_type == ENGINE]
        yield "\n".join([ended.message or "", *heard[-1:]]), alerts.LOST
    refused_by_storage = [one for one in errors if what_to_do(one[1].message)]  # then the others failed because of it
    for step, error in refused_by_storage[:1] or errors:
        name, said = error.cls_name or "", (error.message.partition(": ")[2] or error.message).strip()
        if advice := what_to_do(said):
            yield f"{said}: {advice}", alerts.STORAGE
        elif name == "DagsterAssetCheckFailedError":
            yield "a gate is shut", alerts.GATE_SHUT  # the checks say which, and more than this error does
        elif name in alerts.ACTIONS:
            yield said, alerts.ACTIONS[name]
        else:
            yield f"{step or 'the run'}: {error.message}", alerts.FAULT


def _check(evaluation: AssetCheckEvaluation) -> FailedCheck:
    """As `metadata.check_result` made it; of another what it says of itself."""
    shown: dict[str, Any] = {key: value.value for key, value in evaluation.metadata.items()}
    waiver = shown.get("waiver", "none")
    return FailedCheck(
        id=one_line(shown.get("id", ".".join([*evaluation.asset_key.path, evaluation.check_name]))),
        severity=evaluation.severity.value,
        waiver=None if waiver == "none" else one_line(waiver),
        unexpected=shown.get("unexpected"),
        reason=one_line(shown.get("reason", evaluation.description or "")),
        examples=tuple(one_line(example) for example in shown.get("examples", "").split(MARK) if example),
    )
