"""Functions of values written out: the same values, loops and conditions decided, common values computed once."""

import numpy as np
import pytest
from sympy import Piecewise, exp, tanh

from symbackprop import Network, ReduceMax, Sum, load, verify, zoo
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Kind, Note
from symbackprop.numpy.straight import Apply, Assign, Element, Pick, within
from symbackprop.numpy.unroll import unrolled
from symbackprop.numpy.unroll_values import TooMany, elements_of
from symbackprop.sources import at_sizes, lowered, program_of
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.numpy.straightly import run

MOST = 100_000


def lowered_at(net, dims):
    program = at_sizes(program_of(net), dims)
    return improved_module(lowered(program, in_order(derived_of(program)))), program


def forward_of(net, dims):
    module, program = lowered_at(net, dims)
    shared = () if module.shared is None else (module.shared,)
    return (*shared, module.forward), module.results, program


def expected_of(functions, data):
    known = dict(data)
    for function in functions:
        known |= evaluate(function, {}, {name: known[name] for name in function.given})
    return known


@pytest.mark.parametrize("name", ["mlp", "crf", "embedding", "gmm", "gpt2", "hmm", "lstm", "mamba", "unet", "word2vec"])
def test_values_of_the_zoo(name):
    sizes = feasible_sizes(program_of(zoo.load(name)), 0, False)
    functions, results, program = forward_of(zoo.load(name), sizes)
    data = draw(program, {}, 0)
    expected = expected_of(functions, data)
    written = unrolled(functions, results, MOST)
    values = [data[e.tensor][e.place] for e in written.given]
    found = run(
        written, [int(v) if e.kind is Kind.INT else float(v) for e, v in zip(written.given, values, strict=True)]
    )
    wanted = [expected[e.tensor][e.place] for e in _all(functions, results)]
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def _all(functions, names):
    tensors = {name: tensor for function in functions for name, tensor in function.tensors.items()}
    return [element for name in names for element in elements_of(tensors[name])]


def recurrence():
    net = Network("recurrence")
    T, D = net.dims("T D")
    t, d = net.indices(t=(1, T), d=D)
    x, w = net.input("x", (T, D)), net.parameter("w", (D,))
    h = net.tensor("h")
    h[0, d] = 0
    h[t, d] = tanh(w[d] * h[t - 1, d] + x[t - 1, d])
    net.loss = Sum(h[T, d] ** 2, d)
    return net


def test_loops_are_written_out():
    functions, results, program = forward_of(recurrence(), {"T": 4, "D": 2})
    written = unrolled(functions, results, MOST)
    targets = {s.target.tensor for s in written.statements if isinstance(s, Assign) and isinstance(s.target, Element)}
    assert "h" in targets
    data = draw(program, {}, 3)
    h = np.zeros(2)
    for row in data["x"]:
        h = np.tanh(data["w"] * h + row)
    np.testing.assert_allclose(run(written, [data[e.tensor][e.place] for e in written.given]), np.sum(h**2))


def test_what_nothing_needs_is_left_out():
    net = Network("part")
    D = net.dim("D")
    d = net.index("d", D)
    w, x = net.parameter("w", (D,)), net.input("x", (D,))
    a = net.tensor("a")
    a[d] = exp(w[d]) * x[d]
    net.loss = a[0]
    functions, results, _ = forward_of(net, {"D": 5})
    written = unrolled(functions, results, MOST)
    assert {e.place for e in written.given} == {(0,)}
    assert not any(
        isinstance(s.target, Element) and s.target.place == (3,) for s in written.statements if isinstance(s, Assign)
    )
    notes = [place for place, s in enumerate(written.statements) if isinstance(s, Note)]
    assert all(isinstance(written.statements[place + 1], Assign) for place in notes)


def test_common_values_are_computed_once():
    net = Network("common")
    D, C = net.dims("D C")
    d, c = net.indices(d=D, c=C)
    w, x = net.parameter("w", (D,)), net.input("x", (C,))
    z = net.tensor("z")
    z[d, c] = w[d] ** 2 * x[c]
    net.loss = Sum(z[d, c] ** 2, d, c)
    functions, results, _ = forward_of(net, {"D": 2, "C": 3})
    statements = [s for s in unrolled(functions, results, MOST).statements if isinstance(s, Assign)]
    seen = [e for s in statements for e in within(s.expression) if isinstance(e, Apply)]
    assert len(seen) == len(set(seen))


def looking_up():
    net = Network("looking_up")
    N, V, D = net.dims("N V D")
    n, d = net.indices(n=N, d=D)
    E, k = net.parameter("E", (V, D)), net.input("k", (N,), dtype="int", high=V)
    y = net.tensor("y")
    y[n, d] = E[k[n], d] ** 2
    net.loss = Sum(y[n, d], n, d)
    return net


def test_elements_that_are_looked_up():
    module, _program = lowered_at(looking_up(), {"N": 2, "V": 3, "D": 2})
    written = unrolled((module.forward,), module.results, MOST)
    assert any(isinstance(e, Pick) for s in written.statements if isinstance(s, Assign) for e in within(s.expression))
    values = {"E": np.arange(6.0).reshape(3, 2), "k": np.array([2, 2])}
    given = [values[e.tensor][e.place].item() for e in written.given]
    assert run(written, given) == [2 * (16 + 25)]


def test_scatters_add_where_they_are_looked_up():
    module, _program = lowered_at(looking_up(), {"N": 3, "V": 3, "D": 1})
    written = unrolled((module.backward,), ["d_E"], MOST)
    values = {"E": np.array([[1.0], [2.0], [3.0]]), "k": np.array([2, 0, 2])}
    known = expected_of((module.forward, module.backward), values)
    given = [known[e.tensor][e.place].item() for e in written.given]
    assert run(written, given) == [2.0, 0.0, 12.0]


def test_maxima_of_none():
    net = Network("none")
    D = net.dim("D")
    d = net.index("d", D)
    w = net.parameter("w", (D,))
    net.loss = ReduceMax(Piecewise((w[d], d >= 2), (-3, True)), d)
    for size, expected in ((1, -3.0), (4, 7.0)):
        functions, results, _ = forward_of(net, {"D": size})
        written = unrolled(functions, results, MOST)
        assert run(written, [float([0, 5, 7, 1][e.place[0]]) for e in written.given]) == [expected]


def test_too_many():
    functions, results, _ = forward_of(recurrence(), {"T": 4, "D": 2})
    count = unrolled(functions, results, MOST).operations
    assert count < 100
    with pytest.raises(TooMany):
        unrolled(functions, results, 10)
    with pytest.raises(TooMany):  # before they are all written
        unrolled(forward_of(recurrence(), {"T": 400, "D": 200})[0], results, 1000)
    symbolic = improved_module(lowered(program_of(recurrence()), in_order(derived_of(program_of(recurrence())))))
    with pytest.raises(TooMany):
        unrolled((symbolic.forward,), symbolic.results, MOST)


def test_many_scalars():
    """Of many equations, each of a few operations, a module of arrays takes longer to read."""
    net = Network("recursion")
    a = net.parameter("a", (2,))
    last = a[0]
    for place in range(400):
        number = net.tensor(f"s{place}")
        number[()] = last * a[0] / 2 - last**2 / 4 + a[1] / 8
        last = number
    net.loss = last**2
    assert hasattr(load(net), "_forward_numbers")
    assert verify(net).passed
