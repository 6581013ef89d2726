"""Sums over an adjoint's own sum, taken in the order in which the forward pass has taken them already.

    d_w[t, s] = Σ_k d_o[t, k]·v[s, k]    and    o[t, k] = Σ_s w[t, s]·v[s, k]    give
    Σ_s d_w[t, s]·w[t, s] = Σ_k d_o[t, k]·(Σ_s w[t, s]·v[s, k]) = Σ_k d_o[t, k]·o[t, k]

The right-hand side reads o, which there is, and does not wait for d_w: attention's rowsum(dO ⊙ O).
Source: Dao, Fu, Ermon, Rudra and Ré, "FlashAttention" (2022), appendix B.2, equation 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import mul, open_reduce, reduce, substitute
from symbackprop.terms.poly import ONE, Poly, plainly_nonnegative
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Axis, Mul, Reduce, Reduction, Term
from symbackprop.terms.values import ValueTable, plain_target, spans


def reassociate(derived: Derived) -> Derived:
    """Sums over adjoints that the forward pass has summed are read from it."""
    values = ValueTable.of(derived.forward)
    for equation in derived.forward.equations:
        if isinstance(equation.rhs, Reduce):
            values.note(equation, derived.forward.table[equation.target])
    sums = _adjoints_by_sums(derived)

    def rule(term: Term, ranges: Ranges) -> Term | None:
        if not term.tensors & sums.keys():
            return term
        return _reordered(term, sums, values, ranges) if isinstance(term, Reduce) else None

    equations = tuple(rewrite_equation(equation, rule) for equation in derived.backward.equations)
    return replace(derived, backward=derived.backward.with_(equations=equations))


def _adjoints_by_sums(derived: Derived) -> dict[str, Equation]:
    """The adjoints that one equation defines as a product with a sum over indices."""
    backward = derived.backward
    return {
        name: equations[0]
        for name, equations in backward.definitions.items()
        if len(equations) == 1 and equations[0].op is Op.ASSIGN
        and sum(isinstance(factor, Reduce) for factor in _factors(equations[0].rhs)) == 1
        and plain_target(equations[0], backward.table[name]) is not None and name not in equations[0].reads()
    }  # fmt: skip


def _factors(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Mul) else (term,)


def _reordered(term: Reduce, sums: Mapping[str, Equation], values: ValueTable, ranges: Ranges) -> Term | None:
    if term.reduction is not Reduction.SUM:
        return None
    outer, body = open_reduce(term, taken=ranges)
    factors = _factors(body)
    for place, factor in enumerate(factors):
        if isinstance(factor, Access) and factor.tensor in sums:
            rest = (*factors[:place], *factors[place + 1 :])
            found = _taken_first(outer, rest, _value_at(sums[factor.tensor], factor), values, ranges)
            if found is not None:
                return found
    return None


def _value_at(equation: Equation, element: Access) -> Term:
    """The equation's right-hand side at the element's position."""
    position = {
        subscript.index: there
        for subscript, there in zip(equation.subscripts, element.subscripts, strict=True)
        if isinstance(subscript, Poly) and isinstance(there, Poly) and subscript.index is not None
    }
    return substitute(equation.rhs, position) if len(position) == len(equation.subscripts) else element


def _taken_first(
    outer: Sequence[Axis], rest: Sequence[Term], value: Term, values: ValueTable, ranges: Ranges
) -> Term | None:
    """Σ_outer rest·value, the sum over `outer` taken before that in `value`, if a tensor holds it."""
    (inner_sum,) = [factor for factor in _factors(value) if isinstance(factor, Reduce)] or (None,)
    if inner_sum is None or inner_sum.reduction is not Reduction.SUM:
        return None
    summed = {axis.index: axis for axis in outer}
    inner, body = open_reduce(inner_sum, taken=(*ranges, *summed))
    if plainly_nonnegative(_count(inner) - _count(outer) - 1):
        return None  # more is left to add than before
    factors = [*rest, *(factor for factor in _factors(value) if factor is not inner_sum), *_factors(body)]
    first = reduce(Reduction.SUM, outer, mul(*(factor for factor in factors if factor.free & summed.keys())))
    if not isinstance(first, Reduce) or len(first.axes) != len(outer):
        return None
    held = values.find(first, spans([*ranges.values(), *inner]))
    if held is None:
        return None
    return reduce(Reduction.SUM, inner, mul(held, *(factor for factor in factors if not factor.free & summed.keys())))


def _count(axes: Sequence[Axis]) -> Poly:
    return prod((axis.extent for axis in axes), start=ONE)


__all__ = ["reassociate"]
