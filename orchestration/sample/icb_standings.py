"""The experimental league of Integrated Care Boards, worked out in exact fractions.

Belongs here: scores, averages, segments and ranks of ICBs from the metrics of their populations.
Does not belong here: counting patients (`publications`), the official method for trusts (`standings`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from orchestration.sample.general_practice import DEMENTIA, QUESTIONS, WEIGHTS
from orchestration.sample.metric_scores import competition_ranks, quantile
from orchestration.sample.publications import ICB_METRICS, Figures
from orchestration.sample.standings import segment, weighted_mean

LOWER_IS_BETTER = {"ICB-RTT-52W", "ICB-DM01-6W"}


@dataclass(frozen=True)
class IcbStanding:
    """An ICB in the league of a quarter; its average in hundredths."""

    code: str
    scores: dict[str, Fraction]
    average: int
    segment: int
    rank: int


def icb_league(figures: Figures, icb_codes: Iterable[str]) -> list[IcbStanding]:
    """ICBs, best first; commissioning hubs are not in the league."""
    codes = sorted(icb_codes)
    scores: dict[str, dict[str, Fraction]] = {code: {} for code in codes}
    for metric_id in (*ICB_METRICS, *QUESTIONS, DEMENTIA):
        counted = {code: figure.value for code, figure in figures[metric_id].items() if code in scores}
        ranks = competition_ranks(counted, highest_first=metric_id not in LOWER_IS_BETTER)
        for code, rank in ranks.items():
            scores[code][metric_id] = 1 + Fraction(3 * (rank - 1), len(ranks) - 1)
    averages = {
        code: weighted_mean([(WEIGHTS.get(metric_id, Fraction(1)), score) for metric_id, score in of.items()])
        for code, of in scores.items()
    }
    cuts = [quantile(averages.values(), n) for n in (1, 2, 3)]
    segments = {code: segment(average, cuts) for code, average in averages.items()}
    positions = competition_ranks({code: (segments[code], averages[code]) for code in codes})
    standings = [IcbStanding(code, scores[code], averages[code], segments[code], positions[code]) for code in codes]
    return sorted(standings, key=lambda standing: (standing.rank, standing.code))
