"""One module puts passes together: whoever wants a derivation runs the stages, so that all have the same one.

A pass by itself is anybody's: verification compares with stable forms, a test of a pass runs that pass.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

import symbackprop
from symbackprop import stages

PACKAGE = Path(symbackprop.__file__).parent
ROOT = PACKAGE.parent
TUPLES = (
    stages.TRAINING_PASSES, stages.PREDICTION_PASSES, stages.NAMING_PASSES, stages.DERIVED_PASSES, stages.MODULE_PASSES,
)  # fmt: skip
OWN = stages.__name__


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of each `from symbackprop… import name`; a module that is imported as a whole counts with all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "symbackprop":
            for alias in node.names:
                whole = sys.modules.get(f"{node.module}.{alias.name}")
                if whole is None:
                    yield node.module or "", alias.name
                elif whole is not stages:
                    yield from ((whole.__name__, name) for name in vars(whole))


def passes() -> frozenset[FunctionType]:
    """Every pass, and what stands between the tuples."""
    used = ast.parse(Path(stages.__file__).read_text(encoding="utf-8"))
    own = {name for _, name in imported(used) if name[0].islower() and not name.startswith("check")}
    functions = {one for each in TUPLES for one in each if one.__module__ != OWN}
    return frozenset(functions | {vars(stages)[name] for name in own})


PASSES = passes()
MEMBERS = {(one.__module__, one.__name__) for one in PASSES}
FOLDERS = (PACKAGE, *(ROOT / name for name in ("tests", "benchmarks", "examples", "workshop")))
FILES = [file for folder in FOLDERS for file in sorted(folder.rglob("*.py")) if file != Path(stages.__file__)]


def found_in(source: str) -> set[str]:
    """The names of the passes that a module imports, from where they stand or from their package."""
    found = set()
    for module, name in imported(ast.parse(source)):
        thing = getattr(sys.modules.get(module), name, None)
        if (module, name) in MEMBERS or (isinstance(thing, FunctionType) and thing in PASSES):
            found.add(name)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_other_module_puts_passes_together(file: Path) -> None:
    if file.name == "__init__.py" and PACKAGE in file.parents:
        return  # a room's face offers what it has; it runs nothing
    found = found_in(file.read_text(encoding="utf-8"))
    assert len(found) <= 1, f"{sorted(found)}: call symbackprop.stages instead"


def test_the_rule_tells_a_chain_by_hand() -> None:
    chain = (
        "from symbackprop.derive.differentiate import differentiate\n"
        "from symbackprop.optimise.reuse import reuse_values as first\n"
        "print(first(differentiate(program, wrt)))\n"
    )
    assert found_in(chain) == {"differentiate", "reuse_values"}
    assert found_in("from symbackprop.stable import stable_forms\n") == {"stable_forms"}
    assert len(PASSES) > 15
