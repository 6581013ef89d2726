"""Value numbering across forward and backward: a value that a tensor already holds is read from it."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.brackets import collect_all
from symbackprop.terms.held_values import ValueTable
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Term, Where


def reuse_values(derived: Derived) -> Derived:
    """Backward subterms that a forward tensor or an earlier adjoint holds (p, 1/σ, a max) become reads of it."""
    values = ValueTable.of(derived.forward, derived.backward)
    for equation in derived.forward.computed:
        values.note(equation, derived.forward.table[equation.target])

    def rule(term: Term, ranges: Ranges) -> Term | None:
        if term is scattered and isinstance(term, Where):
            return None  # a guard that is part of the value held would no longer hold the scatter inside its tensor
        return values.read_in(term, ranges)

    out: list[Equation] = []
    scattered: Term | None = None
    table = derived.backward.table
    for equation in derived.backward.equations:
        scattered = equation.rhs if equation.op is Op.ACCUMULATE else None
        done = rewrite_equation(equation, rule) if values.may_hold(equation.rhs) else equation
        if done is not equation:
            done = done.with_rhs(collect_all(done.rhs))
        values.note(done, table[done.target])
        out.append(done)
    return replace(derived, backward=derived.backward.with_(equations=tuple(out)))
