"""CONTRIBUTING.md sends nobody to a file that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TO_BE_MADE = re.compile("FILE|TARGET|ROOM")


def test_files_are_there() -> None:
    """Relative to the checkout or to the package."""
    named = {name for name in re.findall(r"`((?:\w+/)+[\w.]*)(?:::\w+)?`", PAGE) if not TO_BE_MADE.search(name)}
    assert len(named) > 50
    missing = {name for name in named if not any((ROOT / base / name).exists() for base in ("", "symbackprop"))}
    assert missing <= {"build/site"}  # which nox makes


def test_tests_are_there() -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE):
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE):
        assert (ROOT / target).exists(), target
