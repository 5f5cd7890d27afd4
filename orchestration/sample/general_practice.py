"""What patients of ICBs say of their GP practice in a yearly survey, and who of them has a recorded dementia diagnosis.

Belongs here: drawing the results, and what they come to as counts (the oracle). Does not belong here: the files.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orchestration.sample.framework import Quarter
from orchestration.sample.organisations import Icb

QUESTIONS = {  # metric: question, usual percentage, share of patients who answer
    "ICB-GP-PHONE": ("gpps-phone-access", 53, 0.95),
    "ICB-GP-WEBSITE": ("gpps-website-access", 51, 0.49),
    "ICB-GP-APP": ("gpps-app-access", 49, 0.39),
    "ICB-GP-RECEPTION": ("gpps-reception-helpfulness", 83, 0.97),
    "ICB-GP-CONTINUITY": ("gpps-continuity", 40, 0.33),
    "ICB-GP-CONTACT": ("gpps-contact-experience", 70, 0.98),
    "ICB-GP-LISTENED": ("gpps-listened", 87, 0.96),
    "ICB-GP-CARE": ("gpps-care-concern", 86, 0.95),
}
DEMENTIA = "ICB-DEMENTIA-65"
WEIGHTS = dict.fromkeys(QUESTIONS, Fraction(1, 8))  # all others weigh 1
Z = 1.959964


@dataclass(frozen=True)
class Answer:
    """A percentage and its limits, in hundredths, and how many answered."""

    percent: int
    lower: int
    upper: int
    base: int

    def as_counts(self) -> tuple[Fraction, int]:
        """How many of how many a sample with limits as wide would count."""
        deviation = (self.upper - self.lower) / 100 / (2 * Z)
        percent = self.percent / 100
        size = min(round(percent * (100 - percent) / deviation**2), self.base)
        return Fraction(self.percent * size, 10_000), size


@dataclass(frozen=True)
class Survey:
    """Questionnaires sent and returned by ICB, and answers by ICB and question; England is the last ICB, none."""

    sent: dict[Icb | None, int]
    returned: dict[Icb | None, int]
    answers: dict[tuple[Icb | None, str], Answer]


Diagnoses = dict[Icb, tuple[int, int]]  # people with a diagnosis, and tenths of people estimated to have dementia


def ask_patients(icbs: tuple[Icb, ...], seed: int) -> Survey:
    """Draw the survey of 2025."""
    rng = np.random.default_rng([seed, 8])
    sent: dict[Icb | None, int] = {icb: int(rng.integers(25_000, 130_000)) for icb in icbs}
    returned: dict[Icb | None, int] = {icb: int(number * rng.uniform(0.22, 0.35)) for icb, number in sent.items()}
    sent[None], returned[None] = sum(sent.values()), sum(returned.values())
    answers: dict[tuple[Icb | None, str], Answer] = {}
    for question, usual, answering in QUESTIONS.values():
        shares = {icb: usual + float(rng.normal(0, 4)) for icb in icbs}
        england = sum(share * returned[icb] for icb, share in shares.items()) / returned[None]
        for icb, share in [*shares.items(), (None, england)]:
            width = Z * (share * (100 - share) / (0.7 * returned[icb])) ** 0.5
            percent, lower, upper = (round(100 * number) for number in (share, share - width, share + width))
            answers[icb, question] = Answer(percent, lower, upper, int(answering * returned[icb]))
    return Survey(sent, returned, answers)


def diagnose(icbs: tuple[Icb, ...], quarter: Quarter, seed: int) -> Diagnoses:
    """Draw the diagnoses at the end of a quarter."""
    rng = np.random.default_rng([seed, 9, quarter.number])
    estimated = {icb: int(rng.integers(60_000, 300_000)) for icb in icbs}
    return {icb: (round(tenths * rng.uniform(0.058, 0.075)), tenths) for icb, tenths in estimated.items()}
