"""What some tensors need of a program, in random graphs of equations: against the closure by matrix powers."""

import random

import numpy as np
import pytest

from symbackprop.terms.build import access, add
from symbackprop.terms.needed import needed_for, restrict
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis

N, HERE = Poly.of(Dim("N")), Poly.of(Index("i"))
AXES = (Axis(Index("i"), Poly.of(0), N - 1),)
NAMES = "abcdefgh"


def drawn(seed: int) -> tuple[Program, np.ndarray]:
    """(a program, which tensor reads which in one step): the first two are data; some are added to twice, some
    scattered."""
    rng = random.Random(seed)
    reads = np.eye(len(NAMES), dtype=bool)
    equations = []
    for place, name in list(enumerate(NAMES))[2:]:
        for op in (Op.ASSIGN, Op.ACCUMULATE)[: rng.choice((1, 1, 2))]:
            read, label = [rng.sample(range(len(NAMES)), rng.choice((1, 2))) for _ in range(2)]
            scattered = op is Op.ACCUMULATE and rng.random() < 0.5
            left = access(NAMES[label[0]], [HERE]) if scattered else HERE
            reads[place, [*read, *(label[:1] if scattered else ())]] = True
            rhs = add(*(access(NAMES[other], [HERE]) for other in read))
            equations.append(Equation(name, (left,), AXES, rhs, op))
    kinds = [TensorKind.INPUT, TensorKind.PARAMETER] + [TensorKind.INTERMEDIATE] * (len(NAMES) - 2)
    tensors = tuple(Tensor(name, kind, (N,), zeros(1)) for name, kind in zip(NAMES, kinds, strict=True))
    return Program("graph", ("N",), tensors, tuple(equations)), reads


@pytest.mark.parametrize("seed", range(40))
def test_it_is_what_can_be_reached(seed):
    program, reads = drawn(seed)
    reached = np.linalg.matrix_power(reads.astype(float), len(NAMES)) > 0
    for roots in ("c", "dh", "a", ""):
        expected = {NAMES[place] for root in roots for place in np.flatnonzero(reached[NAMES.index(root)])}
        assert needed_for(program, roots) == expected
        kept = restrict(program, roots)
        assert kept.equations == tuple(e for e in program.equations if e.target in expected)
        assert {t.name for t in kept.tensors} == expected | {"a", "b"}
