"""Imports run one way: a stage knows those before it, and none after it."""

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent

# What stands in one row knows the rows before it and itself, not its neighbours.
ORDER = (
    ("errors", "resources", "version"),
    ("phrases",),
    ("formula",),
    ("terms",),
    ("edits", "latex"),
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
    ("shard",),
    ("lower",),
    ("python_text",),
    ("array_text",),
    ("numpy", "plain", "jax", "torch", "c"),  # targets: none knows another
    ("cost",),
    ("verify",),
    ("claims",),
    ("picture",),
    ("document",),
    ("report",),
    ("measured",),
    ("derivation",),
    ("sources",),
    ("pipeline",),
    ("__init__",),
    ("zoo",),
    ("cli",),
    ("__main__",),
)
RANK = {stage: rank for rank, row in enumerate(ORDER) for stage in row}


def stage_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


# Packages with circles of imports among their files.
CIRCLES_LEFT = frozenset()

FILES = sorted(file for file in PACKAGE.rglob("*.py") if "templates" not in file.parts)


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file) for file in FILES}


def modules_imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import of this package, those inside functions and for types alone too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            # `from symbackprop import zoo` imports a stage, `from symbackprop import Network` the package's face
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module or "" for name in whole]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "symbackprop")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, stage) of each import of this package."""
    for line, module in modules_imported(file):
        parts = module.split(".")
        yield line, parts[1] if len(parts) > 1 else "__init__"


def circles(imports: Mapping[str, Collection[str]]) -> list[str]:
    """The files that stand in circles of imports, or on a way from one circle to another: those left where, over and
    over, every file goes that imports none of the others left, or that none of them imports."""
    left = {name: {other for other in found if other in imports} - {name} for name, found in imports.items()}
    while True:
        needed = {other for found in left.values() for other in found}
        free = {name for name, found in left.items() if not found or name not in needed}
        if not free:
            break
        left = {name: found - free for name, found in left.items() if name not in free}
    return sorted(left)


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


@pytest.mark.parametrize("outside", ["workshop", "tests", "benchmarks", "examples"])
def test_the_package_knows_nothing_beside_it(outside):
    found = {
        file.name
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        if name.partition(".")[0] == outside
    }
    assert not found


PACKAGES = sorted({stage_of(file) for file in FILES if file.parent != PACKAGE})


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_among_the_files_of_a_package(package):
    """Imports inside functions and under TYPE_CHECKING count: a circle is a circle wherever it is written."""
    imports = {
        module_of(file): {module for _, module in modules_imported(file)} for file in FILES if stage_of(file) == package
    }
    found = circles(imports)
    assert bool(found) == (package in CIRCLES_LEFT), f"{package}: {'; '.join(found) or 'no circle is left'}"


def test_circles_are_found():
    assert not circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"b", "elsewhere"}, "e": {"a"}}) == ["b", "c"]
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a", "d"}, "d": {"c"}}) == ["a", "b", "c", "d"]


def test_the_order_names_what_is_there():
    there = {stage_of(file) for file in FILES}
    assert there <= set(RANK)
