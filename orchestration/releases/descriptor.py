"""What we read of the files that say what a release is: `datapackage.json` and `checks.json`.

Belongs here: the fields without which a release cannot be read. Does not: what else is in them (`describe.py`)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

Number = Annotated[str, StringConstraints(pattern=r"^\d+$")]
Numbers = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class Resource(BaseModel):
    """A file of the release."""

    path: str
    type: str
    hash: str


class Source(BaseModel):
    """A file in use."""

    file_name: str
    sha256: str


class Descriptor(BaseModel):
    """`datapackage.json`."""

    version: Number
    contract_version: Numbers
    code_version: str
    code_sha256: str
    rules: dict[str, str]
    sources: list[Source]
    resources: list[Resource]


class Checks(BaseModel):
    """`checks.json`."""

    quarter: str
    checks: list[dict[str, Any]]
    files: list[dict[str, Any]]
