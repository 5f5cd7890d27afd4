"""Whether the Dagster instance of DAGSTER_HOME is in order: its storage, daemons, schedules and limits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._daemon.controller import DEFAULT_HEARTBEAT_INTERVAL_SECONDS
from dagster._daemon.types import DaemonStatus

from orchestration.operations import processes
from orchestration.operations.alerts import one_line
from orchestration.operations.doctor import ERROR, OK, WARNING, Finding
from orchestration.operations.runbook import RUNBOOK

START_BY_THEMSELVES = frozenset(
    ["fetch_what_is_due", "build_what_has_come", "site_after_decisions", "tell_of_failed_runs", "tell_of_warnings"]
)
BEATS_MISSED = timedelta(seconds=4 * DEFAULT_HEARTBEAT_INTERVAL_SECONDS)  # a busy machine may miss one or two
START_DAEMON = "systemctl start league-daemon, or make dev; then look at its log (journalctl -u league-daemon)"
START_CODE = "systemctl start league-code, or make dev; then look at its log (journalctl -u league-code)"
START_WEB = "systemctl start league-web, or make dev; builds go on without it"


def examine() -> Iterator[Finding]:
    """The Dagster instance of DAGSTER_HOME: its storage (one never started gets it by being opened), daemons, schedules
    and limits."""
    if not (home := os.environ.get("DAGSTER_HOME")):
        yield Finding("instance", OK, "DAGSTER_HOME is not set: builds by command need no instance")
        return
    if not Path(home).is_absolute():
        yield Finding("instance", ERROR, f"DAGSTER_HOME is {home}: Dagster takes no relative path", "name it in full")
        return
    if not (Path(home) / "dagster.yaml").is_file():
        yield Finding(
            "instance",
            ERROR,
            f"{home} has no dagster.yaml",
            "copy orchestration/operations/deploy/local/dagster.yaml there",
        )
        return
    try:
        with dg.DagsterInstance.from_config(home) as here:
            storages = here.run_storage, here.event_log_storage, here.schedule_storage
            versions = {type(one).__name__: one.alembic_version() for one in storages if one}
            daemons = here.get_daemon_statuses()
            on = here.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
            ticks = {
                one.instigator_name: here.get_ticks(one.instigator_origin_id, one.selector_id, limit=1) for one in on
            }
            limit = here.get_concurrency_config().pool_config.default_pool_limit
            kind = type(here.event_log_storage).__name__
    except Exception as error:  # each library raises its own
        to_do = "look at dagster.yaml and its storage"
        yield Finding("instance", ERROR, f"{home} does not open: {why_not_open(error)}", to_do)
        return
    old = sorted(name for name, version in versions.items() if version and version[0] != version[1])
    if old:
        yield Finding(
            "instance", ERROR, f"the schema of {', '.join(old)} is of another version", "dagster instance migrate"
        )
    else:
        yield Finding("instance", OK, f"{home}: {kind}, schema current")
    if processes.can_be_seen() and not processes.running(processes.CODE_SERVER, home):
        yield Finding("instance", ERROR, "no code server runs on this machine: nothing can be started", START_CODE)
    yield _daemon(home, daemons)
    yield _web_server(home)
    for name, latest in sorted(ticks.items()):
        if latest and latest[0].status == TickStatus.FAILURE:
            raised = latest[0].error
            said = one_line((raised.cause or raised).message.strip()) if raised else "it does not say why"
            to_do = f"look at its ticks in the UI, under Automation ({RUNBOOK})"
            yield Finding("instance", ERROR, f"{name} failed when it last ran: {said}", to_do)
    if on:
        off = ", ".join(sorted(START_BY_THEMSELVES - set(ticks)))
        yield Finding("instance", OK, f"on: {', '.join(sorted(ticks))}" + (f"; off: {off}" if off else ""))
    else:
        to_do = "switch them on in the UI, where runs are to be scheduled"
        yield Finding("instance", WARNING, "no schedule and no sensor is on", to_do)
    if limit == 1:
        yield Finding("instance", OK, "one step of a pool at a time")
    else:
        to_do = "concurrency: {pools: {default_limit: 1}} in dagster.yaml"
        yield Finding("instance", ERROR, f"pools have the limit {limit}: two steps may open a warehouse", to_do)


def why_not_open(error: Exception) -> str:
    """Say what a setting, the driver or the server has against an instance. Lines after the first may repeat settings,
    so passwords too."""
    return str(error.__cause__ or error).partition("\n")[0]


def _daemon(home: str, daemons: Mapping[str, DaemonStatus]) -> Finding:
    """Whether its process is there, and every daemon in it has a heart that beats."""
    beats = {name.lower(): _since(status) for name, status in daemons.items() if status.required}
    silent = {name: since for name, since in beats.items() if since is None or since > BEATS_MISSED}
    latest = min((since for since in beats.values() if since is not None), default=None)
    last = "it was never started here" if latest is None else f"last heartbeat {latest.total_seconds():.0f} s ago"
    if processes.can_be_seen() and not processes.running(processes.DAEMON, home):
        found = f"no daemon runs on this machine, {last}: nothing is fetched, built or alerted by itself"
        return Finding("instance", ERROR, found, START_DAEMON)
    if silent:
        found = f"daemons without a heartbeat for {BEATS_MISSED.seconds} s: {', '.join(sorted(silent))}; {last}"
        return Finding("instance", ERROR, found, f"look at the log of the daemon; {START_DAEMON}")
    return Finding("instance", OK, f"{len(beats)} daemons healthy, {last}")


def _since(status: DaemonStatus) -> timedelta | None:
    beat = status.last_heartbeat
    return None if beat is None else datetime.now(UTC) - datetime.fromtimestamp(beat.timestamp, UTC)


def _web_server(home: str) -> Finding:
    if not processes.can_be_seen():
        return Finding("instance", OK, "the web server is not looked for: this system does not tell of its processes")
    servers = [processes.answers(words) for words in processes.running(processes.WEB_SERVER, home)]
    if not servers:
        return Finding("instance", WARNING, "no web server runs on this machine", START_WEB)
    if deaf := sorted(address for address, answered in servers if not answered):
        return Finding(
            "instance", ERROR, f"the web server does not answer: {', '.join(deaf)}", f"restart it: {START_WEB}"
        )
    return Finding("instance", OK, f"the web server answers: {', '.join(sorted(address for address, _ in servers))}")
