"""What the module's own check cannot difference."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.program import GIVEN, Program
from symbackprop.terms.term import Apply, Function, accesses, subterms


def unchecked(program: Program, wrt: Sequence[str]) -> set[str]:
    """Those whose derivative is not the slope of the loss: what stands behind a stop_gradient, and what is no datum."""
    reached: set[str] = set()
    waiting = [
        read.tensor
        for equation in program.equations
        for term in subterms(equation.rhs)
        if isinstance(term, Apply) and term.function is Function.STOP_GRADIENT
        for read in accesses(term)
    ]
    definitions = program.definitions
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            for equation in definitions.get(name, ()):
                waiting.extend(equation.reads())
    return {name for name in wrt if name in reached or program.table[name].kind not in GIVEN}
