"""Tracing: from a published rank, link by link, to the rows of the files it came from. Rank, average, segment, the sums
of parts and the rows named are checked on the way; the rest is what `verify` builds again.

Belongs here: reading a release, and the rows it names in the store. Does not: making either, printing."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from orchestration.discovery.wording import read_matrix
from orchestration.errors import LeagueError
from orchestration.releases import search
from orchestration.releases.release import OPENLINEAGE, Release, Row
from orchestration.sources.descriptions import known_sources
from orchestration.sources.landing import InUse, rows_read_again
from orchestration.sources.recognise import headings_in
from orchestration.sources.store import Store

Place = tuple[str | None, int]  # member or sheet, and row
CODES = ("organisation_code", "trust_code", "icb_code")  # who a row is about
ANY = "any column"
ORIGINS = ("land.", "extract.", "rules.")  # where following a column ends
OF_METRICS = ("metric_parts", "metric_sources")  # shown with their metric


Reads = dict[tuple[str, str], list[tuple[str, str]]]  # the (dataset, column) pairs that each such pair reads


def trace(release: Release, store: Store, code: str, metric_id: str | None = None) -> Row:
    """What a release says of an organisation or a league, and which rows of which files say so.

    Of an organisation: `placings`, one a league, each figure worked out again from those below it; `metrics`, each
    value with its score and its sources; `tables`, all published rows about it; `columns`, the landed tables and the
    seeds that each of their columns comes from; `files` by sha256. With a metric: its value, every row of which it is
    the sum, and those rows as they stand in the stored files.

    Raises LeagueError where the release is damaged or does not add up, where it does not know the code or the metric,
    and where a row asked for is not in the store or does not say what the release has.
    """
    release.require_intact()
    frameworks = {row["league"]: row["framework"] for row in release.rows("league_coverage")}
    if code not in frameworks:
        code = _code(release, code)
    elif metric_id is not None:
        raise LeagueError(f"{code} is a league, which has tables only: --metric needs an organisation")
    tables = _subjects_rows(release, code, frameworks)
    found: Row = {"release": str(release), "state": release.standing(), "code": code, "tables": tables}
    if metric_id is not None:
        meant = metric_id.strip().casefold()
        values = [value for value in tables.get("metric_values", []) if value["metric_id"].casefold() == meant]
        if not values:
            has = sorted({value["metric_id"] for value in tables.get("metric_values", [])})
            raise LeagueError(f"{release} has no metric {metric_id} of {code}; it has {', '.join(has) or 'none'}")
        found["metrics"] = [_metric(release, value) for value in values]
        behind = {one for metric in found["metrics"] for one in (metric["score"] or {}).get("looked_up_from", ())}
        found["metrics"] += [_metric(release, v) for v in tables["metric_values"] if v["metric_id"] in behind]
        found["rows"] = list(_rows_as_stored(release, store, found["metrics"]))
        del found["tables"]
    else:
        reads = _column_reads(release)
        found["columns"] = {table: _origins(release, table, reads) for table in tables}
        found["placings"] = [
            _placing(release, row, tables.get("metric_scores", [])) for row in tables.get("league_table", [])
        ]
        found["metrics"] = [_metric(release, value) for value in tables.get("metric_values", [])]
        for metric in found["metrics"]:
            del metric["parts"]
    return {**found, "files": release.sources}


def _code(release: Release, said: str) -> str:
    """The code of the organisation that is meant: its code, a part of its name, or any code that rows are about."""
    try:
        return search.one(release, said)
    except LeagueError:
        code = said.strip().upper()
        if release.rows("organisation_sources", organisation_code=code):
            return code
        if counted := sorted({part["organisation_code"] for part in release.rows("metric_parts", code_in_file=code)}):
            raise LeagueError(
                f"{code} is neither an organisation nor a league of {release}; its rows count for {', '.join(counted)}"
            ) from None
        raise


def _subjects_rows(release: Release, code: str, frameworks: dict[str, str]) -> dict[str, list[Row]]:
    """Reads all rows on an organisation or a league, by table. A row that names neither is about every league of its
    framework; `frameworks` has that of each league."""
    found = {}
    for table, columns in release.columns.items():
        key = next((column for column in (*CODES, "league") if column in columns), None)
        if table in OF_METRICS or (key is None and code not in frameworks):
            continue
        if key is not None:
            found[table] = release.rows(table, **{key: code})
        else:
            found[table] = release.rows(table, **({"framework": frameworks[code]} if "framework" in columns else {}))
    return {table: rows for table, rows in found.items() if rows}


def _column_reads(release: Release) -> Reads:
    """Reads from the lineage in the release what each column of each dataset reads; a file of the release goes by its
    name alone."""
    reads = {}
    for line in (release.folder / OPENLINEAGE).read_text(encoding="utf-8").splitlines():
        for output in json.loads(line)["outputs"]:
            for column, lineage in output["facets"]["columnLineage"]["fields"].items():
                place = output["name"].rpartition("/")[2], column
                reads[place] = [(field["name"], field["field"]) for field in lineage["inputFields"]]
    return reads


def _origins(release: Release, table: str, reads: Reads) -> dict[str, list[str]]:
    """The landed tables and the seeds that each column of a table comes from."""
    return {column: sorted(_ends(f"{table}.parquet", column, reads)) for column in release.columns[table]}


def _ends(dataset: str, column: str, reads: Reads) -> set[str]:
    found, seen, ahead = set(), set(), [(dataset, column)]
    while ahead:
        place = ahead.pop()
        if place[0].startswith(ORIGINS):
            found.add(place[0])
        elif place not in seen:
            seen.add(place)
            ahead += reads.get(place, [])
    return found


def _placing(release: Release, row: Row, scores: list[Row]) -> Row:
    """Rank from segment and average, segment from cut points and override, average from scores and weights."""
    (about,) = release.rows("league_coverage", league=row["league"])
    placing = {**row, "league_title": release.marked(about["title"])}
    if row["rank"] is None:
        return placing
    members = release.rows("league_table", league=row["league"], ranked=True)
    before = [m for m in members if (m["segment"], m["average_score"]) < (row["segment"], row["average_score"])]
    scores = [score for score in scores if score["counted"] and score["league"] == row["league"]]
    weights = sum((score["weight"] for score in scores), Decimal())
    weighted = sum((score["weight"] * score["score_exact"] for score in scores), Decimal())
    cuts = [c for c in release.rows("segment_cut_points", framework=row["framework"]) if c["scope"] == "overall"]
    unadjusted = row["segment_unadjusted"]
    _require_equal("rank", row["rank"], 1 + len(before))
    _require_equal("average_score", row["average_score"], _mean(weighted, weights))
    _require_equal("segment before the override", unadjusted, _segment(row["average_score"], cuts))
    left = (row["financial_override"] and about["override_segment"]) or unadjusted
    _require_equal("segment", row["segment"], max(unadjusted, left))
    return {
        **placing,
        "members_ranked": len(members),
        "members_before": len(before),
        "weighted_scores": weighted,
        "weights": weights,
        "cut_points": cuts,
        "previous_files": _files_of_previous_quarter(release, row, about) if row["previous_rank"] else [],
    }


def _mean(weighted: Decimal, weights: Decimal) -> Decimal:
    """Half up to two decimals; eight first, as the SQL rounds: scores of ten decimals fall short of an exact half."""
    return (weighted / weights).quantize(Decimal("1E-8"), ROUND_HALF_UP).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _segment(average: Decimal, cuts: list[Row]) -> int:
    """A score at a cut point is in the better segment."""
    return 1 + bisect_left([cut["cut_point"] for cut in cuts], average)


def _files_of_previous_quarter(release: Release, row: Row, about: Row) -> list[str]:
    """The previous rank was worked out in the same build, from that quarter's files of the sources it has values of."""
    values = release.rows(
        "metric_sources", organisation_code=row["organisation_code"], value_basis=about["value_basis"]
    )
    used = release.files_in_use()
    files = used[used["quarter"].notna() & (used["quarter"] != row["quarter"])]
    return sorted(set(files.loc[files["source_id"].isin({v["source_id"] for v in values}), "source_sha256"]))


