"""YAML files that people write: read as pydantic models, and refused with one plain message.

Belongs here: how such a file is read and what a refusal says, of a YAML file and of any other that is read as a model.
Does not: what is in one. Each model stands beside the code that uses it (`sources/descriptions.py`,
`quality/waivers.py`, `operations/dependencies.py`, `releases/descriptor.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from orchestration.errors import LeagueError

NOT_BLANK = r"\S"
Text = Annotated[str, StringConstraints(pattern=NOT_BLANK)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]  # YAML has lists, no tuples


class Entry(BaseModel):
    """What somebody wrote. A key that is not a field is an error, and no value is turned into another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises LeagueError where it is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise LeagueError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None


def list_of(path: Path, key: str) -> list[Any]:
    """Read the list that a YAML file holds under its only key. Raises LeagueError on any other file."""
    document = read_yaml(path)
    if not isinstance(document, dict) or set(document) != {key} or not isinstance(document[key] or [], list):
        raise LeagueError(f"{path.name}: found {document!r:.100}; expected {key}: and a list")
    return document[key] or []


def parse(model: type[ModelT], written: Any, place: str, error: type[LeagueError] = LeagueError) -> ModelT:
    """Make a model of what was written at a place. Raises the error, which names the place and every field that is
    missing, unknown or wrong, with what was found and what was expected."""
    try:
        return model.model_validate(written)
    except ValidationError as invalid:
        raise error(f"{place}: {'; '.join(map(_fault, invalid.errors()))}") from None


def _fault(one: ErrorDetails) -> str:
    field = ".".join(map(str, one["loc"]))
    expected = one["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    match one["type"]:
        case "missing":
            return f"{field} is missing"
        case "extra_forbidden":
            return f"{field} is no field known here"
        case "value_error":  # of a rule of ours, which says what it found
            return f"{field}: {expected}" if field else expected
        case "model_type":
            expected = "a list of fields"
        case "string_pattern_mismatch":
            pattern = one["ctx"]["pattern"]
            expected = "text that is not blank" if pattern == NOT_BLANK else f"text of the form {pattern}"
    return f"{field + ': ' if field else ''}found {one['input']!r:.100}; expected {expected}"
