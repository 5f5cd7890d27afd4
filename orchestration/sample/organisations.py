"""Fictional trusts, other providers and commissioners, and the ODS reference files that describe them.

Belongs here: invented names and codes (trusts begin with Z, other providers with ZZ, ICBs and hubs with X: no real
trust or ICB of 2025/26 does), the merger of 1 July 2025, and the four reference files in their publishers' formats.
Does not belong here: which metrics a trust has, values, scores, oversight releases.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from itertools import product
from pathlib import Path

import numpy as np

from orchestration.sample.framework import ICBS, Quarter

MERGER_DATE = date(2025, 7, 1)
MERGED_FROM = "2025-26-Q2"
SUB_ICBS = 106
CARE_TRUSTS_MISSING_FROM_ETR = 3
FIVE_CHARACTER_CODE = "Z4V7K"
INDEPENDENT_PROVIDERS = 12
WALK_IN_CODES = (*(f"ZZW{nth:02}" for nth in range(1, 9)), "ZZW009", "ZZW010")  # of 5 or 6 characters, as the real ones
HUB_NAMES = ("{} COMMISSIONING HUB", "{} - H&J COMMISSIONING HUB")
HUBS = 4

ACUTE_SUBTYPES = {"Teaching": 50, "Large": 24, "Medium": 22, "Small": 20, "Multi-Service": 8, "Specialist": 11}
MENTAL_HEALTH_COMMUNITY_SUBTYPES = {"Mental Health and Learning Disability": 43, "Community": 14, "Care Trust": 4}
AMBULANCE_TRUSTS = 10

PLACE_STARTS = (
    "Askel",
    "Brinth",
    "Corvel",
    "Dremm",
    "Elvask",
    "Fornth",
    "Galdrin",
    "Hesk",
    "Istrel",
    "Jorvel",
    "Kethrin",
    "Lumbrel",
    "Morvask",
    "Nethrin",
    "Ostrel",
    "Pelvar",
    "Quenth",
    "Rosk",
    "Selvin",
    "Threll",
    "Ulvrin",
    "Vesk",
    "Wendrel",
    "Yarvel",
    "Zorrin",
    "Ombrel",
)
PLACE_ENDS = (
    "holt",
    "mere",
    "wick",
    "stow",
    "bourne",
    "haven",
    "dale",
    "moor",
    "ness",
    "ford",
    "combe",
    "gate",
    "ley",
    "thwaite",
    "cliffe",
    "marsh",
)

SPECIALTIES = (
    "Orthopaedic Hospital",
    "Cancer Centre",
    "Eye Hospital",
    "Heart and Chest Hospital",
    "Children's Hospital",
    "Women's Hospital",
    "Neurology Centre",
    "Orthopaedic Institute",
    "Cancer Hospital",
    "Plastic Surgery Hospital",
    "Children's and Women's Hospital",
)
NAME_PATTERNS = {  # subtype: names in turn, {} is a place
    "Acute - Teaching": (
        "University Hospitals of {} NHS Foundation Trust",
        "{} Teaching Hospitals NHS Trust",
        "{} and {} University Hospitals NHS Foundation Trust",
    ),
    "Acute - Large": (
        "{} Hospitals NHS Foundation Trust",
        "{}, {} and {} Hospitals NHS Trust",
        "{} and {} Hospitals NHS Foundation Trust",
    ),
    "Acute - Medium": ("{} Hospitals NHS Trust", "{} and {} Hospitals NHS Trust"),
    "Acute - Small": ("{} General Hospital NHS Trust", "{} Hospital NHS Foundation Trust"),
    "Acute - Multi-Service": ("{} Integrated Care NHS Foundation Trust", "{} Health NHS Trust"),
    "Acute - Specialist": tuple(f"The {{}} {specialty} NHS Foundation Trust" for specialty in SPECIALTIES),
    "Mental Health and Learning Disability": (
        "{} Partnership NHS Foundation Trust",
        "{}, {} and {} Mental Health NHS Foundation Trust",
        "{} Mental Health NHS Trust",
        "{} and {} Partnership NHS Trust",
    ),
    "Community": ("{} Community Health NHS Trust", "{} Community Healthcare NHS Foundation Trust"),
    "Care Trust": ("{} District Care NHS Foundation Trust",),
    "Ambulance": ("{} Ambulance Service NHS Trust", "{} Ambulance Service NHS Foundation Trust"),
}
BENCHMARK_GROUPS = {  # of the trust list, by subtype; every other subtype is acute
    "Acute - Specialist": "Acute Specialist Trusts",
    "Community": "Community Trusts",
    "Ambulance": "Ambulance Trusts",
} | dict.fromkeys(
    ("Mental Health and Learning Disability", "Care Trust"),
    "Mental Health & Learning Disability and Mental Health, Learning Disability & Community Trusts",
)


@dataclass(frozen=True)
class Region:
    """One of the seven NHS regions, which are real."""

    code: str
    name: str
    ons_code: str
    government_region: str
    icbs: int

    @property
    def oversight_name(self) -> str:
        """Its name in NHS Oversight Framework files."""
        return "East" if self.code == "Y61" else self.name


REGIONS = (
    Region("Y56", "London", "E40000003", "H", 5),
    Region("Y58", "South West", "E40000006", "K", 7),
    Region("Y59", "South East", "E40000005", "J", 6),
    Region("Y60", "Midlands", "E40000011", "F", 11),
    Region("Y61", "East of England", "E40000013", "G", 6),
    Region("Y62", "North West", "E40000014", "B", 3),
    Region("Y63", "North East and Yorkshire", "E40000012", "D", 4),
)


@dataclass(frozen=True)
class Icb:
    """An Integrated Care Board; `area` is its name without NHS and Integrated Care Board."""

    code: str
    area: str
    region: Region


@dataclass(frozen=True)
class Trust:
    """A trust; the merger gives its successor a new name and a predecessor, and ends the trust it absorbs."""

    code: str
    name: str
    league: str
    subtype: str
    icb: Icb
    opened: date
    name_before_merger: str = ""
    predecessor: str = ""
    absorbed: bool = False

    def exists_in(self, quarter: Quarter) -> bool:
        """Whether it is there at the end of the quarter."""
        return not self.absorbed or quarter.quarter_id < MERGED_FROM

    def name_in(self, quarter: Quarter) -> str:
        """The name in the quarter's rows."""
        return self.name_before_merger or self.name if quarter.quarter_id < MERGED_FROM else self.name


