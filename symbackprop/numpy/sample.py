"""Small sizes for a module's own check: distinct primes where they can be.

They are moved until every extent and every relation between them is met.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.terms.build import integer_condition
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Assumption, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Connective, Logic, Relation, Term

_PRIMES = (2, 3, 5, 7, 11, 13)
_STEPS = 400
_ALL_DISTINCT = 4


def sample_sizes(program: Program) -> dict[str, int]:
    """Sizes at which no tensor is empty and the relations declared between sizes hold (as near as a search gets)."""
    sizes = _apart(program)
    wanted = [extent - 1 for tensor in program.tensors for extent in tensor.shape]
    wanted += [poly for fact in program.assumptions if not fact.axes for poly in _inequalities(fact.condition)]
    for condition in nonzero_conditions(program, program.equations, Facts()):
        integer = integer_condition(condition)
        assert integer is not None
        wanted.append(integer[1] - 1)  # what divides is above 0 where it can be
    wanted = list(dict.fromkeys(poly for poly in wanted if poly.constant is None))
    for _ in range(_STEPS):
        failing = [poly for poly in wanted if _value(poly, sizes) < 0]
        if not failing:
            return sizes
        moving = [dim for dim in sizes if any(Dim(dim) in poly.dims() for poly in failing)]
        trials = [
            {**sizes, dim: value}
            for dim in moving
            for value in {sizes[dim] + 1, sizes[dim] + 2, max(1, sizes[dim] - 1)}
        ]
        sizes = min(trials, key=lambda trial: (_missing(wanted, trial), sum(trial.values()), sorted(trial.items())))
    return sizes


def _apart(program: Program) -> dict[str, int]:
    """A prime for each size: all distinct where there are few, else but those that stand in one tensor's shape."""
    if len(program.dims) <= _ALL_DISTINCT:
        return dict(zip(program.dims, _PRIMES, strict=False))
    shapes = [
        {extent.atom.name for extent in tensor.shape if isinstance(extent.atom, Dim)} for tensor in program.tensors
    ]
    sizes: dict[str, int] = {}
    for dim in program.dims:
        beside = {sizes.get(other) for shape in shapes if dim in shape for other in shape}
        sizes[dim] = next((prime for prime in _PRIMES if prime not in beside), _PRIMES[0])
    return sizes


def _missing(wanted: list[Poly], sizes: Mapping[str, int]) -> int:
    """How far the polynomials are from being >= 0, all together."""
    return sum(max(0, -_value(poly, sizes)) for poly in wanted)


def _value(poly: Poly, sizes: Mapping[str, int]) -> int:
    return poly.evaluate(lambda atom: sizes[atom.name])


def _inequalities(condition: Term) -> list[Poly]:
    if isinstance(condition, Logic) and condition.connective is Connective.AND:
        return [poly for arg in condition.args for poly in _inequalities(arg)]
    match integer_condition(condition):
        case (Relation.GE, poly):
            return [poly]
        case (Relation.EQ, poly):
            return [poly, -poly]
        case _:
            return []


def size_conditions(assumptions: tuple[Assumption, ...]) -> tuple[Term, ...]:
    """The relations between sizes alone."""
    return tuple(fact.condition for fact in assumptions if not fact.axes and not fact.condition.tensors)
