"""The cost polynomials as data: nested lists that a few lines of JavaScript evaluate, and tests evaluate too.

Grammar::

    expression ::= integer | name of a size | ["+" | "*" | "max" | "min", expression, …]
                 | ["^", expression, integer] | ["/", integer, integer] | ["floor", expression]
    condition  ::= {"text": …, "expression": …, "equal": whether it is to be 0 rather than at least 0}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from symbackprop.cost.cost_summary import Cost
from symbackprop.errors import InvalidSize
from symbackprop.feasible.size_conditions import Condition, conditions_of, first_failure
from symbackprop.language.sizes import poly_expression
from symbackprop.terms.poly import Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Program
from symbackprop.terms.show import Printer
from symbackprop.terms.term import Relation

__all__ = ["QUANTITIES", "cost_data", "expression_data", "numbers", "starting_sizes", "value_of"]

QUANTITIES = {
    "multiply_adds": "multiply-adds",
    "functions": "function evaluations",
    "bytes_moved": "bytes moved",
    "peak_memory": "peak memory in bytes",
}
_PRINTER = Printer()
_ROUND = (64, 32, 16, 8)  # sizes that a reader's network may have, where it may have them all alike


def cost_data(cost: Cost, program: Program, sizes: Mapping[str, int]) -> dict[str, Any]:
    """What the page's plot is drawn from."""
    return {
        "dims": list(cost.dims),
        "sizes": dict(sizes),
        "quantities": QUANTITIES,
        "rows": {row.name: {name: expression_data(getattr(row, name)) for name in QUANTITIES} for row in cost.rows},
        "conditions": [_condition(condition) for condition in _polynomial(program)],
    }


def expression_data(expression: sympy.Expr) -> Any:
    """A SymPy expression in the sizes as nested lists; TypeError for what costs do not consist of."""
    match expression:
        case sympy.Integer():
            return int(expression)
        case sympy.Rational():
            return ["/", int(expression.p), int(expression.q)]
        case sympy.Symbol():
            return expression.name
        case sympy.Add() | sympy.Mul():
            return ["+" if isinstance(expression, sympy.Add) else "*", *_sorted(map(expression_data, expression.args))]
        case sympy.Pow() if isinstance(expression.exp, sympy.Integer):
            return ["^", expression_data(expression.base), int(expression.exp)]
        case sympy.floor():
            return ["floor", expression_data(expression.args[0])]
        case sympy.Max():
            return ["max", *_undominated(_sorted(map(expression_data, expression.args)))]
        case sympy.Min():
            return ["min", *_sorted(map(expression_data, expression.args))]
        case _:
            raise TypeError(f"not an expression of a cost: {expression!r}")


def value_of(data: Any, sizes: Mapping[str, int]) -> Fraction:
    """What the lists of `expression_data` stand for at these sizes."""
    match data:
        case int():
            return Fraction(data)
        case str():
            return Fraction(sizes[data])
        case ["+", *rest]:
            return sum((value_of(part, sizes) for part in rest), Fraction(0))
        case ["*", *rest]:
            return math.prod((value_of(part, sizes) for part in rest), start=Fraction(1))
        case ["max", *rest]:
            return max(value_of(part, sizes) for part in rest)
        case ["min", *rest]:
            return min(value_of(part, sizes) for part in rest)
        case ["^", base, int(exponent)]:
            return value_of(base, sizes) ** exponent
        case ["/", int(above), int(below)]:
            return Fraction(above, below)
        case ["floor", inner]:
            return Fraction(math.floor(value_of(inner, sizes)))
        case _:
            raise TypeError(f"not an expression of a cost: {data!r}")


def _sorted(parts: Iterable[Any]) -> list[Any]:
    """In an order that depends on nothing but what they say."""
    return sorted(parts, key=lambda part: json.dumps(part))


def _undominated(sums: Sequence[Any]) -> list[Any]:
    """The entries of a maximum but for those that another exceeds in every coefficient, whatever the sizes.

    >>> _undominated([["*", 4, "N"], ["+", 1, ["*", 8, "N"]]])
    [['+', 1, ['*', 8, 'N']]]
    """
    kept: list[tuple[dict[str, int] | None, Any]] = []  # None: not to be compared
    for data in sums:
        own = _coefficients(data)
        if own is not None:
            if any(other is not None and _exceeds(other, own) for other, _ in kept):
                continue
            kept = [(other, whole) for other, whole in kept if other is None or not _exceeds(own, other)]
        kept.append((own, data))
    return [data for _, data in kept]


def _coefficients(data: Any) -> dict[str, int] | None:
    """The coefficient of each monomial; None where one of them is no integer."""
    out: dict[str, int] = {}
    for term in data[1:] if isinstance(data, list) and data[0] == "+" else [data]:
        factors = term[1:] if isinstance(term, list) and term[0] == "*" else [term]
        if any(isinstance(factor, list) and factor[0] not in ("^", "floor") for factor in factors):
            return None
        number = math.prod(factor for factor in factors if isinstance(factor, int))
        rest = json.dumps([factor for factor in factors if not isinstance(factor, int)])
        out[rest] = out.get(rest, 0) + number
    return out


def _exceeds(large: Mapping[str, int], small: Mapping[str, int]) -> bool:
    """Whether `large - small` has no negative coefficient; monomials in sizes are not negative."""
    return bool(large) and all(large.get(key, 0) >= small.get(key, 0) for key in {*large, *small})


def numbers(data: Mapping[str, Any], sizes: Mapping[str, int]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """(row, its quantities) of `cost_data` at these sizes."""
    return tuple(
        (name, tuple(int(value_of(row[quantity], sizes)) for quantity in QUANTITIES))
        for name, row in data["rows"].items()
    )


def starting_sizes(program: Program, checked: Mapping[str, int], asked: Mapping[str, int] | None) -> dict[str, int]:
    """The sizes at which the plot begins: those asked for, and for the others ones that meet the conditions.

    `checked`: sizes that meet them, those of verification. InvalidSize for a size that the program does not have.
    """
    given = dict(asked or {})
    unknown = sorted(given.keys() - set(program.dims))
    if unknown:
        known = ", ".join(program.dims) or "none"
        raise InvalidSize(f"sizes of {program.name}", expected=known, found=", ".join(unknown))
    conditions = conditions_of(program, allow_empty=False)
    alike = [dict.fromkeys(program.dims, size) for size in _ROUND]
    scaled = [{name: checked[name] * factor for name in program.dims} for factor in (16, 8, 4, 2)]
    for sizes in (*alike, *scaled):
        if first_failure(conditions, {**sizes, **given}) is None:
            return {**sizes, **given}
    return {**checked, **given}


def _polynomial(program: Program) -> tuple[Condition, ...]:
    """The conditions that a polynomial states, but for those that every size of 1 and more meets by itself."""
    return tuple(
        condition
        for condition in conditions_of(program, allow_empty=False)
        if condition.relation is Relation.EQ
        or (condition.relation is Relation.GE and not plainly_nonnegative(condition.poly))
    )


def _condition(condition: Condition) -> dict[str, Any]:
    more = Poly({monomial: c for monomial, c in condition.poly.terms if c > 0})
    less, equal = more - condition.poly, condition.relation is Relation.EQ
    return {
        "text": f"{_PRINTER.poly(more, {})} {'=' if equal else '≥'} {_PRINTER.poly(less, {})}",
        "expression": expression_data(poly_expression(condition.poly)),
        "equal": equal,
    }
