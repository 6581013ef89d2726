"""Which steps become products, and with which frames and copies."""

from __future__ import annotations

import numpy as np
from sympy import Piecewise, tanh

import symbackprop
from symbackprop import Network, Sum
from symbackprop.c.nests import Product, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Read, inside
from symbackprop.sources import c_values, program_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.program import Op
from tests.c.interpreting import Interpreter


def network() -> Network:
    net = Network("multiplied")
    rows, width, units = net.dims("N D H")
    n, d, h = net.indices(n=rows, d=width, h=units)
    x, W, z = net.parameter("x", (rows, width)), net.parameter("W", (units, width)), net.tensor("z")
    z[n, h] = tanh(Sum(x[n, d] * W[h, d], d))
    net.loss = Sum(z[n, h] ** 2, n, h)
    return net


def test_large_products_are_called() -> None:
    program = fixed_sizes(program_of(network()), {"N": 32, "D": 16, "H": 8})
    module = c_values(program)
    found = [s for f in module.functions for s in statements_in(open_nests(f, program).body) if isinstance(s, Product)]
    assert {product.tensor for product in found} >= {"d_W", "d_x"}


def padded() -> Network:
    """A convolution with zeros around, whose gradients are read and added outside."""
    net = Network("padded")
    rows, channels, filters, length = net.dims("N C F T")
    n, c, f, t, p = net.indices(n=rows, c=channels, f=filters, t=length, p=3)
    x, K, z = net.parameter("x", (rows, channels, length)), net.parameter("K", (filters, channels, 3)), net.tensor("z")
    inside_of = (t + p - 1 >= 0) & (t + p - 1 < length)
    z[n, f, t] = Sum(Piecewise((x[n, c, t + p - 1], inside_of), (0, True)) * K[f, c, p], c, p)
    net.loss = Sum(tanh(z[n, f, t]) * (t + 1), n, f, t)
    return net


def test_what_is_zero_outside_is_copied_into_a_frame() -> None:
    sizes = {"N": 3, "C": 8, "F": 8, "T": 11}
    program = fixed_sizes(program_of(padded()), sizes)
    module = c_values(program)
    opened = [open_nests(function, program) for function in module.functions]
    products = [each for function in opened for each in statements_in(function.body) if isinstance(each, Product)]
    assert {product.left.tensor for product in products} | {product.right.tensor for product in products} >= {"z_frame"}
    assert "d_x_frame" in {product.tensor for product in products}
    for function in opened:
        for name, tensor in function.tensors.items():
            if name.endswith("_frame"):
                assert [size.constant for size in tensor.shape] == [3, 8, 13]


def test_frames_compute_the_same() -> None:
    sizes = {"N": 3, "C": 8, "F": 8, "T": 11}
    program = fixed_sizes(program_of(padded()), sizes)
    module, draw = c_values(program), np.random.default_rng(2)
    data = {"x": draw.normal(size=(3, 8, 11)), "K": draw.normal(size=(8, 8, 3))}
    forward = Interpreter(open_nests(module.forward, program), data).run()
    known = {**data, **forward}
    nests = open_nests(module.backward, program)
    found = Interpreter(nests, {name: known[name] for name in nests.given}).run()
    _, expected = symbackprop.load(padded()).value_and_grad(data)
    for name, adjoint in module.gradients:
        np.testing.assert_allclose(found[adjoint], expected[name], rtol=1e-10, atol=1e-12)


def regression(turned: bool) -> Network:
    net = Network("regression")
    rows, width = net.dims("N D")
    n, d = net.indices(n=rows, d=width)
    x, w, z = net.input("x", (width, rows) if turned else (rows, width)), net.parameter("w", (width,)), net.tensor("z")
    z[n] = Sum((x[d, n] if turned else x[n, d]) * w[d], d)
    net.loss = Sum(tanh(z[n]) ** 2, n)
    return net


def test_a_matrix_by_a_vector() -> None:
    """One product where each sum runs side by side; else what is defined runs side by side, the sum outside."""
    for turned, expected in ((False, "z"), (True, "d_w")):
        program = fixed_sizes(program_of(regression(turned)), {"N": 70, "D": 40})
        module, draw = c_values(program), np.random.default_rng(3)
        opened = [open_nests(function, program) for function in (module.forward, module.backward)]
        products = {s.tensor for f in opened for s in statements_in(f.body) if isinstance(s, Product)}
        assert products == {expected}
        data = {"x": draw.normal(size=(40, 70) if turned else (70, 40)), "w": draw.normal(size=40) / 8}
        known = {**data, **Interpreter(opened[0], data).run()}
        found = Interpreter(opened[1], {name: known[name] for name in opened[1].given}).run()
        _, gradients = symbackprop.load(regression(turned)).value_and_grad({"w": data["w"]}, data["x"])
        np.testing.assert_allclose(found[dict(module.gradients)["w"]], gradients["w"], rtol=1e-10)
        (store,) = [s for s in statements_in(opened[not turned].body)
                    if isinstance(s, Store) and s.op is Op.ACCUMULATE and s.tensor in ("z", "d_w")]  # fmt: skip
        last = store.subscripts[-1]
        reads = [part for part in inside(store.value) if isinstance(part, Read) and part.tensor == "x"]
        assert reads[0].subscripts[-1] == last


def distances() -> Network:
    net = Network("distances")
    rows, centres, width = net.dims("N K D")
    n, k, d = net.indices(n=rows, k=centres, d=width)
    x, c, z = net.input("x", (rows, width)), net.parameter("c", (centres, width)), net.tensor("z")
    z[n, k] = Sum((x[n, d] - c[k, d]) ** 2, d)
    net.loss = Sum(tanh(z[n, k]), n, k)
    return net


def test_small_factors_are_turned() -> None:
    """Of distances to centres whose coordinates lie side by side, a copy has the centres so."""
    program = fixed_sizes(program_of(distances()), {"N": 40, "K": 12, "D": 3})
    module, draw = c_values(program), np.random.default_rng(4)
    opened = [open_nests(function, program) for function in (module.forward, module.backward)]
    (copy,) = [tensor for name, tensor in opened[0].tensors.items() if name == "c_turned"]
    assert [size.constant for size in copy.shape] == [3, 12]
    data = {"x": draw.normal(size=(40, 3)), "c": draw.normal(size=(12, 3))}
    known = {**data, **Interpreter(opened[0], data).run()}
    found = Interpreter(opened[1], {name: known[name] for name in opened[1].given}).run()
    loss, gradients = symbackprop.load(distances()).value_and_grad({"c": data["c"]}, data["x"])
    np.testing.assert_allclose(known["loss"], loss, rtol=1e-12)
    np.testing.assert_allclose(found[dict(module.gradients)["c"]], gradients["c"], rtol=1e-10)
