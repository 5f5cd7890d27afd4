"""What releases have in common so far: families of ids, summary measures, forms of a score. Data, not rules of a year.

How much of a league may go against a rule is here, too. An id outside the families is placed by its title, then by its
unit and by what its figures reproduce."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

WHOLE = 100  # scores are counted in hundredths, as they are published
WORST = 4 * WHOLE

# How much of a league may go against what is found. We chose all five on 2026-11-26, with the code that reads them. No
# figure is on record that they were fitted to. The first four divide a number of cells.
REFUSED = 3  # more than one cell in three is against a rule: the rule is refused. Else each such cell is named
SLIPS = 10  # up to one in ten is a slip, and is named. More is how the file is: a second series, a figure not published
MOST = 2  # a score belongs to a domain whose metrics give more than half of it
PAIR_SEEN = 2  # cells a pair of scores has on average: with fewer a matrix would hold of any figures
GAPS = 2  # places that may be missing although every organisation is there; of over twenty places one in SLIPS may be


@dataclass(frozen=True)
class Form:
    """A way to spread scores by rank: what lies beyond the threshold has one score, the others share a grid."""

    name: str
    threshold: str
    beyond: int | None
    best: int
    span: int

    @property
    def is_standard(self) -> bool:
        """Whether the better organisations are those beyond the threshold."""
        return self.threshold == "standard"

    @property
    def largest_size(self) -> int:
        """Beyond it a grid is finer than two decimals, so every score fits and nothing is found."""
        return self.span + 1


FORMS = (
    Form("rank", "", None, 100, 300),
    Form("rank_with_standard", "standard", 100, 200, 200),
    Form("rank_with_floor", "floor", 400, 100, 200),
)
DISCRETE = "published_score"


@dataclass(frozen=True)
class Conventions:
    """Ids of a family match its pattern; a summary measure has an id and a title."""

    families: Mapping[str, str] = field(
        default_factory=lambda: {
            "value": r"OF0\d{3}",
            "metric_score": r"OF1\d{3}",
            "domain_score": r"OF40\d\d",
            "domain_segment": r"OF41\d\d",
        }
    )
    score_offset: int = 1000
    summary: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {
            "adjusted_segment": ("OF5000", "Adjusted segment"),
            "average_score": ("OF5002", "Average metric score"),
            "unadjusted_segment": ("OF5003", "Unadjusted segment"),
            "financial_override": ("OF5004", "Financial override"),
            "final_segment": ("OF5005", "Final segment score override"),
            "improvement_programme": ("OF5007", "Is the organisation in the Recovery Support Programme?"),
        }
    )
    names: Mapping[str, str] = field(default_factory=dict)  # of metrics without a published value, by id of the score

    def family(self, published_id: str) -> str | None:
        """Name the family of an id, or None."""
        return next((name for name, pattern in self.families.items() if re.fullmatch(pattern, published_id)), None)

    def shifted(self, published_id: str, by: int) -> str | None:
        """Give the id so many further on in its numbering, None where it has no number."""
        match = re.fullmatch(r"(\D*)(\d+)", published_id)
        if not match or int(match[2]) + by < 0:
            return None
        return f"{match[1]}{int(match[2]) + by:0{len(match[2])}d}"
