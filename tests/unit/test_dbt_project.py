"""The parsed dbt project: kept while it is current, and made anew when a file has changed. dbt does not run here."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.warehouse import project


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(project, "TARGET", tmp_path)
    for name in ("MANIFEST", "FINGERPRINT", "PARSED"):
        monkeypatch.setattr(project, name, tmp_path / getattr(project, name).name)
    monkeypatch.setattr(project, "project_sha256", lambda: "as it stands")
    return tmp_path


def test_project_is_parsed_from_nothing_when_a_file_has_changed_and_else_not_at_all(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt would parse only what changed since, and lose track of files that moved."""
    for stale in ("manifest.json", "partial_parse.msgpack", "warehouse.duckdb", "warehouse.duckdb.wal"):
        (target / stale).write_text("of another state")
    (target / "project.sha256").write_text("of another state")
    found: list[set[str]] = []

    def invoke(arguments: list[str]) -> None:
        assert arguments[0] == "compile"
        found.append({path.name for path in target.iterdir()} - {"compile.lock"})
        (target / "manifest.json").write_text("{}")

    monkeypatch.setattr(project, "invoke", invoke)
    assert [project.ensure_manifest() for _ in range(2)] == [target / "manifest.json"] * 2
    assert found == [{"manifest.json"}]
    monkeypatch.setattr(project, "DBT_PROJECT", target / "moved")  # seeds are read from where it was parsed
    assert project.ensure_manifest() and len(found) == 2
