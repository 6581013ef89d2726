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
    Function.EXP_NORMALIZED: lambda u, v: 1 / (1 + (u - v) ** 2),
}
_REDUCTIONS = {
    Reduction.SUM: sum,
    Reduction.PRODUCT: prod,
    Reduction.MAX: max,
    Reduction.MIN: min,
    Reduction.LOGSUMEXP: sum,
}  # the last as the functions
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


class Elements(Exact):
    """Elements of a program's tensors as its equations give them, of data as `given` does."""

    def __init__(self, program, sizes, given):
        super().__init__(sizes, self.of)
        self.program, self.data, self.known = program, given, {}
        self.writers = {name: {} for name in program.definitions}
        for equation in program.equations:
            for at in self.positions(equation.axes):
                if all(isinstance(s, Poly) for s in equation.subscripts):
                    position = tuple(self.poly(s, at) for s in equation.subscripts)
                    self.writers[equation.target].setdefault(position, []).append((equation, at))

    def of(self, tensor, position):
        if tensor not in self.writers:
            return self.data(tensor, position)
        if (tensor, position) not in self.known:
            written = self.writers[tensor].get(position, ())
            self.known[tensor, position] = sum(self(equation.rhs, at) for equation, at in written)
        return self.known[tensor, position]

    def every(self, tensor):
        """All elements of a tensor, by position."""
        whole = self.program.table[tensor]
        lows = [self.poly(low, {}) for low in whole.origin]
        ranges = [range(low, low + self.poly(size, {})) for low, size in zip(lows, whole.shape, strict=True)]
        return {position: self.of(tensor, position) for position in product(*ranges)}


def gradients(derived, sizes, seed=0):
    """Every element of every gradient, at random data."""
    elements = Elements(derived.joint, sizes, numbers(seed))
    return {wanted: elements.every(adjoint) for wanted, adjoint in derived.backward.wrt}