@dataclass(frozen=True)
class Provider:
    """Whoever treats patients, as the publications name it: a trust, an independent hospital, a walk-in centre."""

    code: str
    name: str
    icb: Icb


@dataclass(frozen=True)
class Commissioner:
    """Who pays for a patient: a sub-ICB location of an ICB, or a body of no ICB."""

    code: str
    name: str
    icb: Icb | None = None


@dataclass(frozen=True)
class Organisations:
    """Every trust that existed in the year, ordered by code, every ICB, and who else provides or commissions."""

    trusts: tuple[Trust, ...]
    icbs: tuple[Icb, ...]
    independents: tuple[Provider, ...]
    walk_ins: tuple[Provider, ...]
    hubs: tuple[Commissioner, ...]

    @property
    def boards(self) -> tuple[Trust, ...]:
        """The ICBs as members of a league of their own."""
        return tuple(
            Trust(icb.code, f"NHS {icb.area} Integrated Care Board", ICBS, "", icb, MERGER_DATE) for icb in self.icbs
        )

    @property
    def sub_icbs(self) -> tuple[Commissioner, ...]:
        """The 106 sub-ICB locations, ICB by ICB."""
        turns = sorted(nth % len(self.icbs) for nth in range(SUB_ICBS))
        return tuple(
            Commissioner(f"X{nth:03}S", self.icbs[turn].area, self.icbs[turn]) for nth, turn in enumerate(turns, 1)
        )


