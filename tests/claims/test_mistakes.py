"""Derived equations as claims, each with one mistake made by the machinery that verification is tested with: refuted
where forward mode in floats finds another gradient, proved where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sympy import S

from symbackprop import delta
from symbackprop.claims import Verdict, check_claims
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.interpret import Interpreter, forward_gradients
from symbackprop.interpret.failures import InterpretationError
from symbackprop.language import Claim
from symbackprop.language.claims import read_claim
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.rewrite import rewrite_equation
from symbackprop.terms.term import Access
from symbackprop.verify.data import finite_data
from symbackprop.verify.prime_sizes import choose_sizes
from workshop.mutants.make import choose_mutants

from .networks import fresh, residual

NETWORKS = {"embedding": lambda: fresh("embedding"), "gmm": lambda: fresh("gmm"), "residual": residual}


def setting(name: str) -> tuple[Claim, Ground]:
    """A claim to make others of, and the δ of every tensor of floats."""
    net = NETWORKS[name]().net
    names = tuple(n for n, tensor in net.symbols.items() if tensor.dtype == "float")
    first = net.symbols[names[0]]
    position = tuple(net.index(f"at{place}", size) for place, size in enumerate(first.shape))
    deltas = {f"delta({name})": name for name in names}
    claim = replace(read_claim(net.book, delta(first)[position], S.Zero), deltas=deltas)
    return claim, ground_of(net.to_program(), [claim])


def claim_of(claim: Claim, ground: Ground, equation: Equation) -> Claim | None:
    """The equation of a δ as a claim, if it speaks of the network's own tensors alone."""
    names = {adjoint: f"delta({tensor})" for tensor, adjoint in ground.adjoints.items()}
    known = ground.program.table.keys() | names.keys()
    if equation.target not in names or not equation.reads() <= known - {equation.target}:
        return None

    def rule(term, _):
        return Access(names[term.tensor], term.subscripts) if getattr(term, "tensor", "") in names else None

    stated = replace(rewrite_equation(equation, rule), target=names[equation.target])
    read = [name for name in (equation.target, *equation.reads()) if name in names]
    deltas = {names[name]: ground.tensor_of(name) for name in sorted(read)}
    return replace(claim, axes=stated.axes, left=stated.lhs, right=stated.rhs, deltas=deltas, text=repr(stated.rhs))


def is_true(program: Program, claim: Claim, seed: int) -> bool:
    """By forward mode: every value of the network and every δ is given as data to the claim's right-hand side."""
    sizes = choose_sizes(program, seed)
    data = finite_data(program, sizes, seed)
    assert data is not None
    values = Interpreter(program, sizes, data)
    _, slopes = forward_gradients(values, list(claim.deltas.values()))
    arrays = {tensor.name: values.array(tensor.name) for tensor in program.tensors}
    arrays |= {f"delta({name})": slope.astype(float) for name, slope in slopes.items()}
    table = [replace(program.table[of], name=name) for name, of in claim.deltas.items()]
    about = claim.left.tensor
    target = replace(program.table[claim.deltas[about]], name="claimed")
    stated = Equation("claimed", claim.left.subscripts, claim.axes, claim.right)
    stating = program.with_(tensors=(*program.tensors, *table, target), equations=(stated,), loss=None)
    found = Interpreter(stating, sizes, arrays).array("claimed")
    return np.allclose(found, arrays[about], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_mistake_each(name: str) -> None:
    blank, ground = setting(name)
    claims, expected = [], []
    for mutant in choose_mutants(ground.derived, 20, seed=3):
        changed = [e for e in mutant.backward.equations if e not in ground.backward.equations]
        if len(changed) != 1 or len(ground.backward.definitions[changed[0].target]) > 1:
            continue
        claim = claim_of(blank, ground, changed[0])
        if claim is None:
            continue
        try:
            truth = is_true(ground.program, claim, 1) and is_true(ground.program, claim, 2)
        except InterpretationError:  # it reads out of range: as written, an error
            continue
        claims.append(claim)
        expected.append(Verdict.PROVED if truth else Verdict.REFUTED)
    assert len(claims) > 5
    rows = check_claims(ground.program, claims).rows
    assert [row.verdict for row in rows] == expected
    assert all(row.finding and row.derivation for row in rows if row.verdict is Verdict.REFUTED)
    assert sum(bool(row.repaired) for row in rows) >= 0.9 * expected.count(Verdict.REFUTED)
