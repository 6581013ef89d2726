"""The walk from terms to formulas: the order of addends and factors, which guards are indicators, the names of indices.

A sum has its positive addends first, among them sums and products over indices first and a plain number last. How
tensors, sizes and indices are spelled is a `Spelling`'s: by their own names, or as `latex.Names` has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce

from symbackprop.formula import tree
from symbackprop.formula.text import text
from symbackprop.formula.tree import Fence, Formula, Joint, Operator, Sign
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.terms.build import neg, power, reads_negative
from symbackprop.terms.conditions import conjuncts, integer_condition
from symbackprop.terms.namer import Namer, Names
from symbackprop.terms.poly import ZERO, Atom, Dim, Floor, Index, Monomial, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Constant,
    ConstantKind,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Training,
    Truth,
    Where,
)

__all__ = [
    "CONNECTIVES", "NEGATED", "OPERATORS", "RELATIONS", "SIGNS", "Spelling", "Writer", "exponent_of", "function_of",
    "own",
]  # fmt: skip

_CONSTANTS = {
    ConstantKind.PI: tree.Letter("π"),
    ConstantKind.E: tree.Word("e"),
    ConstantKind.EULER_GAMMA: tree.Scripted(tree.Letter("γ"), tree.Word("E")),
    ConstantKind.GOLDEN_RATIO: tree.Letter("ϕ"),
    ConstantKind.CATALAN: tree.Scripted(tree.Letter("G"), tree.Word("C")),
    ConstantKind.INFINITY: tree.Mark("∞"),
    ConstantKind.NEGATIVE_INFINITY: tree.negative(tree.Mark("∞")),
}
RELATIONS = {
    Relation.GT: Sign.GREATER, Relation.GE: Sign.AT_LEAST, Relation.EQ: Sign.EQUAL, Relation.NE: Sign.NOT_EQUAL,
}  # fmt: skip
NEGATED = {
    Relation.GT: Sign.AT_MOST, Relation.GE: Sign.LESS, Relation.EQ: Sign.NOT_EQUAL, Relation.NE: Sign.EQUAL,
}  # fmt: skip
CONNECTIVES = {Connective.AND: Joint.AND, Connective.OR: Joint.OR}
OPERATORS = {reduction: Operator(reduction.value) for reduction in Reduction}
SIGNS = {Op.ASSIGN: Sign.EQUAL, Op.ACCUMULATE: Sign.ADDS}
_FENCES = {Function.ABS: Fence.ABSOLUTE, Function.FLOOR: Fence.FLOOR, Function.CEILING: Fence.CEILING}


class Spelling:
    """How tensors, sizes and indices are spelled, here by their own names; `words`: the language of the words."""

    words: Phrases = ENGLISH

    def element(self, tensor: str, subscripts: tuple[Formula, ...]) -> Formula:
        return tree.Element(tree.Word(tensor), subscripts)

    def size(self, name: str) -> Formula:
        return tree.Word(name)

    def index(self, name: str) -> Formula:
        return tree.Word(name)

    def floor(self, floor: Floor) -> Formula | None:
        """A symbol for a rounded quotient of sizes, where it has one."""
        return None


class Writer:
    """Makes formulas of terms. Behind `most` terms stand dots: written out, a term that shares its parts may be far
    larger."""

    def __init__(self, spelling: Spelling | None = None, namer: Namer | None = None, most: float = math.inf) -> None:
        self.spelling, self.namer, self.left = spelling or Spelling(), namer or Namer(), most

    # --- equations and ranges ----------------------------------------------------------------------
    def equation(self, equation: Equation) -> tree.Relation:
        """The equation, without its ranges."""
        names = own(axis.index for axis in equation.axes)
        left, right = self.access(equation.lhs, names), self.term(equation.rhs, names)
        return tree.Relation(left, ((SIGNS[equation.op], right),))

    def range_(self, axis: Axis, names: Names | None = None) -> tree.Range:
        """The range of an index."""
        names = names or {}
        strict = axis.high.constant is None and axis.high.constant_part == -1
        end = self.poly(axis.high + 1, names) if strict else None
        return tree.Range(self.index(axis.index, names), self.poly(axis.low, names), self.poly(axis.high, names), end)

    def ranges(self, axes: Iterable[Axis]) -> tuple[Formula, ...]:
        return tuple(self.range_(axis) for axis in axes)

    # --- polynomials, indices, elements ------------------------------------------------------------
    def poly(self, poly: Poly, names: Names) -> Formula:
        """A polynomial, positive terms first and the constant last: `T - 1`, `2 u + p`."""
        if poly.atom is not None:
            return self._atom(poly.atom, names)
        addends: list[tuple[bool, Formula]] = []
        for monomial, coefficient in sorted(poly.terms, key=lambda item: (not item[0], item[1] < 0)):
            factors = self._powers(monomial, names)
            alone = abs(coefficient) == 1 and len(factors) == 1
            value = factors[0] if alone else tree.Product(Fraction(abs(coefficient)), tuple(factors))
            addends.append((coefficient < 0, value if factors else tree.integer(abs(coefficient))))
        if not addends:
            return tree.integer(0)
        return addends[0][1] if len(addends) == 1 and not addends[0][0] else tree.Sum(tuple(addends))

    def _powers(self, monomial: Monomial, names: Names) -> list[Formula]:
        """The factors of a monomial, as `N` and `T²`."""
        bases = [(self._atom(atom, names), exponent) for atom, exponent in monomial]
        return [base if exponent == 1 else tree.Power(base, tree.integer(exponent)) for base, exponent in bases]

    def _atom(self, atom: Atom, names: Names) -> Formula:
        match atom:
            case Index():
                return self.index(atom, names)
            case Dim(name):
                return self.spelling.size(name)
            case Floor():
                return self.spelling.floor(atom) or self.floor(atom, names)

    def floor(self, atom: Floor, names: Names) -> Formula:
        """A rounded quotient, written out; those inside it may have symbols."""
        above, below = self.poly(atom.numerator, names), self.poly(atom.denominator, names)
        return tree.Fenced(Fence.FLOOR, tree.Product(Fraction(1), (above,), (below,)))

    def index(self, index: Index, names: Names) -> Formula:
        return self.spelling.index(names.get(index, str(index)))

    def access(self, access: Access, names: Names) -> Formula:
        return self.spelling.element(access.tensor, tuple(self.subscript(s, names) for s in access.subscripts))

    def subscript(self, subscript: Subscript, names: Names) -> Formula:
        return self.poly(subscript, names) if isinstance(subscript, Poly) else self.term(subscript, names)

    # --- terms -------------------------------------------------------------------------------------
    def term(self, term: Term, names: Names | None = None) -> Formula:
        """`names`: of all indices that have one where the term stands; none given, its free indices have their own."""
        self.left -= 1
        if self.left < 0:
            return tree.DOTS
        names = own(term.free) if names is None else names
        match term:
            case Number(value):
                return tree.negative(tree.Number(-value)) if value < 0 else tree.Number(value)
            case Constant(kind):
                return _CONSTANTS[kind]
            case PolyValue(poly):
                return self.poly(poly, names)
            case Access():
                return self.access(term, names)
            case Add(args):
                return self._sum(args, names)
            case Mul(args):
                return self._product(args, names)
            case Power(base, exponent):
                return self._power(base, exponent, names)
            case Apply(function, args):
                return function_of(function, [self.term(arg, names) for arg in args])
            case Where():
                return self._where(term, names)
            case Reduce(reduction, axes, body):
                free = {names.get(index, str(index)) for index in term.free}
                inner = self.namer.names(term, names, free | set(names.values()))
                ranges = tuple(self.range_(axis, inner) for axis in axes)
                return tree.Prefixed(tree.Big(OPERATORS[reduction], ranges), self.term(body, inner))
            case Truth() | Training() | Compare() | Logic():
                return tree.times(*self._indicators(term, names))
            case _:
                raise TypeError(f"cannot print {type(term).__name__}")

    def _sum(self, args: Iterable[Term], names: Names) -> Formula:
        signed = [(reads_negative(arg), arg) for arg in args]
        signed.sort(key=lambda s: (s[0], isinstance(s[1], Number | PolyValue), not _is_sum(s[1])))
        return tree.Sum(tuple((minus, self.term(neg(arg) if minus else arg, names)) for minus, arg in signed))

    def _product(self, args: Iterable[Term], names: Names) -> Formula:
        number = Fraction(1)
        above: list[Formula] = []
        below: list[Formula] = []
        taking: list[Term] = []  # all that follows them
        for arg in args:
            match arg:
                case Number(value):
                    number *= value
                case PolyValue(poly) if len(poly.terms) == 1:
                    ((monomial, coefficient),) = poly.terms
                    number *= coefficient
                    above += self._powers(monomial, names)
                case Power(PolyValue(poly), exponent) if exponent == -1 and len(poly.terms) == 1:
                    ((monomial, coefficient),) = poly.terms
                    number /= coefficient
                    below += self._powers(monomial, names)
                case Power(base, exponent) if exponent < 0:
                    below.append(self.term(power(base, -exponent), names))
                case Reduce() | Where():
                    taking.append(arg)
                case _:
                    above.append(self.term(arg, names))
        above += [self.term(arg, names) for arg in taking]
        product = tree.Product(abs(number), tuple(above), tuple(below))
        return tree.negative(product) if number < 0 else product

    def _power(self, base: Term, exponent: Fraction, names: Names) -> Formula:
        if exponent < 0:
            return tree.Product(Fraction(1), (), (self.term(power(base, -exponent), names),))
        if exponent == Fraction(1, 2):
            return tree.Root(self.term(base, names))
        return tree.Power(self.term(base, names), exponent_of(exponent))

    # --- guards ------------------------------------------------------------------------------------
    def _where(self, term: Where, names: Names) -> Formula:
        if isinstance(term.otherwise, Number) and term.otherwise.value == 0:
            guards = self._indicators(term.condition, names)
            if isinstance(term.then, Number) and term.then.value == 1:
                return tree.times(*guards)
            minus = reads_negative(term.then)  # a sign, and a constant, read better in front
            then = self.term(neg(term.then) if minus else term.then, names)
            varies = term.then.tensors or term.then.free
            product = reduce(_prefixed, reversed(guards), then) if varies else _counted(then, guards)
            return tree.negative(product) if minus else product
        rows: list[tuple[Formula, Formula]] = []
        rest: Term = term
        while isinstance(rest, Where):
            rows.append((self.term(rest.then, names), self.condition(rest.condition, names)))
            rest = rest.otherwise
        words = self.spelling.words
        return tree.Cases(tuple(rows), self.term(rest, names), words.when, words.otherwise)

    def _indicators(self, condition: Term, names: Names) -> list[Formula]:
        """1 where the condition holds and 0 elsewhere, as factors: equations are indicators of their own, so that each
        can be contracted with a sum."""
        parts = conjuncts(condition)
        equal = [part for part in parts if isinstance(part, Compare) and part.relation is Relation.EQ]
        rest, between = self._between([part for part in parts if part not in equal], names)
        found = [*(self.condition(part, names) for part in equal), *between]
        if rest:
            found.append(tree.chain(Joint.AND, [self.condition(part, names) for part in rest]))
        return [tree.Indicator(each) for each in found]

    def _between(self, parts: Sequence[Term], names: Names) -> tuple[list[Term], list[Formula]]:
        """Pairs `u - a >= 0`, `b - u >= 0` become `a ≤ u ≤ b`; the other conditions come first."""
        polys = {part: poly for part in parts if (poly := _at_least(part)) is not None}
        rest, found = list(parts), list[Formula]()
        for first, low in polys.items():
            for second, high in polys.items():
                middle = low - low.without_indices()
                if first not in rest or second not in rest or middle + (high - high.without_indices()) != ZERO:
                    continue
                leading = min(middle.indices(), key=lambda index: text(self.index(index, names)))
                if middle.coefficient(leading).constant_part < 0:
                    continue  # the pair is met again the other way round
                rest.remove(first)
                rest.remove(second)
                last = high.without_indices()
                strict = last.constant is None and last.constant_part == -1
                upper = (Sign.LESS, last + 1) if strict else (Sign.AT_MOST, last)
                sides = ((Sign.AT_MOST, middle), upper)
                start = self.poly(-low.without_indices(), names)
                found.append(tree.Relation(start, tuple((sign, self.poly(side, names)) for sign, side in sides)))
        return rest, found

    def condition(self, condition: Term, names: Names | None = None) -> Formula:
        """A condition without its brackets."""
        names = own(condition.free) if names is None else names
        match condition:
            case Training():
                return tree.Words(self.spelling.words.training)
            case Truth(value):
                return tree.Words(self.spelling.words.true if value else self.spelling.words.false)
            case Compare(relation, PolyValue(poly), Number(value)) if value == 0:
                return self._integers(relation, poly, names)
            case Compare(Relation.EQ | Relation.NE as relation, Number() as left, right):  # the number stands behind
                return self._compared(RELATIONS[relation], right, left, names)
            case Compare(relation, left, right):
                return self._compared(RELATIONS[relation], left, right, names)
            case Logic(Connective.NOT, (Compare(relation, left, right),)):
                return self._compared(NEGATED[relation], left, right, names)
            case Logic(Connective.NOT, (inner,)):
                return tree.Not(self.condition(inner, names))
            case Logic(connective, args):
                return tree.Chain(CONNECTIVES[connective], tuple(self.condition(arg, names) for arg in args))
            case _:
                return self.term(condition, names)

    def _compared(self, sign: Sign, left: Term, right: Term, names: Names) -> Formula:
        return tree.Relation(self.term(left, names), ((sign, self.term(right, names)),))

    def _integers(self, relation: Relation, poly: Poly, names: Names) -> Formula:
        """What is compared with 0, on two sides."""
        if relation is Relation.GE and poly.constant_part == -1:  # j < i reads better than j + 1 ≤ i
            relation, poly = Relation.GT, poly + 1
        parts = ({m: c for m, c in poly.terms if c > 0}, {m: -c for m, c in poly.terms if c < 0})
        left, right = (self.poly(Poly(part), names) for part in parts)
        equal = relation in (Relation.EQ, Relation.NE)
        alone = poly.indices() if equal else ()
        if len(alone) == 1 and poly.coefficient(alone[0]).constant in (1, -1):  # t = T - 1
            rest = poly - Poly.of(alone[0]) * poly.coefficient(alone[0])
            left = self.index(alone[0], names)
            right = self.poly(-rest * poly.coefficient(alone[0]), names)
        elif equal:  # n = n', k = 2 m
            left, right = sorted((left, right), key=lambda s: (isinstance(s, tree.Number), len(text(s)), text(s)))
        return tree.Relation(left, ((RELATIONS[relation], right),))


def function_of(function: Function, args: Sequence[Formula]) -> Formula:
    """A function of formulas."""
    match function, args:
        case Function.EXP_NORMALIZED, (left, right):
            return tree.Call("exp", (_difference(left, right),))
        case Function.LOG_ADD_EXP, _:
            return tree.Call("log", (tree.Sum(tuple((False, tree.Call("exp", (arg,))) for arg in args)),))
        case Function.LOG_COSH, (arg,):
            return tree.Call("log", (tree.Call("cosh", (arg,)),))
        case Function.BOSE, (arg,):
            below = tree.Sum(((False, tree.Call("exp", (arg,))), (True, tree.integer(1))))
            return tree.Product(Fraction(1), (), (below,))
        case Function.DIFFERENCE, (left, right):
            return tree.Fenced(Fence.PARENTHESES, _difference(left, right))
        case Function.POW, (base, exponent):
            return tree.Power(base, exponent)
        case Function.ABS | Function.FLOOR | Function.CEILING, (arg,):
            return tree.Fenced(_FENCES[function], arg)
        case _:
            return tree.Call(function.value, tuple(args))


def _prefixed(value: Formula, guard: Formula) -> Formula:
    return tree.Prefixed(guard, value)


def _counted(value: Formula, guards: Sequence[Formula]) -> Formula:
    """A constant times indicators, which stand above what divides it."""
    match value:
        case tree.Number(number):
            return tree.times(*guards) if number == 1 else tree.Product(number, tuple(guards))
        case tree.Product(number, above, below):
            return tree.Product(number, (*above, *guards), below)
        case _:
            return tree.times(value, *guards)


def _difference(left: Formula, right: Formula) -> Formula:
    before = left.addends if isinstance(left, tree.Sum) else ((False, left),)
    return tree.Sum((*before, (True, right)))


def exponent_of(value: Fraction) -> Formula:
    """In one line: `1/3`."""
    return tree.Digits(str(value)) if value.denominator > 1 else tree.integer(value.numerator)


def own(indices: Iterable[Index]) -> dict[Index, str]:
    """Indices under their own names, which no index bound in their sight may have."""
    return {index: str(index) for index in indices}


def _at_least(condition: Term) -> Poly | None:
    """p, of a condition p >= 0 on indices."""
    integers = integer_condition(condition)
    return integers[1] if integers is not None and integers[0] is Relation.GE and integers[1].indices() else None


def _is_sum(term: Term) -> bool:
    """Whether it is read as a sum over indices, a factor before it or not."""
    return isinstance(term, Reduce) or (isinstance(term, Mul) and any(isinstance(arg, Reduce) for arg in term.args))
