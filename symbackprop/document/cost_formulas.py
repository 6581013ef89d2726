"""What a derivation costs, as formulas in the sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import prod

import sympy

from symbackprop.cost.cost_summary import Cost
from symbackprop.document.model import Block, Math, Paragraph, Runs, Table
from symbackprop.formula.tree import (
    Call,
    Fence,
    Fenced,
    Formula,
    Letter,
    Loose,
    Number,
    Power,
    Product,
    Relation,
    Row,
    Sign,
    Sum,
    integer,
    negative,
    times,
)
from symbackprop.language.sizes import poly_expression, size_symbol
from symbackprop.latex.printed_names import Names
from symbackprop.terms.poly import ONE, Poly
from symbackprop.terms.program import Program

__all__ = ["CostWriter", "cost_table"]


def cost_table(cost: Cost, program: Program, names: Names) -> tuple[Block, ...]:
    """Multiply-adds of forward and backward beside those of the alternatives."""
    writer = CostWriter(program.dims, names)

    def polynomial(name: str, expression: sympy.Expr) -> Runs:
        """`name = polynomial`; a line may break at its operators."""
        formula = writer.formula(expression)
        return (Math(Relation(Letter(name), ((Sign.EQUAL, formula),)) if name else formula),)

    table = program.table
    entries = [poly_expression(prod(table[name].shape, start=ONE)) for name, _ in program.wrt]
    words, loss, entry = names.words, Letter("F"), Letter("P")
    differences = words.listing(items=[Math(times(integer(2), entry, loss)), polynomial("P", sympy.Add(*entries))])
    rows = [
        ((words.forward,), polynomial("F", cost.forward.multiply_adds)),
        ((words.backward,), polynomial("", cost.backward.multiply_adds)),
        ((words.central_differences,), differences),
        ((words.chain_rule_without_reuse,), polynomial("", cost.chain_rule_without_reuse.multiply_adds)),
    ]
    rows_of_costs = Table("cost", ("", words.multiply_adds), tuple(rows))
    return Paragraph(words.counts(entries=Math(entry))), rows_of_costs


class CostWriter:
    """Formulas of costs in these sizes. `names`: with symbols for rounded quotients of sizes."""

    def __init__(self, dims: Iterable[str], names: Names) -> None:
        self.symbols: dict[sympy.Expr, Formula] = {size_symbol(name): names.size(name) for name in dims}
        self.rounded: dict[sympy.Expr, sympy.Expr] = {}
        for floor, symbol in names.floors.items():
            self.rounded[poly_expression(Poly.of(floor))] = stands_for = sympy.Dummy(integer=True)
            self.symbols[stands_for] = symbol

    def formula(self, expression: sympy.Expr) -> Formula:
        """Of an expression, factored where that is shorter."""
        given = expression.xreplace(self.rounded)
        factored = sympy.factor_terms(given)
        return _expression(factored if sympy.count_ops(factored) < sympy.count_ops(given) else given, self.symbols)


def _expression(expression: sympy.Expr, symbols: Mapping[sympy.Expr, Formula]) -> Formula:
    """A SymPy expression in the sizes; TypeError for what costs do not consist of. `symbols`: of the sizes, and of what
    stands for rounded quotients of them."""
    match expression:
        case sympy.Rational():
            value = Fraction(int(expression.p), int(expression.q))
            return Number(value) if value >= 0 else negative(Number(-value))
        case sympy.Symbol():
            return symbols[expression]
        case sympy.Add():
            split = [(arg.could_extract_minus_sign(), arg) for arg in expression.as_ordered_terms()]
            return Sum(tuple((minus, _expression(-arg if minus else arg, symbols)) for minus, arg in split))
        case sympy.Mul():
            number, rest = expression.as_coeff_Mul()
            factors = rest.as_ordered_factors()
            above = [_factor(arg, symbols) for arg in factors if not _divides(arg)]
            below = [_factor(1 / arg, symbols) for arg in factors if _divides(arg)]
            product = Product(Fraction(int(abs(number).p), int(number.q)), tuple(above), tuple(below))
            return negative(product) if number < 0 else product
        case sympy.Pow() if _divides(expression):
            return Product(Fraction(1), (), (_factor(1 / expression, symbols),))
        case sympy.Pow() if isinstance(expression.exp, sympy.Integer):
            return Power(_expression(expression.base, symbols), integer(int(expression.exp)))
        case sympy.floor():
            return Fenced(Fence.FLOOR, _expression(expression.args[0], symbols))
        case sympy.Max() | sympy.Min():
            args = sorted(expression.args, key=sympy.default_sort_key)
            name = "max" if isinstance(expression, sympy.Max) else "min"
            return Call(name, tuple(_expression(arg, symbols) for arg in args))
        case _:
            raise TypeError(f"not an expression of a cost: {expression!r}")


def _divides(expression: sympy.Expr) -> bool:
    return isinstance(expression, sympy.Pow) and bool(expression.exp.is_negative)


def _factor(expression: sympy.Expr, symbols: Mapping[sympy.Expr, Formula]) -> Formula:
    """In parentheses that a line may break in, where it is a sum."""
    formula = _expression(expression, symbols)
    return Row((Loose(True), formula, Loose(False))) if isinstance(formula, Sum) else formula