def invent_organisations(seed: int) -> Organisations:
    """42 ICBs and 206 trusts, of which two merge on 1 July 2025."""
    rng = np.random.default_rng([seed, 1])
    places = iter(rng.permutation([start + end for start, end in product(PLACE_STARTS, PLACE_ENDS)]).tolist())
    icbs = _invent_icbs(places)

    subtypes = [("acute", f"Acute - {subtype}", count) for subtype, count in ACUTE_SUBTYPES.items()]
    subtypes += [("mental_health_community", subtype, n) for subtype, n in MENTAL_HEALTH_COMMUNITY_SUBTYPES.items()]
    subtypes += [("ambulance", "Ambulance", AMBULANCE_TRUSTS)]
    kinds = [(league, subtype, nth) for league, subtype, count in subtypes for nth in range(count)]

    codes = [f"Z{letter}{digit}" for letter, digit in product("ABCDEFGHJKLMNPRSTUVWXY", "0123456789")]
    codes = rng.permutation(codes)[: len(kinds)].tolist()
    codes[kinds.index(("mental_health_community", "Care Trust", 0))] = FIVE_CHARACTER_CODE
    icb_turns = np.concatenate([rng.permutation(len(icbs)) for _ in range(len(kinds) // len(icbs) + 1)])
    opened = rng.integers(1991, 2022, len(kinds)).tolist()

    trusts = []
    for (league, subtype, nth), code, turn, year in zip(kinds, codes, icb_turns, opened, strict=False):
        pattern = NAME_PATTERNS[subtype][nth % len(NAME_PATTERNS[subtype])]
        name = pattern.format(*(next(places) for _ in range(pattern.count("{}"))))
        trusts.append(Trust(code, name, league, subtype, icbs[turn], date(year, 4, 1)))
    _merge(trusts, kinds.index(("acute", "Acute - Medium", 0)), kinds.index(("acute", "Acute - Small", 0)), places)
    return Organisations(
        trusts=tuple(sorted(trusts, key=lambda trust: trust.code)),
        icbs=icbs,
        independents=tuple(
            Provider(f"ZZ{nth:02}{'ABC'[nth % 3]}", f"{next(places)} Independent Hospital", icbs[nth * 3])
            for nth in range(INDEPENDENT_PROVIDERS)
        ),
        walk_ins=tuple(
            Provider(code, f"{next(places)} Walk-in Centre", icbs[nth * 4]) for nth, code in enumerate(WALK_IN_CODES)
        ),
        hubs=tuple(
            Commissioner(f"XH{nth + 1}", HUB_NAMES[nth % 2].format(next(places).upper())) for nth in range(HUBS)
        ),
    )


def _invent_icbs(places: Iterator[str]) -> tuple[Icb, ...]:
    patterns = ("{} and {}", "{}", "{}, {} and {}", "{} Vale")
    icbs: list[Icb] = []
    for region in REGIONS:
        for _ in range(region.icbs):
            nth = len(icbs)
            pattern = patterns[nth % len(patterns)]
            area = pattern.format(*(next(places) for _ in range(pattern.count("{}"))))
            icbs.append(Icb(f"X{'ABCDE'[nth // 9]}{nth % 9 + 1}", area, region))
    return tuple(icbs)


def _merge(trusts: list[Trust], successor: int, absorbed: int, places: Iterator[str]) -> None:
    old, gone = trusts[successor], trusts[absorbed]
    name = f"{next(places)} Hospitals NHS Foundation Trust"
    trusts[successor] = Trust(
        old.code, name, old.league, old.subtype, old.icb, old.opened, name_before_merger=old.name, predecessor=gone.code
    )
    trusts[absorbed] = Trust(gone.code, gone.name, gone.league, gone.subtype, old.icb, gone.opened, absorbed=True)


def csv_text(rows: Iterable[Iterable[str]], line_end: str, quote_all: bool = False) -> str:
    """Rows as CSV."""
    text = StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerows(rows)
    return text.getvalue()


def write_reference_files(directory: Path, organisations: Organisations) -> None:
    """The four reference files, with the publishers' headers, quoting and line ends."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {
        "etr.csv": csv_text(_etr_rows(organisations), "\r\n", quote_all=True),
        "trusts_2026-08.csv": csv_text(_trust_list_rows(organisations), "\n"),
        "SICBL26_ICB26_NHSER26_lookup.csv": "\ufeff" + csv_text(_lookup_rows(organisations), "\n"),
    }
    for name, text in files.items():
        (directory / name).write_bytes(text.encode())


def _etr_rows(organisations: Organisations) -> Iterable[list[str]]:
    """The trusts of `etr`, closed ones kept with the last day they were open; it lacks some Care Trusts."""
    care_trusts = [
        trust.code
        for trust in organisations.trusts
        if trust.subtype == "Care Trust" and trust.code != FIVE_CHARACTER_CODE
    ]
    missing = care_trusts[:CARE_TRUSTS_MISSING_FROM_ETR]
    for nth, trust in enumerate(organisations.trusts):
        if trust.code in missing:
            continue
        closed = f"{MERGER_DATE - timedelta(days=1):%Y%m%d}" if trust.absorbed else ""
        town = trust.icb.area.split(",")[0].split(" ")[0].upper()
        postcode = f"ZZ{nth % 90 + 1} {nth // 90 + 1}ZZ"
        row = [
            trust.code,
            trust.name.upper(),
            trust.icb.region.code,
            trust.icb.code,
            "TRUST HEADQUARTERS",
            f"{nth + 1} INFIRMARY ROAD",
            "",
            town,
            "",
            postcode,
            f"{trust.opened:%Y%m%d}",
            closed,
        ]
        yield [*row, *[""] * 9, "0", "", trust.icb.region.government_region, "", "", ""]


def _trust_list_rows(organisations: Organisations) -> Iterable[list[str]]:
    yield ["ods_code", "name", "type", "region", "ics", "predecessor_codes", "merger_date"]
    for trust in sorted(organisations.trusts, key=lambda trust: (trust.icb.region.code, trust.code)):
        if not trust.absorbed:
            group = BENCHMARK_GROUPS.get(trust.subtype, "Acute and Acute & Community Trusts")
            ics = "-" if trust.league == "ambulance" else trust.icb.area
            merger_date = MERGER_DATE.isoformat() if trust.predecessor else ""
            yield [trust.code, trust.name, group, trust.icb.region.name, ics, trust.predecessor, merger_date]


def _lookup_rows(organisations: Organisations) -> Iterable[list[str]]:
    yield [
        "SICBL26CD",
        "SICBL26CDH",
        "SICBL26NM",
        "ICB26CD",
        "ICB26CDH",
        "ICB26NM",
        "NHSER26CD",
        "NHSER26CDH",
        "NHSER26NM",
        "ObjectId",
    ]
    for nth, location in enumerate(organisations.sub_icbs, 1):
        icb = location.icb
        assert icb is not None
        yield [
            f"E38999{nth:03}",
            location.code,
            f"NHS {icb.area} ICB - {location.code}",
            f"E54999{organisations.icbs.index(icb) + 1:03}",
            icb.code,
            f"NHS {icb.area} Integrated Care Board",
            icb.region.ons_code,
            icb.region.code,
            icb.region.name,
            str(nth),
        ]
