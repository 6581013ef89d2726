"""Whether data meet assumptions: each read anew, however the data were found."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symbackprop.feasible.system import Data, System, plain_value
from symbackprop.feasible.unmet import World
from symbackprop.interpret import Arithmetic, Precise, Residues
from symbackprop.interpret.compile import Position
from symbackprop.interpret.number_system import holds
from symbackprop.terms.program import DType, Program
from symbackprop.terms.term import Compare, Relation

_CLOSE, _ROUNDED = Fraction(1, 10**45), Fraction(1, 10**9)


def meets(program: Program, sizes: Mapping[str, int], data: Data) -> bool:
    """Whether floats meet every assumption, up to rounding."""
    return first_unmet(System.of(program, sizes), data, World.REAL, _ROUNDED) is None


def first_unmet(system: System, data: Data, world: World, slack: Fraction = _CLOSE) -> int | None:
    """The first fact that does not hold, each read anew in the arithmetic of the world; equations up to `slack`."""
    table, precise = system.program.table, Precise()
    for fact in range(len(system.facts)):
        whole = all(table[name].dtype is DType.INT for name in system.facts[fact].condition.tensors)
        arithmetic: Arithmetic = Residues() if world is World.RESIDUES and not whole else precise

        def read(tensor: str, index: Position, arithmetic: Arithmetic = arithmetic) -> Any:
            return arithmetic.given(plain_value(data[tensor][index]))

        for part in system.parts(fact):
            value = system.evaluator(fact, part, arithmetic, read)
            for indices in system.positions(fact):
                try:
                    found = value(indices)
                except ArithmeticError:
                    return fact
                if not _true(part, found, arithmetic, slack):
                    return fact
    return None


def _true(part: Any, found: Any, arithmetic: Arithmetic, slack: Fraction) -> bool:
    if not isinstance(part, Compare):
        return bool(found)
    if isinstance(arithmetic, Residues):
        match part.relation:
            case Relation.EQ | Relation.NE:
                return (found == 0) is (part.relation is Relation.EQ)
            case _:
                return True  # order means nothing there
    if part.relation is Relation.EQ:
        return bool(abs(found) <= arithmetic.number(slack))
    if part.relation is Relation.GE:
        return bool(found >= -arithmetic.number(slack))
    return holds(part.relation, found, 0)
