"""Sums over an adjoint's own sum, taken in the order in which the forward pass has taken them already.

    d_w[t, s] = Σ_k d_o[t, k]·v[s, k]    and    o[t, k] = Σ_s w[t, s]·v[s, k]    give
    Σ_s d_w[t, s]·w[t, s] = Σ_k d_o[t, k]·(Σ_s w[t, s]·v[s, k]) = Σ_k d_o[t, k]·o[t, k]

The right-hand side reads o, which there is, and does not wait for d_w: attention's rowsum(dO ⊙ O). Only for an adjoint
that is such a sum, and for an o that is read besides: it is no reason to keep an array.
Source: Dao, Fu, Ermon, Rudra and Ré, "FlashAttention" (2022), appendix B.2, equation 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from symbackprop.derive.differentiate import Derived
from symbackprop.optimise.dead import needed_for
from symbackprop.terms.build import mul, open_reduce, power, reduce, substitute
from symbackprop.terms.match import renaming
from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Axis, Mul, Reduce, Reduction, Term
from symbackprop.terms.values import ValueTable, plain_target, spans

_DEPTH = 2  # products of adjoints to look through: dropout stands between attention's weights and what they weigh


def reassociate(derived: Derived) -> Derived:
    """Sums over adjoints that the forward pass has summed are read from it."""
    held = _Held(derived)
    products = _adjoints_by_products(derived)

    def reordered(equation: Equation) -> Equation:
        factors = _factors(equation.rhs)
        ranges = {axis.index: axis for axis in equation.axes}
        for place, factor in enumerate(factors):
            if isinstance(factor, Reduce) and _is_sum(factor) and factor.tensors & products.keys():
                axes, body = open_reduce(factor, taken=ranges)
                found = _reordered(axes, _factors(body), products, held, ranges, _DEPTH)
                if found is not None:
                    return replace(equation, rhs=mul(*factors[:place], found, *factors[place + 1 :]))
        return equation

    equations = tuple(map(reordered, derived.backward.equations))
    return replace(derived, backward=derived.backward.with_(equations=equations))


class _Held:
    """What the forward pass has summed and the backward pass reads besides, and what has been multiplied."""

    def __init__(self, derived: Derived) -> None:
        self.sums = ValueTable.of(derived.forward)
        self.products: list[Equation] = []
        live = needed_for(derived.backward, [adjoint for _, adjoint in derived.backward.wrt])
        used = frozenset().union(*(e.reads() for e in derived.backward.equations if e.target in live))
        for name, (equation, *more) in derived.forward.held.items():
            if isinstance(equation.rhs, Reduce) and name in used:
                self.sums.note(equation, derived.forward.table[name])
            whole = not more and plain_target(equation, derived.forward.table[name]) is not None
            read = [factor for factor in _factors(equation.rhs) if isinstance(factor, Access)]
            if whole and len(read) > 1 and len(read) == sum(bool(f.tensors) for f in _factors(equation.rhs)):
                self.products.append(equation)

    def folded(self, factors: Sequence[Term], ranges: Ranges) -> Iterator[list[Term]]:
        """The factors as they are, and with some of them read from a tensor that holds their product."""
        yield list(factors)
        for equation in self.products:
            found = _fold(equation, factors, ranges)
            if found is not None:
                yield found


def _fold(equation: Equation, factors: Sequence[Term], ranges: Ranges) -> list[Term] | None:
    """The factors with the equation's own replaced by its target, over the numbers in its product."""
    left = list(factors)
    position: dict[Index, Poly] = {}
    others: list[Term] = []
    for own in _factors(equation.rhs):
        if not isinstance(own, Access):
            others.append(own)
            continue
        for there in left:
            mapping = _positions(own, there)
            if mapping is not None and all(position.get(index, put) == put for index, put in mapping.items()):
                position |= mapping
                left.remove(there)
                break
        else:
            return None
    facts = Facts.of()
    for axis in equation.axes:
        here = position[axis.index].index if axis.index in position else None
        inside = ranges.get(here) if here is not None else None
        if inside is None or not facts.proves(inside.low - axis.low) or not facts.proves(axis.high - inside.high):
            return None
    return [*left, substitute(equation.lhs, position), *(power(other, -1) for other in others)]


def _positions(own: Access, there: Term) -> dict[Index, Poly] | None:
    """Where the element must be read to be the other one."""
    if not isinstance(there, Access) or there.tensor != own.tensor:
        return None
    return renaming(own.subscripts, there.subscripts)


def _adjoints_by_products(derived: Derived) -> dict[str, Equation]:
    """The adjoints that one equation defines as a product, of elements or with a sum over indices."""
    backward = derived.backward
    return {
        name: equations[0]
        for name, equations in backward.definitions.items()
        if len(equations) == 1 and equations[0].op is Op.ASSIGN and backward.table[name].adjoint_of is not None
        and all(isinstance(f, Access) or not f.tensors or _is_sum(f) for f in _factors(equations[0].rhs))
        and plain_target(equations[0], backward.table[name]) is not None and name not in equations[0].reads()
    }  # fmt: skip


def _is_sum(term: Term) -> bool:
    return isinstance(term, Reduce) and term.reduction is Reduction.SUM


def _factors(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Mul) else (term,)


def _reordered(
    outer: Sequence[Axis], factors: Sequence[Term], products: Mapping[str, Equation], held: _Held, ranges: Ranges,
    depth: int,
) -> Term | None:  # fmt: skip
    """Σ_outer of the factors with an adjoint among them taken apart, if that makes it a sum over one that is held."""
    for place, factor in enumerate(factors):
        if isinstance(factor, Access) and factor.tensor in products:
            value = _value_at(products[factor.tensor], factor)
            every = (*factors[:place], *factors[place + 1 :], *_factors(value))
            sums = [part for part in _factors(value) if isinstance(part, Reduce)]
            if len(sums) == 1:
                found = _taken_first(outer, [part for part in every if part is not sums[0]], sums[0], held, ranges)
            else:
                found = _reordered(outer, every, products, held, ranges, depth - 1) if depth and not sums else None
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
    outer: Sequence[Axis], rest: Sequence[Term], inner_sum: Reduce, held: _Held, ranges: Ranges
) -> Term | None:
    """Σ_outer rest·inner_sum, the sum over `outer` taken before the inner one, if a tensor holds it."""
    summed = {axis.index: axis for axis in outer}
    inner, body = open_reduce(inner_sum, taken=(*ranges, *summed))
    if plainly_nonnegative(_count(inner) - _count(outer) - 1):
        return None  # more is left to add than before
    inside = {**ranges, **summed, **{axis.index: axis for axis in inner}}
    for factors in held.folded([*rest, *_factors(body)], inside):
        first = reduce(Reduction.SUM, outer, mul(*(factor for factor in factors if factor.free & summed.keys())))
        if isinstance(first, Reduce) and len(first.axes) == len(outer):
            found = held.sums.find(first, spans([*ranges.values(), *inner]))
            if found is not None:
                after = [factor for factor in factors if not factor.free & summed.keys()]
                return reduce(Reduction.SUM, inner, mul(found, *after))
    return None


def _count(axes: Sequence[Axis]) -> Poly:
    return prod((axis.extent for axis in axes), start=ONE)


__all__ = ["reassociate"]
