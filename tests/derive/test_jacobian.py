"""Derivatives of one tensor by another against forward mode of the network with one element at a time perturbed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Piecewise, exp, tanh

from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.derive.jacobian import jacobian, with_cotangent
from symbackprop.interpret import Interpreter
from symbackprop.stages import derived_of
from symbackprop.terms.build import add
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Access
from symbackprop.verify.data import finite_data

_STEP = 1e-6


def layered() -> Network:
    """Windows, a softmax, a maximum and a gather between the tensors."""
    net = Network("layered")
    N, D, K = net.dims("N D K")
    n, d, e, k = net.indices(n=N, d=D, e=D, k=K)
    x, w = net.parameter("x", (N, D)), net.parameter("w", (D,))
    label = net.input("label", (N,), dtype="int", high=D)
    z, p, m, q, s = net.tensors("z p m q s")
    z[n, d] = Sum(Piecewise((x[n, d - k] * w[d - k], d >= k), (0, True)), k) + w[d] ** 2
    p[n, d] = exp(z[n, d] - LogSumExp(z[n, e], e))
    m[n] = ReduceMax(tanh(z[n, d]) * w[d], d)
    q[n, d] = p[n, d] * m[n] + x[n, label[n]]
    s[()] = Sum(q[n, d] ** 2, n, d)
    net.loss = s
    return net


def recurrent() -> Network:
    net = Network("recurrent")
    T, H = net.dims("T H")
    t, j, k = net.index("t", (1, T)), net.index("j", H), net.index("k", H)
    h0, U = net.input("h0", (H,)), net.parameter("U", (H, H))
    h, a = net.tensors("h a")
    h[0, j] = h0[j]
    a[t, j] = Sum(U[j, k] * h[t - 1, k], k)
    h[t, j] = tanh(a[t, j]) + h[t - 1, j] ** 2 / 2
    net.loss = Sum(h[T, j] ** 2, j)
    return net


def derived_by(program: Program, of: str, by: str, sizes: dict[str, int], data: dict) -> np.ndarray:
    """The equations' values, the axes of `by` before those of `of`."""
    layer = with_cotangent(program, of)
    derived = derived_of(layer, [by])
    names, equations = jacobian(layer, derived, by, {*program.table, *program.dims})
    forward = Interpreter(program, sizes, data)
    return Interpreter(equations, sizes, data, outer=forward).array(names[by]).astype(float)


def perturbed(program: Program, of: str, by: str, position: tuple[int, ...], sizes: dict, data: dict) -> np.ndarray:
    """Central differences: of what the equations that define `by` give, one element moved."""
    values = []
    for step in (_STEP, -_STEP):
        shift = np.zeros_like(Interpreter(program, sizes, data).array(by), dtype=float)
        shift[position] = step
        given = {**data, f"shift_{by}": shift, **_given(program, data, by, shift)}
        values.append(Interpreter(_moved(program, by, shift), sizes, given).array(of))
    return (values[0] - values[1]).astype(float) / (2 * _STEP)


def _moved(program: Program, by: str, shift: np.ndarray) -> Program:
    """The program with an input added to what defines the tensor."""
    tensor = program.table[by]
    if by not in program.definitions:
        return program
    added = replace(tensor, name=f"shift_{by}", kind=TensorKind.INPUT)
    equations = [
        replace(e, rhs=add(e.rhs, Access(added.name, e.subscripts))) if e.target == by else e for e in program.equations
    ]
    return program.with_(tensors=(*program.tensors, added), equations=tuple(equations))


def _given(program: Program, data: dict, by: str, shift: np.ndarray) -> dict:
    return {} if by in program.definitions else {by: data[by] + shift}


CASES = [
    (layered, "q", "x"), (layered, "q", "z"), (layered, "p", "z"), (layered, "m", "w"), (layered, "s", "p"),
    (layered, "z", "z"), (layered, "z", "q"), (layered, "q", "m"), (recurrent, "h", "h"), (recurrent, "h", "h0"),
    (recurrent, "h", "a"), (recurrent, "a", "U"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "of", "by"), CASES)
def test_against_differences(network, of: str, by: str) -> None:
    program = network().to_program()
    sizes = dict(zip(program.dims, (2, 3, 2), strict=False))
    data = finite_data(program, sizes, 3)
    assert data is not None
    found = derived_by(program, of, by, sizes, data)
    shape = Interpreter(program, sizes, data).array(by).shape
    for position in product(*map(range, shape)):
        wanted = perturbed(program, of, by, position, sizes, data)
        np.testing.assert_allclose(found[position], wanted, rtol=1e-6, atol=1e-8)
