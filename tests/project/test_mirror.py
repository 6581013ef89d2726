"""Tests mirror files: `symbackprop/ROOM/FILE.py` has `tests/ROOM/test_FILE.py`, or a reason here why not."""

from __future__ import annotations

import re
from pathlib import Path

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent
TESTS = Path(__file__).parents[1]

# Rooms and files that other tests cover, by the reason. A name that ends in `/` stands for all in that room.
ELSEWHERE = {
    "nothing is in them but what others define": ("__main__.py", "version.py", "terms/build.py"),
    "networks and layers, which are equations: tests/zoo and tests/layers ask all of them the same": (
        "zoo/", "layers/", "losses/", "functions.py",
    ),
    "one mechanism that all terms go through": ("terms/interning.py",),
    "the face: tests/contract holds what it promises": ("pipeline.py", "derivation.py", "errors.py"),
    "subcommands, which tests/cli/test_commands.py runs": ("cli/",),
}  # fmt: skip

# What has no namesake yet. A file leaves this list with the commit that brings its test; none joins it.
MISSING = """
stages.py
claims/addend.py claims/bench.py claims/bounds.py claims/check.py claims/compare.py claims/diagnose.py claims/flips.py
claims/letters.py claims/made.py claims/matching.py claims/plain.py claims/proof.py claims/regions.py claims/repair.py
claims/rules.py claims/simplify.py claims/trial.py claims/unfold.py
derive/cases.py derive/differentiate.py derive/quotient.py derive/regions.py
derive/second_order.py derive/select.py
document/latex.py document/matrices.py document/model.py document/tables.py document/words.py
feasible/check.py feasible/failures.py feasible/intervals.py feasible/polynomial.py feasible/reals.py
feasible/system.py
fuzz/__main__.py fuzz/blocks.py fuzz/corners.py fuzz/expressions.py fuzz/functions.py fuzz/generate.py fuzz/lookups.py
fuzz/modules.py fuzz/readers.py fuzz/reads.py fuzz/recurrences.py fuzz/run.py fuzz/shared.py fuzz/shrink.py
fuzz/sizes.py fuzz/stages.py fuzz/tangents.py fuzz/writer.py
interpret/arithmetic.py interpret/compile.py interpret/failures.py interpret/gradients.py interpret/precise.py
language/activations.py language/arrays.py language/assumptions.py language/calls.py language/claim_text.py
language/constants.py language/declarations.py language/declared.py language/elementary.py language/elementwise.py
language/expressions.py language/folding.py language/functions.py language/initial.py language/names.py
language/nodes.py language/notation.py language/programs.py language/ranges.py language/read.py language/reading.py
language/reductions.py language/sizes.py language/source.py language/subscripts.py language/symbolic.py
language/symbols.py language/sympy_form.py language/told.py language/whole.py
latex/breaking.py latex/conditions.py latex/indices.py latex/names.py latex/printer.py latex/width.py
lower/check.py lower/condition.py lower/context.py lower/contraction.py lower/dead.py lower/evaluator.py
lower/expression.py lower/lowering.py lower/module.py lower/nesting.py lower/passes.py lower/reading.py lower/show.py
lower/substitution.py lower/update.py lower/value_numbering.py lower/values.py
matrix/choose.py matrix/contract.py matrix/form.py matrix/labelling.py matrix/notation.py matrix/part.py
matrix/printer.py matrix/scalars.py matrix/show.py
numpy/buffers.py numpy/builder.py numpy/check.py numpy/contraction.py numpy/function.py numpy/functions.py
numpy/helpers.py numpy/in_place.py numpy/initial.py numpy/layout.py numpy/lines.py numpy/memory.py
numpy/memory_sizes.py numpy/module.py numpy/operands.py numpy/optimizer.py numpy/reading.py numpy/sample.py
numpy/selfcheck.py numpy/show.py numpy/statements.py numpy/stored.py numpy/tables.py numpy/windows.py numpy/writing.py
optimise/assumptions.py optimise/dead.py optimise/expand.py optimise/inline.py optimise/predict.py
optimise/reassociate.py optimise/reuse.py optimise/share.py optimise/solved.py optimise/specialise.py
optimise/training.py optimise/weigh.py
plain/code.py plain/expressions.py plain/module.py plain/products.py plain/reads.py plain/spelling.py
plain/statements.py plain/weights.py
python_text/digest.py python_text/names.py
report/alphabets.py report/graph.py report/highlight.py report/layout.py report/listing.py report/parts.py
report/pictures.py report/symbols.py
schedule/cycle.py schedule/dependence.py schedule/functions.py schedule/loop_shape.py schedule/numbering.py
schedule/simulate.py schedule/steps.py schedule/timing.py
stable/exponentials.py stable/logarithms.py stable/match.py stable/quotients.py stable/row.py stable/seeing.py
stable/sums.py
terms/box.py terms/deep.py terms/divisors.py terms/elimination.py terms/integers.py terms/leaves.py terms/needed.py
terms/program.py terms/rewrite.py terms/sign.py terms/size_facts.py terms/term.py terms/values.py terms/witness.py
verify/asked.py verify/conditions.py verify/drawn.py verify/evaluators.py verify/fates.py verify/modules.py
verify/sizes.py
""".split()


def files() -> list[str]:
    found = (file for file in PACKAGE.rglob("*.py") if "templates" not in file.parts and file.name != "__init__.py")
    return sorted(file.relative_to(PACKAGE).as_posix() for file in found)


def has_namesake(file: str) -> bool:
    room, _, name = file.rpartition("/")
    rooms = (room,) if room else ("project", name.removesuffix(".py"))
    return any((TESTS / room / f"test_{name}").exists() for room in rooms)


def is_elsewhere(file: str) -> bool:
    names = {name for names in ELSEWHERE.values() for name in names}
    return file in names or any(name.endswith("/") and file.startswith(name) for name in names)


def test_every_file_has_its_namesake() -> None:
    without = {file for file in files() if not has_namesake(file) and not is_elsewhere(file)}
    assert not without - set(MISSING), "write their tests: what do these files promise, and what is an oracle for it?"
    assert not set(MISSING) - without, "they have their tests, or are gone: take them off the list"
    assert len(set(MISSING)) == len(MISSING)


def test_the_reasons_name_what_is_there() -> None:
    names = [name for names in ELSEWHERE.values() for name in names]
    there = [file for file in files() if is_elsewhere(file)]
    assert [name for name in names if not any(file == name or file.startswith(name) for file in there)] == []
    assert [name for name in names if name.endswith(".py") and has_namesake(name)] == []


def test_the_map_from_bugs_to_tests_names_what_is_there() -> None:
    named = re.findall(r"`(?:tests/)?(\w+/\w+\.py|\w+/)`", (TESTS / "README.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    assert [name for name in named if not (TESTS / name).exists()] == []
