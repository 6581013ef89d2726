"""What sizes must satisfy for a program to have a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbackprop.terms.build import integer_condition
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import GIVEN, Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.size_facts import size_conditions
from symbackprop.terms.term import Relation, Term

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """poly relation 0, of sizes."""

    text: str
    poly: Poly
    relation: Relation = Relation.GE

    def distance(self, sizes: Sizes) -> int:
        """How far the sizes are from meeting it, 0 where they do."""
        value = self.poly.evaluate(lambda atom: sizes[atom.name])
        match self.relation:
            case Relation.GE:
                return max(0, -value)
            case Relation.EQ:
                return abs(value)
            case Relation.NE:
                return int(value == 0)
            case _:
                raise TypeError(f"no relation between integers is left as {self.relation}: {self.text}")


Conditions = tuple[Condition, ...]


def conditions_of(program: Program, allow_empty: bool) -> Conditions:
    """Every condition on sizes: those assumed, and that given tensors have an element at least; the others too unless
    `allow_empty`, and never a negative extent; and that then no equation ranges over nothing, but where it does at
    all sizes."""
    found: dict[Poly | Term, Condition] = {condition: _stated(condition) for condition in size_conditions(program)}
    for tensor in program.tensors:
        given = tensor.kind in GIVEN and tensor.kind is not TensorKind.COTANGENT  # which is as its output is
        least = 1 if given or not allow_empty else 0
        for extent in tensor.shape:
            always = 0 if not given and extent.constant == 0 else least
            if extent.constant is None or extent.constant < always:
                text = f"{extent} >= {least} (an extent of {tensor.name})"
                found.setdefault(extent - least, Condition(text, extent - least))
    for condition in nonzero_conditions(program, program.equations, Facts()):
        found.setdefault(condition, _stated(condition))
    if not allow_empty:
        for axis in dict.fromkeys(axis for equation in program.equations for axis in equation.axes):
            extent = axis.extent - 1
            if extent.constant is None:
                found.setdefault(extent, Condition(f"{axis} not empty", extent))
    return tuple(found.values())


def _stated(condition: Term) -> Condition:
    integer = integer_condition(condition)
    assert integer is not None
    relation, poly = integer
    return Condition(show(condition), poly, relation)


def first_failure(conditions: Conditions, sizes: Sizes) -> Condition | None:
    """The first condition that does not hold."""
    return next((condition for condition in conditions if condition.distance(sizes)), None)


def size_failure(program: Program, sizes: Sizes, allow_empty: bool = False) -> str | None:
    """The first condition of the program that does not hold at these sizes, in words; None if all do."""
    failure = first_failure(conditions_of(program, allow_empty), sizes)
    return None if failure is None else failure.text
