"""Counts the operations of an equation.

Every distinct subterm is evaluated once for each position of the indices it depends on, so that what does not depend
on an index is not counted along it: in `b[j] + Σ_i W[j, i]·x[n, i]` the sum counts N·H·D. One multiply-add is counted
for each term of a sum of products of two factors, and one for each other addition, multiplication or comparison;
scalar functions (exp, tanh, a root, a quotient's reciprocal) are counted apart. A branch counts in full, but for the
equality of an index with an integer that is looked up, in a sum: of that index there is one value, since a module
gathers or scatters (`lower.equality`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from symbackprop.terms.conditions import split_guards
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.products import is_sum
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Constant,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Truth,
    Where,
)
from symbackprop.terms.walks import visits

__all__ = ["Count", "Extents", "count_equation", "operations_of_tensors", "whole"]

Extents = Mapping[Index, Poly]
_PLAIN = {Function.ABS, Function.SIGN, Function.RELU, Function.FLOOR, Function.CEILING, Function.MAX, Function.MIN}


@dataclass(frozen=True, slots=True)
class Count:
    """Operations: `multiply_adds` of one floating-point multiply-add or less each, `functions` of scalar functions; and
    `bytes_moved` for them."""

    multiply_adds: Poly = ZERO
    functions: Poly = ZERO
    bytes_moved: Poly = ZERO

    def __add__(self, other: Count) -> Count:
        return Count(
            self.multiply_adds + other.multiply_adds, self.functions + other.functions,
            self.bytes_moved + other.bytes_moved,
        )  # fmt: skip

    def __mul__(self, times: Poly | int) -> Count:
        return Count(self.multiply_adds * times, self.functions * times, self.bytes_moved * times)


def whole(found: Equation | Reduce) -> Extents:
    """The extents of what an equation or a reduction runs over."""
    return {axis.index: axis.extent for axis in found.axes}


def count_equation(
    equation: Equation, integers: AbstractSet[str] = frozenset(),
    extents_of: Callable[[Equation | Reduce], Extents] = whole,
) -> Count:  # fmt: skip
    """The operations of one equation over all its positions. `integers`: the tensors that hold integers; `extents_of`:
    over how many positions of its indices the equation, or a reduction in it, is computed."""

    def under(term: Reduce) -> Extents:
        decided = _decided(term, integers) if term.reduction is Reduction.SUM else ()
        return {**extents_of(term), **dict.fromkeys(decided, ONE)}

    extents = extents_of(equation)
    count = sum((_own(*visit) for visit in visits(equation.rhs, extents, under)), Count())
    if equation.op is Op.ACCUMULATE and not is_sum(equation.rhs):  # whose last multiply-add is the addition of `+=`
        count += Count(_positions(extents, extents))
    return count


def _decided(total: Reduce, integers: AbstractSet[str]) -> set[Index]:
    """The indices of which a sum meets one value: an equality with an integer that is looked up says which."""
    summed = {axis.index for axis in total.axes}
    found: set[Index] = set()
    for factor in total.body.args if isinstance(total.body, Mul) else (total.body,):
        guards, _ = split_guards(factor)
        for guard in guards:
            if isinstance(guard, Compare) and guard.relation is Relation.EQ:
                for position, other in ((guard.left, guard.right), (guard.right, guard.left)):
                    index = _alone(position)
                    if index is not None and index not in other.free | found and _looked_up(other, integers):
                        found |= {index} if index in summed or other.free & summed else set()
    return found


def _looked_up(value: Term, integers: AbstractSet[str]) -> bool:
    """Whether it is an integer that data give, and a number."""
    read = [part for part in value.args if part.tensors] if isinstance(value, Add) else [value]
    return len(read) == 1 and isinstance(read[0], Access) and read[0].tensor in integers


def _alone(position: Term) -> Index | None:
    """The index of a position that is one, and a number."""
    if not isinstance(position, PolyValue):
        return None
    indices = position.poly.indices()
    return indices[0] if len(indices) == 1 and position.poly.coefficient(indices[0]) == ONE else None


def _own(term: Term, extents: Extents) -> Count:
    """The operations of the term's head alone; for a reduction, `extents` are those inside."""
    positions = _positions(term.free, extents)
    match term:
        case Number() | Constant() | PolyValue() | Access() | Truth():
            return Count()
        case Mul((Number(value), *factors)) if value == -1:  # a sign costs nothing: it is the subtraction around it
            return Count(positions * (len(factors) - 1))
        case Add(args) | Mul(args) | Logic(_, args):
            return Count(positions * (len(args) - 1))
        case Power(_, exponent):
            return _power(exponent, positions)
        case Apply(function, args):
            if function is Function.STOP_GRADIENT:
                return Count()
            if function is Function.EXP_NORMALIZED:
                return Count(positions, positions)
            return Count(positions * max(len(args) - 1, 1)) if function in _PLAIN else Count(ZERO, positions)
        case Where() | Compare():
            return Count(positions)
        case Reduce(reduction, axes, body):
            inside = _positions(body.free | {axis.index for axis in axes}, extents)
            match reduction, body:
                case Reduction.SUM, Mul():
                    return Count()  # the product's last multiplication and the addition are one multiply-add
                case Reduction.LOGSUMEXP, _:
                    return Count(inside * 2, inside + _positions(term.free, extents))
                case _:
                    return Count(inside)
        case _:
            raise TypeError(f"cannot count {type(term).__name__}")


def _power(exponent: Fraction, positions: Poly) -> Count:
    if exponent.denominator == 1 and exponent > 0:
        return Count(positions * (int(exponent).bit_length() - 1 + int(exponent).bit_count() - 1))
    return Count(ZERO, positions)


def _positions(indices: frozenset[Index] | set[Index] | Mapping[Index, Poly], extents: Mapping[Index, Poly]) -> Poly:
    return prod((extents[index] for index in indices), start=ONE)


def operations_of_tensors(equations: Iterable[Equation], integers: AbstractSet[str] = frozenset()) -> dict[str, int]:
    """Of each tensor how many operations compute it, scalar functions among them; sizes are numbers."""
    found: dict[str, int] = {}
    for equation in equations:
        count = count_equation(equation, integers)
        found[equation.target] = found.get(equation.target, 0) + int(
            (count.multiply_adds + count.functions).constant or 0
        )
    return found
