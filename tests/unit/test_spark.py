"""Where Spark is not installed the engine is refused by name, before anything is read. What Spark makes is shown in
`tests/parity`."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import league
from orchestration.errors import LeagueError
from orchestration.warehouse import spark
from orchestration.workspace.paths import Workspace


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither Java nor the extra."""
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    monkeypatch.setattr(spark, "which", lambda name: None)
    for name in ("JAVA_HOME", spark.CONNECT, spark.MASTER):
        monkeypatch.delenv(name, raising=False)


def test_all_that_is_missing_is_named(bare: None) -> None:
    with pytest.raises(LeagueError, match=r"dbt\.adapters\.spark, pyspark, java.*make spark.*docs/scale\.md"):
        spark.require()


def test_a_server_of_spark_connect_needs_no_java_here(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    with pytest.raises(LeagueError, match="engine spark needs java,"):
        spark.require()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"sc://127.0.0.1:{server.getsockname()[1]}/;token=x"
        monkeypatch.setenv(spark.CONNECT, address)
        spark.require()
    with pytest.raises(LeagueError, match=r"SPARK_REMOTE: nobody answers at 127\.0\.0\.1:\d+: "):
        spark.require()


@pytest.mark.parametrize("address", ["sc://127.0.0.1:9;token=secret", "sc://[127;token=secret"])
def test_address_of_a_server_that_is_none_is_refused_without_its_token(
    bare: None, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.setenv(spark.CONNECT, address)
    with pytest.raises(LeagueError) as refusal:
        spark.require()
    assert str(refusal.value) == spark.NO_ADDRESS and "secret" not in spark.NO_ADDRESS


def test_server_that_does_not_answer_is_named_without_a_login(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.setenv(spark.CONNECT, "sc://user:secret@127.0.0.1:9/;token=secret")
    with pytest.raises(LeagueError, match=r"^SPARK_REMOTE: nobody answers at 127\.0\.0\.1:9: [^=@]*$"):
        spark.require()


@pytest.mark.parametrize("rest", [";token=secret==", "token=secret"])
def test_address_that_spark_refuses_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rest: str) -> None:
    pytest.importorskip("pyspark", reason="Spark is not installed")
    monkeypatch.setenv(spark.CONNECT, f"sc://127.0.0.1:9/{rest}")
    with pytest.raises(LeagueError) as refusal:
        spark._session(Workspace(tmp_path).build("2025-26-Q1"), tmp_path)
    assert str(refusal.value) == spark.NO_ADDRESS


@pytest.mark.parametrize("how", [{"args": ["--engine", "spark"]}, {"env": {"LEAGUE_ENGINE": "spark"}}])
def test_command_refuses_before_it_reads_anything(bare: None, tmp_path: Path, how: dict[str, object]) -> None:
    (tmp_path / "extracts").mkdir()
    (tmp_path / "extracts" / "rtt.csv").write_text("nobody reads this")
    folders = ["--extracts", str(tmp_path / "extracts"), "--data-dir", str(tmp_path / "data")]
    arguments = ["build", *folders, "--quarter", "2025-26-Q1", *how.get("args", [])]  # type: ignore[misc]
    result = CliRunner().invoke(league, arguments, env=how.get("env"))  # type: ignore[arg-type]
    assert isinstance(result.exception, LeagueError)
    assert "engine spark needs" in str(result.exception)
    assert not (tmp_path / "data").exists()
