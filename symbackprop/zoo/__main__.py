"""Writes the list of the zoo, which `symbackprop list` reads: `python -m symbackprop.zoo` when a network changes."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

from symbackprop import zoo
from symbackprop.terms.poly import ONE, ZERO, Floor, Poly
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import Printer

__all__ = ["LIST", "parameter_count", "written"]

LIST = Path(__file__).with_name("parameters.json")


def written() -> str:
    """The text of the list: for each network how many numbers it learns."""
    counts = {name: Printer().poly(parameter_count(zoo.load(name).to_program()), {}) for name in zoo.names()}
    return json.dumps(counts, ensure_ascii=False, indent=1) + "\n"


def parameter_count(program: Program) -> Poly:
    """How many numbers a network learns, in its sizes."""
    count = sum((prod(tensor.shape, start=ONE) for tensor in program.of_kind(TensorKind.PARAMETER)), ZERO)
    facts = Facts.of((), [assumption.condition for assumption in program.assumptions])
    return _without_exact_floors(count, facts)


def _without_exact_floors(poly: Poly, facts: Facts) -> Poly:
    """A*⌊D/A⌋ is D where A is known to divide D."""
    for floor in poly.atoms(deep=False):
        if isinstance(floor, Floor) and facts.proves_zero(floor.numerator - floor.denominator * Poly.of(floor)):
            out = ZERO
            for monomial, coefficient in poly.terms:
                term = Poly({monomial: coefficient})
                rest = term.coefficient(floor) // floor.denominator
                exact = rest * floor.denominator * Poly.of(floor) == term
                out = out + (rest * floor.numerator if exact else term)
            poly = out
    return poly


if __name__ == "__main__":
    LIST.write_text(written(), encoding="utf-8")
