"""The mortality indicator of hospitals as one file of every twelve months, in a zip.

Belongs here: headings, values and limits that go with a band. Does not belong here: the bands (`values`).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.framework import METRICS, MILLION
from orchestration.sample.organisations import Organisations, csv_text
from orchestration.sample.publication_files import zipped
from orchestration.sample.publications import MORTALITY, Publications

HEADINGS = (
    "TIME_PERIOD PUBLICATION_MONTH PROVIDER_CODE PROVIDER_NAME SHMI_VALUE SHMI_BANDING OD_LL OD_UL SPELLS OBSERVED"
    " EXPECTED PALLIATIVE_SPELLS PALLIATIVE_DEATHS"
)
VALUES = {1: (1.16, 1.3), 2: (0.92, 1.08), 3: (0.7, 0.84)}  # by band, within or beyond the limits
LIMITS = ["0.8812", "1.1348"]


def write_mortality(
    directory: Path, publications: Sequence[Publications], organisations: Organisations, seed: int
) -> None:
    """Write the zip of `shmi/`: the twelve months that each quarter of the year uses."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 11])
    names = {trust.code: trust.name for trust in organisations.trusts}
    (dates,) = (metric.reporting_dates for metric in METRICS if metric.metric_id == MORTALITY)
    rows = [
        row
        for date, counted in zip(dates, publications, strict=True)
        for row in _rows("_".join(date.replace(" ", "").upper().split("-")), counted, names, rng)
    ]
    last = dates[-1].replace(" ", "")
    text = csv_text([HEADINGS.split(), *rows], "\r\n").encode()
    member = f"SHMI data/Historical_trust_level_SHMI_data_{last}_csv.csv"
    (directory / f"SHMI data, {last}.zip").write_bytes(zipped([(member, text)]))


def _rows(period: str, counted: Publications, names: dict[str, str], rng: np.random.Generator) -> Iterable[list[str]]:
    for code, millionths in sorted(counted.deaths.items()):
        band = millionths // MILLION
        expected = 5 * int(rng.integers(60, 500))
        observed = 5 * round(expected * rng.uniform(*VALUES[band]) / 5)
        value = f"{observed / expected:.4f}"
        counts = [str(30 * expected), str(observed), str(expected), str(expected), str(observed // 10 * 5)]
        yield [period, "JUN_26", code, names.get(code, code), value, f"{band}.0", *LIMITS, *counts]
