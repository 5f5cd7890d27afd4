"""Fictional small areas and who of them is treated where, as the files that describe patients' homes.

Belongs here: drawing residents, deprivation and catchments, and writing them. Does not: what is made of them; a test
counts that again from the files.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from orchestration.sample.organisations import Organisations, csv_text

AREAS = 4  # small areas of each sub-ICB location; England has 318
AGES = (
    "Aged 15 years and under",
    "Aged 16 to 24 years",
    "Aged 25 to 34 years",
    "Aged 35 to 49 years",
    "Aged 50 to 64 years",
    "Aged 65 years and over",
)
OLDER = (
    "Age: Aged 65 to 69 years",
    "Age: Aged 70 to 74 years",
    "Age: Aged 75 to 79 years",
    "Age: Aged 80 to 84 years",
    "Age: Aged 85 years and over",
)
REFERRALS = (
    "reporting_period start_date end_date org_type org_code org_name variable_type variable_a measure_name"
    " measure_statistic value"
)
YEAR = ["2024-25", "2024-04-01", "2025-03-31"]
DECILES = [
    "01 Least deprived",
    *(f"{decile:02} {'Less' if decile < 6 else 'More'} deprived" for decile in range(2, 10)),
    "10 Most deprived",
]


def write_small_areas(directory: Path, organisations: Organisations, absence: Mapping[str, int], seed: int) -> None:
    """Write `context/`: six files of small areas, the catchments of acute trusts, referrals to talking therapies. The
    more days trusts lose to `absence`, the more deprived are their catchments, so that there is something to find."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 10])
    locations = [location for location in organisations.sub_icbs for _ in range(AREAS)]
    codes = [f"E01999{nth:03}" for nth in range(1, len(locations) + 1)]
    usual = {icb: rng.uniform(10, 36) for icb in organisations.icbs}
    scores = [max(usual[location.icb] + float(rng.normal(0, 8)), 0.5) for location in locations if location.icb]
    ranks = np.argsort(np.argsort(-np.array(scores))) + 1
    deciles = (ranks - 1) * 10 // len(ranks) + 1
    districts = [f"E07999{nth // (2 * AREAS) + 1:03}" for nth in range(len(codes))]
    by_district = {
        one: float(np.mean([s for s, d in zip(scores, districts, strict=True) if d == one]))
        for one in dict.fromkeys(districts)
    }
    icbs = [location.icb for location in locations if location.icb]
    places = {icb: f"E54999{nth:03}" for nth, icb in enumerate(organisations.icbs, 1)}
    ages = [rng.integers(90, 500, len(AGES)).tolist() for _ in codes]
    files: dict[str, list[list[str]]] = {
        "imd2025_lsoa21.csv": [
            ["lsoa21_code", "IMD_score", "IMD_rank", "IMD_decile"],
            *([c, f"{s:.3f}", str(r), str(d)] for c, s, r, d in zip(codes, scores, ranks, deciles, strict=True)),
        ],
        "lsoa21_sicbl24_icb24.csv": [
            ["lsoa21_code", "sicbl24_code", "sicbl24_code_nhs", "icb24_code", "icb24_code_nhs"],
            *(
                [code, f"E38999{nth // AREAS + 1:03}", location.code, places[icb], icb.code]
                for nth, (code, location, icb) in enumerate(zip(codes, locations, icbs, strict=True))
            ),
        ],
        "lsoa21_ltla22.csv": [["lsoa21_code", "ltla22_code"], *map(list, zip(codes, districts, strict=True))],
        "census2021_lsoa21_age6.csv": [
            ["lsoa21_code", *AGES],
            *([code, *map(str, residents)] for code, residents in zip(codes, ages, strict=True)),
        ],
        "census2021-ts007a-lsoa.csv": [
            ["date", "geography", "geography code", "Age: Total", *OLDER],
            *(["2021", f"Area {code}", code, *_in_bands(some)] for code, some in zip(codes, ages, strict=True)),
        ],
        "ruc21_lsoa21.csv": [["lsoa21_code", "ruc21_code", "ruc"], *([c, *_class(rng)] for c in codes)],
        "ohid_trust22_catchment_ltla21.csv": [
            ["nhs_trust22_code", "ltla21_code", "proportion_trust_came_from_ltla"],
            *_catchments(organisations, sorted(by_district, key=by_district.__getitem__), absence, rng),
        ],
        "talking_therapies_2024-25_referrals_by_imd_age.csv": [REFERRALS.split(), *_referrals(organisations, rng)],
    }
    for name, rows in files.items():
        (directory / name).write_bytes(csv_text(rows, "\n").encode())


def _in_bands(residents: list[int]) -> list[str]:
    """All residents, and the oldest by bands of five years."""
    each, rest = divmod(residents[-1], len(OLDER))
    return [str(sum(residents)), *(str(each + (nth < rest)) for nth in range(len(OLDER)))]


def _class(rng: np.random.Generator) -> list[str]:
    return ["RSN1", "Rural"] if rng.random() < 0.2 else ["UN1", "Urban"]


def _catchments(
    organisations: Organisations, deprived: list[str], absence: Mapping[str, int], rng: np.random.Generator
) -> Iterable[list[str]]:
    """Three districts for each acute trust but one. Most patients come from one that is as deprived as the trust loses
    days to sickness."""
    trusts = sorted((t for t in organisations.trusts if t.league == "acute"), key=lambda t: absence.get(t.code, 0))
    for nth, trust in enumerate(trusts[1:]):
        others = rng.choice(deprived, 2, replace=False).tolist()
        found = list(dict.fromkeys([deprived[nth * len(deprived) // len(trusts)], *others]))
        shares = rng.dirichlet([8, *[1] * (len(found) - 1)])
        yield from ([trust.code, district, repr(float(share))] for district, share in zip(found, shares, strict=True))


def _referrals(organisations: Organisations, rng: np.random.Generator) -> Iterable[list[str]]:
    """England, then two in three of the mental health trusts, one of them by its sites. Small numbers are hidden."""
    mental = [trust for trust in organisations.trusts if trust.subtype.startswith("Mental Health")]
    providers = [(trust.code, trust.name) for nth, trust in enumerate(mental) if nth % 3 < 2]
    sites = [(f"{providers[0][0]}{site}", f"{providers[0][1]}, {site}") for site in ("S1", "S2")]
    counted = [(*provider, (5 * rng.integers(0, 120, 11)).tolist()) for provider in [*sites, *providers[1:]]]
    england = [sum(group) for group in zip(*(counts for _, _, counts in counted), strict=True)]
    for kind, code, name, counts in [("England", "All", "All", england), *(("Provider", *one) for one in counted)]:
        groups = [*(("Indices of Deprivation Decile", decile) for decile in DECILES)]
        groups += [("Indices of Deprivation Decile", "Not stated/Not known/Invalid"), ("Total", "")]
        for (variable, group), count in zip(groups, [*counts, sum(counts)], strict=True):
            shown = str(count) if count else "*"
            yield [*YEAR, kind, code, name, variable, group, "referrals_received", "count", shown]
