"""The assumptions of a program at given sizes, as constraints between elements of tensors.

    constraint ::= (fact, position of its axes): polynomial relation 0, or what no polynomial says

Elements of integer tensors are variables as well until they have values; then they are numbers, as subscripts need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.feasible.polynomial import (
    Expansion,
    NotPolynomial,
    Polynomial,
    constant,
    scaled,
    variable,
)
from symbackprop.interpret import Arithmetic, Interpreter
from symbackprop.interpret.compile import Compiler, Position
from symbackprop.terms.build import conjuncts, number, power, sub
from symbackprop.terms.program import Assumption, DType, Program
from symbackprop.terms.term import (
    Apply,
    Compare,
    Function,
    Number,
    Power,
    Relation,
    Term,
)

Data = dict[str, np.ndarray[Any, Any]]
Element = tuple[str, Position]  # a tensor, and a position from its origin
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a part of a fact says at one position: `above` relation 0, `above` being None where it is no polynomial."""

    fact: int
    relation: Relation | None
    above: Polynomial | None
    indices: tuple[int, ...]
    part: int


@dataclass(slots=True)
class System:
    """`facts`: those that read tensors; `reader`: of the sizes; `numbers`: the variable of each element met so far."""

    program: Program
    sizes: Mapping[str, int]
    facts: tuple[Assumption, ...]
    reader: Interpreter
    numbers: dict[Element, int] = field(default_factory=dict)
    elements: list[Element] = field(default_factory=list)

    @staticmethod
    def of(program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption] | None = None) -> System:
        chosen = value_facts(program) if facts is None else tuple(facts)
        return System(program, sizes, chosen, Interpreter(program, sizes, {}))

    def number(self, element: Element) -> int:
        found = self.numbers.get(element)
        if found is None:
            found = self.numbers[element] = len(self.elements)
            self.elements.append(element)
        return found

    def is_integer(self, number: int) -> bool:
        return self.program.table[self.elements[number][0]].dtype is DType.INT

    # --- data --------------------------------------------------------------------------------------
    def value(self, data: Data, number: int) -> Any:
        """That of an element."""
        tensor, index = self.elements[number]
        return plain_value(data[tensor][index])

    def settle(self, data: Data, values: Mapping[int, Any]) -> None:
        """Gives elements values; arrays of floats become objects."""
        for place, value in values.items():
            tensor, index = self.elements[place]
            if self.is_integer(place):
                value = int(value)
            elif data[tensor].dtype != object:
                data[tensor] = data[tensor].astype(object)
            data[tensor][index] = value

    # --- reading -----------------------------------------------------------------------------------
    def parts(self, fact: int) -> tuple[Term, ...]:
        """The conjuncts of a fact, roots and absolute values of an equation squared away."""
        return tuple(map(_plain, conjuncts(self.facts[fact].condition)))

    def positions(self, fact: int) -> Iterator[Position]:
        """Of the fact's axes."""
        return self.reader.positions(self.facts[fact].axes)

    def constraints(self, facts: Sequence[int], integers: Mapping[str, Any] | None) -> list[Constraint]:
        """What the facts say at each position. `integers`: arrays of the integer tensors, where they have values."""
        found: list[Constraint] = []
        for fact in facts:
            for place, part in enumerate(self.parts(fact)):
                found += self._constraints(fact, place, part, integers)
        return found

    def _constraints(
        self, fact: int, place: int, part: Term, integers: Mapping[str, Any] | None
    ) -> Iterator[Constraint]:
        def read(tensor: str, index: Position) -> Any:
            if integers is not None and self.program.table[tensor].dtype is DType.INT:
                return constant(Fraction(int(integers[tensor][index]))), constant(Fraction(1))
            return variable(self.number((tensor, index))), constant(Fraction(1))

        value = self.evaluator(fact, part, Expansion(), read) if isinstance(part, Compare) else None
        relation = part.relation if isinstance(part, Compare) else None
        for indices in self.positions(fact):
            above: Polynomial | None = None
            if value is not None:
                try:
                    above, below = value(indices)
                    if relation in (Relation.GE, Relation.GT) and any(below):
                        above = None  # the sign of the denominator is not known
                    elif not any(below):
                        above = scaled(above, 1 / below[()])
                except (NotPolynomial, ZeroDivisionError, KeyError):
                    above = None
            yield Constraint(fact, relation, above, tuple(indices), place)

    def evaluator(self, fact: int, part: Term, arithmetic: Arithmetic, read: Callable[[str, Position], Any]) -> Any:
        """left - right of an equation (or order), or whether a condition holds, as a function of the fact's indices.
        `read` gives an element by its position from the tensor's origin."""
        value = sub(part.left, part.right) if isinstance(part, Compare) else part
        return Compiler(self.sizes, arithmetic, _Elements(self, read)).over(self.facts[fact].axes, value)


@dataclass(frozen=True, slots=True)
class _Elements:
    system: System
    read: Callable[[str, Position], Any]

    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        origin, shape = self.system.reader.box(self.system.program.table[tensor])
        read = self.read

        def at(position: Position) -> Any:
            index = tuple(p - o for p, o in zip(position, origin, strict=True))
            if not all(0 <= i < s for i, s in zip(index, shape, strict=True)):
                raise NotPolynomial
            return read(tensor, index)

        return at


def plain_value(value: Any) -> Any:
    """Without NumPy's types, which are no Fractions' friends."""
    return value.item() if isinstance(value, np.generic) else value


def value_facts(program: Program) -> tuple[Assumption, ...]:
    """The assumptions about elements of tensors, not those about sizes alone."""
    return tuple(fact for fact in program.assumptions if fact.condition.tensors)


def _plain(part: Term) -> Term:
    """√u = c and |u| = c for a number c >= 0 as u = c² and u² = c²."""
    match part:
        case Compare(Relation.EQ, left, right):
            for one, other in ((left, right), (right, left)):
                if isinstance(other, Number) and other.value >= 0:
                    square = number(other.value**2)
                    if isinstance(one, Power) and one.exponent == _HALF:
                        return Compare(Relation.EQ, one.base, square)
                    if isinstance(one, Apply) and one.function is Function.ABS:
                        return Compare(Relation.EQ, power(one.args[0], 2), square)
            return part
        case _:
            return part
