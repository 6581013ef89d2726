"""Expressions as they are written: what the tests of the constructors compare terms with, in fractions (`exact`).

An expression is drawn together with its meaning, a function of the values of its indices and sizes that is put
together as the expression was written, without any term.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from symbackprop.terms.build import (
    NIL,
    access,
    add,
    apply,
    compare,
    logic_and,
    logic_not,
    logic_or,
    mul,
    number,
    poly_value,
    power,
    reduce,
    where,
)
from symbackprop.terms.poly import Atom, Dim, Index, Poly
from symbackprop.terms.term import (
    Apply,
    Axis,
    Function,
    Reduction,
    Relation,
    Term,
)
from tests.terms.exact import Exact

At = Mapping[Atom, int]
SIZES = tuple(Dim(name) for name in "NK")
INDICES = tuple(Index(name) for name in "ij")

RELATIONS: dict[Relation, Callable[[Fraction, Fraction], bool]] = {
    Relation.GT: lambda a, b: a > b, Relation.GE: lambda a, b: a >= b,
    Relation.EQ: lambda a, b: a == b, Relation.NE: lambda a, b: a != b,
}  # fmt: skip
FUNCTIONS: dict[Function, Callable[..., Fraction]] = {
    Function.ABS: abs,
    Function.SIGN: lambda u: Fraction((u > 0) - (u < 0)),
    Function.RELU: lambda u: max(u, Fraction(0)),
    Function.FLOOR: lambda u: Fraction(u.numerator // u.denominator),
    Function.CEILING: lambda u: -Fraction(-u.numerator // u.denominator),
    Function.STOP_GRADIENT: lambda u: u,
    Function.MAX: max,
    Function.MIN: min,
}
_MORE = (Function.SIGN, Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT)
REDUCTIONS: dict[Reduction, Callable[[Sequence[Fraction]], Fraction]] = {
    Reduction.SUM: lambda values: sum(values, Fraction(0)),
    Reduction.PRODUCT: lambda values: prod(values, start=Fraction(1)),
    Reduction.MAX: max,
    Reduction.MIN: min,
}


def element(tensor: str, position: Sequence[int]) -> Fraction:
    """The element of some tensor at a position: different ones differ, none is 0, both signs and denominators occur."""
    drawn = random.Random(f"{tensor}{tuple(position)}")
    return Fraction(drawn.choice((-1, 1)) * drawn.randint(1, 9), drawn.randint(1, 4))


class _Values(Exact):
    """With the functions of fractions that are drawn here too."""

    def __call__(self, term: Term, at: At | None = None) -> Any:
        match term:
            case Apply(function, args) if function in _MORE:
                return FUNCTIONS[function](*(self(arg, at) for arg in args))
            case _:
                return super().__call__(term, at)


def _at(at: At) -> _Values:
    sizes = {atom.name: number_ for atom, number_ in at.items() if isinstance(atom, Dim)}
    return _Values(sizes, lambda tensor, position: element(tensor, position))


def value(term: Term, at: At) -> Fraction:
    """The number that a term is; ZeroDivisionError where it is none."""
    return Fraction(_at(at)(term, at))


def positions(axes: Sequence[Axis], at: At) -> list[At]:
    """`at` with every choice of the axes' indices; their ranges do not depend on each other."""
    return list(_at(at).positions(axes, at))


# --- expressions and what they mean -----------------------------------------------------------------------
@dataclass(frozen=True)
class Written:
    """A term as the constructors make it, and the number that was meant."""

    made: Term
    means: Callable[[At], Fraction]


@dataclass(frozen=True)
class Said:
    """A condition, and what was meant."""

    made: Term
    means: Callable[[At], bool]


