"""What the Dagster UI shows of tables, checks and releases.

Belongs here: metadata, previews, column lineage as Dagster has it. Does not: which asset shows what (`assets.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dagster as dg
import pandas as pd

from orchestration.quality.checks import Check
from orchestration.releases import audit_page, pictures, publish
from orchestration.releases.published_tables import published_tables
from orchestration.warehouse.column_lineage import all_lineage
from orchestration.workspace.paths import Build

PREVIEW_ROWS, BAR = 10, 30
MARK = "\n• "  # before a line that is not the first
STATE = "state"  # of a release: as it was made, on the page of its partition what somebody decided in the UI since


def table_metadata(connection: Any, key: dg.AssetKey) -> dict[str, Any]:
    """A table of the warehouse, by its asset: its size, first rows and the lineage of its columns."""
    table = connection.table(".".join(key.path))
    shown: dict[str, Any] = {"dagster/row_count": table.shape[0], "preview": preview(table.limit(PREVIEW_ROWS).df())}
    if key.path[-1] in all_lineage():
        shown["dagster/column_lineage"] = column_lineage(key.path[-1])
    return shown


def check_result(asset_key: dg.AssetKey, name: str, check: Check, build: Build) -> dg.AssetCheckResult:
    """A check as Dagster shows it; neither a warning nor a waived failure blocks. It names its quarters: checks with
    partitions are a preview in Dagster, which no test of dbt and no run of several quarters can have."""
    blocks = check.severity == "critical" and check.waiver is None
    severity = dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=name,
        passed=check.passed,
        severity=severity,
        metadata={
            "quarters": str(build),
            "id": check.id,
            "reason": check.reason,
            "unexpected": check.unexpected,
            "examples": listed(check.examples),
            "waiver": check.waiver or "none",
        },
    )


def release_metadata(made: publish.Published) -> dict[str, Any]:
    """A release: what there is to decide on, its leagues and its pictures."""
    release, ranked = made.release, made.release.table("league_table").query("ranked")
    warnings = pd.DataFrame(
        [{"check": check["id"], "rows": check["unexpected"], "reason": check["reason"]} for check in release.warnings],
        columns=["check", "rows", "reason"],
    )
    return {
        STATE: release.standing(),
        "path": dg.MetadataValue.path(str(release)),
        "audit_page": dg.MetadataValue.path(str(release.folder / audit_page.NAME)),
        "package_sha256": release.package_sha256(),
        "version": release.version,
        "created": made.created,
        "synthetic": release.synthetic,
        "content_sha256": release.content_sha256(),
        "dagster/column_lineage": published_columns(),
        "organisations_ranked": len(ranked),
        "checks_failed": len(warnings),
        "warnings": as_table(warnings),
        **{f"league_{league}": preview(_league(rows)) for league, rows in ranked.groupby("league")},
        **{
            f"plot_{picture.stem}": dg.MetadataValue.md(pictures.as_markdown(picture.read_bytes()))
            for picture in sorted(release.folder.glob("*.svg"))
        },
    }


def _league(ranked: pd.DataFrame) -> pd.DataFrame:
    """A league as people look at it first: who stands where, and how far that could be otherwise."""
    places, of = ranked[["rank", "rank_low", "rank_high"]].astype(int), len(ranked)
    return pd.DataFrame(
        {
            "rank": places["rank"],
            "code": ranked["organisation_code"],
            "name": ranked["organisation_name"],
            "likely range": places["rank_low"].astype(str) + " to " + places["rank_high"].astype(str),
            "in the league": [bar(rank, low, high, of) for rank, low, high in places.to_numpy()],
            "average score": ranked["average_score"],
            "segment": ranked["segment"].astype(int),
        }
    )


def as_table(frame: pd.DataFrame) -> dg.TableMetadataValue:
    """A table as the UI has it. Not Markdown: a name from outside would bring links and pictures along."""
    names = [str(name) for name in frame.columns]
    rows = frame.astype("string").fillna("").itertuples(index=False)
    return dg.MetadataValue.table(
        [dg.TableRecord(dict(zip(names, row, strict=True))) for row in rows],
        dg.TableSchema([dg.TableColumn(name) for name in names]),
    )


def preview(frame: pd.DataFrame) -> dg.TableMetadataValue:
    return as_table(frame.head(PREVIEW_ROWS))


def listed(lines: Iterable[str]) -> str:
    """Lines with a mark between them, since Dagster shows them as one. It would fold a list or a table away."""
    return MARK.join(lines)


def bar(place: int, low: int, high: int, of: int) -> str:
    """A rank in its likely range as text, which Dagster shows where it shows no picture: `─────●━━━━━───`."""
    at, left, right = (round((rank - 1) * (BAR - 1) / max(of - 1, 1)) for rank in (place, low, high))
    return "".join("●" if x == at else "━" if left <= x <= right else "─" for x in range(BAR))


def column_lineage(model: str) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey([layer, table]), name) for layer, table, name in sources]
            for column, sources in all_lineage()[model].items()
        }
    )


def published_columns() -> dg.TableColumnLineage:
    """Every column of the release, `table.column`, and the model it is of; from there on the models have their own."""
    return dg.TableColumnLineage(
        {
            f"{table.name}.{name}": [dg.TableColumnDep(dg.AssetKey(table.origin(name).split(".")), name)]
            for table in published_tables()
            for name, _, _ in table.columns
        }
    )
