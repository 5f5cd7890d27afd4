"""What the commands print for people and for programs, on the sample: narrow terminals, other encodings, pipes, names
in place of codes, completion, Ctrl-C. What is said of wrong words is in the unit lane."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from orchestration import cli
from orchestration.audit import receipt
from orchestration.defs import by_command, in_process
from orchestration.quality.checks import Check
from orchestration.releases import shelf
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import Release
from orchestration.workspace.files import alone
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import descriptor

QUARTER, WIDTHS = "2025-26-Q4", (40, 60, 80, 120)
NAME = re.compile(r"[A-Za-z][a-z]{4,}")


@pytest.fixture(scope="module")
def data(built: Any) -> Path:
    folder: Path = built.workspace.data_dir
    return folder


def run(data: Path, *words: str, width: int = 200) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(cli.league, [*words, "--data-dir", str(data)])


@cache
def wide(data: Path, *words: str) -> tuple[list[str], Result]:
    """A command on the leader of the acute trusts, on a terminal that is as wide as can be."""
    code = documents(data, "show", "--league", "acute")["organisations"][0]["organisation_code"]
    said = [word.format(code=code) for word in words]
    return said, run(data, *said, width=2000)


def documents(data: Path, *words: str) -> Any:
    result = run(data, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("trace", "{code}"),
        ("trace", "{code}", "--metric", "OF0003"),
        ("status",),
        ("framework", "show", QUARTER),
        ("show", "{code}", "--table", "improvement"),
    ],
)
def test_no_word_is_broken_however_narrow_the_terminal(data: Path, words: tuple[str, ...], width: int) -> None:
    """Every long word of the narrow output is one of the wide output."""
    said, whole = wide(data, *words)
    narrow = run(data, *said, width=width)
    assert whole.exit_code == narrow.exit_code == 0, narrow.output
    known = {*NAME.findall(whole.output)}
    assert known and {*NAME.findall(narrow.output)} <= known
    assert "\N{HORIZONTAL ELLIPSIS}" not in narrow.output


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("words", [("show",), ("status",), ("trace", "acute"), ("--help",)])
def test_terminal_without_the_letters_gets_others(
    data: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], encoding: str
) -> None:
    printed, complained = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr("sys.stdout", printed)
    monkeypatch.setattr("sys.stderr", complained)
    monkeypatch.setattr("sys.argv", ["league", *words, *([] if "--help" in words else ["--data-dir", str(data)])])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    for stream in (printed, complained):
        stream.seek(0)
    assert not ended.value.code and complained.read() == ""
    assert ("\N{BLACK UP-POINTING TRIANGLE}" in printed.read()) == (words == ("show",) and encoding == "utf-8")


def test_process_finds_the_letters_of_its_terminal(data: Path) -> None:
    command = [sys.executable, "-m", "orchestration.cli", "show", "--data-dir", data]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, env=environment)
    assert said.returncode == 0 and said.stderr == b"" and said.stdout.decode("ascii")


@pytest.mark.parametrize("words", [("show", "--rows", "0"), ("show", "--json"), ("trace", "acute")])
def test_who_stops_reading_gets_no_traceback(data: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "orchestration.cli", *words, "--data-dir", data]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout and writer.stderr
        writer.stdout.readline()
        writer.stdout.close()
        assert writer.stderr.read() == b""
    assert writer.returncode == 0


def test_organisation_is_found_by_code_and_by_a_part_of_its_name(data: Path) -> None:
    rows = documents(data, "show", "--league", "ambulance")["organisations"]
    code, name = rows[0]["organisation_code"], rows[0]["organisation_name"]
    for said in (code, code.lower(), name, name.upper(), " ".join(reversed(name.split()))):
        assert [row["organisation_code"] for row in documents(data, "show", said)["organisations"]] == [code]
        assert documents(data, "trace", said)["code"] == code
    every = {row["organisation_code"] for row in documents(data, "show", "nhs trust")["organisations"]}
    assert len(every) > 10
    several = run(data, "trace", "nhs trust")
    assert re.match(rf"nhs trust is {len(every)} organisations: .* and {len(every) - 10} more", str(several.exception))
    none = run(data, "show", f"{name.split()[0]} of nowhere")
    assert "has the code or the name" in str(none.exception) and f"; near: {code} {name}" in str(none.exception)
    of_one, of_all = run(data, "show", code).output, run(data, "show", "--league", "ambulance").output
    assert name.split()[0] in of_one and "not in" not in of_one
    assert "segments are uncertain" in of_all and "segments are uncertain" not in of_one


def test_organisation_in_no_league_is_told_from_none(data: Path) -> None:
    guide = documents(data, "show", "--table", "organisation_guide")["rows"]
    in_leagues = {row["organisation_code"] for row in documents(data, "show")["organisations"]}
    [code, *_] = [row["organisation_code"] for row in guide if row["organisation_code"] not in in_leagues]
    assert documents(data, "trace", code)["code"] == code
    for said in (code, code.lower()):
        refused = str(run(data, "show", said).exception)
        assert refused.startswith(f"{code} ") and " is in no league of " in refused
        assert f"league trace {code} has its figures" in refused


def test_trace_names_metrics_and_says_what_there_is(data: Path) -> None:
    code = documents(data, "show", "--league", "acute")["organisations"][0]["organisation_code"]
    metrics = documents(data, "trace", code)["metrics"]
    assert all(metric["title"] for metric in metrics if metric["score"])
    assert f"{metrics[0]['metric_id']} {metrics[0]['title']}" in " ".join(
        run(data, "trace", code, width=500).output.split()
    )
    one = metrics[0]["metric_id"]
    lower = documents(data, "trace", code, "--metric", one.lower())["metrics"]
    assert {metric["metric_id"] for metric in lower} == {one}
    refused = str(run(data, "trace", code, "--metric", "OF9999").exception)
    assert "it has " in refused and all(metric["metric_id"] in refused for metric in metrics)
    of_league = str(run(data, "trace", "acute", "--metric", one).exception)
    assert of_league == "acute is a league, which has tables only: --metric needs an organisation"


def test_programs_are_told_all(data: Path, built: Any) -> None:
    shown = documents(data, "show")
    assert (shown["quarter"], shown["version"], shown["fictional"], shown["state"]) == (QUARTER, 1, True, "candidate")
    assert len(shown["leagues"]) == 4 and len(shown["organisations"]) > 200
    before, quarter = documents(data, "status")["quarters"]
    assert (before["quarter"], before["versions"]) == ("2025-26-Q3", [])  # of the pass, whose release is not here
    assert quarter["quarter"] == QUARTER and quarter["last_build"] and quarter["stopped_since"] is None
    assert [(one["version"], one["state"], one["fictional"]) for one in quarter["versions"]] == [(1, "candidate", True)]
    assert {"inputs", "changes"} <= set(documents(data, "diff", QUARTER, f"{QUARTER}/v1"))
    assert {finding["state"] for finding in json.loads(run(data, "doctor", "--json").output)} >= {"ok"}
    said = CliRunner().invoke(cli.league, ["--version"])
    assert re.fullmatch(r"league, version \d+\.\d+\.\d+\n", said.output)


def test_what_warned_before_a_build_stopped_is_said(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may say why: a file of another time warns, and the sum that it spoils stops."""
    warned = Check("dbt.old", "stage_metric", "trusts", "dbt test", "warning", "A file is old.", False, 1, ("etr",))
    shut = replace(warned, id="dbt.sums", severity="critical", reason="Sums differ.")
    passed = replace(shut, id="dbt.fine", passed=True)
    stopped = in_process.Outcome(QUARTER, ("what stopped it",), None, False, (), (warned, shut, passed))
    monkeypatch.setattr(by_command, "_built", lambda *asked: [stopped])
    words = ["build", "--quarter", QUARTER, "--extracts", str(sample)]
    said = run(tmp_path, *words)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == (
        "warning: dbt.old (warning): 1 unexpected. A file is old.\n  etr\n"
        f"{QUARTER}: stopped, nothing published\nwhat stopped it\n"
    )
    (facts,) = json.loads(run(tmp_path, *words, "--json").stdout)
    assert [check["id"] for check in facts["warnings"]] == ["dbt.old"]


