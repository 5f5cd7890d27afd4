"""The audit pack: one static HTML page a release, to be read on screen or on paper without anything else.

Belongs here: gathering what a bundle and the rules recorded in it say, and rendering it. Does not: any figure, rule or
check of its own; how the page looks (`audit_page.html.j2`)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.quality import suites
from orchestration.releases import pictures
from orchestration.releases.pictures import Relation
from orchestration.releases.release import Release, Row, came
from orchestration.sources.descriptions import known_sources
from orchestration.warehouse import manifest
from orchestration.workspace.paths import PROJECT, SEEDS, Workspace
from orchestration.workspace.seeds import seed_rows

NAME = "audit.html"
HEAD = 20  # rows that the page has of each table of insight
FINDER = Path(__file__).with_name("audit_page.js")
TABLES = (
    "domain_league_table",
    "framework_rules",
    "league_coverage",
    "league_table",
    "metric_league_table",
    "metric_scores",
    "metric_sources",
    "metric_values",
    "rank_robustness",
    "reconciliation",
    "release_contradictions",
    "segment_cut_points",
)
STATUSES = ("agrees", "agrees_by_construction", "explained", "unexplained")
LABELS = {
    "official": "read in the official text",
    "verified": "reproduces published figures",
    "discovered": "read from the figures of the release itself",
    "inferred": "fits what is published, and is nowhere stated",
    "background": "shown beside the framework, not scored by it",
    "experimental": "ours",
    "unknown": "a guess that nothing published confirms",
}
GATES = {
    "land": "Before anything is typed: shape of every landed value, keys, ranges of scores, segments and flags.",
    "stage_metric": "Control totals of every publication, no row lost, keys, references, summary rows of every trust.",
    "metric": "Before anything is scored: known codes, complete spine, plausible ranges, provenance.",
    "score_rank": "The arithmetic done another way: percent_rank, domain means, positions, counting the better.",
    "rank": "Before anything is published: keys, ranges, overrides that only make worse, official figures reproduced.",
    "insight": "Before our own tables are published: keys, ranges, nothing that an official rank is made of.",
}


def page(release: Release, sure: list[dict[str, str]]) -> str:
    """Renders the page of a release whose tables and checks.json are written. `sure` says how sure the ranks are, one
    row a ranked league."""
    package, results = release.package, release.checks
    tables = {name: release.rows(name) for name in TABLES}
    organisations = _organisations(tables)
    checks = sorted(results["checks"], key=lambda check: (check["passed"], check["id"]))
    rules = _rules(results["quarter"], package.get("rescored_under"))
    everything = relations()
    script = FINDER.read_text(encoding="utf-8")
    return template().render(
        quarter=results["quarter"],
        package=package,
        release=f"{release.shelf(Workspace(Path('data'))).as_posix()}/v{release.version}",
        sure=sure,
        tables=tables,
        left_out=_left_out(results["files"]),
        parts={sha256: _parts(results["files"], sha256) for sha256 in {s["sha256"] for s in package["sources"]}},
        gates=[_gate(name, what, checks) for name, what in GATES.items()],
        expected=_expected(),
        failed=[check for check in checks if not check["passed"]],
        checks=checks,
        waivers=results["waivers"],
        evidence=results["evidence"],
        rules=rules,
        in_force={(row["metric_id"], row["measure"]) for row in release.rows("rules_in_force")},
        labels=_labels(rules, tables),
        meanings=LABELS,
        statuses=STATUSES,
        reconciled=_reconciled(tables["reconciliation"], organisations),
        organisations=organisations,
        explained=_counted(row for row in tables["reconciliation"] if row["status"] == "explained"),
        relations=everything,
        titles={row["metric_id"]: row["metric_title"] for row in tables["metric_league_table"]},
        leagues=list(_leagues(tables, package["sources"])),
        insight=list(_insight(release)),
        head=HEAD,
        script=Markup(script),  # noqa: S704 - our own file
        script_sha256=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        picture=Markup(pictures.lineage(everything)),  # noqa: S704 - drawn from our own names, escaped there
    )


@cache
def template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: "\N{EN DASH}" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"breakable": _breakable, "came": came, "hash": _hash, "number": _number}
    return environment.get_template("audit_page.html.j2")


@cache
def relations() -> list[Relation]:
    """Every table from the files to the release, with what it reads, in the order in which data flows."""
    found = [Relation(name, manifest.description_of_source(name)) for name in ("extract.build", "extract.files")]
    found += [
        Relation(f"land.{source.id}", f"{source.title}, every value text as published.", ("extract.files",))
        for source in known_sources().values()
    ]
    for model in manifest.models():
        read = sorted(model.reads)
        found.append(
            Relation(
                model.relation,
                model.description,
                tuple(name for name in read if not name.startswith("rules.")),
                tuple(name.removeprefix("rules.") for name in read if name.startswith("rules.")),
                published=model.published is not None,
            )
        )
    bundle = tuple(sorted(relation.name for relation in found if relation.published))
    found.append(Relation("publish.release", "The bundle that this page is part of.", bundle))
    return pictures.in_order_of_flow(found)


def _leagues(tables: dict[str, list[Row]], sources: list[Row]) -> Iterator[Row]:
    """The ranked leagues, each with its organisations in order, and of these the domains and the metrics."""
    names = {source["sha256"]: source["file_name"] for source in sources}
    places = {(row["league"], row["organisation_code"]): row for row in tables["league_table"]}
    values = {(row["organisation_code"], row["metric_id"], row["value_basis"]): row for row in tables["metric_values"]}
    counted: Counter[tuple[str, str]] = Counter()
    for row in tables["metric_sources"]:
        if row["value_basis"] == "computed":
            counted[row["organisation_code"], row["metric_id"]] += row["rows_counted"]
    domains, metrics = _by_organisation(tables["domain_league_table"]), _by_organisation(tables["metric_scores"])
    for league in tables["league_coverage"]:
        if not league["published"]:
            continue
        members = []
        for row in tables["rank_robustness"]:
            if row["league"] == league["league"]:
                code, member = row["organisation_code"], (row["league"], row["organisation_code"])
                own = [metric for metric in metrics.get(member, []) if metric["score"] is not None]
                for metric in own:
                    value = values[code, metric["metric_id"], metric["value_basis"]]
                    rows = counted[code, metric["metric_id"]]
                    metric["comes_from"] = (
                        f"{Path(names[value['source_sha256']]).name}, row {value['source_row']}"
                        if metric["value_basis"] == "published"
                        else f"{_number(rows)} rows counted"
                    )
                scored = [domain for domain in domains.get(member, []) if domain["domain_score"] is not None]
                members.append({**places[member], **row, "domains": scored, "metrics": own})
        yield {**league, "members": members}


def _insight(release: Release) -> Iterator[Row]:
    """Each table of insight that has rows, with what it is for, and the columns of it that people look at first."""
    for name, table in release.tables.items():
        if table.get("shown") and (count := release.count(name)):
            numbers = {field["name"] for field in table["schema"]["fields"] if field["type"] in ("integer", "number")}
            heads = [f"#{column}" if column in numbers else column for column in table["shown"]]
            rows = release.rows(name, HEAD)
            yield {"name": name, "description": table["description"], "heads": heads, "count": count, "rows": rows}


def _by_organisation(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["league"], row["organisation_code"]), []).append(row)
    return found


def _gate(name: str, what: str, checks: list[Row]) -> Row:
    own = [check for check in checks if check["gate"] == name]
    return {
        "name": name,
        "what": what,
        "checks": own,
        "critical": sum(check["severity"] == "critical" for check in own),
        "warning": sum(check["severity"] == "warning" for check in own),
        "passed": sum(check["passed"] for check in own),
        "failed": sum(not check["passed"] for check in own),
        "waived": sum(check["waiver"] is not None for check in own),
    }


def _expected() -> dict[str, str]:
    """What each expectation of the suites asks for, in words, by the id of its check."""
    return {
        f"{suite.name}.{expectation['meta']['id']}": expectation["meta"]["expected"]
        for gate in GATES
        for suite in suites.suites(gate)
        for expectation in suite.expectations
    }


def _parts(files: list[Row], sha256: str) -> list[Row]:
    return [file for file in files if file["source_sha256"] == sha256 and file["status"] == "used"]


def _left_out(files: list[Row]) -> list[Row]:
    """Every file of which something was not used, with the parts that were not."""
    used = {file["source_sha256"] for file in files if file["status"] == "used"}
    found: dict[tuple[str, str], Row] = {}
    for file in files:
        if file["status"] != "used":
            key = (file["file_name"], file["source_sha256"])
            found.setdefault(key, {**file, "parts": [], "used_in_part": key[1] in used})["parts"].append(file)
    return list(found.values())


def _rules(quarter: str, rescored_under: str | None) -> list[Row]:
    """Every seed with its rows in force: of the frameworks and, where a rule is of one quarter, of the quarter."""
    described = {seed.name: seed.description for seed in manifest.seeds()}
    seeds = {path: seed_rows(path.stem) for path in sorted(SEEDS.glob("*.csv"))}
    frameworks = {row["framework"] for row in seeds[SEEDS / "quarter_frameworks.csv"] if row["quarter"] == quarter}
    frameworks = {rescored_under} if rescored_under else frameworks
    found = []
    for path, rows in ((path, rows) for path, rows in seeds.items() if rows):
        in_force = [
            row
            for row in rows
            if row.get("framework", "") in {"", *frameworks} and row.get("quarter", quarter) == quarter
        ]
        filled = [name for name in rows[0] if any(row[name] for row in in_force)]
        found.append(
            {
                "name": path.stem,
                "description": described[path.stem],
                "path": path.relative_to(PROJECT).as_posix(),
                "heads": [f"#{name}" if all(_is_number(row[name]) for row in in_force) else name for name in filled],
                "rows": in_force,
                "labelled": "label" in rows[0],
            }
        )
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"(-?\d+(\.\d+)?)?", text) is not None


def _labels(rules: list[Row], tables: dict[str, list[Row]]) -> list[tuple[str, int, int]]:
    """Of each label: how many rules in force carry it, and how many scores of the release."""
    of_rules = Counter(row["label"] for seed in rules if seed["labelled"] for row in seed["rows"])
    of_rules.update(row["label"] for row in tables["framework_rules"] if row["origin"] == "release")
    of_scores = Counter(row["label"] for row in tables["metric_scores"] if row["score"] is not None)
    return [(label, of_rules[label], of_scores[label]) for label in LABELS]


def _organisations(tables: dict[str, list[Row]]) -> dict[str, tuple[str, str]]:
    """League and name of every organisation of the league table, by its code; of an ICB in two leagues the one that has
    official figures."""
    rows = sorted(tables["league_table"], key=lambda row: row["framework_status"] != "experimental")
    return {row["organisation_code"]: (row["league"], row["organisation_name"]) for row in rows}


def _reconciled(rows: list[Row], organisations: dict[str, tuple[str, str]]) -> list[tuple[str, str, Counter[str]]]:
    """League, measure, and how many figures have each status."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        league, _ = organisations.get(row["organisation_code"], ("in no league", ""))
        found.setdefault((league, row["measure"]), Counter())[row["status"]] += 1
    return [(*key, found[key]) for key in sorted(found)]


def _counted(rows: Iterable[Row]) -> list[tuple[str, str, int]]:
    kinds = Counter((row["measure"], row["explanation"] or "") for row in rows)
    return [(*kind, kinds[kind]) for kind in sorted(kinds)]


def _breakable(text: str) -> Markup:
    """A name that may wrap where a person would break it."""
    return Markup("<wbr>").join(re.split(r"(?<=[_./-])(?=[A-Za-z0-9])", text))


def _hash(sha256: str) -> Markup:
    """A sha256 that wraps in four groups, and is whole when copied."""
    return Markup("<wbr>").join(sha256[start : start + 16] for start in range(0, len(sha256), 16))


def _number(value: int) -> str:
    """An integer with its thousands apart."""
    return f"{value:,}"
