"""Within a package, too, imports run one way: no file needs one that needs it, wherever in the file it asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import symbackprop
from symbackprop.terms.graph import strong_components

PACKAGE = Path(symbackprop.__file__).parent
ROOMS = ("interpret", "lower", "numpy", "plain", "python_text", "schedule")


def imported(file: Path, own: frozenset[str]) -> Iterator[str]:
    """The modules among `own` that the file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from {alias.name for alias in names} & own
            case ast.ImportFrom(module, names):
                inner = {f"{module}.{alias.name}" for alias in names} & own
                yield from inner or {module or ""} & own


@pytest.mark.parametrize("room", ROOMS)
def test_no_circles(room: str) -> None:
    files = {f"symbackprop.{room}.{file.stem}": file for file in sorted((PACKAGE / room).glob("*.py"))}
    del files[f"symbackprop.{room}.__init__"]
    edges = {name: sorted(imported(file, frozenset(files))) for name, file in files.items()}
    circles = [found for found in strong_components(list(files), edges) if len(found) > 1]
    assert not circles
