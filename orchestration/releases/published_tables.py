"""The published tables: which models they are, in which order and under which key, as `meta.publish` of each says."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.warehouse import manifest


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
    tables = [
        PublishedTable(
            name=model.name,
            relation=model.relation,
            description=model.description,
            key=model.published.key,
            order=model.published.order,
            columns=tuple((column.name, column.data_type, column.description) for column in model.columns),
        )
        for model in manifest.models()
        if model.published
    ]
    return sorted(tables, key=lambda table: table.name)
