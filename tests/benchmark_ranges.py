"""Time and memory of the likely ranges of all leagues, 205 trusts by 22 metrics by 10,000 draws, against a plain loop.

python tests/benchmark_ranges.py: each way in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

from orchestration.statistics import leagues, numbers, ranges

LEAGUES = {"acute": 134, "mental_health_community": 61, "ambulance": 10}
METRICS = 22


def made_up(name: str, count: int) -> leagues.League:
    """A league of random scores, every metric held by everybody."""
    scores = 1 + 3 * np.random.default_rng(count).random((count, METRICS))
    weights = np.ones(METRICS, np.int64)
    whole = np.rint(scores * leagues.SCORE).astype(np.int64)
    averages = leagues.weighted_averages((whole * weights).sum(axis=1), np.full(count, METRICS))
    cuts = np.quantile(averages, [0.25, 0.5, 0.75]).astype(np.int64)
    league = leagues.League(
        quarter="2025-26-Q1",
        name=name,
        codes=tuple(f"T{i:03}" for i in range(count)),
        metrics=tuple(f"M{m:02}" for m in range(METRICS)),
        domains=("access",) * METRICS,
        group_of=tuple(f"M{m:02}" for m in range(METRICS)),
        scores=whole,
        held=np.ones((count, METRICS), bool),
        values=scores,
        weights=weights,
        floors=np.where(np.arange(count) % 3 == 0, 3, 0),
        cuts=cuts,
        averages=averages,
        ranks=averages,
    )
    return league


def vectorised() -> None:
    for name, count in LEAGUES.items():
        league = made_up(name, count)
        numbers.limits(league.place(ranges.resampled_averages(league)[0]))


def plain_loop() -> None:
    """One draw after the other, one trust after the other."""
    chance = np.random.default_rng(numbers.SEED)
    for name, count in LEAGUES.items():
        league = made_up(name, count)
        scores = league.scores / leagues.SCORE
        ranks = np.empty((ranges.DRAWS, count))
        for draw in range(ranges.DRAWS):
            averages = np.empty(count)
            for trust in range(count):
                averages[trust] = round(scores[trust, chance.integers(0, METRICS, METRICS)].mean(), 2)
            segments = np.maximum(np.searchsorted(league.cuts / 100, averages) + 1, league.floors)
            keys = segments * 10 + averages
            ranks[draw] = np.searchsorted(np.sort(keys), keys) + 1
        np.percentile(ranks, [2.5, 97.5], axis=0)


def main() -> None:
    if len(sys.argv) > 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        {"vectorised": vectorised, "plain_loop": plain_loop}[sys.argv[1]]()
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{sys.argv[1]}: {seconds:.2f} s, {peak // 1024} MB at most ({before // 1024} MB before)")
        return
    for way in ("vectorised", "plain_loop"):
        subprocess.run([sys.executable, __file__, way], check=True)


if __name__ == "__main__":
    main()
