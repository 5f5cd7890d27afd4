"""What the primary publications count: patients by month, provider, commissioner and time waited.

Belongs here: how a quarter's numerators and denominators are shared out, always from the top down, so that every total
holds; and the oracle, which adds them up again for each organisation and metric.
Does not belong here: headings, totals, blanks and the other quirks of the files.

A trust that was absorbed keeps its old code in July, the month of the merger; its patients are its successor's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from orchestration.sample.framework import MILLION, QUARTERS, Quarter
from orchestration.sample.general_practice import DEMENTIA, QUESTIONS, Diagnoses, Survey, ask_patients, diagnose
from orchestration.sample.organisations import Commissioner, Icb, Organisations, Provider, Trust
from orchestration.sample.ratios import (
    CATEGORY_2,
    COMMUNITY_52,
    DAYS_28,
    DAYS_62,
    DIAGNOSTICS,
    HOURS_4,
    PARTS,
    SCALES,
    SICKNESS,
    WEEKS_18,
    WEEKS_52,
    Ratio,
    Ratios,
)

FUNCTIONS = {
    "C_101": "Urology Service",
    "C_110": "Trauma and Orthopaedic Service",
    "C_120": "Ear Nose and Throat Service",
    "C_130": "Ophthalmology Service",
    "C_330": "Dermatology Service",
    "C_502": "Gynaecology Service",
    "X02": "Other - Medical Services",
    "X05": "Other - Surgical Services",
}
SERVICES = (
    "(A) Audiology",
    "(A) Community nursing services",
    "(A) Musculoskeletal service",
    "(A) Podiatry and podiatric surgery",
    "(A) Therapy interventions: Dietetics",
    "(CYP) Audiology",
    "(CYP) Community paediatric service",
    "(CYP) Therapy interventions: Speech and language",
)
SERVICE_BANDS = np.array([0.1, 0.09, 0.15, 0.3, 0.13, 0.17])  # of waits up to 52 weeks: the bands of tables 4a to 4f
OVER_52_WEEKS = np.array([0.75, 0.25])  # tables 4g and 4h
WEEKS, TESTS, TEST_WEEKS = 105, 15, 14  # the sixteenth test is TOTAL
OUTSIDE_ENGLAND = Commissioner("NONC", "")
NHS_ENGLAND = Commissioner("X99", "NHS ENGLAND")
UNKNOWN = Commissioner("UNKNOWN", "UNKNOWN")
MORTALITY = "X-SHMI"
FRIENDS_AND_FAMILY = {"AE": "X-FFT-AE", "IP": "X-FFT-INPATIENT"}  # metric by setting, as files name it
SHOWN_FROM = 5  # answers
OPINIONS = np.array([0.72, 0.18, 0.04, 0.025, 0.02, 0.015])
STAFF_SCORES = {"OF0061": "PP3_2", "OF0084": "Staff Engagement"}  # as the survey calls them
COMMUNITY_TRUSTS_WITH_WAITING_LISTS = 6
COMMUNITY_TRUSTS_WITH_URGENT_CARE = 5
INDEPENDENTS_WITH_CANCER_CARE = 3
INDEPENDENTS_WITH_COMMUNITY_CARE = 3
TRUSTS_WITHOUT_ATTENDANCES = 3
SHARE_OF_ABSORBED = 0.35

TYPES = np.array([0.62, 0.05, 0.25, 0.05, 0.005, 0.025])  # of attendances: types 1, 2, other; the same, booked
TYPES_OVER_4_HOURS = np.array([0.92, 0.01, 0.05, 0.015, 0.001, 0.004])
URGENT_CARE_TYPES = np.array([0, 0, 0.95, 0, 0, 0.05])
ROUTES = np.array([0.62, 0.01, 0.08, 0.29])  # parts B to E
MEDIA = np.array([0.6, 0.25, 0.15])
AGES = np.array([0.2, 0.3, 0.5])

ICB_METRICS = {  # metric of ICBs: the metric of trusts that it is counted like
    "ICB-RTT-18W": WEEKS_18,
    "ICB-RTT-52W": WEEKS_52,
    "ICB-DM01-6W": DIAGNOSTICS,
    "ICB-CANCER-28D": DAYS_28,
    "ICB-CANCER-62D": DAYS_62,
    "ICB-AE-4H": HOURS_4,
}


@dataclass(frozen=True)
class Month:
    """A month of 2025/26, numbered 0 to 11, or of the quarter before, -3 to -1."""

    number: int

    @property
    def first_day(self) -> date:
        return date(2025 + (self.number + 3) // 12, (self.number + 3) % 12 + 1, 1)


@dataclass(frozen=True)
class Pathways:
    """Incomplete pathways at the end of a quarter; a row is a provider, commissioner and treatment function."""

    rows: list[tuple[Provider, Commissioner, str]]
    weeks: np.ndarray  # row, week


@dataclass(frozen=True)
class Diagnostics:
    """Waiting lists at the end of a quarter; a row is a provider and commissioner."""

    rows: list[tuple[Provider, Commissioner]]
    weeks: np.ndarray  # row, test, week


@dataclass(frozen=True)
class Attendances:
    """A&E attendances of a month."""

    providers: list[Provider]
    counts: np.ndarray  # provider, all or over 4 hours, type


@dataclass(frozen=True)
class CancerWaits:
    """People told and people treated in a month; those treated in halves."""

    providers: list[Provider]
    commissioners: list[Commissioner]
    told: np.ndarray  # provider, commissioner, band
    treated: np.ndarray  # provider, commissioner, route, band


@dataclass(frozen=True)
class AmbulanceResponses:
    """Category 2 incidents and seconds of a month."""

    providers: list[Provider]
    counts: np.ndarray  # provider, incidents or seconds


@dataclass(frozen=True)
class Absence:
    """Days lost and days available of a month, in hundred thousandths."""

    providers: list[Provider]
    counts: np.ndarray  # provider, lost or available


@dataclass(frozen=True)
class CommunityWaits:
    """Waiting lists of community services at the end of a quarter; nobody waits for a service that is not offered."""

    providers: list[Provider]
    counts: np.ndarray  # provider, service, band
    offered: np.ndarray  # provider, service


@dataclass(frozen=True)
class CommunityServices:
    """Referrals, contacts and activities of the last month of a quarter."""

    providers: list[Provider]
    icbs: list[Icb]
    counts: np.ndarray  # provider, ICB, (referrals, activities, contacts by medium), age


@dataclass(frozen=True)
class Answers:
    """Answers from very good to very poor, and those who do not know."""

    providers: list[Provider]
    counts: np.ndarray  # provider, answer


@dataclass(frozen=True)
class Publications:
    """Everything counted in a quarter; monthly publications in the order of the months."""

    quarter: Quarter
    pathways: Pathways
    diagnostics: Diagnostics
    attendances: tuple[Attendances, ...]
    cancer: tuple[CancerWaits, ...]
    ambulances: tuple[AmbulanceResponses, ...]
    community: CommunityServices
    absence: tuple[Absence, ...]  # of the quarter before
    waits: CommunityWaits
    survey: Survey
    diagnoses: Diagnoses
    staff: Mapping[str, Mapping[str, int]]  # scores of the survey of staff, in millionths, by metric and trust
    deaths: Mapping[str, int]  # bands of the mortality indicator, in millionths, by trust
    answers: Mapping[str, Answers]  # to the Friends and Family Test in the last month, by setting

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(Month(3 * self.quarter.number + nth) for nth in range(3))

    @property
    def months_in_arrears(self) -> tuple[Month, ...]:
        return tuple(Month(month.number - 3) for month in self.months)


def count_publications(
    organisations: Organisations,
    ratios: Sequence[Ratios],
    staff: Sequence[Mapping[str, Mapping[str, int]]],
    deaths: Sequence[Mapping[str, int]],
    seed: int,
) -> list[Publications]:
    """The counts of every quarter."""
    survey = ask_patients(organisations.icbs, seed)
    return [
        _Counter(organisations, quarter, counted, np.random.default_rng([seed, 6, quarter.number])).publications(
            survey, diagnose(organisations.icbs, quarter, seed), scores, bands
        )
        for quarter, counted, scores, bands in zip(QUARTERS, ratios, staff, deaths, strict=True)
    ]


class _Counter:
    """Shares out one quarter."""

    def __init__(self, organisations: Organisations, quarter: Quarter, ratios: Ratios, rng: np.random.Generator):
        self.organisations = organisations
        self.quarter = quarter
        self.ratios = ratios
        self.rng = rng
        self.trusts = [trust for trust in organisations.trusts if trust.exists_in(quarter)]
        self.provider = {trust.code: _as_provider(trust, quarter) for trust in organisations.trusts}
        self.locations: defaultdict[str, list[Commissioner]] = defaultdict(list)
        for location in organisations.sub_icbs:
            assert location.icb is not None
            self.locations[location.icb.code].append(location)

    def publications(
        self,
        survey: Survey,
        diagnoses: Diagnoses,
        staff: Mapping[str, Mapping[str, int]],
        deaths: Mapping[str, int],
    ) -> Publications:
        return Publications(
            quarter=self.quarter,
            pathways=self.pathways(),
            diagnostics=self.diagnostics(),
            attendances=self.attendances(),
            cancer=self.cancer(),
            ambulances=self.ambulances(),
            community=self.community(),
            absence=self.absence(),
            waits=self.waits(),
            survey=survey,
            diagnoses=diagnoses,
            staff=staff,
            deaths=deaths,
            answers={setting: self.answers() for setting in FRIENDS_AND_FAMILY},
        )

    def of(self, *subtypes: str) -> list[Provider]:
        """Trusts of these subtypes."""
        return [self.provider[trust.code] for trust in self.trusts if trust.subtype in subtypes]

    def drawn(self, denominator: float, share: float, spread: float) -> Ratio:
        """Counts of an organisation that the oversight releases say nothing about."""
        total = round(denominator * float(np.exp(self.rng.normal(0, 0.3))))
        percent = min(max(float(self.rng.normal(share, spread)), 0.5), 99.5)
        return Ratio(round(total * percent / 100), total)

    def neighbours(self, icb: Icb) -> tuple[Icb, Icb]:
        icbs = self.organisations.icbs
        here = icbs.index(icb)
        return icbs[here - 1], icbs[(here + 1) % len(icbs)]

    def hub(self, icb: Icb) -> Commissioner:
        hubs = self.organisations.hubs
        return hubs[self.organisations.icbs.index(icb) % len(hubs)]

    def weights(self, middles: Sequence[float] | np.ndarray) -> np.ndarray:
        """Shares near to the given ones."""
        return self.rng.dirichlet(60 * np.asarray(middles))

    def pathways(self) -> Pathways:
        counted = [
            (self.provider[code], within, self.ratios[WEEKS_52][code].numerator)
            for code, within in self.ratios[WEEKS_18].items()
        ]
        for provider in self.of("Community")[:COMMUNITY_TRUSTS_WITH_WAITING_LISTS]:
            counted.append((provider, self.drawn(1_500, 90, 4), 0))
        for provider in self.organisations.independents:
            within = self.drawn(2_500, 75, 8)
            counted.append((provider, within, (within.denominator - within.numerator) // 40))

        rows: list[tuple[Provider, Commissioner, str]] = []
        bands: list[np.ndarray] = []
        for nth, (provider, within, over) in enumerate(sorted(counted, key=lambda entry: entry[0].code)):
            own, before, after = (self.locations[icb.code] for icb in (provider.icb, *self.neighbours(provider.icb)))
            payers = [own[0], own[1], before[0], after[0], self.hub(provider.icb)]
            chosen = self.rng.permutation(len(FUNCTIONS))[: 2 + nth % 3]
            functions = [list(FUNCTIONS)[index] for index in sorted(chosen.tolist())]
            shares = np.outer(self.weights([0.5, 0.2, 0.14, 0.1, 0.06]), self.weights(np.full(len(functions), 0.25)))
            later = within.denominator - within.numerator - over
            totals = [self.rng.multinomial(n, shares.ravel() / shares.sum()) for n in (within.numerator, later, over)]
            rows += [(provider, payer, function) for payer in payers for function in functions]
            bands.append(np.stack(totals, axis=1))
            if nth % 12 == 0:
                rows += [(provider, OUTSIDE_ENGLAND, function) for function in functions]
                bands.append(self.rng.integers(0, 12, (len(functions), 3)))
        by_band = np.concatenate(bands)
        decays = (np.exp(-np.arange(18) / 20), np.exp(-np.arange(34) / 12), np.exp(-np.arange(53) / 8))
        weeks = [self.rng.multinomial(by_band[:, n], decay / decay.sum()) for n, decay in enumerate(decays)]
        return Pathways(rows, np.concatenate(weeks, axis=1))

    def diagnostics(self) -> Diagnostics:
        acute = [self.provider[trust.code] for trust in self.trusts if trust.league == "acute"]
        counted = [(provider, self.drawn(6_000, 21, 8), 13) for provider in acute]
        for provider in self.of("Community")[:COMMUNITY_TRUSTS_WITH_WAITING_LISTS]:
            counted.append((provider, self.drawn(600, 12, 5), 2))
        for provider in self.organisations.independents:
            counted.append((provider, self.drawn(900, 6, 2), 4))

        rows: list[tuple[Provider, Commissioner]] = []
        weeks: list[np.ndarray] = []
        for nth, (provider, over, offered) in enumerate(sorted(counted, key=lambda entry: entry[0].code)):
            own, before, after = (self.locations[icb.code] for icb in (provider.icb, *self.neighbours(provider.icb)))
            payers = [own[0], before[0], after[0], NHS_ENGLAND]
            if nth % 12 == 0:
                payers.append(OUTSIDE_ENGLAND)
            tests = np.zeros(TESTS)
            tests[self.rng.permutation(TESTS)[:offered]] = self.weights(np.full(offered, 1 / offered))
            shares = np.outer(self.weights([0.7, 0.14, 0.1, 0.06, 0.02][: len(payers)]), tests)
            early, late = np.exp(-np.arange(6) / 4), np.exp(-np.arange(TEST_WEEKS - 6) / 3)
            both = [
                self.rng.multinomial(total, np.outer(shares.ravel(), decay).ravel() / (shares.sum() * decay.sum()))
                for total, decay in ((over.denominator - over.numerator, early), (over.numerator, late))
            ]
            rows += [(provider, payer) for payer in payers]
            weeks.append(np.concatenate([part.reshape(len(payers), TESTS, -1) for part in both], axis=2))
            if nth % 10 == 0:  # nobody waits, but the rows are there
                rows.append((provider, own[1]))
                weeks.append(np.zeros((1, TESTS, TEST_WEEKS), dtype=np.int64))
        return Diagnostics(rows, np.concatenate(weeks))

    def by_month(self, total: int, shares: np.ndarray) -> np.ndarray:
        """Shared among the three months and whatever `shares` shares among."""
        weights = np.outer(self.weights([0.34, 0.33, 0.33]), shares.ravel())
        return self.rng.multinomial(total, weights.ravel() / weights.sum()).reshape(3, *shares.shape)

    def absorb(
        self, providers: Sequence[Provider], months: Sequence[np.ndarray], first: int | None = None
    ) -> list[tuple[list[Provider], np.ndarray]]:
        """Providers and counts by month, up to July with the absorbed trust under its old code. The first month is that
        of the quarter, or another."""
        counted = [(list(providers), counts) for counts in months]
        (successor,) = (trust for trust in self.organisations.trusts if trust.predecessor)
        first = 3 * self.quarter.number if first is None else first
        for nth, month in enumerate(months):
            if self.quarter.number > 0 and first + nth <= 3:
                here = [provider.code for provider in providers].index(successor.code)
                counts = month.copy()
                old = self.rng.binomial(counts[here], SHARE_OF_ABSORBED)
                counts[here] -= old
                counted[nth] = ([*providers, self.provider[successor.predecessor]], np.concatenate([counts, old[None]]))
        return counted

    def attendances(self) -> tuple[Attendances, ...]:
        acute = [(self.provider[code], ratio) for code, ratio in self.ratios[HOURS_4].items()]
        urgent = [*self.of("Community")[:COMMUNITY_TRUSTS_WITH_URGENT_CARE], *self.organisations.walk_ins]
        counted = [(provider, ratio, TYPES, TYPES_OVER_4_HOURS) for provider, ratio in acute]
        counted += [(one, self.drawn(6_000, 97, 1), URGENT_CARE_TYPES, URGENT_CARE_TYPES) for one in urgent]
        within = np.stack([self.by_month(ratio.numerator, types) for _, ratio, types, _ in counted])
        over = np.stack([self.by_month(r.denominator - r.numerator, types) for _, r, _, types in counted])
        counts = np.stack([within + over, over], axis=2)
        nobody = self.of("Acute - Specialist")[-TRUSTS_WITHOUT_ATTENDANCES:]
        providers = [*(provider for provider, *_ in counted), *nobody]
        counts = np.concatenate([counts, np.zeros((len(nobody), *counts.shape[1:]), dtype=counts.dtype)])
        # over 4 hours is part of all: the share of the absorbed trust is taken of within and over
        apart = np.stack([counts[:, :, 0] - counts[:, :, 1], counts[:, :, 1]], axis=2)
        months = self.absorb(providers, [apart[:, nth] for nth in range(3)])
        return tuple(Attendances(who, np.stack([n[:, 0] + n[:, 1], n[:, 1]], axis=1)) for who, n in months)

    def cancer(self) -> tuple[CancerWaits, ...]:
        icbs = self.organisations.icbs
        payers = [*(Commissioner(icb.code, icb.area, icb) for icb in icbs), *self.organisations.hubs, UNKNOWN]
        position = {payer.code: nth for nth, payer in enumerate(payers)}
        counted = [(self.provider[c], ratio, self.ratios[DAYS_62][c]) for c, ratio in self.ratios[DAYS_28].items()]
        for provider in self.organisations.independents[:INDEPENDENTS_WITH_CANCER_CARE]:
            counted.append((provider, self.drawn(150, 80, 5), self.drawn(30, 75, 5)))

        told, treated = [], []
        routes = np.outer(ROUTES, [0.25, 0.25, 0.25, 0.25])
        for provider, in_28_days, in_62_days in counted:
            near = [provider.icb.code, *(icb.code for icb in self.neighbours(provider.icb))]
            where = [position[code] for code in (*near, self.hub(provider.icb).code, UNKNOWN.code)]
            shares = np.zeros(len(payers))
            shares[where] = self.weights([0.78, 0.1, 0.08, 0.02, 0.02])

            def by_payer(quick: np.ndarray, slow: np.ndarray, shares: np.ndarray = shares) -> np.ndarray:
                """Month, commissioner and the rest, from two arrays of bands."""
                return np.moveaxis(self.rng.multinomial(np.concatenate([quick, slow], axis=-1), shares), -1, 1)

            quick = self.by_month(in_28_days.numerator, np.array([0.55, 0.45]))
            slow = self.by_month(in_28_days.denominator - in_28_days.numerator, np.array([0.5, 0.3, 0.2]))
            told.append(by_payer(quick, slow))
            quick = self.by_month(in_62_days.numerator, routes)
            slow = self.by_month(in_62_days.denominator - in_62_days.numerator, routes)
            treated.append(by_payer(quick, slow))
        providers = [provider for provider, *_ in counted]
        people = np.concatenate([np.stack(told), np.stack(treated).reshape(*np.shape(told)[:3], -1)], axis=-1)
        return tuple(
            CancerWaits(who, payers, n[..., :5], n[..., 5:].reshape(*n.shape[:2], len(ROUTES), -1))
            for who, n in self.absorb(providers, [people[:, nth] for nth in range(3)])
        )

    def ambulances(self) -> tuple[AmbulanceResponses, ...]:
        codes = self.ratios[CATEGORY_2]
        incidents = np.stack([self.by_month(ratio.denominator, np.ones(1))[:, 0] for ratio in codes.values()])
        pace = incidents * self.rng.normal(1, 0.08, incidents.shape)
        pace /= pace.sum(axis=1, keepdims=True)
        seconds = np.stack([self.rng.multinomial(r.numerator, p) for r, p in zip(codes.values(), pace, strict=True)])
        providers = [self.provider[code] for code in codes]
        return tuple(
            AmbulanceResponses(providers, np.stack([incidents[:, nth], seconds[:, nth]], axis=1)) for nth in range(3)
        )

    def community(self) -> CommunityServices:
        providers = [*self.of("Community", "Care Trust", "Acute - Multi-Service"), *self.organisations.independents[:4]]
        icbs = list(self.organisations.icbs)
        counts = np.zeros((len(providers), len(icbs), 2 + len(MEDIA), len(AGES)), dtype=np.int64)
        kinds = np.concatenate([[0.15, 0.5], 0.35 * MEDIA])
        for nth, provider in enumerate(providers):
            where = [icbs.index(icb) for icb in (provider.icb, *self.neighbours(provider.icb))]
            total = round(60_000 * float(np.exp(self.rng.normal(0, 0.5))))
            shares = np.multiply.outer(self.weights([0.8, 0.12, 0.08]), np.outer(kinds, self.weights(AGES)))
            counts[nth, where] = self.rng.multinomial(total, shares.ravel() / shares.sum()).reshape(shares.shape)
        return CommunityServices(providers, icbs, counts)

    def absence(self) -> tuple[Absence, ...]:
        parts = PARTS[SICKNESS]
        counted = [(self.provider[code], ratio) for code, ratio in self.ratios[SICKNESS].items()]
        for provider in self.organisations.independents[:INDEPENDENTS_WITH_COMMUNITY_CARE]:
            counted.append((provider, self.drawn(20_000 * parts, 5, 1)))
        both = [
            [self.by_month(total, np.ones(1))[:, 0] for total in (ratio.numerator, ratio.denominator)]
            for _, ratio in counted
        ]
        counts = np.stack([np.stack(one, axis=1) for one in both])  # provider, month, lost or available
        months = self.absorb(
            [provider for provider, _ in counted], [counts[:, nth] for nth in range(3)], 3 * self.quarter.number - 3
        )
        return tuple(Absence(*month) for month in months)

    def waits(self) -> CommunityWaits:
        counted = [(self.provider[code], ratio) for code, ratio in self.ratios[COMMUNITY_52].items()]
        for provider in self.organisations.independents[:INDEPENDENTS_WITH_COMMUNITY_CARE]:
            counted.append((provider, self.drawn(1_500, 4, 2)))
        offered = np.zeros((len(counted), len(SERVICES)), dtype=bool)
        counts = np.zeros((*offered.shape, len(SERVICE_BANDS) + len(OVER_52_WEEKS)), dtype=np.int64)
        for nth, (_, ratio) in enumerate(counted):
            here = self.rng.permutation(len(SERVICES))[: 3 + nth % 4]
            shares = self.weights(np.full(len(here), 1 / len(here)))
            bands = [
                self.rng.multinomial(total, np.outer(shares, of).ravel() / of.sum()).reshape(len(here), -1)
                for total, of in (
                    (ratio.denominator - ratio.numerator, SERVICE_BANDS),
                    (ratio.numerator, OVER_52_WEEKS),
                )
            ]
            offered[nth, here], counts[nth, here] = True, np.concatenate(bands, axis=1)
        return CommunityWaits([provider for provider, _ in counted], counts, offered)

    def answers(self) -> Answers:
        """Of acute trusts, and of an independent provider with so few answers that they are not shown."""
        acute = [self.provider[trust.code] for trust in self.trusts if trust.league == "acute"]
        sizes = [*self.rng.integers(SHOWN_FROM, 4_000, len(acute)), SHOWN_FROM - 1]
        counts = np.stack([self.rng.multinomial(size, self.weights(OPINIONS)) for size in sizes])
        return Answers([*acute, self.organisations.independents[0]], counts)


def _as_provider(trust: Trust, quarter: Quarter) -> Provider:
    return Provider(trust.code, trust.name_in(quarter), trust.icb)


# The oracle


@dataclass(frozen=True)
class Figure:
    """A numerator and a denominator as published, halves included, and their ratio in millionths of the unit."""

    numerator: Fraction
    denominator: Fraction
    value: int | None  # none where nobody is counted


Figures = dict[str, dict[str, Figure]]  # by metric and organisation code


def figures(publications: Publications, organisations: Organisations) -> Figures:
    """A quarter by metric and organisation: trusts, other providers, ICBs, and commissioners that are none.

    A trust has the patients of the trust that it absorbed by the quarter's end.
    """
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    successors = {trust.predecessor: trust.code for trust in organisations.trusts if trust.predecessor}
    icb_of_trust = {trust.code: trust.icb.code for trust in organisations.trusts}
    merged = publications.quarter.number > 0

    def add(metric_id: str, code: str, numerator: int, denominator: int) -> None:
        total = sums[metric_id, successors.get(code, code) if merged else code]
        total[0] += int(numerator)
        total[1] += int(denominator)

    for (provider, payer, _), weeks in zip(publications.pathways.rows, publications.pathways.weeks, strict=True):
        for metric_id, icb_metric_id, part in (
            (WEEKS_18, "ICB-RTT-18W", weeks[:18]),
            (WEEKS_52, "ICB-RTT-52W", weeks[52:]),
        ):
            if payer != OUTSIDE_ENGLAND:
                add(metric_id, provider.code, part.sum(), weeks.sum())
            add(icb_metric_id, payer.icb.code if payer.icb else payer.code, part.sum(), weeks.sum())
    for (provider, payer), waits in zip(publications.diagnostics.rows, publications.diagnostics.weeks, strict=True):
        add(DIAGNOSTICS, provider.code, waits[:, 6:].sum(), waits.sum())
        add("ICB-DM01-6W", payer.icb.code if payer.icb else payer.code, waits[:, 6:].sum(), waits.sum())
    for month in publications.attendances:
        for provider, (everybody, over) in zip(month.providers, month.counts.sum(axis=2).tolist(), strict=True):
            add(HOURS_4, provider.code, everybody - over, everybody)
            if provider.code in icb_of_trust:
                add("ICB-AE-4H", icb_of_trust[provider.code], everybody - over, everybody)
    for cancer in publications.cancer:
        for codes, others, ids in (
            ([provider.code for provider in cancer.providers], 1, (DAYS_28, DAYS_62)),
            ([payer.code for payer in cancer.commissioners], 0, ("ICB-CANCER-28D", "ICB-CANCER-62D")),
        ):
            told, treated = cancer.told.sum(axis=others), cancer.treated.sum(axis=(others, 2))
            for nth, code in enumerate(codes):
                add(ids[0], code, told[nth, :2].sum(), told[nth].sum())
                add(ids[1], code, treated[nth, :4].sum(), treated[nth].sum())
    for responses in publications.ambulances:
        for provider, (incidents, seconds) in zip(responses.providers, responses.counts.tolist(), strict=True):
            add(CATEGORY_2, provider.code, seconds, incidents)
    for absence in publications.absence:
        for provider, (lost, available) in zip(absence.providers, absence.counts.tolist(), strict=True):
            add(SICKNESS, provider.code, lost, available)
    for provider, bands in zip(publications.waits.providers, publications.waits.counts.sum(axis=1), strict=True):
        add(COMMUNITY_52, provider.code, bands[len(SERVICE_BANDS) :].sum(), bands.sum())
    found = _as_figures(sums.items())
    for metric_id, (question, *_) in QUESTIONS.items():
        found[metric_id] = {}
        for icb in organisations.icbs:
            answer = publications.survey.answers[icb, question]
            numerator, size = answer.as_counts()
            found[metric_id][icb.code] = Figure(numerator, Fraction(size), 10_000 * answer.percent)
    for metric_id, scores in publications.staff.items():  # those of two trusts do not add up
        found[metric_id] = {
            code: Figure(Fraction(score, MILLION), Fraction(10), score)
            for code, score in scores.items()
            if not (merged and code in successors)
        }
    for metric_id, setting in zip(FRIENDS_AND_FAMILY.values(), publications.answers.values(), strict=True):
        found[metric_id] = {
            provider.code: Figure(Fraction(good), Fraction(total), Ratio(good, total).value())
            for provider, counts in zip(setting.providers, setting.counts.tolist(), strict=True)
            for good, total in [(sum(counts[:2]), sum(counts))]
            if total >= SHOWN_FROM
        }
    found[MORTALITY] = {
        code: Figure(Fraction(band, MILLION), Fraction(1), band) for code, band in publications.deaths.items()
    }
    found[DEMENTIA] = {
        icb.code: Figure(Fraction(recorded), Fraction(tenths, 10), Ratio(10 * recorded, tenths).value())
        for icb, (recorded, tenths) in publications.diagnoses.items()
    }
    return found


def _as_figures(sums: Iterable[tuple[tuple[str, str], list[int]]]) -> Figures:
    found: Figures = defaultdict(dict)
    for (metric_id, code), (numerator, denominator) in sums:
        counted_like = ICB_METRICS.get(metric_id, metric_id)
        parts = PARTS.get(counted_like, 1)
        value = Ratio(numerator, denominator).value(SCALES.get(counted_like, 100)) if denominator else None
        found[metric_id][code] = Figure(Fraction(numerator, parts), Fraction(denominator, parts), value)
    return dict(found)
