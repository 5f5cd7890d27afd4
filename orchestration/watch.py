"""Watching runs: a run that failed, or succeeded though checks failed, becomes one alert.

Belongs here: reading what a run did from the event log of the instance, and the sensors. Does not: how an alert reads
and where it goes (`alerts.py`). The working folder is not looked at: it may be another run's by now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import AssetCheckEvaluation, DagsterEvent, DagsterEventType

from orchestration.alerts import (
    ACTIONS,
    FAULT,
    LOST,
    NOT_FETCHED,
    WARNED,
    Action,
    Alert,
    FailedCheck,
    channels,
    line,
    tell,
)

os.environ.setdefault("DAGSTER_RUN_STATUS_SENSOR_PROCESS_LIMIT", "1")  # alerts a tick: each may need most of its 60 s

FETCHED = dg.AssetKey(["extract", "fetched"])


def sensors(environ: Mapping[str, str]) -> list[dg.SensorDefinition]:
    """Both, with the channels of the environment. Raises LeagueError on settings that are wrong or half there."""
    by = channels(environ)

    @dg.run_failure_sensor(name="failed_runs", description="Alerts of runs that failed, whatever job.")
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        _tell(context)

    @dg.run_status_sensor(
        name="warned_runs",
        run_status=dg.DagsterRunStatus.SUCCESS,
        description="Alerts of runs that succeeded though checks failed.",
    )
    def warned_runs(context: dg.RunStatusSensorContext) -> None:
        _tell(context)

    def _tell(context: dg.RunStatusSensorContext) -> None:
        if alert := alert_of(context.instance, context.dagster_run, context.dagster_event):
            tell(alert, by, context.log)

    return [failed_runs, warned_runs]


def alert_of(instance: dg.DagsterInstance, run: dg.DagsterRun, ended: DagsterEvent) -> Alert | None:
    """What there is to say of a run, from the event that ended it and those before; none where all is well."""
    kinds = {DagsterEventType.STEP_FAILURE, DagsterEventType.ASSET_CHECK_EVALUATION}
    records = instance.get_records_for_run(run.run_id, of_type=kinds).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    evaluations = [event.asset_check_evaluation_data for event in events if not event.is_step_failure]
    latest = {evaluation.asset_check_key: evaluation for evaluation in evaluations}  # a step may have been retried
    failed = [evaluation for evaluation in latest.values() if not evaluation.passed]
    checks = sorted(map(_check, failed), key=lambda check: (check.severity, check.waiver is not None))
    problems, actions = _what_stopped_it(ended, [event for event in events if event.is_step_failure])
    if not problems:
        late = [evaluation.asset_key == FETCHED for evaluation in failed]
        actions = [*([NOT_FETCHED] if any(late) else []), *([] if all(late) else [WARNED])]
    if not problems and not checks:
        return None
    record = instance.get_run_record_by_id(run.run_id)
    at = datetime.fromtimestamp(record.end_time, UTC) if record and record.end_time else None
    return Alert(
        severity="error" if problems or any(check.severity == "ERROR" for check in checks) else "warning",
        job=line(run.job_name),
        quarter=line(run.tags["dagster/partition"]) if "dagster/partition" in run.tags else None,
        run_id=run.run_id,
        ended=at.isoformat(timespec="seconds") if at else "",
        problems=tuple(problems),
        checks=tuple(checks),
        actions=tuple(dict.fromkeys(actions)),
    )


def _what_stopped_it(ended: DagsterEvent, steps: list[DagsterEvent]) -> tuple[list[str], list[Action]]:
    """The lines of every error, and what to do; nothing where the run did not fail."""
    if not ended.is_run_failure:
        return [], []
    errors = [(step.step_key, step.step_failure_data.error) for step in steps]
    if not errors:
        errors = [(None, ended.job_failure_data.error)]
    problems, actions = [], []
    for step, error in errors:
        if error is None:
            problems += [line(ended.message or "the run has failed and does not say why")]
            actions += [LOST]
            continue
        cause = error.cause or error
        name = cause.cls_name or ""
        before, _, said = cause.message.strip().partition(": ")
        known = name in ACTIONS and before.endswith(name)
        said = said if known else cause.message.strip()
        problems += map(line, (said if known else f"{step or 'the run'}: {said}").split("\n"))
        actions += [ACTIONS.get(name, FAULT)]
    return problems, actions


def _check(evaluation: AssetCheckEvaluation) -> FailedCheck:
    """As `assets.asset_check_result` made it; of another only what it says of itself."""
    shown: dict[str, Any] = {key: value.value for key, value in evaluation.metadata.items()}
    key = ".".join([*evaluation.asset_key.path, evaluation.check_name])
    waiver = shown.get("waiver", "none")
    return FailedCheck(
        id=line(str(shown.get("id", key))),
        severity=evaluation.severity.value,
        waiver=None if waiver == "none" else line(str(waiver)),
        unexpected=shown.get("unexpected"),
        reason=line(str(shown.get("reason", evaluation.description or ""))),
        examples=tuple(map(line, filter(None, str(shown.get("examples", "")).split("\n")))),
    )
