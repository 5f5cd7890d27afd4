"""Skips what needs Spark where it is not installed."""

import pytest

from orchestration.errors import LeagueError
from orchestration.warehouse import spark


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    try:
        spark.require()
    except LeagueError as error:
        pytest.skip(str(error))
