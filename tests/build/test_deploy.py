"""The files that a production instance is installed from: Dagster and systemd accept them. The instance itself, on
PostgreSQL and under a moved clock, is in the soak lane."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from orchestration.workspace.paths import PROJECT

FILES = PROJECT / "orchestration" / "operations" / "deploy"
UNITS = sorted(FILES.glob("*.service"))


def test_files_are_accepted_by_dagster_and_agree_with_each_other() -> None:
    settings, _ = dagster_instance_config(str(FILES))  # raises on a name that it does not know
    declared = dict(re.findall(r"^#?(\w+)=(.*)$", (FILES / "environment").read_text(), re.M))
    assert settings["storage"]["postgres"]["postgres_url"]["env"] in declared
    ((server,),) = (
        location.values() for location in yaml.safe_load((FILES / "workspace.yaml").read_text())["load_from"]
    )
    starts = {unit.stem: line for unit in UNITS for line in re.findall("ExecStart=.*", unit.read_text())}
    assert f"--socket {server['socket']} --module-name {server['location_name']}" in starts["league-code"]
    assert f"--module-name {server['location_name']}" in starts["league-web"]
    assert "--read-only --host 127.0.0.1" in starts["league-web"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_unit_is_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    """The lower the exposure (0 to 10) the better; a web server of a distribution has 9."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there: the unit is not checked")
    places = {"SYSTEMD_UNIT_PATH": f"{FILES}:"}
    for command in (["verify"], ["security", "--offline=yes", "--threshold=15"]):
        analyze = ["systemd-analyze", *command, str(unit)]
        said = subprocess.run(analyze, capture_output=True, text=True, env=os.environ | places)
        wrong = [line for line in said.stderr.splitlines() if line and "is not executable" not in line]
        assert wrong == [] and (said.returncode == 0 or command == ["verify"]), said.stdout[-500:]
