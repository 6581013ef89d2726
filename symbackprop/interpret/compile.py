"""Terms as Python closures over a list of index values: a direct transcription of what each term means.

Sizes are known, so subscripts become integer functions of the indices. No term is transformed or simplified. A term
that stands in several places is one object and one closure, which keeps its last value: the work is that of the
graph, not of the tree that it unfolds to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any, Protocol

from symbackprop.interpret.number_system import Arithmetic, holds
from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Constant,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Subscript,
    Term,
    Training,
    Truth,
    Where,
)
from symbackprop.terms.walks import shared

Position = tuple[int, ...]
Environment = list[int]
Value = Callable[[Environment], Any]
Whole = Callable[[Environment], int]


class Elements(Protocol):
    """Where the values of tensor elements come from."""

    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        """A function from a position to the value there."""


class Compiler:
    """Closures for the terms of one equation. `slots` places its indices in the environment; `training` decides the
    condition `Training`."""

    def __init__(
        self, sizes: Mapping[str, int], arithmetic: Arithmetic, elements: Elements, training: bool = True
    ) -> None:
        self.sizes = sizes
        self.training = training
        self.arithmetic = arithmetic
        self.elements = elements
        self.slots: dict[Index, int] = {}
        self._closures: dict[Term, Value] = {}
        self._repeated: set[Term] = set()

    def slot(self, index: Index) -> int:
        return self.slots.setdefault(index, len(self.slots))

    def over(self, axes: Sequence[Axis], term: Term) -> Callable[[Position], Any]:
        """The value of a term, or whether a condition holds, by the values of the axes' indices."""
        for axis in axes:
            self.slot(axis.index)
        value: Callable[[Environment], Any] = self.condition(term) if isinstance(term, CONDITIONS) else self.term(term)
        padding = [0] * (len(self.slots) - len(axes))
        return lambda position: value([*position, *padding])

    # --- integers ------------------------------------------------------------------------------------
    def poly(self, poly: Poly) -> Whole:
        constant = 0
        coefficients: dict[int, int] = {}
        for monomial, factor in poly.terms:
            slot = None
            for atom, power in monomial:
                match atom:
                    case Dim(name):
                        factor *= self.sizes[name] ** power
                    case Index() if power == 1 and slot is None:
                        slot = self.slot(atom)
                    case Floor(numerator, denominator) if not poly.of(atom).indices():
                        factor *= (numerator.evaluate(self._size) // denominator.evaluate(self._size)) ** power
                    case _:
                        return self._general_poly(poly)
            if slot is None:
                constant += factor
            else:
                coefficients[slot] = coefficients.get(slot, 0) + factor
        pairs = tuple((slot, factor) for slot, factor in coefficients.items() if factor)
        if not pairs:
            return lambda env: constant
        ((first, scale), *rest) = pairs
        if rest:
            return lambda env: constant + sum([factor * env[slot] for slot, factor in pairs])
        if scale == 1:
            return (lambda env: env[first] + constant) if constant else itemgetter(first)
        return lambda env: constant + scale * env[first]

    def _size(self, atom: Dim | Index) -> int:
        return self.sizes[atom.name]

    def _general_poly(self, poly: Poly) -> Whole:
        for index in poly.indices():
            self.slot(index)

        def value(env: Environment) -> int:
            return poly.evaluate(lambda atom: self.sizes[atom.name] if isinstance(atom, Dim) else env[self.slots[atom]])

        return value

    def subscript(self, subscript: Subscript) -> Whole:
        if isinstance(subscript, Poly):
            return self.poly(subscript)
        gathered, whole = self.term(subscript), self.arithmetic.integer_of
        return lambda env: whole(gathered(env))

    def position(self, subscripts: tuple[Subscript, ...]) -> Callable[[Environment], Position]:
        plain = [s.index for s in subscripts if isinstance(s, Poly) and s.index is not None]
        if len(plain) == len(subscripts) > 1:
            return itemgetter(*(self.slot(index) for index in plain))
        parts = [self.subscript(s) for s in subscripts]
        if len(parts) == 1:
            (only,) = parts
            return lambda env: (only(env),)
        return lambda env: tuple([part(env) for part in parts])

    # --- values --------------------------------------------------------------------------------------
    def term(self, term: Term) -> Value:
        """The term's value in an environment."""
        self._repeated |= shared(term)
        return self._term(term)

    def _term(self, term: Term) -> Value:
        found = self._closures.get(term)
        if found is None:
            value = self._value(term)
            found = self._closures[term] = self._kept(term, value) if term in self._repeated else value
        return found

    def _kept(self, term: Term, value: Value) -> Value:
        """The closure with its last value remembered, for the same values of the term's indices."""
        slots, arithmetic = [self.slot(index) for index in term.free], self.arithmetic
        last: tuple[list[int], Any] | None = None

        def kept(env: Environment) -> Any:
            nonlocal last
            key = [arithmetic.region, *(env[slot] for slot in slots)]
            if last is None or last[0] != key:
                last = key, value(env)
            return last[1]

        return kept

    def _value(self, term: Term) -> Value:
        arithmetic = self.arithmetic
        match term:
            case Number(value):
                number = arithmetic.number(value)
                return lambda env: number
            case Constant(kind):
                constant = arithmetic.constant(kind)
                return lambda env: constant
            case PolyValue(poly):
                whole, given = self.poly(poly), arithmetic.given
                return lambda env: given(whole(env))
            case Access(tensor, subscripts):
                read, position = self.elements.reader(tensor, len(subscripts)), self.position(subscripts)
                return lambda env: read(position(env))
            case Add(args):
                add, summands = arithmetic.add, [self._term(arg) for arg in args]
                return lambda env: add([summand(env) for summand in summands])
            case Mul(args):
                multiply, factors = arithmetic.multiply, [self._term(arg) for arg in args]
                return lambda env: multiply([factor(env) for factor in factors])
            case Power(base, exponent):
                power, inner = arithmetic.power, self._term(base)
                return lambda env: power(inner(env), exponent)
            case Apply(Function.EXP, (Add(args),)):
                exp_of_sum, exponents = arithmetic.exp_of_sum, [self.term(arg) for arg in args]
                return lambda env: exp_of_sum([exponent(env) for exponent in exponents])
            case Apply(function, args):
                apply, arguments = arithmetic.about(term).apply, [self._term(arg) for arg in args]
                return lambda env: apply(function, [argument(env) for argument in arguments])
            case Where(condition, then, otherwise):
                holds_here, yes, no = self._condition(condition), self._term(then), self._term(otherwise)
                return lambda env: yes(env) if holds_here(env) else no(env)
            case Reduce():
                return self._reduce(term)
            case _:
                raise TypeError(f"{type(term).__name__} has no value: {term!r}")

    def _reduce(self, term: Reduce) -> Value:
        combine = self._combination(term)
        bounds = [(self.slot(axis.index), self.poly(axis.low), self.poly(axis.high)) for axis in term.axes]
        body = self._term(term.body)
        slots = [slot for slot, _, _ in bounds]

        def value(env: Environment) -> Any:
            ranges = [range(low(env), high(env) + 1) for _, low, high in bounds]
            values = []
            for position in product(*ranges):
                for slot, index in zip(slots, position, strict=True):
                    env[slot] = index
                values.append(body(env))
            return combine(values)

        return value

    def _combination(self, term: Reduce) -> Callable[[list[Any]], Any]:
        arithmetic = self.arithmetic
        match term.reduction:
            case Reduction.SUM:
                return arithmetic.add
            case Reduction.PRODUCT:
                return arithmetic.multiply
            case Reduction.LOGSUMEXP:
                return arithmetic.log_sum_exp
            case Reduction.MAX | Reduction.MIN:
                smallest = term.reduction is Reduction.MAX
                function = Function.MAX if smallest else Function.MIN
                nothing, apply = arithmetic.given(float("-inf" if smallest else "inf")), arithmetic.about(term).apply
                return lambda values: apply(function, values) if values else nothing

    # --- conditions ----------------------------------------------------------------------------------
    def condition(self, condition: Term) -> Callable[[Environment], bool]:
        """Whether the condition holds in an environment."""
        self._repeated |= shared(condition)
        return self._condition(condition)

    def _condition(self, condition: Term) -> Callable[[Environment], bool]:
        integers = integer_condition(condition)
        if integers is not None:
            relation, poly = integers
            whole = self.poly(poly)
            return lambda env: holds(relation, whole(env), 0)
        match condition:
            case Truth(truth):
                return lambda env: truth
            case Training():
                training = self.training
                return lambda env: training
            case Compare(relation, left, right):
                compare, a, b = self.arithmetic.about(condition).compare, self._term(left), self._term(right)
                return lambda env: compare(relation, a(env), b(env))
            case Logic(Connective.AND, args):
                conditions = [self._condition(arg) for arg in args]
                return lambda env: all(c(env) for c in conditions)
            case Logic(Connective.OR, args):
                conditions = [self._condition(arg) for arg in args]
                return lambda env: any(c(env) for c in conditions)
            case Logic(Connective.NOT, (inner,)):
                opposite = self._condition(inner)
                return lambda env: not opposite(env)
            case _:
                raise TypeError(f"{type(condition).__name__} is no condition: {condition!r}")
