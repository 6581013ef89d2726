"""Layers and losses are equations: their files know the language, and neither NumPy nor any stage behind it."""

import ast
from pathlib import Path

import pytest

import symbackprop
from symbackprop import layers, losses

PACKAGE = Path(symbackprop.__file__).parent
FILES = [file for folder in ("layers", "losses") for file in sorted((PACKAGE / folder).glob("*.py"))]
KNOWN = {"__future__", "collections", "dataclasses", "functools", "inspect", "itertools", "numbers", "sympy",
         "typing"}  # fmt: skip
STAGES = {"errors", "functions", "language", "layers", "losses"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_imports(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            first, *rest = module.split(".")
            assert first in KNOWN or (first == "symbackprop" and rest[0] in STAGES), f"{file.name}:{node.lineno}"


@pytest.mark.parametrize("folder", ["derive", "optimise", "lower", "numpy"])
def test_no_stage_knows_a_layer_by_name(folder):
    """Only names of several words are looked for: "dense" and "add" mean other things there as well."""
    names = {name for module in (layers, losses) for name in module.__all__ if "_" in name}
    for file in (PACKAGE / folder).glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        words = {node.id for node in nodes if isinstance(node, ast.Name)}
        texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert not names & (words | texts), file.name