def test_status_tells_of_passes_and_of_what_stopped_last(tmp_path: Path) -> None:
    """A pass that stopped, after which its quarters were built alone, is over where that came to its end. One whose
    lock is held has not stopped."""
    work, hours = tmp_path / "work", iter(range(1, 10))

    def left(name: str) -> None:
        (work / name).mkdir(parents=True)
        os.utime(work / name, (next(hours) * 3600,) * 2)

    def told() -> dict[str, tuple[int | None, ...]]:
        when = [
            (one["quarter"], one["last_build"], one["stopped_since"])
            for one in documents(tmp_path, "status")["quarters"]
        ]
        return {quarter: tuple(int(time[11:13]) if time else None for time in times) for quarter, *times in when}

    left("2025-26-Q1+2025-26-Q2.unfinished")
    assert told() == {"2025-26-Q1": (None, 1), "2025-26-Q2": (None, 1)}
    assert run(tmp_path, "status").output.count("stopped 1970-01-01 01:00 UTC") == 2
    with alone(Workspace(tmp_path).lock("2025-26-Q1"), busy="a build has it"):
        assert told() == {"2025-26-Q1": (None, None), "2025-26-Q2": (None, 1)}
        assert "building since 1970-01-01 01:00 UTC" in run(tmp_path, "status").output
    assert told() == {"2025-26-Q1": (None, 1), "2025-26-Q2": (None, 1)}
    left("2025-26-Q1")
    left("2025-26-Q2.unfinished")
    assert told() == {"2025-26-Q1": (2, None), "2025-26-Q2": (None, 3)}
    left("2025-26-Q1+2025-26-Q2")
    for other in ("landed", "series", "2025-26-Q2-under-nof-2025-26", "2025-26-Q1+2025-26-Q2 (copy)"):
        left(other)
    assert told() == {"2025-26-Q1": (4, None), "2025-26-Q2": (4, None)}


