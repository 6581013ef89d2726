"""A product that stands by itself elsewhere is one factor of a sum of products.

    a[t, j] = h[t, j]·r[t, j]·(1 - r[t, j])                      h·r is a value
    d[i, j] = Σ_t u[t, i]·h[t, j]·r[t, j]      becomes           d[i, j] = Σ_t u[t, i]·(h[t, j]·r[t, j])

so that it is found to be the same (`value_numbering`). Factors of the same axes are multiplied first in any case.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from symbackprop.lower.value_numbering import blind
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import Contract, Define, Function, Kind, Map, MapOp, Step, Value, inside, with_children
from symbackprop.terms.prove import Facts

_MOST = 8  # factors of a sum whose pairs are looked at


def share_products(function: Function) -> Function:
    """The function with products that it computes anyway as single factors."""
    numbers: dict[Value, int] = {}
    values = {value for step in steps_in(function.body) if isinstance(step, Define) for value in inside(step.value)}
    products = {blind(value, numbers) for value in values if isinstance(value, Map) and value.op is MapOp.MULTIPLY}
    if not products or not any(isinstance(value, Contract) and len(value.factors) > 2 for value in values):
        return function

    def paired(value: Value, children: tuple[Value, ...]) -> Value:
        if not isinstance(value, Contract):
            return with_children(value, children) if children else value
        factors = children
        while 2 < len(factors) <= _MOST:
            for one, other in permutations(factors, 2):
                product = Map(MapOp.MULTIPLY, (one, other), Kind.FLOAT, value.quiet)
                if one.axes == other.axes and blind(product, numbers) in products:
                    break
            else:
                break
            factors = (product, *_without(factors, one, other))
        return with_children(value, factors)

    def changed(step: Step, _: Facts) -> list[Step]:
        return [step.with_value(rebuilt(step.value, paired))] if isinstance(step, Define) else [step]

    return replace(function, body=rewritten(function.body, changed, function.facts))


def _without(factors: tuple[Value, ...], one: Value, other: Value) -> tuple[Value, ...]:
    """The factors but for one each."""
    rest = list(factors)
    rest.remove(one)
    rest.remove(other)
    return tuple(rest)


__all__ = ["share_products"]
