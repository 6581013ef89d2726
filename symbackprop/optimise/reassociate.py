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
from symbackprop.terms.build import mul, open_reduce, power, reduce, substitute
from symbackprop.terms.domains import plain_target, whole_definition
from symbackprop.terms.held_values import ValueTable
from symbackprop.terms.match import lies_within, renaming, value_at
from symbackprop.terms.needed import needed_for
from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.products import factors, is_sum, without
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Axis, Reduce, Reduction, Term

_DEPTH = 2  # products of adjoints to look through: dropout stands between attention's weights and what they weigh


def reassociate(derived: Derived) -> Derived:
    """Sums over adjoints that the forward pass has summed are read from it."""
    held = _Held(derived)
    products = _adjoints_by_products(derived)

    def reordered(equation: Equation) -> Equation:
        multiplied = factors(equation.rhs)
        ranges = ranges_of(equation.axes)
        for place, factor in enumerate(multiplied):
            if is_sum(factor) and factor.tensors & products.keys():
                axes, body = open_reduce(factor, taken=ranges)
                found = _reordered(axes, factors(body), products, held, ranges, _DEPTH)
                if found is not None:
                    return equation.with_rhs(mul(found, *without(multiplied, place)))
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
            read = [factor for factor in factors(equation.rhs) if isinstance(factor, Access)]
            if whole and len(read) > 1 and len(read) == sum(bool(f.tensors) for f in factors(equation.rhs)):
                self.products.append(equation)

    def folded(self, multiplied: Sequence[Term], ranges: Ranges) -> Iterator[list[Term]]:
        """The factors as they are, and with some of them read from a tensor that holds their product."""
        yield list(multiplied)
        for equation in self.products:
            found = _fold(equation, multiplied, ranges)
            if found is not None:
                yield found


def _fold(equation: Equation, multiplied: Sequence[Term], ranges: Ranges) -> list[Term] | None:
    """The factors with the equation's own replaced by its target, over the numbers in its product."""
    left = list(multiplied)
    position: dict[Index, Poly] = {}
    others: list[Term] = []
    for own in factors(equation.rhs):
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
    if not lies_within(position, equation.axes, ranges):
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
    whole = (whole_definition(backward, name) for name in backward.definitions)
    return {
        one.target: one
        for one in whole
        if one is not None and backward.table[one.target].adjoint_of is not None and one.target not in one.reads()
        and all(isinstance(f, Access) or not f.tensors or is_sum(f) for f in factors(one.rhs))
    }  # fmt: skip


def _reordered(
    outer: Sequence[Axis], multiplied: Sequence[Term], products: Mapping[str, Equation], held: _Held, ranges: Ranges,
    depth: int,
) -> Term | None:  # fmt: skip
    """Σ_outer of the factors with an adjoint among them taken apart, if that makes it a sum over one that is held."""
    for place, factor in enumerate(multiplied):
        if isinstance(factor, Access) and factor.tensor in products:
            value = value_at(products[factor.tensor], factor) or factor
            every = (*without(multiplied, place), *factors(value))
            sums = [part for part in factors(value) if isinstance(part, Reduce)]
            if len(sums) == 1:
                found = _taken_first(outer, [part for part in every if part is not sums[0]], sums[0], held, ranges)
            else:
                found = _reordered(outer, every, products, held, ranges, depth - 1) if depth and not sums else None
            if found is not None:
                return found
    return None


def _taken_first(
    outer: Sequence[Axis], rest: Sequence[Term], inner_sum: Reduce, held: _Held, ranges: Ranges
) -> Term | None:
    """Σ_outer rest·inner_sum, the sum over `outer` taken before the inner one, if a tensor holds it."""
    summed = ranges_of(outer)
    inner, body = open_reduce(inner_sum, taken=(*ranges, *summed))
    if plainly_nonnegative(_count(inner) - _count(outer) - 1):
        return None  # more is left to add than before
    inside = {**ranges, **summed, **ranges_of(inner)}
    for multiplied in held.folded([*rest, *factors(body)], inside):
        first = reduce(Reduction.SUM, outer, mul(*(factor for factor in multiplied if factor.free & summed.keys())))
        if isinstance(first, Reduce) and len(first.axes) == len(outer):
            found = held.sums.find(first, ranges_of([*ranges.values(), *inner]))
            if found is not None:
                after = [factor for factor in multiplied if not factor.free & summed.keys()]
                return reduce(Reduction.SUM, inner, mul(found, *after))
    return None


def _count(axes: Sequence[Axis]) -> Poly:
    return prod((axis.extent for axis in axes), start=ONE)


__all__ = ["reassociate"]
