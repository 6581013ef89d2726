"""Definitions turned round: what a standardised value says of the value that it standardises.

    x_hat[n, j] = r[n]·(z[n, j] - mu[n])      gives      z[n, j] = x_hat[n, j]/r[n] + mu[n]

where r is a reciprocal or a negative power, which is zero nowhere. With z gone from an adjoint, its powers of r
cancel and the mean drops out: what is left is the form that textbooks print.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.terms.brackets import expand
from symbackprop.terms.build import access, add, mul, neg, power, substitute
from symbackprop.terms.match import lies_within, renaming
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import addends, factors, without
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite
from symbackprop.terms.term import Access, Axis, Number, PolyValue, Power, Term


@dataclass(frozen=True, slots=True)
class Solved:
    """`element` = `value` at every position of the axes; `scale`: the tensors by which `value` divides."""

    element: Access
    value: Term
    axes: tuple[Axis, ...]
    scale: frozenset[str]

    @property
    def tensors(self) -> frozenset[str]:
        return self.element.tensors | self.value.tensors

    def put_in(self, term: Term, ranges: Ranges) -> Term:
        """The term with each element of the tensor replaced by the value, where its position is one of the axes'."""

        def rule(inner: Term, inside: Ranges) -> Term | None:
            if isinstance(inner, Access) and inner.tensor == self.element.tensor:
                position = match_element(self.element, inner, self.axes, inside)
                return inner if position is None else substitute(self.value, position)
            return None if self.element.tensor in inner.tensors else inner

        return rewrite(term, rule, ranges)


def solved_forms(program: Program) -> tuple[Solved, ...]:
    """What the program's equations `T = r·(z + ...)` say of each z that runs over more indices than r does."""
    nowhere_zero = {
        name for name, (equation, *more) in program.definitions.items()
        if not more and equation.op is Op.ASSIGN and isinstance(equation.rhs, Power) and equation.rhs.exponent < 0
    }  # fmt: skip
    found: list[Solved] = []
    for equations in program.held.values():
        if len(equations) == 1 and equations[0].op is Op.ASSIGN and equations[0].rhs.tensors & nowhere_zero:
            found += _solved(equations[0], nowhere_zero)
    return tuple(found)


def _solved(equation: Equation, nowhere_zero: set[str]) -> Iterator[Solved]:
    ranges = ranges_of(equation.axes)
    opened = expand(equation.rhs, ranges, lambda *_: None)
    rows = addends(opened)
    for row in rows:
        multiplied = factors(row)
        for place, factor in enumerate(multiplied):
            others = without(multiplied, place)
            if not isinstance(factor, Access) or factor.free != set(ranges) or factor.tensor == equation.target:
                continue
            rest = [other for other in rows if other is not row]
            if any(factor.tensor in term.tensors for term in [*others, *rest]):
                continue
            scale = mul(*others)
            if not scale.tensors or not all(_is_scale(other, nowhere_zero, factor.free) for other in others):
                continue
            inverse = power(scale, -1)
            value = add(mul(equation.lhs, inverse), *(neg(mul(term, inverse)) for term in rest))
            yield Solved(access(factor.tensor, factor.subscripts), value, equation.axes, scale.tensors)


def _is_scale(factor: Term, nowhere_zero: set[str], free: frozenset[Index]) -> bool:
    base = factor.base if isinstance(factor, Power) else factor
    match base:
        case Number() | PolyValue():
            return not base.free
        case Access(tensor, _):
            return tensor in nowhere_zero and base.free < free
        case _:
            return False


def match_element(pattern: Access, read: Access, axes: tuple[Axis, ...], ranges: Ranges) -> dict[Index, Poly] | None:
    """The positions of the axes at which `pattern` is the element read, for every position within `ranges`; None
    where renaming indices alone does not make it so."""
    mapping = renaming(pattern.subscripts, read.subscripts)
    return mapping if mapping is not None and lies_within(mapping, axes, ranges) else None


__all__ = ["Solved", "match_element", "solved_forms"]
