"""The cost of a derivation in print: each formula evaluates to the polynomial that it stands for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
import sympy

from symbackprop import cost, derive, zoo
from symbackprop.document.cost_formulas import cost_table
from symbackprop.document.model import Math
from symbackprop.document.symbol_tables import size_symbols
from symbackprop.formula import tree
from symbackprop.latex.printed_names import Names
from symbackprop.terms.poly import Poly


def value(formula: tree.Formula, at: dict[tree.Formula, int]) -> Fraction:
    """What a reader would compute."""
    match formula:
        case _ if formula in at:
            return Fraction(at[formula])
        case tree.Number(number):
            return number
        case tree.Sum(addends):
            return sum((-value(part, at) if minus else value(part, at) for minus, part in addends), Fraction(0))
        case tree.Product(number, above, below):
            found = number
            for factor in above:
                found *= value(factor, at)
            for factor in below:
                found /= value(factor, at)
            return found
        case tree.Power(base, exponent):
            return value(base, at) ** int(value(exponent, at))
        case tree.Fenced(tree.Fence.FLOOR, inner):
            return Fraction(floor(value(inner, at)))
        case tree.Row((tree.Loose(), inner, tree.Loose())):
            return value(inner, at)
        case tree.Call(tree.Word(name) | name, args):
            return {"max": max, "min": min}[name]([value(arg, at) for arg in args])
        case _:
            raise TypeError(f"not read: {formula}")


@pytest.mark.parametrize("name", ["mlp", "lstm", "lenet", "attention", "wavenet", "unet", "vit"])
def test_the_formulas_are_the_polynomials(name: str) -> None:
    derivation = derive(zoo.load(name))
    program, names = derivation.program, Names.of(derivation.program)
    names = replace(names, floors=size_symbols(program, names))
    counted = cost(derivation)
    _, table = cost_table(counted, program, names)
    sizes = {dim: 7 + 4 * place for place, dim in enumerate(program.dims)}
    at = {names.size(dim): size for dim, size in sizes.items()}
    at |= {s: int(Poly.of(f).evaluate(lambda dim: sizes[dim.name])) for f, s in names.floors.items()}
    found = {row[0][0]: row[1] for row in table.rows}
    for row in (counted.forward, counted.backward, counted.chain_rule_without_reuse):
        (printed,) = found[row.name]
        assert isinstance(printed, Math)
        formula = printed.formula
        if isinstance(formula, tree.Relation):  # F = …
            ((_, formula),) = formula.rest
        at_sizes = {symbol: sizes[symbol.name] for symbol in row.multiply_adds.free_symbols}
        assert value(formula, at) == row.multiply_adds.subs(at_sizes)
        assert not names.floors or not any(isinstance(part, tree.Fenced) for part in tree.within(formula))
    assert sympy.Integer(2) * counted.forward.multiply_adds != 0
