"""What becomes of patients and what they say: the mortality indicator as one file of every twelve months, in a zip, and
the Friends and Family Test as a workbook a setting.

Belongs here: headings, titles, values and limits that go with a band. Does not belong here: bands (`values`), answers
(`publications`).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.cancer_workbooks import Rows, filled
from orchestration.sample.framework import METRICS, MILLION
from orchestration.sample.organisations import Organisations, csv_text
from orchestration.sample.publication_files import zipped
from orchestration.sample.publications import FRIENDS_AND_FAMILY, MORTALITY, SHOWN_FROM, Answers, Publications

HEADINGS = (
    "TIME_PERIOD PUBLICATION_MONTH PROVIDER_CODE PROVIDER_NAME SHMI_VALUE SHMI_BANDING OD_LL OD_UL SPELLS OBSERVED"
    " EXPECTED PALLIATIVE_SPELLS PALLIATIVE_DEATHS"
)
VALUES = {1: (1.16, 1.3), 2: (0.92, 1.08), 3: (0.7, 0.84)}  # by band, within or beyond the limits
LIMITS = ["0.8812", "1.1348"]
NAMED = ["ICB Code", "Trust Code", "Trust Name", "Total Responses", "Total Eligible"]
NAMED += ["Percentage Positive", "Percentage Negative"]
ANSWERS = ["Very Good", "Good", "Neither Good nor Poor", "Poor", "Very Poor", "Don't Know"]


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


def write_friends_and_family(directory: Path, publications: Sequence[Publications]) -> None:
    """Write the workbooks of `fft/`, of the last month of each quarter."""
    directory.mkdir(parents=True, exist_ok=True)
    for counted in publications:
        month = f"{counted.months[-1].first_day:%b-%y}"
        for setting in FRIENDS_AND_FAMILY:
            notes: Rows = [[f"Friends and Family Test (FFT) Data - {month}"]]
            sheets = {"Notes": notes, "Trusts": _answers(counted.answers[setting])}
            (directory / f"FFT_{setting}_MacroWebfile_{month}.xlsm").write_bytes(filled(sheets, True))


def _answers(answers: Answers) -> Rows:
    """A header of two rows, England with independent providers and without, a selection, then the trusts."""
    spanning: Rows = [[*NAMED, "Breakdown of Responses"], [*[None] * len(NAMED), *ANSWERS]]
    everybody, trusts = answers.counts.sum(axis=0), answers.counts[:-1].sum(axis=0)
    rows: Rows = [
        [None, None, "England (including Independent Sector Providers)", *_counted(everybody.tolist())],
        [None, None, "England (excluding Independent Sector Providers)", *_counted(trusts.tolist())],
        [None, None, "Selection (excluding suppressed data)"],
        *(
            [provider.icb.code, provider.code, provider.name, *_counted(counts)]
            for provider, counts in zip(answers.providers, answers.counts.tolist(), strict=True)
        ),
    ]
    return [["Trust level data"], [], *spanning, *rows, [], ["* Fewer than five answers are not shown."]]


def _counted(counts: list[int]) -> list[int | float | str | None]:
    total, good, poor = sum(counts), sum(counts[:2]), sum(counts[3:5])
    if total < SHOWN_FROM:
        return ["*"] * 10
    return [total, 3 * total, good / total, poor / total, *counts]