@dataclass
class Draw:
    """Draws expressions over the sizes N and K and whatever indices are in scope. `reductions`: whether sums and other
    reductions occur among them."""

    rng: random.Random
    reductions: bool = False

    def poly(self, scope: Sequence[Index]) -> Poly:
        """Linear, of one to three parts."""
        out = Poly.of(self.rng.randint(-2, 2))
        for _ in range(self.rng.randint(1, 2)):
            out = out + Poly.of(self.rng.choice((*scope, *SIZES))) * self.rng.choice((-1, 1, 1, 2))
        return out

    def leaf(self, scope: Sequence[Index]) -> Written:
        kind = self.rng.randrange(4)
        if kind == 0:
            plain = Fraction(self.rng.randint(-3, 3), self.rng.choice((1, 1, 2, 3)))
            return Written(number(plain), lambda at: plain)
        if kind == 1:
            poly = self.poly(scope)
            return Written(poly_value(poly), lambda at: Fraction(poly.evaluate(at.__getitem__)))
        tensor = self.rng.choice("xyz")
        subscripts = [Poly.of(index) + self.rng.choice((0, 0, 1)) for index in scope[-2:]]
        return Written(
            access(tensor, subscripts),
            lambda at: element(tensor, [subscript.evaluate(at.__getitem__) for subscript in subscripts]),
        )

    def condition(self, scope: Sequence[Index], depth: int = 1) -> Said:
        if depth and self.rng.random() < 0.3:
            parts = [self.condition(scope, depth - 1) for _ in range(2)]
            first, second = (part.means for part in parts)
            match self.rng.randrange(3):
                case 0:
                    return Said(logic_and(*(part.made for part in parts)), lambda at: first(at) and second(at))
                case 1:
                    return Said(logic_or(*(part.made for part in parts)), lambda at: first(at) or second(at))
                case _:
                    return Said(logic_not(parts[0].made), lambda at: not first(at))
        relation = self.rng.choice(tuple(Relation))
        left, right = self.leaf(scope), self.leaf(scope)
        return Said(
            compare(relation, left.made, right.made), lambda at: RELATIONS[relation](left.means(at), right.means(at))
        )

    def expression(self, depth: int, scope: Sequence[Index]) -> Written:
        if depth == 0 or self.rng.random() < 0.1:
            return self.leaf(scope)
        kinds = [self._add, self._mul, self._add, self._mul, self._power, self._apply, self._where]
        return self.rng.choice([*kinds, *([self._reduce] * 4 if self.reductions else [])])(depth - 1, scope)

    def _several(self, depth: int, scope: Sequence[Index]) -> tuple[list[Written], Sequence[Callable[[At], Fraction]]]:
        parts = [self.expression(depth, scope) for _ in range(self.rng.choice((2, 2, 3)))]
        if self.rng.random() < 0.3:
            parts.append(parts[0])  # like terms, equal bases
        return parts, [part.means for part in parts]

    def _add(self, depth: int, scope: Sequence[Index]) -> Written:
        parts, means = self._several(depth, scope)
        return Written(add(*(part.made for part in parts)), lambda at: sum((m(at) for m in means), Fraction(0)))

    def _mul(self, depth: int, scope: Sequence[Index]) -> Written:
        parts, means = self._several(depth, scope)
        return Written(mul(*(part.made for part in parts)), lambda at: prod((m(at) for m in means), start=Fraction(1)))

    def _power(self, depth: int, scope: Sequence[Index]) -> Written:
        base, exponent = self.expression(depth, scope), self.rng.choice((-2, -1, 2, 3))
        return Written(power(base.made, exponent), lambda at: base.means(at) ** exponent)

    def _apply(self, depth: int, scope: Sequence[Index]) -> Written:
        function = self.rng.choice(tuple(FUNCTIONS))
        several = function in (Function.MAX, Function.MIN)
        args = [self.expression(depth, scope) for _ in range(self.rng.choice((2, 3)) if several else 1)]
        meant = FUNCTIONS[function]
        return Written(apply(function, *(arg.made for arg in args)), lambda at: meant(*(arg.means(at) for arg in args)))

    def _where(self, depth: int, scope: Sequence[Index]) -> Written:
        condition, then = self.condition(scope), self.expression(depth, scope)
        otherwise = self.expression(depth, scope) if self.rng.random() < 0.4 else Written(NIL, lambda at: Fraction(0))
        return Written(
            where(condition.made, then.made, otherwise.made),
            lambda at: (then if condition.means(at) else otherwise).means(at),
        )

    def _reduce(self, depth: int, scope: Sequence[Index]) -> Written:
        """Over one or two indices; not all of them stand in the body, and a sum's range may be empty."""
        reduction = self.rng.choice((Reduction.SUM, Reduction.SUM, *REDUCTIONS))
        indices = [Index(name) for name in self.rng.sample("pqr", self.rng.choice((1, 1, 2)))]
        low = [Poly.of(self.rng.choice((0, 0, 1, 2) if reduction is Reduction.SUM else (0,))) for _ in indices]
        high = [Poly.of(self.rng.choice(SIZES)) - 1 for _ in indices]
        axes = [Axis(*row) for row in zip(indices, low, high, strict=True)]
        body = self.expression(depth, [*(index for index in scope if index not in indices), *indices])
        return Written(
            reduce(reduction, axes, body.made),
            lambda at: REDUCTIONS[reduction]([body.means(here) for here in positions(axes, at)]),
        )


def agrees(written: Written, at: At) -> bool | None:
    """Whether a term is what was meant; None where what was meant divides by 0."""
    try:
        meant = written.means(at)
    except ZeroDivisionError:
        return None
    return value(written.made, at) == meant
