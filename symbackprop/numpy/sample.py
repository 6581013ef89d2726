"""Small sizes for a module's own check: distinct primes where they can be.

They are moved until every extent and every relation between them is met.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.feasible.size_conditions import Condition, Conditions, conditions_of, first_failure
from symbackprop.terms.poly import Dim
from symbackprop.terms.program import Program
from symbackprop.terms.term import Relation

_PRIMES = (2, 3, 5, 7, 11, 13)
_STEPS = 400
_ALL_DISTINCT = 4


def sample_sizes(program: Program) -> dict[str, int]:
    """Sizes at which no tensor is empty and the relations declared between sizes hold (as near as a search gets)."""
    conditions = tuple(each for each in conditions_of(program, allow_empty=False) if each.poly.constant is None)
    positive = tuple(Condition(c.text, c.poly - 1) if c.relation is Relation.NE else c for c in conditions)
    sizes = _moved(_apart(program), positive)  # what divides is above 0 where it can be
    return sizes if first_failure(positive, sizes) is None else _moved(sizes, conditions)


def _moved(sizes: dict[str, int], wanted: Conditions) -> dict[str, int]:
    """The sizes moved, one at a time, until they meet the conditions."""
    for _ in range(_STEPS):
        failing = [condition for condition in wanted if condition.distance(sizes)]
        if not failing:
            break
        trials = [
            {**sizes, dim: value}
            for dim in sizes
            if any(Dim(dim) in condition.poly.dims() for condition in failing)
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


def _missing(conditions: Conditions, sizes: Mapping[str, int]) -> int:
    """How far the sizes are from meeting the conditions, all together."""
    return sum(condition.distance(sizes) for condition in conditions)
