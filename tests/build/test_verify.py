"""A release is verified by building it again; every way in which it can differ is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.audit.verify import Rebuild, verify
from orchestration.defs import in_process
from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.releases.release import PACKAGE, Release
from orchestration.workspace.paths import Workspace

QUARTER = "2025-26-Q1"
SEED, NOT_THERE = "dbt_project/seeds/metrics.csv", "expectations/waivers.yml"


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Rebuild:
    """Builds a release again, and has it at hand from then on: the tests here change nothing that a build reads."""
    kept, build = tmp_path_factory.mktemp("again") / "release", in_process.rebuild

    def rebuilt(release: Path, quarter: Quarter, data_dir: Path) -> Path | tuple[str, ...]:
        folder = Workspace(data_dir).releases(quarter) / release.name
        if kept.exists():
            shutil.copytree(kept, folder)
        else:
            assert build(lambda kind, step: None, release, quarter, data_dir) == folder
            shutil.copytree(folder, kept)
        return folder

    return rebuilt


@pytest.fixture
def data_dir(built_first: Any, tmp_path: Path) -> Path:
    """A copy of the store and the release of a quarter, that may be changed."""
    for name in ("store", "releases"):
        shutil.copytree(built_first.workspace.data_dir / name, tmp_path / name)
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path


def test_release_is_what_its_extracts_give(built_first: Any, again: Rebuild) -> None:
    assert verify(Release.read(built_first.release), built_first.workspace.data_dir, again) == []


def test_changed_output_is_named_with_its_cell_and_changed_rules_are(
    data_dir: Path, again: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_process, "rebuild", lambda listener, *about: again(*about))
    first = data_dir / "releases" / QUARTER / "v1"
    table = pd.read_parquet(first / "trust_league_table.parquet")
    table.loc[table["rank"] == 1, "average_score"] += 1
    table.to_parquet(first / "trust_league_table.parquet")
    package = json.loads((first / PACKAGE).read_text())
    del package["rules"][NOT_THERE]
    package["rules"] |= {SEED: "0" * 64, "expectations/old.yml": "0" * 64}
    (first / PACKAGE).write_text(json.dumps(package))
    outcome = CliRunner().invoke(cli.league, ["verify", str(first)])
    assert outcome.exit_code == 1
    found = outcome.output.splitlines()
    assert "trust_league_table.parquet was changed" in outcome.output
    assert "average_score: '" in outcome.output and outcome.output.rstrip().endswith("different")
    for said in (
        f"rule {SEED} has changed since",
        f"rule {NOT_THERE} was not there",
        "rule expectations/old.yml is gone",
        "datapackage.json: rules differ",
    ):
        assert said in found, outcome.output


def test_changed_extract_is_named_and_nothing_is_built(data_dir: Path, again: Rebuild) -> None:
    bundle = data_dir / "releases" / QUARTER / "v1"
    source = json.loads((bundle / "datapackage.json").read_text())["sources"][0]
    stored = data_dir / "store" / source["sha256"][:2] / source["sha256"]
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    found = verify(Release.read(bundle), data_dir, again)
    assert found[0].startswith(f"extract {source['file_name']}: ") and "was changed" in found[0]
    assert found[1:] == ["not built again: an extract is not as it was"]
    stored.unlink()
    assert "is not in the store" in verify(Release.read(bundle), data_dir, again)[0]


def test_folder_that_is_no_release_is_refused(tmp_path: Path, again: Rebuild) -> None:
    with pytest.raises(LeagueError, match="is no release"):
        verify(Release.read(tmp_path), tmp_path, again)


def test_recorded_inventory_in_a_folder_of_extracts_is_a_file_like_any_other(
    built_first: Any, run: Any, tmp_path: Path
) -> None:
    """Else whoever can drop a file there could say what it is and where it came from, and pass over every waiver."""
    (tmp_path / "extracts").mkdir()
    shutil.copy(built_first.release / "checks.json", tmp_path / "extracts")
    shutil.copytree(built_first.workspace.store, tmp_path / "data" / "store")
    outcome = run(QUARTER, tmp_path / "extracts", tmp_path / "data")
    assert outcome.release is None
    assert "no publication of 2025-26-Q1 is among the files" in "".join(outcome.problems)
