"""The published tables: which models they are, in which order and under which key, as `meta.publish` of each says."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration import warehouse


@dataclass(frozen=True)
class PublishedTable:
    name: str
    relation: str
    description: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]


def published_tables() -> list[PublishedTable]:
    """The models whose `meta.publish` says so, with name, data type and description of every column."""
    tables = []
    for node in warehouse.manifest()["nodes"].values():
        publish = node["config"].get("meta", {}).get("publish")
        if node["resource_type"] == "model" and publish:
            tables.append(
                PublishedTable(
                    name=node["name"],
                    relation=f"{node['schema']}.{node['name']}",
                    description=node["description"],
                    key=tuple(publish["key"]),
                    order=tuple(publish["order"]),
                    columns=tuple((c["name"], c["data_type"], c["description"]) for c in node["columns"].values()),
                )
            )
    return sorted(tables, key=lambda table: table.name)
