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
def test_unit_is_valid_and_hardened(unit: Path) -> None:
    """The lower the exposure (0 to 10) the better; a web server of a distribution has 9."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there: the unit is not checked")
    places = {"SYSTEMD_UNIT_PATH": f"{FILES}:"}
    for command in (["verify"], ["security", "--offline=yes", "--threshold=15"]):
        analyze = ["systemd-analyze", *command, str(unit)]
        said = subprocess.run(analyze, capture_output=True, text=True, env=os.environ | places)
        wrong = [line for line in said.stderr.splitlines() if line and "is not executable" not in line]
        assert wrong == [] and (said.returncode == 0 or command == ["verify"]), said.stdout[-500:]


def test_containers_do_what_the_units_do() -> None:
    """No container engine is at hand: their files are held against those that are tested."""
    folder = FILES / "container"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    services = compose["services"]
    own = {name: service for name, service in services.items() if service.get("image") == "league"}
    assert set(own) == {unit.stem.removeprefix("league-") for unit in UNITS} == set(services) - {"postgres"}
    for name, service in own.items():
        (started,) = re.findall(
            r"ExecStart=/opt/league/\.venv/bin/(\S+)", (FILES / f"league-{name}.service").read_text()
        )
        assert service["command"].split()[0] == started
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "inside" in service["networks"]
        declared = dict(re.findall(r"^(\w+)=(.*)$", (FILES / "environment").read_text(), re.M))
        elsewhere = {"LEAGUE_POSTGRES"}
        assert {k: v for k, v in declared.items() if k not in elsewhere}.items() <= service["environment"].items()
        assert elsewhere <= set(service["environment"])
    assert [port for service in services.values() for port in service.get("ports", [])] == ["127.0.0.1:3000:3000"]
    assert "--read-only" in own["web"]["command"] and "outside" not in own["daemon"]["networks"]
    assert compose["networks"]["inside"]["internal"]
    ((server,),) = (one.values() for one in yaml.safe_load((folder / "workspace.yaml").read_text())["load_from"])
    assert f"--port {server['port']} --module-name {server['location_name']}" in own["code"]["command"]
    assert server["host"] in own
    assert "make .venv/.ready" in (folder / "Dockerfile").read_text()
    for text in ((folder / name).read_text() for name in ("Dockerfile", "compose.yaml")):
        assert "NOT TESTED" in text