def test_every_table_of_a_release_is_shown(data: Path, built: Any) -> None:
    names = completed(data, "show", "--table", "")
    assert {*names} >= {table.name for table in published_tables()}
    for name in names:
        rows = pd.read_csv(built.release / f"{name}.csv", dtype=str)
        if rows.empty:
            assert "has no rows" in str(run(data, "show", "--table", name).exception)
            continue
        assert f"{min(len(rows), 2)} of {len(rows)} rows" in run(data, "show", "--table", name, "--rows", "2").output
        assert len(documents(data, "show", "--table", name)["rows"]) == len(rows)


def test_rows_of_a_table_are_those_of_an_organisation_or_a_league(data: Path) -> None:
    rows = documents(data, "show", "--table", "improvement", "--league", "acute")["rows"]
    assert {row["league"] for row in rows} == {"acute"}
    code, name = rows[0]["organisation_code"], rows[0]["organisation_name"]
    for said in (code.lower(), name):
        assert documents(data, "show", said, "--table", "improvement")["rows"] == rows[:1]
    assert "has no table tests; it has ae_mix, agreement, " in str(run(data, "show", "--table", "tests").exception)
    refused = run(data, "show", code, "--table", "improvement", "--league", "icb")
    assert "improvement of" in str(refused.exception) and f"has no rows of icb, {code}" in str(refused.exception)
    assert "has no leagues" in str(run(data, "show", "--table", "metric_parts", "--league", "icb").exception)


def test_rows_of_an_organisation_are_found_by_any_of_their_codes_and_its_own_come_first(data: Path) -> None:
    pairs = documents(data, "show", "--table", "rank_pairs")["rows"]
    code = pairs[0]["code_b"]
    assert documents(data, "show", code, "--table", "rank_pairs")["rows"] == [
        row for row in pairs if code in (row["code_a"], row["code_b"])
    ]
    peers = documents(data, "show", "--table", "peers")["rows"]
    code = peers[-1]["organisation_code"]
    own = [row for row in peers if row["organisation_code"] == code]
    others = [row for row in peers if row["peer_code"] == code]
    assert others and peers.index(others[0]) < peers.index(own[0])
    assert documents(data, "show", code, "--table", "peers")["rows"] == own + others
    for said in ("England", "england"):  # also a word in names of commissioners
        found = documents(data, "show", said, "--table", "specialty_league_table")["rows"]
        assert {row["organisation_code"] for row in found} == {"England"}


def test_tampered_release_is_not_shown(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "releases", tmp_path / "releases")
    path = tmp_path / "releases" / QUARTER / "v1" / "league_table.csv"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("1.", "2.", 1))
    for words in (("show",), ("trace", "acute"), ("diff", QUARTER, QUARTER)):
        refused = run(tmp_path, *words)
        assert refused.exit_code == 1 and "league_table.csv was changed" in str(refused.exception)


