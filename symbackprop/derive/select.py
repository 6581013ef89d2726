"""Products select: a factor that a guard makes zero stands for its guard.

    m[n] = [y[n] > 0]·1           loss = Σ_n m[n]·log(p[n])   becomes   Σ_n [y[n] > 0]·m[n]·log(p[n])

`[y > 0]·log p` is 0 where y is not, whatever log p is; so it is when the bracket has a name. Only where another factor
may be infinite or undefined; all other products are left as they are.
"""

from __future__ import annotations

from symbackprop.terms.build import NIL, UNIT, guarded, logic_not, mul, split_guards, substitute
from symbackprop.terms.domains import plain_target
from symbackprop.terms.match import placed
from symbackprop.terms.poly import Index
from symbackprop.terms.products import without
from symbackprop.terms.program import Op, Program, recurrent_tensors
from symbackprop.terms.rewrite import rewrite_equation
from symbackprop.terms.term import Access, Mul, Term, Where
from symbackprop.terms.wild import is_singular, known_of

Supports = dict[str, tuple[tuple[Index, ...], tuple[Term, ...]]]


def select_products(program: Program) -> Program:
    """The program with the guards of what multiplies a singular value in front of the product."""
    known = known_of(program)
    supports = _supports(program)
    if not supports or not known.wild:
        return program

    def rule(term: Term, _: object) -> Term | None:
        if not isinstance(term, Mul):
            return None if supports.keys() & term.tensors else term
        guards = [
            guard
            for place, factor in enumerate(term.args)
            if isinstance(factor, Access) and factor.tensor in supports
            and any(is_singular(other, known) for other in without(term.args, place))
            for guard in _at(supports, factor)
        ]  # fmt: skip
        return mul(term, guarded(guards, UNIT)) if guards else None

    return program.with_(equations=tuple(rewrite_equation(equation, rule) for equation in program.equations))


def _supports(program: Program) -> Supports:
    """The guards outside of which a tensor is 0, over the indices of its one equation."""
    out: Supports = {}
    recurrent = recurrent_tensors(program.equations)
    for name, (equation, *more) in program.definitions.items():
        guards = _guards(equation.rhs)
        if guards and not more and equation.op is Op.ASSIGN and name not in recurrent:
            indices = plain_target(equation, program.table[name])
            if indices is not None:
                out[name] = indices, guards
    return out


def _guards(term: Term) -> tuple[Term, ...]:
    if isinstance(term, Where) and term.then is NIL:
        return (logic_not(term.condition),)
    return split_guards(term)[0]


def _at(supports: Supports, element: Access) -> tuple[Term, ...]:
    indices, guards = supports[element.tensor]
    position = placed(indices, element.subscripts)
    return () if position is None else tuple(substitute(guard, position) for guard in guards)


__all__ = ["select_products"]
