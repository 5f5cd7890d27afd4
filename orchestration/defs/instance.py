"""Whether the Dagster instance of DAGSTER_HOME is in order: its storage, daemons, schedules and limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

from orchestration.operations.doctor import ERROR, OK, WARNING, Finding


def examine() -> Iterator[Finding]:
    """The Dagster instance of DAGSTER_HOME: its storage (one never started gets it by being opened), daemons, schedules
    and limits."""
    if not (home := os.environ.get("DAGSTER_HOME")):
        yield Finding("instance", OK, "DAGSTER_HOME is not set: builds by command need no instance")
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
            limit = here.get_concurrency_config().pool_config.default_pool_limit
            kind = type(here.event_log_storage).__name__
    except Exception as error:  # a setting, the driver or the server: each library raises its own
        said = str(error).partition("\n")[0]  # what follows may repeat settings
        yield Finding("instance", ERROR, f"{home} does not open: {said}", "look at dagster.yaml and its storage")
        return
    old = sorted(name for name, version in versions.items() if version and version[0] != version[1])
    if old:
        yield Finding(
            "instance", ERROR, f"the schema of {', '.join(old)} is of another version", "dagster instance migrate"
        )
    else:
        yield Finding("instance", OK, f"{home}: {kind}, schema current")
    if silent := sorted(name.lower() for name, daemon in daemons.items() if daemon.required and not daemon.healthy):
        to_do = "start dagster-daemon, or look at its log"
        yield Finding("instance", ERROR, f"daemons without a healthy heartbeat: {', '.join(silent)}", to_do)
    else:
        yield Finding("instance", OK, f"{len(daemons)} daemons healthy")
    if on:
        yield Finding("instance", OK, f"on: {', '.join(sorted(one.instigator_name for one in on))}")
    else:
        to_do = "switch them on in the UI, where runs are to be scheduled"
        yield Finding("instance", WARNING, "no schedule and no sensor is on", to_do)
    if limit == 1:
        yield Finding("instance", OK, "one step of a pool at a time")
    else:
        to_do = "concurrency: {pools: {default_limit: 1}} in dagster.yaml"
        yield Finding("instance", ERROR, f"pools have the limit {limit}: two steps may open a warehouse", to_do)
