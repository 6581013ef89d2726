"""Terms evaluated in fractions, straight from what they say: an oracle that shares nothing with the interpreters."""

from fractions import Fraction
from itertools import product
from math import prod

from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Truth,
    Where,
)

_FUNCTIONS = {
    Function.MAX: max,
    Function.MIN: min,
    Function.ABS: abs,
    Function.RELU: lambda u: max(u, Fraction(0)),
    Function.DIFFERENCE: lambda u, v: u - v,
    # any function will do where it is only asked whether two terms are equal for all
    Function.TANH: lambda u: u / (1 + abs(u)),
    Function.EXP: lambda u: 1 + u + u * u / 2,
}
_REDUCTIONS = {Reduction.SUM: sum, Reduction.PRODUCT: prod, Reduction.MAX: max, Reduction.MIN: min}
_RELATIONS = {
    Relation.GT: lambda a, b: a > b,
    Relation.GE: lambda a, b: a >= b,
    Relation.EQ: lambda a, b: a == b,
    Relation.NE: lambda a, b: a != b,
}


class Exact:
    """`sizes` by name; an element is `given(tensor, position)`."""

    def __init__(self, sizes, given):
        self.sizes, self.given = sizes, given

    def poly(self, poly, at):
        return poly.evaluate(lambda atom: self.sizes[atom.name] if isinstance(atom, Dim) else at[atom])

    def positions(self, axes, at=None):
        """`at` with every position of the axes in turn."""
        at = at or {}
        ranges = [range(self.poly(axis.low, at), self.poly(axis.high, at) + 1) for axis in axes]
        for values in product(*ranges):
            yield {**at, **{axis.index: value for axis, value in zip(axes, values, strict=True)}}

    def element(self, access, at):
        position = [self.poly(s, at) if isinstance(s, Poly) else int(self.element(s, at)) for s in access.subscripts]
        return self.given(access.tensor, tuple(position))

    def __call__(self, term, at=None):
        at = at or {}
        match term:
            case Number(value) | Truth(value):
                return value
            case PolyValue(poly):
                return Fraction(self.poly(poly, at))
            case Access():
                return self.element(term, at)
            case Add(args):
                return sum(self(arg, at) for arg in args)
            case Mul(args):
                return prod(self(arg, at) for arg in args)
            case Power(base, exponent):
                assert exponent.denominator == 1, term
                return self(base, at) ** exponent.numerator
            case Apply(function, args):
                return _FUNCTIONS[function](*(self(arg, at) for arg in args))
            case Where(condition, then, otherwise):
                return self(then if self(condition, at) else otherwise, at)
            case Compare(relation, left, right):
                return _RELATIONS[relation](self(left, at), self(right, at))
            case Logic(Connective.NOT, (inner,)):
                return not self(inner, at)
            case Logic(connective, args):
                return (all if connective is Connective.AND else any)(self(arg, at) for arg in args)
            case Reduce(reduction, axes, body):
                return _REDUCTIONS[reduction]([self(body, inside) for inside in self.positions(axes, at)])
            case _:
                raise TypeError(f"not a term to evaluate: {term!r}")


def numbers(seed, zero=False):
    """Elements that are small fractions, not 0 unless allowed, the same for a seed, a tensor and a position."""

    def given(tensor, position):
        mixed = hash((seed, *map(ord, tensor), *position)) % 997
        value = Fraction(mixed - 498, 1 + mixed % 7)
        return value if value or zero else Fraction(1, 3)

    return given
