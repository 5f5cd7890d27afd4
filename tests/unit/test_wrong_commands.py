"""What is said of a command that cannot be meant: `wrong_commands.md` has the table, made by this test with WRITE=1 in
the environment. Nothing is deleted, made or changed by any of them, and nothing heavy is imported before the answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.errors import LeagueError
from orchestration.workspace.paths import PROJECT
from tests.unit.test_decisions import approve, bundle, decide, record_of

TABLE = Path(__file__).with_name("wrong_commands.md")
HEAVY = ("pandas", "duckdb", "numpy", "dagster", "dbt", "great_expectations", "scipy", "openpyxl", "urllib3")
SECONDS = 1.0
DATA, EXTRACTS, Q2 = "DATA", "EXTRACTS", "2025-26-Q2"
RELEASE = f"{DATA}/releases/{Q2}"

COMMANDS: dict[str, str | Callable[[Path], object]] = {
    # quarters
    f"build --extracts {EXTRACTS} --quarter Q2": "",
    f"build --extracts {EXTRACTS} --quarter 2025-26-Q5": "",
    f"build --extracts {EXTRACTS} --quarter 2025-27-Q1": "",
    f"build --extracts {EXTRACTS} --quarter 2025-26": "",
    f"build --extracts {EXTRACTS} --quarter 2024-25-Q4": "",
    f"build --extracts {EXTRACTS} --quarter 2019-20-Q1": "",
    f"build --extracts {EXTRACTS} --quarter 2099-00-Q1": "",
    f"build --extracts {EXTRACTS} --quarter {Q2} --quarter 2025-26-Q9": "",
    f"build --extracts {EXTRACTS} --quarter every": "",
    f"build --extracts {EXTRACTS} --quarter=": "",
    f"build --extracts {EXTRACTS}": "",
    f"check --extracts {EXTRACTS} --quarter all": "",
    f"check --extracts {EXTRACTS} --quarter July": "",
    f"fetch --extracts {EXTRACTS} --quarter Q2": "",
    "show --quarter 2025": "",
    "show --quarter 2025-26-Q1": "",
    "trace ZA1 --quarter 2025-26-Q3": "",
    f"trace ZA1 --quarter {Q2} --version 7": "",
    f"trace ZA1 --quarter {Q2} --version 0": "",
    f"trace ZA1 --quarter {Q2} --version two": "",
    "trace": "",
    # frameworks
    f"rescore --extracts {EXTRACTS} --quarter {Q2} --framework nof": "",
    f"rescore --extracts {EXTRACTS} --quarter {Q2}": "",
    "show --framework icb-2026-27": "",
    # folders
    f"build --extracts /nonexistent --quarter {Q2}": "",
    f"check --extracts /nonexistent --quarter {Q2}": "",
    f"fetch --extracts /nonexistent --quarter {Q2}": "",
    "doctor --extracts /nonexistent": "",
    f"build --extracts EMPTY --quarter {Q2}": "",
    f"check --extracts EMPTY --quarter {Q2}": "",
    f"build --extracts {EXTRACTS}/a.csv --quarter {Q2}": "",
    f"build --extracts {DATA} --quarter {Q2}": "",
    f"build --quarter {Q2}": "",
    f"build --extract {EXTRACTS} --quarter {Q2}": "",
    f"history --extracts {EXTRACTS} --from 2025-26-Q4 --to {Q2}": "",
    # releases
    "verify 2025-26-Q1": "",
    "verify 2025-26-Q9": "",
    f"verify {RELEASE}": "",
    f"verify {RELEASE}/v9": "",
    f"verify {EXTRACTS}": "",
    f"verify {Q2} --receipt /nonexistent/receipt.json": "",
    f"verify {Q2} --receipt {DATA}": "",
    f"diff {Q2}": "",
    f"diff {Q2} 2025-26-Q7": "",
    f"diff {Q2} {Q2}/v9": "",
    f"diff {Q2} nothing": "",
    f"diff {Q2}/v1 {Q2}/v2 --rows -1": "",
    f"diff {Q2}/v1 FICTIONAL/releases/{Q2}/v1": "",
    # decisions
    f"approve {Q2} --yes": "",
    f"approve {Q2} --by= --yes": "",
    f"approve {Q2} --by=\t --yes": "",
    f"approve {Q2} --by=Anna": "",
    f"approve {Q2}/v9 --by=Anna --yes": "",
    f"approve {RELEASE} --by=Anna --yes": "",
    f"approve FICTIONAL/releases/{Q2}/v1 --by=Anna --yes": "",
    "approve COPY --by=Anna --yes": "",
    f"approve {Q2}/v2 --by=Anna --yes": lambda data: decide(data / "releases" / Q2 / "v2", "withdrawn", "wrong"),
    f"approve {Q2}/v1 --by=Anna --yes": lambda data: (data / "releases" / Q2 / "v1" / "table.csv").write_text("b"),
    f"withdraw {Q2} --yes": "",
    f"withdraw {Q2} --reason= --yes": "",
    f"withdraw {Q2} --reason=. --yes": "",
    f"withdraw {Q2} --reason=wrong": "",
    f"reinstate {Q2} --reason=right --yes": "",
    f"reinstate {Q2} --reason= --yes": "",
    f"withdraw {Q2}/v1 --reason=wrong --yes": lambda data: [
        approve(data / "releases" / Q2 / "v1"),
        record_of(data / "releases" / Q2 / "v1").write_bytes(b"{}\n"),
    ],
    # words
    "": "",
    "biuld": "",
    "show --leage acute": "",
    "show ZA1 ZB1": "",
    "show --rows -1": "",
    "sample --seed one": "",
    f"sample --out {EXTRACTS}": "",
    "doctor --advisories /nonexistent": "",
    "status now": "",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data folder with two versions of a quarter, a warehouse, a stopped build and a stored file; another with a
    fictional release; published files; an empty folder."""
    for version in (1, 2):
        bundle(tmp_path / DATA, Q2, version)
    bundle(tmp_path / "FICTIONAL", Q2, synthetic=True)
    bundle(tmp_path / "OTHER", Q2).rename(tmp_path / "COPY")
    for name in (f"{DATA}/work/{Q2}/warehouse.duckdb", f"{DATA}/work/{Q2}.unfinished/x", f"{DATA}/store/ab/abc"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    for folder in (EXTRACTS, "EMPTY"):
        (tmp_path / folder).mkdir()
    (tmp_path / EXTRACTS / "a.csv").write_text("a\n")
    return tmp_path


def everything(place: Path) -> dict[str, bytes]:
    locks = (".lock",)  # files that nothing else is done with
    found = sorted(path for path in place.rglob("*") if not path.name.endswith(locks))
    return {str(path.relative_to(place)): path.read_bytes() if path.is_file() else b"" for path in found}


def words(command: str, place: Path) -> list[str]:
    """Its words, with the folders of this test for their names."""
    said = [
        str(place / word) if word.split("/")[0] in (DATA, EXTRACTS, "EMPTY", "FICTIONAL", "COPY") else word
        for word in command.split(" ")
        if word
    ]
    takes_data = said and said[0] not in ("biuld", "sample")
    return [*said, "--data-dir", str(place / DATA)] if takes_data else said


def told(command: str, place: Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli.league, words(command, place), prog_name="league", terminal_width=200)
    said = str(result.exception) if result.exit_code == 1 else result.output.rpartition("Error: ")[2]
    said = re.sub(r"\(20\d\d-\d\d-\d\d \d\d:\d\d UTC\)", "(TIME)", said.strip())
    return result.exit_code, said.replace(f"{place}/", "")


def line(command: str, code: int, said: str) -> str:
    text = said.replace("|", "/").replace("\n", " // ").replace("\t", "TAB")
    return f"| `{command}` | {code} | {text} | nothing |".replace("\t", "TAB")


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_command_is_told_and_nothing_is_lost(command: str, place: Path) -> None:
    prepare = COMMANDS[command]
    if callable(prepare):
        prepare(place / DATA)
    before = everything(place)
    code, said = told(command, place)
    assert everything(place) == before
    assert code in (1, 2) and said and "Traceback" not in said, said
    if command == "":
        said = "the list of commands"
    LINES[command] = line(command, code, said)
    if not os.environ.get("WRITE"):
        assert LINES[command] in TABLE.read_text(encoding="utf-8").splitlines(), LINES[command]


LINES: dict[str, str] = {}


def test_table_has_every_wrong_command_once() -> None:
    head = ["| wrong command | exit code | what is said | what was changed or deleted |", "|---|---|---|---|"]
    if os.environ.get("WRITE"):
        assert set(LINES) == set(COMMANDS), "write the table with one worker, all tests of this file"
        TABLE.write_text("\n".join([*head, *(LINES[command] for command in COMMANDS)]) + "\n", encoding="utf-8")
    found = TABLE.read_text(encoding="utf-8").splitlines()
    assert [row.split(" | ")[0] for row in found[2:]] == [f"| `{command}`".replace("\t", "TAB") for command in COMMANDS]


def test_answer_comes_before_anything_heavy_is_imported(place: Path) -> None:
    """All in one process, so that it is imported by none of them; and each is timed."""
    code = f"""
import json, sys, time
from pathlib import Path
from tests.unit.test_wrong_commands import COMMANDS, told
slowest = {{}}
for command, prepare in COMMANDS.items():
    if not callable(prepare):
        before = time.monotonic()
        told(command, Path({str(place)!r}))
        slowest[command] = time.monotonic() - before
print(json.dumps([slowest, sorted({{name.partition(".")[0] for name in sys.modules}} & {set(HEAVY)!r})]))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    seconds, heavy = json.loads(run.stdout)
    assert heavy == []
    assert max(seconds.values()) < SECONDS, sorted(seconds.items(), key=lambda found: -found[1])[:3]


def test_package_without_its_checkout_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What `pip wheel` makes has the Python alone."""
    monkeypatch.setattr(cli, "SUITES", tmp_path / "expectations")
    result = CliRunner().invoke(cli.league, ["doctor", "--data-dir", str(tmp_path / "data")])
    assert str(result.exception) == (
        f"{tmp_path / 'expectations'} is not there: run league from a checkout, for a package has no rules in it"
    )
    assert isinstance(result.exception, LeagueError)
    assert CliRunner().invoke(cli.league, ["--help"]).exit_code == 0
