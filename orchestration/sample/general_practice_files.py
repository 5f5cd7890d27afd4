"""The GP Patient Survey and the dementia diagnoses as files.

Belongs here: headings, areas that count for nobody, notes. Does not belong here: the results (`general_practice`).
"""

from collections.abc import Sequence
from pathlib import Path

from orchestration.sample.cancer_workbooks import Rows, filled
from orchestration.sample.general_practice import Diagnoses, Survey
from orchestration.sample.organisations import REGIONS, csv_text
from orchestration.sample.publication_files import icb_name
from orchestration.sample.publications import Month, Publications

SURVEY_HEADINGS = (
    "code name type distributed received measure question summary percent lower_95 upper_95 unweighted_base"
)


def write_general_practice(directory: Path, publications: Sequence[Publications]) -> None:
    """Write `gp_survey/`, of one year, and `dementia/`, of the last month of each quarter."""
    for name in ("gp_survey", "dementia"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    text = csv_text([SURVEY_HEADINGS.split(), *_survey_rows(publications[0].survey)], "\n")
    (directory / "gp_survey" / "gpps_2025_icb.csv").write_bytes(text.encode())
    for counted in publications:
        month = counted.months[-1]
        name = f"Primary_Care_Dementia_Data_{month.first_day:%B_%Y}-_Summary.xlsx"
        (directory / "dementia" / name).write_bytes(filled({"Table 4": _table(counted.diagnoses, month)}, True))


def _survey_rows(survey: Survey) -> list[list[str]]:
    """England last."""
    rows: list[list[str]] = []
    for (icb, question), answer in sorted(survey.answers.items(), key=lambda item: (item[0][0] is None,)):
        about = [icb.code, icb.area, "ICB"] if icb else ["ENGLAND", "England", "National"]
        shown = [f"{number / 100:.2f}" for number in (answer.percent, answer.lower, answer.upper)]
        counts = [str(survey.sent[icb]), str(survey.returned[icb])]
        rows.append([*about, *counts, question, "", "", *shown, str(answer.base)])
    return rows


def _table(diagnoses: Diagnoses, month: Month) -> Rows:
    def row(
        kind: str, ods: str | None, ons: str, name: str, icbs: list[tuple[int, int]]
    ) -> list[str | int | float | None]:
        recorded, tenths = (sum(numbers) for numbers in zip(*icbs, strict=True))
        rate = round(1000 * recorded / tenths, 1)
        return [kind, ods, ons, name, recorded, tenths / 10, rate, round(rate * 0.9, 1), round(rate * 1.08, 1)]

    title = "Table 4: Dementia: 65+ estimated diagnosis rate, by organisation of responsibility, England"
    rows: Rows = [[None], [], [], [], [], ["Return to Contents"], [f"{title}, {month.first_day:%B %Y}"], []]
    groups = [
        "Number of patients with dementia, ages 65+ [note 2]",
        None,
        "Diagnosis rate (%)",
        "95% confidence limits",
    ]
    rows += [
        [*[None] * 4, *groups],
        ["Type", "ODS Code", "ONS Code", "Name", "Recorded", "Estimated", None, "Lower", "Upper"],
    ]
    england = row("National", "ENG", "ENG", "ENGLAND", [*diagnoses.values()])
    rows += [england, [england[0], None, "E92000001", *england[3:]]]
    for region in REGIONS:
        of = [counts for icb, counts in diagnoses.items() if icb.region == region]
        rows.append(row("Region", region.code, region.ons_code, region.name.upper(), of))
    for nth, (icb, counts) in enumerate(diagnoses.items(), 1):
        rows.append(row("ICB", icb.code, f"E54999{nth:03}", icb_name(icb), [counts]))
    return [*rows, [], ["Source: a fictional publisher"]]
