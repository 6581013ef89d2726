"""Who takes a term apart by its kinds: all others go through `terms.walks`, `rewrite`, `readings` or `subterms`."""

from __future__ import annotations

import re
from pathlib import Path

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent

# The files in which a sum is opened as a kind of term, by what else than a walk they hold.
OPEN = {
    "what terms are, and how they are made and walked": (
        "terms/term.py", "terms/binders.py", "terms/arithmetic.py", "terms/brackets.py", "terms/conditions.py",
    ),
    "the rows of a fold, or of what is inside a term: what each kind means, costs or is checked for": (
        "terms/wild.py", "terms/sign.py", "terms/interval.py", "terms/integers.py", "terms/check_program.py",
        "cost/operations.py", "derive/placement.py",
    ),
    "a language that terms are translated to, a row a kind": (
        "language/sympy_form.py", "terms/writing.py", "matrix/convert.py", "lower/expression.py", "lower/integer.py",
        "python_text/scalars.py", "interpret/compile.py",
    ),
    "what is computed of a few kinds, and given up at others": (
        "feasible/element.py", "schedule/simulate.py", "verify/integer_data.py",
    ),
    "rules that differ by kind, with what stands around carried along": (
        "derive/reverse.py", "derive/parts.py", "optimise/hoist.py", "claims/normal.py", "claims/diagnose.py",
        "claims/interplay.py", "shard/parts_of.py", "shard/plan.py",
    ),
    "one form that is looked for": (
        "derive/flat.py", "optimise/masked.py", "stable/seeing.py", "stable/logarithms.py", "stable/forms.py",
        "stable/exponentials.py", "edits/catalogue.py",
    ),
}  # fmt: skip


def test_no_walk_is_written_again() -> None:
    found = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search(r"case Add\(", file.read_text(encoding="utf-8"))
    }
    listed = [name for names in OPEN.values() for name in names]
    assert found - set(listed) == set(), "walk by terms.walks.fold, subterms or rewrite, or say here what else it is"
    assert set(listed) - found == set(), "they open no sum any more: take them off the list"
    assert len(set(listed)) == len(listed)