def test_fictional_and_real_are_not_traced_in_one_folder(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "releases", tmp_path / "releases")
    real = tmp_path / "releases" / "2025-26-Q2" / "v1"
    real.mkdir(parents=True)
    (real / "datapackage.json").write_text(descriptor([], synthetic=False))
    refused = run(tmp_path, "trace", "acute", "--quarter", QUARTER)
    assert refused.exit_code == 1 and "holds real releases, such as" in str(refused.exception)


def completed(data: Path, *words: str) -> list[str]:
    *before, begun = words
    options = ["--data-dir", str(data)]
    shell = ShellComplete(cli.league, {}, "league", "_LEAGUE_COMPLETE")
    return [item.value for item in shell.get_completions([before[0], *options, *before[1:]], begun)]


def test_shell_completes_quarters_releases_leagues_codes_and_metrics(data: Path) -> None:
    assert completed(data, "show", "--quarter", "2025-26") == [QUARTER]
    assert "2025-26-Q1" in completed(data, "build", "--quarter", "2025-26")
    assert completed(data, "diff", "2025") == [f"{QUARTER}/v1"]
    assert completed(data, "show", "--league", "a") == ["acute", "ambulance"]
    assert completed(data, "show", "--table", "metric_s") == ["metric_scores", "metric_series", "metric_sources"]
    codes = completed(data, "trace", "za")
    assert codes and all(code.startswith("ZA") for code in codes)
    assert "OF0003" in completed(data, "trace", codes[0], "--metric", "OF00")
    assert completed(data / "nowhere", "trace", "za") == []


def test_quarter_is_named_alike_wherever_a_person_stands(
    data: Path, built: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (built.release, built.release.parent, built.release.parent.parent):
        monkeypatch.chdir(folder)
        assert run(data, "framework", "show", QUARTER).exit_code == 0


def test_receipt_says_what_was_compared(built: Any, tmp_path: Path) -> None:
    release = Release.read(built.release)
    (tmp_path / "receipt.json").write_text("of an earlier verification")
    receipt.refuse_where_not_writable(tmp_path / "receipt.json")
    assert (tmp_path / "receipt.json").read_text() == "of an earlier verification"
    receipt.write(tmp_path / "receipt.json", receipt.facts(release, []))
    said = json.loads((tmp_path / "receipt.json").read_text())
    assert (said["result"], said["differences"], said["quarter"], said["version"]) == ("equal", [], QUARTER, 1)
    assert said["package_sha256"] == release.package_sha256() and said["decisions_sha256"] == "0" * 64
    assert set(said["files"]) == {path.name for path in built.release.iterdir()}
    assert len(said["extracts"]) == len({source["file_name"] for source in release.package["sources"]})
    assert said["libraries"]["duckdb"] and re.match("20..-..-..T", said["ended"]) and said["user"] and said["python"]
    assert receipt.facts(release, ["x differs"])["result"] == "different"


@pytest.mark.parametrize("seconds", [0.5, 7])
def test_ctrl_c_is_one_sentence_and_130(first_quarter: Path, tmp_path: Path, seconds: float) -> None:
    """While libraries are imported, and in the middle of a build; other moments are in the soak lane."""
    assert_stopped_after(seconds, first_quarter, tmp_path)


def assert_stopped_after(seconds: float, first_quarter: Path, tmp_path: Path) -> None:
    """Ctrl-C twice, as people press it, to the whole group, as a terminal sends it."""
    words = ["build", "--extracts", first_quarter, "--quarter", "2025-26-Q1", "--data-dir", tmp_path / "data"]
    command = [sys.executable, "-m", "orchestration.cli", *words]
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, start_new_session=True) as building:
        time.sleep(seconds)
        os.killpg(building.pid, signal.SIGINT)
        time.sleep(0.01)
        if building.poll() is None:
            os.killpg(building.pid, signal.SIGINT)
        assert building.stderr
        said = building.stderr.read().decode()
    assert building.returncode == 130, said
    assert said == "stopped by you, nothing published\n"
    assert not shelf.quarters_released(Workspace(tmp_path / "data"))
