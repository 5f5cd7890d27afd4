"""The lane of unit tests takes seconds because nothing in it imports dbt or Dagster."""

import subprocess
import sys

from orchestration.workspace.paths import PROJECT
from tests.unit.conftest import ELSEWHERE

IMPORT_ALL = f"""
import importlib, pathlib, sys
sys.modules |= dict.fromkeys({ELSEWHERE!r})
for path in pathlib.Path("tests/unit").glob("*.py"):
    importlib.import_module(f"tests.unit.{{path.stem}}")
"""


def test_no_unit_test_imports_dbt_or_dagster() -> None:
    """In a process of its own; what a test imports while it runs is refused by the lane's conftest."""
    imported = subprocess.run([sys.executable, "-c", IMPORT_ALL], cwd=PROJECT, capture_output=True, text=True)
    assert imported.returncode == 0, imported.stderr
