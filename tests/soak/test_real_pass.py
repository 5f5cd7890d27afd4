"""Quarters built in one pass are what each is when built alone, and real ones what each is from the etr of another
day."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestration.audit.verify import verify
from orchestration.defs import in_process
from orchestration.releases.release import Release
from tests.conftest import Built, hashes, silent
from tests.soak.test_references import assert_the_same

QUARTERS = ["2025-26-Q1", "2025-26-Q2"]


def test_pass_gives_the_bytes_of_separate_builds_and_is_verified_alone(
    shared_extracts: Path, build_quarter: Callable[[str, Path], Any], tmp_path: Path
) -> None:
    made = in_process.run_quarters("quarter", QUARTERS, shared_extracts, tmp_path, silent)
    assert (tmp_path / "work" / "+".join(QUARTERS)).is_dir() and not (tmp_path / "work" / QUARTERS[0]).exists()
    for outcome in made:
        assert outcome.release, "\n".join(outcome.problems)
        assert hashes(outcome.release) == hashes(build_quarter(outcome.quarter, shared_extracts).release)
    assert verify(Release.read(made[-1].release), tmp_path, partial(in_process.rebuild, silent)) == []


def test_pass_over_the_sample_with_all_that_it_warns_of_gives_the_bytes_of_separate_builds(
    sample: Path, build_quarter: Callable[[str, Path], Any], tmp_path: Path
) -> None:
    quarters = [f"2025-26-Q{number}" for number in (1, 2, 3, 4)]
    made = in_process.run_quarters("quarter", quarters, sample, tmp_path, silent)
    assert (tmp_path / "work" / "+".join(quarters)).is_dir() and not (tmp_path / "work" / quarters[0]).exists()
    assert [bool(outcome.release and Release.read(outcome.release).warnings) for outcome in made][2:] == [True, True]
    for outcome in made:
        assert outcome.release, "\n".join(outcome.problems)
        assert hashes(outcome.release) == hashes(build_quarter(outcome.quarter, sample).release)


@pytest.mark.parametrize(
    ("name", "quarters"),
    [("etr-2026-07", ["2025-26-Q2", "2025-26-Q4"]), ("etr-after-icb-mergers", ["2025-26-Q1"])],
    ids=lambda it: str(it),
)
def test_quarters_before_the_mergers_are_the_same_from_a_later_etr(
    name: str, quarters: list[str], shared_extracts: Path, real_quarters: dict[str, Built], tmp_path: Path
) -> None:
    assert_the_same(name, quarters, shared_extracts, real_quarters, tmp_path)
