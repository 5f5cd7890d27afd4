"""The NHS Staff Survey as its detailed spreadsheets: a workbook a year.

Belongs here: sheets, headings, groups, notes, and scores of no consequence. Does not belong here: the scores
(`values`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.sample.cancer_workbooks import Rows, filled
from orchestration.sample.framework import MILLION
from orchestration.sample.organisations import Organisations
from orchestration.sample.publication_files import icb_name
from orchestration.sample.publications import STAFF_SCORES, Publications

SHEETS = {"PEOPLE PROMISE ELEMENTS": ("PP3_1", "PP3_2"), "THEMES": ("Staff Engagement", "Morale")}
HEADINGS = ["ODS code", "Organisation name", "Benchmarking group", "Weighting"]


def write_staff_workbooks(directory: Path, publications: Sequence[Publications], organisations: Organisations) -> None:
    """Write the two workbooks of `staff_survey/`, of 2024 and 2025."""
    directory.mkdir(parents=True, exist_ok=True)
    for year, counted in ((24, publications[0]), (25, publications[-1])):
        name = f"NSS{year} detailed spreadsheets organisational results.xlsx"
        sheets = {sheet: _rows(shown, counted.staff, organisations) for sheet, shown in SHEETS.items()}
        (directory / name).write_bytes(filled({"Notes": [["NHS Staff Survey"]], **sheets}, True))


def _rows(shown: Sequence[str], staff: Mapping[str, Mapping[str, int]], organisations: Organisations) -> Rows:
    """Trusts, then ICBs, whose scores are nobody's here."""
    metric_of = {name: metric_id for metric_id, name in STAFF_SCORES.items()}
    bases = ["Base (number of responses)"] * len(shown)
    scores = [heading for pair in zip([f"{name} - score" for name in shown], bases, strict=True) for heading in pair]
    rows: Rows = [["NHS Staff Survey"], [], [None, None, None, None, *shown], [], [*HEADINGS, *scores]]
    for trust in organisations.trusts:
        found = [staff.get(metric_of.get(name, ""), {}).get(trust.code) for name in shown]
        cells = [cell for score in found for cell in (6.5 if score is None else score / MILLION, 1_500)]
        if any(score is not None for score in found):
            rows.append([trust.code, trust.name, trust.subtype, "Occupation Group", *cells])
    for icb in organisations.icbs:
        rows.append([icb.code, icb_name(icb), "Integrated Care Boards", "Unweighted", *[6.5, 300] * len(shown)])
    return [*rows, [], ["Scores of fewer than ten answers are not shown."]]