def _metric(release: Release, value: Row) -> Row:
    """A metric value with its score, where it is the one that is scored, its sources and its parts."""
    key = {"organisation_code": value["organisation_code"], "metric_id": value["metric_id"]}
    basis = {"value_basis": value["value_basis"]}
    guide = "metric_guide" if "metric_guide" in release.tables else None  # not in a release of an earlier contract
    titles = release.rows(guide, metric_id=value["metric_id"]) if guide else []
    scores = release.rows("metric_scores", **key, **basis)
    parts = release.rows("metric_parts", **key) if value["value_basis"] == "computed" else []
    for figure in ("numerator", "denominator") if parts else ():
        summed = [part[figure] for part in parts if part[figure] is not None]
        _require_equal(f"{figure} of {value['metric_id']}", value[figure], sum(summed) if summed else None)
    if scores and scores[0]["score_basis"] == "recovered":
        scores[0]["other_sizes_that_fit"] = _other_sizes(release, value["metric_id"], scores[0])
    if scores and scores[0]["score_basis"] == "computed" and (pair := _pair(release, scores[0])):
        scores[0]["looked_up_from"] = pair
    return {
        **value,
        "title": titles[0]["title"] if titles else None,
        "score": scores[0] if scores else None,
        "sources": release.rows("metric_sources", **key, **basis),
        "parts": parts,
    }


