"""Imports run one way: a stage knows those before it, and none after it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent

# What stands in one row knows the rows before it and itself, not its neighbours.
ORDER = (
    ("errors", "resources", "version"),
    ("formula",),
    ("terms",),
    ("latex",),
    ("language", "interpret"),
    ("feasible",),
    ("functions",),
    ("layers",),
    ("losses",),
    ("optimizers",),
    ("stable",),
    ("derive",),
    ("optimise",),
    ("matrix",),
    ("schedule",),
    ("stages",),
    ("lower",),
    ("python_text",),
    ("numpy", "plain"),  # targets: none knows another
    ("cost",),
    ("verify",),
    ("claims",),
    ("document",),
    ("report",),
    ("derivation",),
    ("pipeline",),
    ("__init__",),
    ("zoo",),
    ("cli",),
    ("fuzz",),  # a command of its own
    ("__main__",),
)
RANK = {stage: rank for rank, row in enumerate(ORDER) for stage in row}


def stage_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, stage) of each import of this package, those inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            # `from symbackprop import zoo` imports a stage, `from symbackprop import Network` the package's face
            names = [
                f"symbackprop.{alias.name}"
                if node.module == "symbackprop" and alias.name in RANK
                else node.module or ""
                for alias in node.names
            ]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "symbackprop":
                yield node.lineno, parts[1] if len(parts) > 1 else "__init__"


FILES = sorted(file for file in PACKAGE.rglob("*.py") if "templates" not in file.parts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_run_one_way(file):
    own = stage_of(file)
    assert own in RANK, f"{own} has no place in the order of the stages"
    for line, stage in imported(file):
        if stage != own:
            assert RANK[stage] < RANK[own], f"{file.name}:{line}: {own} imports {stage}, which comes after it"


@pytest.mark.parametrize(("stage", "apart"), [("lower", "derive"), ("document", "lower"), ("schedule", "lower")])
def test_stages_that_do_not_know_each_other(stage, apart):
    found = {file.name for file in FILES if stage_of(file) == stage for _, other in imported(file) if other == apart}
    assert not found


def test_the_order_names_what_is_there():
    there = {stage_of(file) for file in FILES}
    assert there <= set(RANK)
