"""Deciding on a release in the Dagster UI, by job `decide`. What may be decided, and the record, are not here
(`releases/shelf.py`, `releases/decisions.py`)."""

from enum import Enum
from pathlib import Path

import dagster as dg
from pydantic import Field

from orchestration.defs.assets import RELEASE
from orchestration.defs.metadata import STATE
from orchestration.defs.resources import Folders
from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.decisions import APPROVED, REINSTATED, WITHDRAWN
from orchestration.workspace.paths import Workspace

LOOKED_AT = 12  # characters of the sha256 that name what somebody looked at


class State(Enum):
    approved = APPROVED
    withdrawn = WITHDRAWN
    reinstated = REINSTATED


class Decision(dg.Config):
    quarter: str = Field(description="Such as 2025-26-Q2. The newest version is decided on.")
    decision: State
    text: str = Field(description="Who approves, by name, or why it is withdrawn or reinstated.")
    package_sha256: str = Field(
        description=f"The first {LOOKED_AT} characters or more of what publish/release shows: of what was looked at."
    )


@dg.op
def record_decision(context: dg.OpExecutionContext, config: Decision, folders: Folders) -> None:
    """Adds a decision to the record of a release. The system's user is that of the process which runs it."""
    release = shelf.find(Workspace(Path(folders.data)), config.quarter)

    def confirm() -> None:
        there = release.package_sha256()
        if len(config.package_sha256) < LOOKED_AT or not there.startswith(config.package_sha256):
            raise LeagueError(
                f"{release} has sha256 {there[:LOOKED_AT]}, not {config.package_sha256!r}: look at it again"
            )

    try:
        made = shelf.decide(release, config.decision.value, config.text, confirm)
    except LeagueError as refused:
        raise dg.Failure(str(refused), allow_retries=False) from refused
    context.log.info(f"{release}: {release.standing()}; entry {made.number}, sha256 {made.sha256}")
    context.log_event(dg.AssetObservation(RELEASE, partition=config.quarter, metadata={STATE: release.standing()}))
    context.add_output_metadata({"standing": release.standing(), "entry": made.number, "sha256": made.sha256})


@dg.job(description="Approves, withdraws or reinstates the newest release of a quarter, in the name of a person.")
def decide() -> None:
    record_decision()