def _pair(release: Release, score: Row) -> dict[str, Decimal]:
    """The two scores, by metric, that meet in the cell of a matrix where a score is looked up."""
    if "metric_id" not in release.columns.get("framework_rules", ()):  # of an earlier contract
        return {}
    rules = release.rows("framework_rules", league=score["league"])
    metrics = {rule["published_id"]: rule["metric_id"] for rule in rules}
    of = {"league": score["league"], "organisation_code": score["organisation_code"]}
    return {
        row["metric_id"]: row["score"]
        for rule in rules
        if (rule["rule"], rule["metric_id"]) == ("matrix", score["metric_id"])
        for published_id in read_matrix(rule["found"])
        if published_id in metrics
        for row in release.rows("metric_scores", **of, metric_id=metrics[published_id])
    }


def _other_sizes(release: Release, metric_id: str, score: Row) -> str | None:
    """The sizes of its population that the published scores fit as well, of no more members than there are. The size,
    and the rank in it, are then one reading of several."""
    if "metric_id" not in release.columns.get("framework_rules", ()):  # of an earlier contract
        return None
    rules = release.rows("framework_rules", rule="population_size", metric_id=metric_id)
    own = [rule for rule in rules if rule["league"] == score["league"] and rule["low"] == score["population_size"]]
    sizes = release.rows("population_sizes_recovered", metric_id=metric_id, population=score["population"])
    others = sizes[0]["sizes_that_fit"] - 1 if own and sizes else 0
    if others < 1:
        return None
    # Sizes rise from the one in force. Of several leagues, what fits one need not fit the others.
    named = own[0]["alternatives"].partition(" and ")[0].split(", ")[:others] if len(rules) == 1 else []
    unnamed = [f"{others - len(named)} more"] if others > len(named) else []
    return " and ".join(filter(None, [", ".join(named), *unnamed]))


def _rows_as_stored(release: Release, store: Store, metrics: list[Row]) -> Iterator[Row]:
    """The rows that metric values came from, every cell under its published heading, read from the stored files."""
    said: dict[str, dict[Place, dict[str, str]]] = {}  # what each row must say, by file, place and column
    for metric in metrics:
        for number, figure in (("source_row", "value"), ("published_score_row", "published_score")):
            if metric[number] is not None:
                expected = {"_code": metric["organisation_code"]}
                if metric[figure] is not None:
                    expected["value"] = str(metric[figure])
                said.setdefault(metric["source_sha256"], {})[metric["source_member"], metric[number]] = expected
        for part in metric["parts"]:
            place = part["source_member"], part["source_row"]
            said.setdefault(part["source_sha256"], {})[place] = {ANY: part["code_in_file"]}
    used = release.files_in_use().drop_duplicates("source_sha256").astype(object)
    files = used.where(used.notna(), None).set_index("source_sha256", drop=False).to_dict("index")
    for sha256, places in said.items():
        file = files[sha256]
        source = known_sources()[file["source_id"]]
        try:
            headings = headings_in(store.get(sha256), file["source_member"], source, file["file_name"])
            rows = rows_read_again(source, InUse(*[file[name] for name in InUse._fields]), set(places), store)
        except LeagueError as error:
            raise LeagueError(f"{file['file_name']}: {error}") from error
        found: dict[Place, list[Row]] = defaultdict(list)  # a row with a figure of many kinds is landed once for each
        for landed in rows.to_dict("records"):
            found[landed["_source_member"] or None, int(landed["_source_row"])].append(
                {str(column): text for column, text in landed.items()}
            )
        for place, expected in places.items():
            row = {column: "; ".join(texts) for column, texts in _texts(found[place]).items()}
            for column, figure in expected.items():
                texts = row.values() if column == ANY else [row.get(column, "")]
                if _plain(figure) not in map(_plain, texts):
                    where = ", ".join(filter(None, [file["file_name"], place[0], f"row {place[1]}"]))
                    raise LeagueError(f"{where}: does not say {figure}, which the release has from it")
            cells = {heading: row[name] for name, heading in headings.items() if name in row}
            yield {"source_sha256": sha256, "source_member": place[0], "source_row": place[1], "cells": cells}


def _texts(rows: list[Row]) -> dict[str, list[str]]:
    """The texts of each column, once where all rows say the same."""
    found = {column: [row[column] for row in rows if isinstance(row[column], str)] for column in (rows or [{}])[0]}
    return {column: texts[:1] if len(set(texts)) == 1 else texts for column, texts in found.items() if texts}


def _plain(text: str) -> str:
    """A number without the zeros that do not count, any other text without blanks around it."""
    try:
        return f"{Decimal(text.strip()).normalize():f}"
    except InvalidOperation:
        return text.strip()


def _require_equal(what: str, published: Any, again: Any) -> None:
    if published != again:
        raise LeagueError(f"{what}: the release has {published}, its own figures give {again}")
