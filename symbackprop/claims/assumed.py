"""What a false claim may have taken for granted: assumptions that people make of data without saying so.

Rows that add to one, or have length one; values that are 1 or -1, or 0 or 1; a symmetric matrix. Whether
a claim holds under one of them is shown like any claim, with the assumption in the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.claims.compare import probed
from symbackprop.claims.ground import Ground
from symbackprop.claims.probes import probes
from symbackprop.claims.proof import Prover
from symbackprop.claims.regions import walk_regions
from symbackprop.optimise.dead import needed_for
from symbackprop.terms.build import UNIT, access, compare, power, reduce
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Assumption, DType, Equation, Program, Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Reduction, Relation, Term

_PROBES = 6
_MOST = 24  # assumptions that are tried
_DECLARED = (TensorKind.INPUT, TensorKind.PARAMETER)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text`: as it would be stated, `net.assume(text)`."""

    text: str
    fact: Assumption


def assumption_for(
    ground: Ground, equation: Equation, sizes: dict[str, int], seed: int
) -> Candidate | None:
    """The first assumption under which a false claim is true."""
    needed = needed_for(ground.backward, [equation.target, *equation.rhs.tensors])
    needed |= needed_for(ground.derived.forward, needed)
    for number, candidate in enumerate(_candidates(ground.program, needed)):
        if number == _MOST:
            return None
        program = ground.program.with_(assumptions=(*ground.program.assumptions, candidate.fact))
        if _holds(replace(ground, program=program), equation, sizes, seed):
            return candidate
    return None


def _holds(ground: Ground, equation: Equation, sizes: dict[str, int], seed: int) -> bool:
    if not any(True for _ in probes(ground, equation, sizes, seed, 2)):
        return False  # no data meet it
    if probed(ground, equation, [sizes], seed, _PROBES) is not None:
        return False
    return Prover.of(ground).proves(equation) or walk_regions(ground, equation, sizes, seed)[0].holds


def _candidates(program: Program, needed: frozenset[str]) -> Iterator[Candidate]:
    kinds: Sequence[Callable[[Program, Tensor], Iterator[Candidate]]] = (_totals, _signs, _symmetric)
    given = [t for t in program.of_kind(*_DECLARED) if t.dtype is DType.FLOAT and t.name in needed and t.rank]
    for tensor in sorted(given, key=lambda t: t.kind is TensorKind.PARAMETER):
        for kind in kinds:
            yield from kind(program, tensor)


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
    for body, shown in ((read, text), (power(read, 2), f"{text}**2")):
        for place in reversed(range(len(axes))):
            others = tuple(axis for axis in axes if axis is not axes[place])
            total = reduce(Reduction.SUM, [axes[place]], body)
            yield _candidate(f"Eq(Sum({shown}, {axes[place].index.name}), 1)", others, total, UNIT)


def _signs(program: Program, tensor: Tensor) -> Iterator[Candidate]:
    """y² = 1 and y² = y."""
    if tensor.kind is TensorKind.INPUT:
        read, axes, text = _element(program, tensor)
        yield _candidate(f"Eq({text}**2, 1)", axes, power(read, 2), UNIT)
        yield _candidate(f"Eq({text}**2, {text})", axes, power(read, 2), read)


def _symmetric(program: Program, tensor: Tensor) -> Iterator[Candidate]:
    """A[i, j] = A[j, i]."""
    if tensor.rank == 2 and tensor.shape[0] == tensor.shape[1] and tensor.origin[0] == tensor.origin[1]:
        read, (first, second), text = _element(program, tensor)
        other = access(tensor.name, [Poly.of(second.index), Poly.of(first.index)])
        turned = f"{tensor.name}[{second.index.name}, {first.index.name}]"
        yield _candidate(f"Eq({text}, {turned})", (first, second), read, other)


def _candidate(text: str, axes: Sequence[Axis], left: Term, right: Term) -> Candidate:
    return Candidate(text, Assumption(tuple(axes), compare(Relation.EQ, left, right)))
