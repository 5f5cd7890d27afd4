"""Looking a league up in a release: a quarter that lacks it names the quarters that have it. The lookup of
organisations is tried on real releases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import LeagueError
from orchestration.releases import search, shelf


@dataclass
class Stub:
    """A release as far as the lookup reads it."""

    folder: Path
    quarter: str
    leagues: tuple[str, ...]

    def rows(self, table: str, league: str | None = None) -> list[dict[str, Any]]:
        assert table == "league_coverage"
        return [{"league": one} for one in self.leagues if league in (None, one)]

    def is_current(self) -> bool:
        return True

    def __str__(self) -> str:
        return f"{self.quarter} v1"


def test_league_that_a_quarter_lacks_is_told_with_the_quarters_that_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leagues = {"2025-26-Q2": ("acute", "icb"), "2025-26-Q4": ("acute", "icb"), "2026-27-Q1": ("icb",)}
    stubs = {quarter: Stub(tmp_path / "releases" / quarter / "v1", quarter, of) for quarter, of in leagues.items()}
    monkeypatch.setattr(shelf, "quarters_released", lambda workspace: list(stubs))
    monkeypatch.setattr(shelf, "find", lambda workspace, quarter: stubs[quarter])
    newest: Any = stubs["2026-27-Q1"]
    search.require_league(newest, "icb")
    with pytest.raises(LeagueError) as refused:
        search.require_league(newest, "acute")
    assert str(refused.value) == (
        "2026-27-Q1 v1 has no league acute; known: icb; it is in 2025-26-Q2, 2025-26-Q4: say --quarter"
    )
    with pytest.raises(LeagueError) as nowhere:
        search.require_league(newest, "paediatric")
    assert str(nowhere.value) == "2026-27-Q1 v1 has no league paediatric; known: icb"
