"""The fictional results as NHS England publishes a release: file names, columns, text, quirks.

Belongs here: everything about the files of a year's releases, and the few cells that are made to disagree.
Does not belong here: the figures themselves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.framework import (
    ICBS,
    LEAGUES,
    MILLION,
    QUARTERS,
    SEEDED_YEAR,
    Framework,
    Metric,
    Quarter,
)
from orchestration.sample.metric_scores import Codes, hundredths, quantile
from orchestration.sample.organisations import Trust, csv_text
from orchestration.sample.standings import QuarterResult, by_league
from orchestration.sample.values import QuarterValues

Row = list[str]

DATA_COLUMNS = [
    "Quarter",
    "Region",
    "Trust_type",
    "Trust_subtype",
    "Trust_code",
    "Trust_name",
    "Domain",
    "Sub-domain",
    "Metric_ID",
    "Metric_description",
    "Reporting_date",
    "Units",
    "Value",
    "Median_value",
    "Lower_quartile",
    "Upper_quartile",
    "Rank",
]
LEAGUE_COLUMNS = [
    "Quarter",
    "Region",
    "Trust_type",
    "Trust_subtype",
    "Trust_code",
    "Trust_name",
    "Average_score",
    "Likely_range_of_average_score",
    "Segment",
    "Trust_in_financial_deficit",
    "Rank",
    "Likely_range_of_rank",
]
TRUST_TYPE, TRUST_CODE, METRIC_ID, UNITS, VALUE, MEDIAN, RANK = (
    DATA_COLUMNS.index(column)
    for column in ("Trust_type", "Trust_code", "Metric_ID", "Units", "Value", "Median_value", "Rank")
)
AVERAGE_SCORE, PLACE = LEAGUE_COLUMNS.index("Average_score"), LEAGUE_COLUMNS.index("Rank")

TRUST_TYPES = {
    "acute": "Acute trust",
    "mental_health_community": "Mental health and community trust",
    "ambulance": "Ambulance trust",
    ICBS: "Integrated care board",
}
ICB_HEADINGS = {  # how NHS England will head a file of ICBs nobody has seen
    "Trust_type": "Organisation_type",
    "Trust_subtype": "Organisation_subtype",
    "Trust_code": "ICB_code",
    "Trust_name": "ICB_name",
    "Trust_in_financial_deficit": "ICB_in_financial_deficit",
}
FIRST_TRUST_TYPES = TRUST_TYPES | {"mental_health_community": "Non-acute hospital trust"}  # of the first release
NON_BREAKING_SPACE = "\u00a0"
SUMMARY_IDS = {
    "OF5000": "Adjusted segment",
    "OF5002": "Average metric score",
    "OF5003": "Unadjusted segment",
    "OF5004": "Financial override",
    "OF5005": "Final segment score override",
    "OF5007": "Is the organisation in the Recovery Support Programme?",
}
PLANT_COLUMNS = ["quarter", "organisation_code", "file_kind", "published_id", "column", "right", "planted"]
PLANTED_QUARTER = 2
PLANTED_VALUES = {"OF0010": 1.3, "OF0011": 1.7, "OF0013": 1.1}  # more than later revisions of a month explain


@dataclass(frozen=True)
class NofPublication:
    """The files of a quarter: folder by month of publication, name endings, and what is odd about them."""

    month: str
    data_ending: str
    league_ending: str
    absent_benchmark: str = ""
    first: bool = False
    superseded: str = ""  # league re-issued as -v2


RELEASES = (
    NofPublication("2025-09", "data", "league-table", first=True),
    NofPublication("2025-12", "data-q2", "league-table-q2"),
    NofPublication("2026-03", "data-q3-25-26", "league-table-q3-25-26", superseded="acute"),
    NofPublication("2026-06", "data", "league-table", absent_benchmark="NA"),
)


def publications_of(framework: Framework) -> tuple[NofPublication, ...]:
    """The four releases of a year. Those of 2025/26 have the names and oddities that were seen."""
    if framework.year == SEEDED_YEAR:
        return RELEASES
    months = (quarter.published_in for quarter in framework.quarters)
    return tuple(
        NofPublication(month, f"data-{ending}", f"league-table-{ending}")
        for month, ending in zip(months, (f"q{n}-{framework.year[2:]}" for n in (1, 2, 3, 4)), strict=True)
    )


def write_releases(
    directory: Path,
    framework: Framework,
    members: Sequence[Trust],
    drawn: Sequence[QuarterValues],
    results: Sequence[QuarterResult],
    seed: int,
) -> None:
    """Write every release; data files hold the year so far, league tables the quarter. Cells that disagree are planted
    in 2025/26 alone."""
    quarters = list(zip(framework.quarters, drawn, results, strict=True))
    data = [_data_rows(framework, *quarter, members) for quarter in quarters]
    league = [_league_rows(*quarter, members) for quarter in quarters]
    earlier_values: dict[int, Row] = {}
    earlier_table: list[Row] = []
    if framework.year == SEEDED_YEAR:
        rng = np.random.default_rng([seed, 4])
        earlier_values = _earlier_values(data[PLANTED_QUARTER]["acute"], rng)
        earlier_table = _earlier_averages(league[PLANTED_QUARTER]["acute"], rng)
        plants = _plant(data[PLANTED_QUARTER], league[PLANTED_QUARTER], rng)
        (directory / "planted_disagreements.csv").write_text(csv_text([PLANT_COLUMNS, *plants], "\n"), newline="")

    for quarter, publication in zip(framework.quarters, publications_of(framework), strict=True):
        folder = directory / "nof" / publication.month
        folder.mkdir(parents=True, exist_ok=True)
        for name in framework.leagues:
            stem = f"nhs-oversight-framework-{_file_group(name, publication)}-"
            rows = [row for earlier in data[: quarter.number + 1] for row in earlier[name]]
            table = league[quarter.number][name]
            version = ""
            if name == publication.superseded:
                version = "-v2"
                _write_data(
                    folder / f"{stem}{publication.data_ending}.csv",
                    [earlier_values.get(id(row), row) for row in rows],
                    publication,
                )
                _write_league(folder / f"{stem}{publication.league_ending}.csv", earlier_table, name, publication)
            _write_data(folder / f"{stem}{publication.data_ending}{version}.csv", rows, publication)
            _write_league(folder / f"{stem}{publication.league_ending}{version}.csv", table, name, publication)


def _file_group(league: str, publication: NofPublication) -> str:
    if league == "mental_health_community" and publication.first:
        return "non-acute-hospital-trust"
    return TRUST_TYPES[league].lower().replace(" ", "-")


def _write_data(path: Path, rows: Iterable[Row], publication: NofPublication) -> None:
    header = DATA_COLUMNS
    if publication.first:
        header = DATA_COLUMNS[1:]
        rows = [_first_label(row)[1:] for row in rows]
    elif publication.absent_benchmark:
        blank = [publication.absent_benchmark] * 3
        rows = [row if row[MEDIAN] else [*row[:MEDIAN], *blank, *row[RANK:]] for row in rows]
    _write_csv(path, [header, *rows])


def _write_league(path: Path, rows: Iterable[Row], league: str, publication: NofPublication) -> None:
    header = LEAGUE_COLUMNS
    if publication.first:
        header = ["Reporting_date" if column == "Quarter" else column for column in LEAGUE_COLUMNS]
        rows = [_first_label(row) for row in rows]
        if league == "ambulance":
            header[AVERAGE_SCORE] += " colum"  # as published
    _write_csv(path, [header, *rows])


def _first_label(row: Row) -> Row:
    league = next(league for league, label in TRUST_TYPES.items() if label == row[TRUST_TYPE])
    return [*row[:TRUST_TYPE], FIRST_TRUST_TYPES[league], *row[TRUST_TYPE + 1 :]]


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    header, *others = rows
    if others[0][header.index("Trust_type")] == TRUST_TYPES[ICBS]:
        header = [ICB_HEADINGS.get(heading, heading) for heading in header]
    rows = [header, *others]
    path.write_bytes(("\ufeff" + csv_text(rows, "\r\n")).encode())


# Rows


def _number(in_hundredths: int) -> str:
    """As published: at least one decimal and no more than two, 33.0 or 9.03."""
    return str(in_hundredths / 100)


def _whole(number: int | None) -> str:
    return "" if number is None else f"{number}.0"


def _described(trust: Trust, quarter: Quarter) -> Row:
    return [
        quarter.label,
        trust.icb.region.oversight_name,
        TRUST_TYPES[trust.league],
        trust.subtype,
        trust.code,
        trust.name_in(quarter),
    ]


def _data_rows(
    framework: Framework,
    quarter: Quarter,
    values: QuarterValues,
    result: QuarterResult,
    members: Sequence[Trust],
) -> dict[str, list[Row]]:
    """The data rows of a quarter by league, ordered as published: metric, trust."""
    trusts = {trust.code: trust for trust in members if trust.exists_in(quarter)}
    described = {code: _described(trust, quarter) for code, trust in trusts.items()}
    rows: list[Row] = []

    def add(
        labels: Row, texts: Mapping[str, str], ranks: Codes | None = None, benchmarks: Mapping[str, Row] | None = None
    ) -> None:
        for code, text in texts.items():
            middle = benchmarks[trusts[code].league] if benchmarks else ["", "", ""]
            rows.append([*described[code], *labels, text, *middle, _whole(ranks[code] if ranks else None)])

    def add_raw(labels: Row, raw: Codes, higher_is_better: bool) -> Codes:
        ranks = by_league(trusts, raw, higher_is_better)
        texts = {code: _number(hundredths(value, MILLION)) for code, value in raw.items()}
        add(labels, texts, ranks, _benchmarks(trusts, raw))
        return ranks

    for metric in framework.metrics:
        labels = _metric_labels(framework, metric, quarter)
        ranks = None
        if metric.metric_id in values.values:
            ranks = add_raw(
                [*labels(metric.metric_id), metric.unit], values.values[metric.metric_id], metric.higher_is_better
            )
        if metric.metric_id in values.counts:
            add_raw([*labels(metric.metric_id), "count"], values.counts[metric.metric_id], metric.higher_is_better)
        scores = {
            code: _number(hundredths(score.numerator, score.denominator))
            for code, score in result.scores[metric.metric_id].items()
        }
        add([*labels(metric.score_id), "score"], scores, ranks)

    for domain, (title, number) in framework.domains.items():
        score_label, segment_label = f"{title} domain score", f"{title} domain segment"
        sub_domain = title if domain == "safety" and quarter.number < 2 else score_label  # the label changed
        domain_scores, segments = result.domain_scores[domain], result.domain_segments[domain]
        add(
            [title, sub_domain, f"OF40{number}", score_label, quarter.label, "score"],
            {code: _number(score) for code, score in domain_scores.items()},
            by_league(trusts, domain_scores),
        )
        add(
            [title, segment_label, f"OF41{number}", segment_label, quarter.label, "segment"],
            {code: _whole(segment) for code, segment in segments.items()},
        )
    for published_id, (unit, texts, summary_ranks) in _summary(values, result).items():
        add(["Summary", "Summary", published_id, SUMMARY_IDS[published_id], quarter.label, unit], texts, summary_ranks)

    rows.sort(key=lambda row: (row[METRIC_ID], row[TRUST_CODE], row[UNITS]))
    return {league: [row for row in rows if row[TRUST_TYPE] == label] for league, label in TRUST_TYPES.items()}


def _metric_labels(framework: Framework, metric: Metric, quarter: Quarter) -> Callable[[str], Row]:
    """Domain to reporting date, for the raw or the score id."""
    title = metric.title + NON_BREAKING_SPACE * (metric.metric_id == "OF0084")
    return lambda published_id: [
        framework.domains[metric.domain][0],
        metric.sub_domain,
        published_id,
        title,
        metric.reporting_dates[quarter.number],
    ]


def _benchmarks(trusts: Mapping[str, Trust], raw: Codes) -> dict[str, Row]:
    """Median, lower and upper quartile of the unrounded values of each league."""
    found = {}
    for league in (*LEAGUES, ICBS):
        members = [value for code, value in raw.items() if trusts[code].league == league]
        cuts = [quantile(members, n) for n in (2, 1, 3)] if members else []
        found[league] = [_number(hundredths(cut.numerator, cut.denominator * MILLION)) for cut in cuts]
    return found


def _summary(values: QuarterValues, result: QuarterResult) -> dict[str, tuple[str, dict[str, str], Codes | None]]:
    """Unit, values and ranks of the summary rows by id."""
    adjusted = result.adjusted_segments

    def whole(numbers: Codes) -> dict[str, str]:
        return {code: _whole(number) for code, number in numbers.items()}

    summary: dict[str, tuple[str, dict[str, str], Codes | None]] = {
        "OF5000": ("segment", whole(adjusted), result.league_ranks),
        "OF5002": ("score", {code: _number(n) for code, n in result.averages.items()}, result.average_ranks),
        "OF5003": ("segment", whole(result.unadjusted_segments), None),
        "OF5004": ("flag", whole({code: int(code in values.overridden) for code in adjusted}), None),
    }
    if values.programme:
        programme = {code for code, segment in adjusted.items() if segment == 4 and code in values.programme}
        final = {code: 5 if code in programme else segment for code, segment in adjusted.items()}
        summary["OF5005"] = ("segment", whole(final), None)
        summary["OF5007"] = ("flag", whole({code: int(code in programme) for code in adjusted}), None)
    return summary


def _league_rows(
    quarter: Quarter,
    values: QuarterValues,
    result: QuarterResult,
    members: Sequence[Trust],
) -> dict[str, list[Row]]:
    """The league tables of a quarter, best first."""
    tables: dict[str, list[Row]] = {league: [] for league in (*LEAGUES, ICBS)}
    trusts = [trust for trust in members if trust.exists_in(quarter)]
    for trust in sorted(trusts, key=lambda trust: (result.league_ranks[trust.code], trust.code)):
        code = trust.code
        low, high = result.average_ranges[code]
        tables[trust.league].append(
            [
                *_described(trust, quarter),
                _number(result.averages[code]),
                f"{low / 100:g} to {high / 100:g}",
                str(result.adjusted_segments[code]),
                "Yes" if code in values.overridden else "No",
                str(result.league_ranks[code]),
                "{} to {}".format(*result.rank_ranges[code]),
            ]
        )
    return tables


# Corrections and disagreements


def _shifted(text: str, by: float, highest: float = 4.0) -> str:
    """Moved by an amount, the other way where that would leave the scale."""
    value = float(text)
    return str(round(value + by if value + by <= highest else value - by, 2))


def _earlier_values(rows: Sequence[Row], rng: np.random.Generator) -> dict[int, Row]:
    """What the first version of the acute data said in a few rows, by the identity of the right row."""
    candidates = [row for row in rows if row[METRIC_ID] == "OF0025"]
    wrong = [candidates[nth] for nth in rng.permutation(len(candidates))[:3]]
    return {id(row): [*row[:VALUE], _shifted(row[VALUE], 0.4, np.inf), *row[VALUE + 1 :]] for row in wrong}


def _earlier_averages(rows: Sequence[Row], rng: np.random.Generator) -> list[Row]:
    """The first version of the acute league table, wrong in a few rows."""
    wrong = rng.permutation(len(rows))[:3].tolist()
    return [
        [*row[:AVERAGE_SCORE], _shifted(row[AVERAGE_SCORE], 0.02), *row[AVERAGE_SCORE + 1 :]]
        if nth in wrong
        else [*row]
        for nth, row in enumerate(rows)
    ]


def _plant(
    data: Mapping[str, Sequence[Row]],
    league: Mapping[str, Sequence[Row]],
    rng: np.random.Generator,
) -> list[Row]:
    """Make eight published cells of the third quarter disagree with the arithmetic, in place; say which.

    No file goes against itself, because that would stop a build: three figures are off by a hundredth, as rounding can
    make them, and two cells of a league table are not those of the data file. Three are values of the best or worst
    trust, moved away from the others so that no rank changes: they contradict the primary publications alone.
    """
    quarter_id = QUARTERS[PLANTED_QUARTER].quarter_id
    used: set[str] = set()

    def one(rows: Iterable[Row]) -> Row:
        free = [row for row in rows if row[TRUST_CODE] not in used]
        chosen = free[rng.integers(len(free))]
        used.add(chosen[TRUST_CODE])
        return chosen

    def of(name: str, published_id: str) -> list[Row]:
        return [row for row in data[name] if row[METRIC_ID] == published_id]

    def worst(name: str, published_id: str) -> Row:
        """The worst one that is free: it is far beyond the last cut point."""
        free = [row for row in of(name, published_id) if row[TRUST_CODE] not in used]
        return one([max(free, key=lambda row: (float(row[VALUE]), row[TRUST_CODE]))])

    by_value = sorted(of("acute", "OF0023"), key=lambda row: float(row[VALUE]))
    gaps = {
        row[TRUST_CODE]: min(float(row[VALUE]) - float(below[VALUE]), float(above[VALUE]) - float(row[VALUE]))
        for below, row, above in zip(by_value, by_value[1:], by_value[2:], strict=False)
    }
    clear = max(gaps, key=lambda code: (gaps[code], code))  # well away from its neighbours
    between = one(row for row in of("acute", "OF1023") if row[TRUST_CODE] == clear)
    community = "mental_health_community"
    planted = []
    for row, kind, published_id, columns, column, by, highest in (
        (between, "data", "OF1023", DATA_COLUMNS, VALUE, 0.01, 4),
        (worst(community, "OF4005"), "data", "OF4005", DATA_COLUMNS, VALUE, 0.01, 4),
        (worst(community, "OF5002"), "data", "OF5002", DATA_COLUMNS, VALUE, 0.01, 4),
        (one(league[community]), "league table", "OF5000", LEAGUE_COLUMNS, PLACE, 7, len(league[community])),
        (one(league["acute"]), "league table", "OF5002", LEAGUE_COLUMNS, AVERAGE_SCORE, 0.12, 4),
    ):
        right = row[column]
        row[column] = _shifted(right, by, highest).removesuffix(".0" if column == PLACE else "")
        planted.append([quarter_id, row[TRUST_CODE], kind, published_id, columns[column], right, row[column]])
    for metric_id, away in PLANTED_VALUES.items():
        ordered = sorted(of("acute", metric_id), key=lambda row: float(row[VALUE]))
        is_worst = ordered[0][TRUST_CODE] not in used
        row = ordered[0 if is_worst else -1]
        used.add(row[TRUST_CODE])
        right = row[VALUE]
        row[VALUE] = _shifted(right, -away if is_worst else away, np.inf)
        planted.append([quarter_id, row[TRUST_CODE], "data", metric_id, "Value", right, row[VALUE]])
    return planted
