"""What a false claim may have taken for granted: assumptions that people make of data without saying so.

Rows that add to one, or have length one; values that are 1 or -1, or 0 or 1; a symmetric matrix. Whether
a claim holds under one of them is shown like any claim, with the assumption in the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from symbackprop.claims.bench import Bench
from symbackprop.claims.by_region import walk_regions
from symbackprop.claims.ground import Ground
from symbackprop.claims.probes import differs, probes
from symbackprop.claims.proof import Prover
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.interpret import Float
from symbackprop.terms.build import UNIT, access, compare, power, reduce
from symbackprop.terms.needed import needed_for
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Assumption, DType, Equation, Program, Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Reduction, Relation, Term
from symbackprop.verify.data import Array

_PROBES = 6
_MOST = 24  # assumptions that are tried
_DECLARED = (TensorKind.INPUT, TensorKind.PARAMETER)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text`: as it would be stated, `net.assume(text)`. `met`: values of the tensor, moved so that it holds."""

    text: str
    tensor: str
    fact: Assumption
    met: Callable[[Array], Array]


def assumption_for(ground: Ground, equation: Equation, sizes: dict[str, int], seed: int) -> Candidate | None:
    """The first assumption under which a false claim is true."""
    needed = needed_for(ground.backward, [equation.target, *equation.rhs.tensors])
    needed |= needed_for(ground.derived.forward, needed)
    small = dict.fromkeys(sizes, 2)
    here = small if size_failure(ground.program, small) is None else sizes
    tried = [probe.data for probe in probes(ground, equation, here, seed, _PROBES) if not probe.coarse]
    for candidate in islice(_candidates(ground.program, needed), _MOST if tried else 0):
        moved = ({**data, candidate.tensor: candidate.met(data[candidate.tensor])} for data in tried)
        if any(differs(Bench(ground, here, data, Float()), equation) for data in moved):
            continue
        program = ground.program.with_(assumptions=(*ground.program.assumptions, candidate.fact))
        under = replace(ground, program=program)
        if Prover.of(under).proves(equation) or walk_regions(under, equation, sizes, seed)[0].holds:
            return candidate
    return None


def _candidates(program: Program, needed: frozenset[str]) -> Iterator[Candidate]:
    bound = {name for fact in program.assumptions for name in fact.condition.tensors}
    floats = [t for t in program.of_kind(*_DECLARED) if t.dtype is DType.FLOAT and t.rank]
    given = [tensor for tensor in floats if tensor.name in needed - bound]
    for tensor in given:
        if tensor.kind is TensorKind.INPUT:
            yield from _totals(program, tensor)
            yield from _signs(program, tensor)
        yield from _symmetric(program, tensor)


def _element(program: Program, tensor: Tensor) -> tuple[Access, list[Axis], str]:
    """(an element at indices of its own, their axes, the element as text) in the network's letters."""
    axes: list[Axis] = []
    for place in range(tensor.rank):
        whole = tensor.axis(place, Index("_"))
        alike = [known.index for known in program.indices if (known.low, known.high) == (whole.low, whole.high)]
        free = [index for index in alike if all(index != axis.index for axis in axes)]
        axes.append(tensor.axis(place, free[0] if free else Index(f"i{place}")))
    read = access(tensor.name, [Poly.of(axis.index) for axis in axes])
    return read, axes, f"{tensor.name}[{', '.join(axis.index.name for axis in axes)}]"


def _totals(program: Program, tensor: Tensor) -> Iterator[Candidate]:
    """Σ_k y[n, k] = 1 and Σ_k y[n, k]² = 1, along each axis, the last first."""
    read, axes, text = _element(program, tensor)
    for body, shown, exponent in ((read, text, 1), (power(read, 2), f"{text}**2", 2)):
        for place in reversed(range(len(axes))):

            def met(values: Array, place: int = place, exponent: int = exponent) -> Array:
                total: Array = np.sum(np.abs(values) ** exponent, axis=place, keepdims=True)
                return np.abs(values) / total ** (1 / exponent)

            others = tuple(axis for axis in axes if axis is not axes[place])
            fact = _equal(others, reduce(Reduction.SUM, [axes[place]], body), UNIT)
            yield Candidate(f"Eq(Sum({shown}, {axes[place].index.name}), 1)", tensor.name, fact, met)


def _signs(program: Program, tensor: Tensor) -> Iterator[Candidate]:
    """y² = 1 and y² = y."""
    read, axes, text = _element(program, tensor)
    for value, shown, low in ((UNIT, "1", -1.0), (read, text, 0.0)):

        def met(values: Array, low: float = low) -> Array:
            return np.where(values > np.median(values), 1.0, low)

        yield Candidate(f"Eq({text}**2, {shown})", tensor.name, _equal(axes, power(read, 2), value), met)


def _symmetric(program: Program, tensor: Tensor) -> Iterator[Candidate]:
    """A[i, j] = A[j, i]."""
    if tensor.rank == 2 and tensor.shape[0] == tensor.shape[1] and tensor.origin[0] == tensor.origin[1]:
        read, (first, second), text = _element(program, tensor)
        other = access(tensor.name, [Poly.of(second.index), Poly.of(first.index)])
        turned = f"{tensor.name}[{second.index.name}, {first.index.name}]"
        fact = _equal((first, second), read, other)
        yield Candidate(f"Eq({text}, {turned})", tensor.name, fact, lambda values: (values + values.T) / 2)


def _equal(axes: Sequence[Axis], left: Term, right: Term) -> Assumption:
    return Assumption(tuple(axes), compare(Relation.EQ, left, right))
