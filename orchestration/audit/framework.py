"""The rules of a release, and what changed between those of two.

Belongs here: reading `framework_rules` and its companions, comparing them. Does not: finding rules (`discovery`), rows
of seeds (`proposal.py`), printing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from orchestration.discovery.wording import Bounds, read_bands, read_cuts, read_matrix, read_weights
from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.release import Release, Row

WHOLE = ("league", "overall")  # what a rule is about that is of no domain and no metric
OF_SEVERAL_QUARTERS = {"fixed_cut_points"}  # a finding that compares quarters is no rule of one


@dataclass(frozen=True)
class Change:
    """A rule that is another in the second release; one side is empty where it is new or gone. Without a rule it is the
    league, the domain or the metric that is."""

    league: str
    about: str
    rule: str
    before: str
    after: str


def rules(release: Release, metric_id: str | None = None) -> list[Row]:
    """Every rule that a release shows, or those of a metric, each with the title of its metric and its files. Those of
    the league come first, then those of domains, last those of metrics.

    Raises LeagueError where the release is damaged or has no such rules, and where it does not know the metric."""
    release.require_intact()
    found = found_rules(release)
    titles = {row["metric_id"]: row["metric_title"] for row in release.rows("metric_league_table")}
    files = _files(release)
    told = [{**row, "title": titles.get(row["metric_id"]), "files": files.get(row["league"], [])} for row in found]
    told.sort(key=lambda row: (row["league"], _place(row), row["metric_id"] or row["subject"], row["rule"]))
    if metric_id is None:
        return told
    of_it = [row for row in told if metric_id in (row["metric_id"], row["published_id"])]
    if not of_it:
        known = ", ".join(sorted({row["metric_id"] for row in found if row["metric_id"]}))
        raise LeagueError(f"{release} has no rule of {metric_id}: its metrics are {known}")
    return of_it


def _place(row: Row) -> int:
    if row["metric_id"]:
        return len(WHOLE) + 1
    return WHOLE.index(row["subject"]) if row["subject"] in WHOLE else len(WHOLE)


def found_rules(release: Release) -> list[Row]:
    """The table of rules. Raises LeagueError where the release has none."""
    if "metric_id" not in release.columns.get("framework_rules", ()):
        raise LeagueError(f"{release} does not say its rules: build the quarter again")
    found = release.rows("framework_rules")
    if not found:
        raise LeagueError(f"{release} was made without an oversight release: no published figure shows a rule")
    return found


def _files(release: Release) -> dict[str, list[str]]:
    """The data files in use of the quarter, by league."""
    used = release.files_in_use()
    used = used[(used["source_id"] == "nof_data") & (used["quarter"] == release.quarter)]
    return {str(league): sorted(set(rows["file_name"])) for league, rows in used.groupby("part")}


def compare(before: Release, after: Release) -> list[Change]:
    """What changed from one release to the other: leagues, metrics, and each rule that cannot be the same.

    Bounds that overlap are no change: one standard or cut point fits both. Raises LeagueError where one of them is
    fictional and the other real."""
    shelf.require_same_kind(before, after)
    old, new = (_by_league(release) for release in (before, after))
    changes: list[Change] = []
    for league in sorted(old.keys() | new.keys()):
        if league not in old or league not in new:
            sides = ("", "the league") if league in new else ("the league", "")
            changes.append(Change(league, "", "", *sides))
            continue
        changes += _changes(league, old[league], new[league])
    return changes


def _changes(league: str, old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> Iterator[Change]:
    for about in sorted([*new, *(gone for gone in old if gone not in new)], key=lambda one: one in old and one in new):
        if about not in old or about not in new:
            told = _in_short((new if about in new else old)[about])
            yield Change(league, about, "", *(("", told) if about in new else (told, "")))
            continue
        for rule in sorted(old[about].keys() | new[about].keys()):
            was, now = old[about].get(rule, ""), new[about].get(rule, "")
            if was != now and not (was and now and _may_be_one(rule, was, now)):
                yield Change(league, about, rule, was, now)


def _in_short(told: dict[str, str]) -> str:
    """What a metric or a domain is, in one line."""
    if "title" not in told:
        return f"domain with cut points {told.get('cut_points', 'none')}"
    weight = "not counted" if told["weight"] == "0" else f"weight {told['weight']}"
    return f"{told['title']}: {told.get('domain', 'no domain')}, {told['scoring_rule']}, {weight}"


def _by_league(release: Release) -> dict[str, dict[str, dict[str, str]]]:
    """What each metric, domain and league goes by: league, what it is about, kind of rule."""
    told: dict[str, dict[str, dict[str, str]]] = {}
    for row in (row for row in rules(release) if row["rule"] not in OF_SEVERAL_QUARTERS):
        of_league = told.setdefault(row["league"], {})
        about = of_league.setdefault(row["metric_id"] or row["subject"], {})
        if row["metric_id"]:
            about["title"] = row["title"] or row["metric_id"]
        if row["rule"] == "domain_score":  # its metrics and their weights are rules of their own
            about["published_id"] = row["published_id"] or ""
        elif row["rule"] == "matrix":
            cells = matrix_cells(release, row)
            about[row["rule"]] = ", ".join(f"{one}+{other}: {score}" for (one, other), score in sorted(cells.items()))
        elif row["rule"] in ("standard", "floor"):
            about[row["rule"]] = f"{plain(row['low'])} to {plain(row['high'])}"
        else:
            about[row["rule"]] = row["found"]
    for (league, metric_id), domain in domains_of_metrics(release).items():
        told[league][metric_id]["domain"] = domain
    return told


def domains_of_metrics(release: Release) -> dict[tuple[str, str], str]:
    """The title of the domain that each metric counts in, by league and metric."""
    found = found_rules(release)
    metric_of = {(row["league"], row["published_id"]): row["metric_id"] for row in found if row["metric_id"]}
    return {
        (row["league"], metric_of[row["league"], score_id]): row["subject"]
        for row in found
        if row["rule"] == "domain_score"
        for score_id, _ in read_weights(row["found"])
    }


def matrix_cells(release: Release, rule: Row) -> dict[tuple[Decimal, Decimal], Decimal]:
    """The score that each pair of scores has in the release."""
    row, column = matrix_of(release, rule)
    scores: dict[str, dict[str, Decimal]] = {}
    for metric_id in (rule["metric_id"], row, column):
        found = release.rows("metric_scores", metric_id=metric_id, league=rule["league"], quarter=rule["quarter"])
        scores[metric_id] = {one["organisation_code"]: one["score"] for one in found if one["score"] is not None}
    combined, rows, columns = scores.values()
    cells = {(rows[code], columns[code]): score for code, score in combined.items() if code in rows and code in columns}
    return {(_whole(one), _whole(other)): _whole(score) for (one, other), score in cells.items()}


def matrix_of(release: Release, rule: Row) -> tuple[str, str]:
    """The two metrics whose scores a matrix combines."""
    by_score = {row["published_id"]: row["metric_id"] for row in found_rules(release) if row["metric_id"]}
    row, column = read_matrix(rule["found"])
    return by_score[row], by_score[column]


def _whole(score: Decimal) -> Decimal:
    return score.to_integral_value() if score == score.to_integral_value() else score


def plain(number: Decimal | None) -> str:
    """A number without the zeros that end its decimals; `none` where there is none."""
    return "none" if number is None else f"{number.normalize():f}"


# Bounds: what is found is seldom a number, mostly an interval that a rule lies in


def _ends(text: str) -> Bounds:
    low, high = (None if end == "none" else Decimal(end) for end in text.split(" to "))
    return low, high


def _may_be_one(rule: str, was: str, now: str) -> bool:
    """Whether two findings that differ can be of the same rule."""
    if rule == "cut_points":
        return all(_overlap(one, other) for one, other in zip(read_cuts(was), read_cuts(now), strict=True))
    if rule in ("standard", "floor"):
        return _overlap(_ends(was), _ends(now))
    if rule == "bands":
        pairs = product(read_bands(was), read_bands(now))
        return not any(a[0] != b[0] and a[1] <= b[2] and b[1] <= a[2] for a, b in pairs)
    if rule == "matrix":
        old, new = (dict(cell.split(": ") for cell in cells.split(", ")) for cells in (was, now))
        return all(new.get(pair, score) == score for pair, score in old.items())
    return False


def _overlap(one: Bounds, other: Bounds) -> bool:
    """Whether a number lies between the ends of both; an end that is not known is open."""
    lows = [low for low, _ in (one, other) if low is not None]
    highs = [high for _, high in (one, other) if high is not None]
    return not lows or not highs or max(lows) < min(highs)
