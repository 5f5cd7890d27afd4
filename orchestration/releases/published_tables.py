"""The published tables: which models they are, in which order and under which key, as `meta.publish` of each says."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.warehouse import manifest

CODE, NAME = "organisation_code", "organisation_name"
ORGANISATIONS = "metric.organisation_guide"  # one row a quarter and code; an ICB may be in two leagues


@dataclass(frozen=True)
class PublishedTable:
    """A model with its columns. Where it has codes of organisations without their names, the names are added."""

    name: str
    relation: str
    description: str
    key: tuple[str, ...]
    primary_key: tuple[str, ...]
    order: tuple[str, ...]
    shown: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    names_added: bool

    @property
    def ordered(self) -> str:
        """The order of its rows, as SQL has it."""
        return ", ".join(f"{column} nulls last" for column in self.order)

    def origin(self, column: str) -> str:
        """The relation that a column is of."""
        return ORGANISATIONS if self.names_added and column == NAME else self.relation


def published_tables() -> list[PublishedTable]:
    """The models whose `meta.publish` says so, with name, data type and description of every column."""
    models = {model.relation: model for model in manifest.models()}
    name = next(column for column in models[ORGANISATIONS].columns if column.name == NAME)
    tables = []
    for model in models.values():
        if model.published is None:
            continue
        columns = list(model.columns)
        names = [column.name for column in columns]
        if names_added := CODE in names and NAME not in names:
            columns.insert(names.index(CODE) + 1, name)
        tables.append(
            PublishedTable(
                name=model.name,
                relation=model.relation,
                description=model.description,
                key=model.published.key,
                primary_key=model.published.primary_key,
                order=model.published.order,
                shown=model.published.shown,
                columns=tuple((column.name, column.data_type, column.description) for column in columns),
                names_added=names_added,
            )
        )
    return sorted(tables, key=lambda table: table.name)
