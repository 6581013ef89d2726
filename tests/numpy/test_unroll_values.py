"""Values as expressions: guards decided, look-ups chosen, and nothing large ever made."""

import time

import pytest
from sympy import Piecewise

from symbackprop import Network, ReduceMax, Sum, load
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Kind
from symbackprop.numpy.straight import Element
from symbackprop.numpy.unroll import unrolled
from symbackprop.numpy.unroll_values import Evaluation, TooMany, elements_of
from symbackprop.sources import at_sizes, lowered, program_of
from symbackprop.stages import derived_of, in_order
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Tensor, TensorKind
from tests.numpy.straightly import run


def forward_of(net, dims):
    program = at_sizes(program_of(net), dims)
    module = improved_module(lowered(program, in_order(derived_of(program))))
    return ((module.shared,) if module.shared else ()) + (module.forward,), module.results


def test_all_elements():
    tensor = _tensor(2, 2)
    assert [element.place for element in elements_of(tensor)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    with pytest.raises(TooMany):
        elements_of(_tensor(Dim("N")))


def _tensor(*shape):
    extents = tuple(map(Poly.of, shape))
    return Tensor("t", TensorKind.INPUT, extents, tuple(Poly.of(0) for _ in extents))


def test_windows_over_the_edge():
    """What lies outside is 0, and is not written."""
    net = Network("window")
    T = net.dim("T")
    t, p = net.indices(t=T, p=3)
    x, K = net.input("x", (T,)), net.parameter("K", (3,))
    z = net.tensor("z")
    z[t] = Sum(Piecewise((K[p] * x[t - p], t >= p), (0, True)), p)
    net.loss = Sum(z[t], t)
    functions, results = forward_of(net, {"T": 4})
    written = unrolled(functions, results, 1000)
    values = {"x": [1.0, 2.0, 3.0, 4.0], "K": [10.0, 100.0, 1000.0]}
    assert run(written, [values[e.tensor][e.place[0]] for e in written.given]) == [100.0 + 600 + 3000]


def test_positions_that_are_data():
    net = Network("data")
    N, V = net.dims("N V")
    n = net.index("n", N)
    w, k = net.parameter("w", (V,)), net.input("k", (N,), dtype="int", high=V)
    net.loss = ReduceMax(w[k[n]] * (k[n] + 1), n)
    functions, results = forward_of(net, {"N": 2, "V": 3})
    written = unrolled(functions, results, 1000)
    values = {"w": [5.0, 7.0, -1.0], "k": [1, 2]}
    assert run(written, [values[e.tensor][e.place[0]] for e in written.given]) == [14.0]


def test_work_is_bounded():
    run_ = Evaluation({}, 3)
    run_.spend(3)
    with pytest.raises(TooMany):
        run_.spend(1)
    assert run_.element(_defined(run_)) is Element("a", (0,), Kind.FLOAT)


def _defined(run_):
    element = Element("a", (0,), Kind.FLOAT)
    run_.defined.add(element)
    return element


@pytest.mark.parametrize("kind", ["input", "constant", "sum", "loop"])
def test_large_sizes_take_no_time(kind):
    net = Network("large")
    N = net.dim("N")
    n = net.index("n", (1, N))
    w, z = net.parameter("w", ()), net.tensor("z")
    if kind == "input":
        x = net.input("x", (N,))
        z[n] = w * x[n - 1]
    elif kind == "loop":
        z[0] = w
        z[n] = 2 * z[n - 1]
    else:
        z[n] = w if kind == "constant" else Sum(w, n)
    net.loss = z[N] ** 2
    start = time.process_time()
    assert not hasattr(load(net, dims={"N": 10**9}), "_forward_numbers")
    assert time.process_time() - start < 5
