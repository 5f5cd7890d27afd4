"""The counts of the primary publications as NHS England publishes them in CSV, bare or in a zip.

Belongs here: headings, file names, order of rows, totals, blanks and other quirks of RTT, DM01, A&E, AmbSYS, CSDS and
sickness absence; figures of no consequence that those files also hold.
Does not belong here: the counts that metrics come from (`publications`), workbooks (`cancer_workbooks`,
`community_workbooks`).
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np

from orchestration.sample.organisations import REGIONS, Commissioner, Icb, Organisations, Provider, Trust, csv_text
from orchestration.sample.publications import (
    FUNCTIONS,
    OUTSIDE_ENGLAND,
    TESTS,
    WEEKS,
    Absence,
    AmbulanceResponses,
    Attendances,
    CommunityServices,
    Diagnostics,
    Month,
    Pathways,
    Publications,
)

SUFFIXES = ("aB3dE5", "fG7hJ9", "kL2mN4", "pQ6rS8")  # of file names, one a quarter

RTT_HEADINGS = [
    "Period",
    "Provider Parent Org Code",
    "Provider Parent Name",
    "Provider Org Code",
    "Provider Org Name",
    "Commissioner Parent Org Code",
    "Commissioner Parent Name",
    "Commissioner Org Code",
    "Commissioner Org Name",
    "RTT Part Type",
    "RTT Part Description",
    "Treatment Function Code",
    "Treatment Function Name",
    *(f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(WEEKS - 1)),
    "Gt 104 Weeks SUM 1",
    "Total",
    "Patients with unknown clock start date",
    "Total All",
]
PARTS = {  # part: (description, share of the incomplete pathways)
    "Part_1A": ("Completed Pathways For Admitted Patients", 0.08),
    "Part_1B": ("Completed Pathways For Non-Admitted Patients", 0.2),
    "Part_2": ("Incomplete Pathways", 1.0),
    "Part_2A": ("Incomplete Pathways with DTA", 0.3),
    "Part_3": ("New RTT Periods - All Patients", 0.25),
}
ROLL_UP = ("C_999", "Total")

DM01_HEADINGS = [
    *RTT_HEADINGS[:9],
    "Diagnostic Tests Sort Order",
    "Diagnostic Tests",
    "00 < 01 Week",
    *(f"{week:02} < {week + 1:02} Weeks" for week in range(1, 13)),
    "13+ Weeks",
    "Total WL",
    "Waiting List Activity",
    "Planned Activity",
    "Unscheduled Activity",
    "Total Activity",
]
TEST_NAMES = (
    "MRI",
    "CT",
    "NON_OBSTETRIC_ULTRASOUND",
    "BARIUM_ENEMA",
    "DEXA_SCAN",
    "AUDIOLOGY_ASSESSMENTS",
    "ECHOCARDIOGRAPHY",
    "ELECTROPHYSIOLOGY",
    "PERIPHERAL_NEUROPHYS",
    "SLEEP_STUDIES",
    "URODYNAMICS",
    "COLONOSCOPY",
    "FLEXI_SIGMOIDOSCOPY",
    "CYSTOSCOPY",
    "GASTROSCOPY",
    "TOTAL",
)

AE_HEADINGS = [
    "Period",
    "Org Code",
    "Parent Org",
    "Org name",
    "A&E attendances Type 1",
    "A&E attendances Type 2",
    "A&E attendances Other A&E Department",
    "A&E attendances Booked Appointments Type 1",
    "A&E attendances Booked Appointments Type 2",
    "A&E attendances Booked Appointments Other Department",
    "Attendances over 4hrs Type 1",
    "Attendances over 4hrs Type 2",
    "Attendances over 4hrs Other Department",
    "Attendances over 4hrs Booked Appointments Type 1",
    "Attendances over 4hrs Booked Appointments Type 2",
    "Attendances over 4hrs Booked Appointments Other Department",
    "Patients who have waited 4-12 hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
    "Emergency admissions via A&E - Type 1",
    "Emergency admissions via A&E - Type 2",
    "Emergency admissions via A&E - Other A&E department",
    "Other emergency admissions",
]
ENGLAND_SPELLINGS = (("TOTAL",) * 4, ("Total", "Total ", "Total", "Total"), ("TOTAL ",) * 4, ("Total",) * 4)
MONTH_WITH_EMPTY_COLUMNS = Month(7)  # November; as in the real file of September 2024
EMPTY_HEADINGS = ["", "", "", "", "", "a"]

AMBSYS_HEADINGS = (
    "Year Month Region|Org Code|Org Name|"
    "A0 A1 A2 A3 A4 A114 A5 A6 A111 A112 A113 A7 A8 A9 A10 A11 A12 A24 A25 A26 A27 A28 A29 A30 A31 A32 A33 A34 A35 "
    "A36 A37 A38 A126 A127 A128 A129 A130 A131 A17 A18 A19 A20 A21 A22 A23 A132 A133 A134 A135 A136 A137 A138 A139 "
    "A53 A54 A55 A56 A39 A40 A41 A42 A43 A44 A45 A46 A47 A48 A74 A82 A83 A84 A78 A94 A95 A96 A115 A116 A117 A118 "
    "A75 A85 A86 A87 A79 A97 A98 A99 A119 A120 A121 A122 A76 A88 A89 A90 A80 A100 A101 A102 A77 A91 A92 A93 A81 "
    "A103 A104 A105 A49 A50 A51 A52 A13 A14 A15 A16 A106 A107 A108 A109 A110 A140 A141 A142 A143 A144 A145 A146 "
    "A147 A148 A124 A125 A57 A58 A59 A60 A61 A62 A63 A64 A65 A66 A67 A68 A69 A70 A71 A72 A73"
)
RESPONSE_TIMES = {  # category: columns of incidents, total, mean, 90th centile; incidents and pace against category 2
    1: ("A8", "A24", "A25", "A26", 0.19, 0.3),
    2: ("A10", "A30", "A31", "A32", 1.0, 1.0),
    3: ("A11", "A33", "A34", "A35", 0.36, 3.4),
    4: ("A12", "A36", "A37", "A38", 0.02, 4.7),
}

CSDS_HEADINGS = [
    "REPORTING_PERIOD_START",
    "REPORTING_PERIOD_END",
    "ORG_CODE",
    "ORG_NAME",
    "ORG_LEVEL",
    "DIMENSION",
    "COUNT_OF",
    "MEASURE",
    "MEASURE_DESC",
    "MEASURE_2",
    "MEASURE_2_DESC",
    "MEASURE_VALUE",
    "MEASURE_VALUE_0_18",
    "MEASURE_VALUE_19_64",
    "MEASURE_VALUE_65_PLUS",
]
SICKNESS_HEADINGS = [
    "DATE",
    "NHSE_REGION_CODE",
    "NHSE_REGION_NAME",
    "ICS_CODE",
    "ICS_NAME",
    "ORG_CODE",
    "ORG_NAME",
    "ORG_TYPE",
    "FTE_DAYS_LOST",
    "FTE_DAYS_AVAILABLE",
    "SICKNESS_ABSENCE_RATE_PERCENT",
]
STATUTORY = ("QZZ", "Special Health Authorities and other statutory bodies") * 2
SUPPORT_UNITS = (("ZZS01", "NHS Fictional Commissioning Support Unit"), ("ZZS02", "NHS Invented Support Unit"))
MEDIA_NAMES = (("01", "Face to face communication"), ("02", "Telephone"), ("98", "Other (not listed)"))


def write_csv_publications(
    directory: Path,
    publications: Sequence[Publications],
    organisations: Organisations,
    seed: int,
) -> None:
    """Write `rtt/`, `dm01/`, `ae/`, `ambulance/`, `csds/` and `sickness_absence/`."""
    trusts = organisations.trusts
    for name in ("rtt", "dm01", "ae", "ambulance", "csds", "sickness_absence"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    regions = {trust.code: trust.icb.region.code for trust in trusts}
    rng = np.random.default_rng([seed, 7])
    ambulance_rows: list[list[str]] = []
    for suffix, counted in zip(SUFFIXES, publications, strict=True):
        last = counted.months[-1].first_day
        end = (np.datetime64(f"{last:%Y-%m}") + 1).astype("datetime64[D]") - 1
        _write_zip(
            directory / "rtt" / f"Full-CSV-data-file-{last:%b%y}-ZIP-4M-{suffix}.zip",
            f"{str(end).replace('-', '')}-RTT-{last:%B-%Y}-full-extract.csv",
            _rtt_text(counted.pathways, f"RTT-{last:%B-%Y}", rng),
        )
        stem = f"DM01-{last:%B-%Y}".upper()
        _write_zip(
            directory / "dm01" / f"{stem}-full-extract_{suffix}.zip",
            f"{stem}-full-extract.csv",
            _dm01_text(counted.diagnostics, stem, rng),
        )
        _write_zip(
            directory / "csds" / f"csds_{last:%B-%Y}_csds_data.zip".lower(),
            f"csds-{last:%b%y}-exp-core-data.csv".lower(),
            csv_text([CSDS_HEADINGS, *_csds_rows(counted.community, str(last), str(end))], "\r\n"),
        )
        for month, attendances in zip(counted.months, counted.attendances, strict=True):
            text = csv_text(_ae_rows(attendances, month, rng), "\r\n")
            (directory / "ae" / f"Monthly-AE-{month.first_day:%B-%Y}.csv").write_bytes(text.encode())
        for month, responses in zip(counted.months, counted.ambulances, strict=True):
            ambulance_rows += _ambsys_rows(responses, month, regions, rng)
        text = csv_text([ambsys_headings(), *ambulance_rows], "\n")
        (directory / "ambulance" / f"AmbSYS-to-{last:%b-%Y}.csv").write_bytes(text.encode())
        for month, absence in zip(counted.months_in_arrears, counted.absence, strict=True):
            text = csv_text([SICKNESS_HEADINGS, *_sickness_rows(absence, month, organisations)], "\r\n")
            name = f"NHS_Sickness_Absence_rates_CSV_{month.first_day:%B_%Y}.csv"
            (directory / "sickness_absence" / name).write_bytes(text.encode())


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive that holds no time of writing."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, text in members:
            info = ZipInfo(name, (2026, 6, 21, 9, 30, 0))
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, text)
    return content.getvalue()


def _write_zip(path: Path, member: str, text: str) -> None:
    path.write_bytes(zipped([(member, text.encode())]))


def icb_name(icb: Icb) -> str:
    return f"NHS {icb.area} Integrated Care Board".upper()


def _described(provider: Provider, payer: Commissioner, nameless: str) -> list[str]:
    """The eight columns of who provides and who pays; commissioners of no ICB have no parent."""
    parent = [payer.icb.code, icb_name(payer.icb)] if payer.icb else ["", ""]
    name = f"NHS {payer.icb.area} ICB - {payer.code}".upper() if payer.icb else payer.name
    return [
        provider.icb.code,
        icb_name(provider.icb),
        provider.code,
        provider.name.upper(),
        *parent,
        payer.code,
        nameless if payer == OUTSIDE_ENGLAND else name,
    ]


# RTT


def _rtt_text(pathways: Pathways, period: str, rng: np.random.Generator) -> str:
    """By provider, commissioner, part and function; nothing where nobody is counted."""
    weeks = {part: rng.binomial(pathways.weeks, share) for part, (_, share) in PARTS.items()}
    unknown = {part: rng.binomial(weeks[part].sum(axis=1), 0.02) for part in ("Part_1A", "Part_1B")}
    lines = [csv_text([RTT_HEADINGS], "\r\n")]
    providers = sorted({provider.code for provider, *_ in pathways.rows})
    blank_zeros = set(providers[::2])

    def key(nth: int) -> tuple[str, str, str]:
        provider, payer, _ = pathways.rows[nth]
        return provider.code, payer.icb.code if payer.icb else "", payer.code

    for (code, *_), group in groupby(sorted(range(len(pathways.rows)), key=key), key=key):
        rows = list(group)
        provider, payer, _ = pathways.rows[rows[0]]
        start = csv_text([[period, *_described(provider, payer, "#N/A")]], "")
        for part, (description, _) in PARTS.items():
            counts = weeks[part][rows]
            late = unknown[part][rows] if part in unknown else np.zeros(len(rows), dtype=np.int64)
            entries = [
                (pathways.rows[row][2], FUNCTIONS[pathways.rows[row][2]], counts[nth], int(late[nth]))
                for nth, row in enumerate(rows)
            ]
            entries.append((*ROLL_UP, counts.sum(axis=0), int(late.sum())))
            for function, name, by_week, unknown_start in sorted(entries, key=lambda entry: entry[0]):
                total = int(by_week.sum())
                if total + unknown_start:
                    zero = "" if code in blank_zeros and function != ROLL_UP[0] else "0"
                    cells = _rtt_cells(part, by_week.tolist(), total, unknown_start, zero)
                    lines.append(f"{start},{part},{description},{function},{name},{cells}\r\n")
    return "".join(lines)


def _rtt_cells(part: str, by_week: list[int], total: int, unknown_start: int, zero: str) -> str:
    if part == "Part_3":
        return "," * (WEEKS + 2) + str(total)
    waits = ",".join([str(n) if n else zero for n in by_week])
    if part in ("Part_2", "Part_2A"):
        return f"{waits},,,{total}"
    return f"{waits},{total},{unknown_start or zero},{total + unknown_start}"


# DM01


def _dm01_text(diagnostics: Diagnostics, period: str, rng: np.random.Generator) -> str:
    """Every field quoted; sixteen tests a provider and commissioner, of which the last is the total."""
    waiting = diagnostics.weeks.sum(axis=2)
    activity = rng.poisson(waiting[:, :, None] * np.array([1.1, 0.3, 0.4]))
    counts = np.concatenate(
        [diagnostics.weeks, waiting[:, :, None], activity, activity.sum(axis=2, keepdims=True)], axis=2
    )
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    lines = [csv_text([DM01_HEADINGS], "\n", quote_all=True)]
    for (provider, payer), tests in zip(diagnostics.rows, counts.tolist(), strict=True):
        start = csv_text([[period, *_described(provider, payer, "")]], "", quote_all=True)
        for nth, (test, cells) in enumerate(zip(TEST_NAMES, tests, strict=True), 1):
            figures = '","'.join(map(str, cells))
            lines.append(f'{start},"{nth}","{test}","{figures}"\n')
    assert len(TEST_NAMES) == TESTS + 1
    return "".join(lines)


# A&E


def _ae_rows(attendances: Attendances, month: Month, rng: np.random.Generator) -> list[list[str]]:
    """In no order, England last; the names of regions end in a space, but for London."""
    period = f"MSitAE-{f'{month.first_day:%B-%Y}'.upper()}"
    counts = attendances.counts
    waits = rng.binomial(counts[:, 1, :1], [0.15, 0.08])  # from decision to admit: 4 to 12 hours, over 12
    admissions = rng.binomial(counts[:, 0, :3], [0.28, 0.03, 0.005])
    admits = (counts[:, 0, :1] > 0) | (counts[:, 0].sum(axis=1, keepdims=True) == 0)  # specialists, without A&E
    others = rng.poisson(np.where(admits, 300, 0))
    figures = np.concatenate([counts[:, 0], counts[:, 1], waits, admissions, others], axis=1)
    empty = EMPTY_HEADINGS if month == MONTH_WITH_EMPTY_COLUMNS else []
    rows = [[*AE_HEADINGS, *empty]]
    for nth in rng.permutation(len(attendances.providers)).tolist():
        provider = attendances.providers[nth]
        region = provider.icb.region
        parent = f"NHS ENGLAND {region.name.upper()}" + " " * (region.name != "London")
        cells = [period, provider.code, parent, provider.name.upper(), *map(str, figures[nth].tolist())]
        rows.append([*cells, *[""] * len(empty)])
    spelling = ENGLAND_SPELLINGS[month.number % len(ENGLAND_SPELLINGS)]
    rows.append([*spelling, *map(str, figures.sum(axis=0).tolist()), *[""] * len(empty)])
    return rows


# AmbSYS


def ambsys_headings() -> list[str]:
    """The 153 headings; those of organisations have spaces."""
    first, *middle, last = AMBSYS_HEADINGS.split("|")
    return [*first.split(), *middle, *last.split()]


def _ambsys_rows(
    responses: AmbulanceResponses,
    month: Month,
    regions: Mapping[str, str],
    rng: np.random.Generator,
) -> list[list[str]]:
    """England, the regions and the trusts of a month; most columns are not collected here."""
    names: list[str] = []
    columns: list[np.ndarray] = []
    for incidents, total, _, _, share, pace in RESPONSE_TIMES.values():
        number = responses.counts[:, 0] if share == 1 else rng.binomial(responses.counts[:, 0], share)
        mean = responses.counts[:, 1] / responses.counts[:, 0] * pace
        names += [incidents, total]
        columns += [number, responses.counts[:, 1] if share == 1 else np.rint(number * mean).astype(np.int64)]
    counts = np.stack(columns, axis=1)
    everybody = counts[:, ::2].sum(axis=1, keepdims=True)
    counts = np.concatenate([counts, everybody, everybody + rng.binomial(everybody, 0.4)], axis=1)
    names += ["A7", "A0"]  # incidents and calls

    places = np.array([regions[provider.code] for provider in responses.providers])
    entries = [("Eng", "Eng", "England", counts.sum(axis=0))]
    entries += [
        (region.name, region.code, region.name, counts[places == region.code].sum(axis=0)) for region in REGIONS
    ]
    entries += [
        (place, provider.code, provider.name.upper(), row)
        for place, provider, row in zip(places.tolist(), responses.providers, counts, strict=True)
    ]
    rows = []
    for *described, numbers in entries:
        known = dict(zip(names, map(str, numbers.tolist()), strict=True))
        for nth, (_, _, mean_id, centile_id, *_) in enumerate(RESPONSE_TIMES.values()):
            if numbers[2 * nth]:
                average = round(numbers[2 * nth + 1] / numbers[2 * nth])
                known |= {mean_id: str(average), centile_id: str(2 * average)}
        start = [str(month.first_day.year), str(month.first_day.month), *described]
        rows.append([*start, *(known.get(heading, ".") for heading in ambsys_headings()[len(start) :])])
    return rows


# CSDS


def _csds_rows(community: CommunityServices, start: str, end: str) -> Iterable[list[str]]:
    """Provider, ICB, England and region; every value is rounded to 5 by itself, so none is a sum of others."""
    counts = community.counts
    regions = np.array([icb.region.code for icb in community.icbs])
    by_icb = counts.sum(axis=0)
    served = counts.sum(axis=(2, 3)) > 0  # provider, ICB
    levels = [
        *(
            (provider.code, provider.name.upper(), "Provider", counts[nth].sum(axis=0), 1)
            for nth, provider in enumerate(community.providers)
        ),
        *(
            (icb.code, icb_name(icb), "ICB", by_icb[nth], int(served[:, nth].sum()))
            for nth, icb in enumerate(community.icbs)
            if served[:, nth].any()
        ),
        ("ALL", "ALL SUBMITTERS", "All Submitters", by_icb.sum(axis=0), len(community.providers)),
        *(
            (
                region.code,
                f"{region.name} COMMISSIONING REGION".upper(),
                "NHS England (Region)",
                by_icb[regions == region.code].sum(axis=0),
                int(served[:, regions == region.code].any(axis=1).sum()),
            )
            for region in REGIONS
        ),
    ]
    for code, name, level, (referrals, activities, *contacts), organisations in levels:
        labels = [start, end, code, name, level]
        for (medium, description), number in zip(MEDIA_NAMES, contacts, strict=True):
            yield [*labels, "ConsultationMedium", "CareContacts", medium, description, "", "", *_rounded(number)]
        yield [*labels, "TotalCareActivities", "CareActivities", "", "", "", "", *_rounded(activities)]
        yield [*labels, "TotalCareContacts", "CareContacts", "", "", "", "", *_rounded(sum(contacts))]
        yield [*labels, "TotalOrganisation", "Organisation", *[""] * 4, _to_five(organisations), "", "", ""]
        yield [*labels, "TotalReferrals", "Referrals", "", "", "", "", *_rounded(referrals)]


def _rounded(by_age: np.ndarray) -> list[str]:
    return [_to_five(number) for number in (int(by_age.sum()), *by_age.tolist())]


def _to_five(number: int) -> str:
    """To the nearest five; few are not shown as nobody."""
    return f"{max((number + 2) // 5 * 5, 5 if number else 0)}.0"


# Sickness absence


def _sickness_rows(absence: Absence, month: Month, organisations: Organisations) -> Iterable[list[str]]:
    """National bodies first, then by region and ICB whoever employs there, the ICB itself too. No England row; days are
    written as a machine holds them."""
    date = str((np.datetime64(f"{month.first_day:%Y-%m}") + 1).astype("datetime64[D]") - 1)
    last_day = "/".join(reversed(date.split("-")))
    trusts = {trust.code: trust for trust in organisations.trusts}
    for nth, (code, name) in enumerate(SUPPORT_UNITS, 1):
        days = _days(nth * 9_876_543, nth * 234_567_891)
        yield [last_day, *STATUTORY, code, name, "Commissioning Support Unit", *days]
    rows = [
        (provider.icb, provider.code, provider.name, _employer(trusts.get(provider.code)), counts)
        for provider, counts in zip(absence.providers, absence.counts.tolist(), strict=True)
    ]
    rows += [
        (icb, icb.code, f"NHS {icb.area} Integrated Care Board", "Integrated Care Board", [12_345_678, 456_789_012])
        for icb in organisations.icbs
    ]
    for icb, code, name, kind, counts in sorted(rows, key=lambda row: (row[0].region.code, row[0].code, row[1])):
        yield [last_day, icb.region.code, icb.region.name, icb.code, icb.area, code, name, kind, *_days(*counts)]


def _employer(trust: Trust | None) -> str:
    if trust is None or trust.subtype == "Community":
        return "Community Provider Trust"
    return {"acute": "Acute", "ambulance": "Ambulance"}.get(trust.league, "Mental Health")


def _days(lost: int, available: int) -> list[str]:
    """Seventeen digits, of which the last are noise."""
    rate = f"{100 * lost / available:.2f}".rstrip("0").rstrip(".")
    return [f"{lost / 100_000:.17g}", f"{available / 100_000:.17g}", rate]
