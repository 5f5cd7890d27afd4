"""What tests share: one sample, one end-to-end build a quarter, the real extracts. Asserts nothing about them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ |= {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}

if TYPE_CHECKING:
    from orchestration.runs import Outcome
    from orchestration.workspace import Build, Workspace

SHARED = Path(os.environ.get("LEAGUE_SHARED", Path(__file__).parents[2] / "shared"))

ANOTHER_DAY = "2025-09-30"

Run = Callable[[str, Path, Path], "Outcome"]


@dataclass(frozen=True)
class Built:
    """A quarter that was built: how the run ended, and where everything is."""

    outcome: Outcome
    workspace: Workspace

    @property
    def build(self) -> Build:
        return self.workspace.build(self.outcome.quarter)

    @property
    def release(self) -> Path:
        assert self.outcome.release is not None, "\n".join(self.outcome.problems)
        return self.outcome.release


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """A function by its name: its address would differ between the workers."""
    return getattr(val, "__name__", None) if callable(val) else None


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A written sample: four quarters of fictional trusts. Read it, never change it."""
    from orchestration.sample import write_sample

    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def first_quarter(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the sample that 2025-26-Q1 needs: the smallest folder that builds a whole quarter."""
    folder = tmp_path_factory.mktemp("first_quarter")
    shutil.copytree(sample / "nof" / "2025-09", folder / "nof" / "2025-09")
    shutil.copytree(sample / "ods", folder / "ods")
    return folder


@pytest.fixture(scope="session")
def shared_extracts() -> Path:
    """Real published files beside the checkout, or under LEAGUE_SHARED; never copied into the project."""
    folder = SHARED / "extracts"
    if not folder.is_dir():
        pytest.skip(f"real extracts are not at {folder}: put them there or set LEAGUE_SHARED")
    return folder


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs the quarter job in this process: quarter, extracts, data folder."""
    from orchestration import runs

    def quarter(quarter: str, extracts: Path, data_dir: Path) -> Outcome:
        return runs.run_quarter("quarter", quarter, extracts, data_dir, lambda kind, step: None)

    return quarter


@pytest.fixture(scope="session")
def build_quarter(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Built]:
    """Builds a quarter of a folder of extracts once, in a data folder of its own. Read it, never change it."""
    from orchestration.workspace import Workspace

    @cache
    def build(quarter: str, extracts: Path) -> Built:
        data_dir = tmp_path_factory.mktemp(f"data-{quarter}")
        return Built(run(quarter, extracts, data_dir), Workspace(data_dir))

    return build


@pytest.fixture(scope="session")
def built(build_quarter: Callable[[str, Path], Built], sample: Path) -> Built:
    """The sample's 2025-26-Q4, built once. Read it, never change it."""
    return build_quarter("2025-26-Q4", sample)


@pytest.fixture(scope="session")
def built_first(run: Run, first_quarter: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sample's 2025-26-Q1, built once; by the lock its files came on ANOTHER_DAY. Read it, never change it."""
    from orchestration.sources.inventory import survey
    from orchestration.sources.landing import take_in
    from orchestration.sources.lock import changing
    from orchestration.workspace import Workspace

    workspace = Workspace(tmp_path_factory.mktemp("data-2025-26-Q1"))
    take_in(survey(first_quarter), "2025-26-Q1", workspace)
    with changing(workspace) as lock:
        lock.entries = {key: replace(entry, retrieved=ANOTHER_DAY) for key, entry in lock.entries.items()}
    return Built(run("2025-26-Q1", first_quarter, workspace.data_dir), workspace)


@pytest.fixture(scope="session")
def built_planted(build_quarter: Callable[[str, Path], Built], sample: Path) -> Built:
    """The sample's 2025-26-Q3, in whose published figures a few disagreements are planted."""
    return build_quarter("2025-26-Q3", sample)
