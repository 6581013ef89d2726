"""Sums over many float32 rows: as accurate as NumPy's own pairwise sums of the same numbers, along any axis."""

import numpy as np
import pytest
from sympy import Piecewise

from symbackprop import Network, Sum, load
from symbackprop.resources import templates

MANY = 200_003
EPS = float(np.finfo(np.float32).eps)


def helpers():
    scope = {"np": np}
    for name in ("_ones", "_sum_last", "_sum_rows", "_sum_products"):
        exec((templates() / "numpy" / "helpers" / f"{name}.py.j2").read_text(encoding="utf-8"), scope)
    return scope


def take(name, shape, dtype):
    return np.full(shape, np.nan, dtype)


def bound(rows):
    """Of the error, relative to the sum of the absolute values: one rounding a halving, and those within a block,
    of which the errors of many blocks average out."""
    return EPS * (2 + np.log2(rows) + min(rows, 128) / 4)


@pytest.mark.parametrize("rows", [1, 2, 3, 127, 128, 129, 255, 256, 257, 300, 16_384, 16_385, 16_513, 40_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.longdouble])
def test_helpers(rows, dtype):
    rng = np.random.default_rng(rows)
    scope = helpers()
    for batch, columns, step in (((), 1, 1), ((), 3, 1), ((), 2, 2), ((2,), 3, 1), ((2, 1), 2, 3)):
        if rows > 1000 and len(batch) > 1:
            continue
        x, y = (rng.normal(0.1, 1, (*batch, rows, columns * step)).astype(dtype)[..., ::step] for _ in "xy")
        before = x.copy()
        for name, arrays in (("_sum_rows", (x,)), ("_sum_products", (x, y))):
            terms = np.prod([a.astype(np.longdouble) for a in arrays], axis=0)
            truth, size = terms.sum(axis=-2), np.abs(terms).sum(axis=-2)
            out = np.full((*batch, columns, 2), np.nan, dtype)[..., 0]
            scope[name](*arrays, out, take)
            slack = bound(rows) / EPS * np.longdouble(np.finfo(dtype).eps)
            assert (np.abs(out - truth) <= slack * size).all(), (name, batch, columns, step)
        assert np.array_equal(x, before)


@pytest.mark.parametrize("width", [1, 2, 10, 129, 2000, 2048, 2049, 30_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.longdouble])
def test_along_the_last_axis(width, dtype):
    rng = np.random.default_rng(width)
    for rows in (1, 7, 300 if width < 3000 else 9):
        x = rng.normal(0.1, 1, (rows, width)).astype(dtype)
        out = np.full(rows, np.nan, dtype)
        helpers()["_sum_last"](x, out)
        truth, size = x.astype(np.longdouble).sum(axis=1), np.abs(x.astype(np.longdouble)).sum(axis=1)
        assert (np.abs(out - truth) <= bound(width) / EPS * np.longdouble(np.finfo(dtype).eps) * size).all()


def network(build):
    net = Network("sums")
    N, K, H = net.dims("N K H")
    n, k, h, i = net.indices(n=N, k=K, h=H, i=H)
    build(net, N, K, H, n, k, h, i)
    return net


def bias(net, N, K, H, n, k, h, i):
    x, b, z = net.input("x", (N, K)), net.parameter("b", (K,)), net.tensor("z")
    z[n, k] = x[n, k] + b[k]
    net.loss = Sum(x[n, k] * z[n, k], n, k)


def gain(net, N, K, H, n, k, h, i):
    x, y, b, z = net.input("x", (N, K)), net.input("y", (N, K)), net.parameter("b", (K,)), net.tensor("z")
    z[n, k] = y[n, k] * b[k]
    net.loss = Sum(x[n, k] * z[n, k], n, k)


def images(net, N, K, H, n, k, h, i):
    x, b, z = net.input("x", (N, K, H, H)), net.parameter("b", (K,)), net.tensor("z")
    z[n, k, h, i] = x[n, k, h, i] + b[k]
    net.loss = Sum(x[n, k, h, i] * z[n, k, h, i], n, k, h, i)


def gains_of_images(net, N, K, H, n, k, h, i):
    x, y, b, z = net.input("x", (N, K, H, H)), net.input("y", (N, K, H, H)), net.parameter("b", (K,)), net.tensor("z")
    z[n, k, h, i] = y[n, k, h, i] * b[k]
    net.loss = Sum(x[n, k, h, i] * z[n, k, h, i], n, k, h, i)


def middle(net, N, K, H, n, k, h, i):
    x, b, z = net.input("x", (H, N, K)), net.parameter("b", (H, K)), net.tensor("z")
    z[h, n, k] = x[h, n, k] + b[h, k]
    net.loss = Sum(x[h, n, k] * z[h, n, k], h, n, k)


def part(net, N, K, H, n, k, h, i):
    """Of a tensor that is wider than what is read."""
    x, b, z = net.input("x", (N, K + 1)), net.parameter("b", (K,)), net.tensor("z")
    z[n, k] = Piecewise((x[n, k + 1], k >= 0), (0, True)) + b[k]
    net.loss = Sum(x[n, k + 1] * z[n, k], n, k)


def rows_of_a_table(net, N, K, H, n, k, h, i):
    x, b, z = net.input("x", (N, H)), net.parameter("b", (K, H)), net.tensor("z")
    token = net.input("token", (N,), dtype="int", high=K)
    z[n, h] = b[token[n], h]
    net.loss = Sum(x[n, h] * z[n, h], n, h)


def terms(name, data):
    """What is summed for each element of the gradient by b: the summed axis last, contiguous."""
    x = data["x"]
    match name:
        case "bias":
            return np.ascontiguousarray(x.T)
        case "gain":
            return np.ascontiguousarray((x * data["y"]).T)
        case "images":
            return np.ascontiguousarray(x.transpose(1, 0, 2, 3)).reshape(x.shape[1], -1)
        case "gains_of_images":
            return np.ascontiguousarray((x * data["y"]).transpose(1, 0, 2, 3)).reshape(x.shape[1], -1)
        case "middle":
            return np.ascontiguousarray(x.transpose(0, 2, 1))
        case "part":
            return np.ascontiguousarray(x[:, 1:].T)


@pytest.mark.parametrize("build", [bias, gain, images, gains_of_images, middle, part], ids=lambda b: b.__name__)
def test_gradients_of_biases_are_as_accurate_as_pairwise_sums(build):
    net = network(build)
    program, rng = net.to_program(), np.random.default_rng(3)
    sizes = {"N": MANY // (9 if "images" in build.__name__ else 1), "K": 3, "H": 3 if "images" in build.__name__ else 2}
    data = {
        tensor.name: rng.uniform(0, 1, [e.evaluate(lambda d: sizes[d.name]) for e in tensor.shape]).astype(np.float32)
        for tensor in program.tensors if tensor.name in ("x", "y", "b")
    }  # fmt: skip
    b = data.pop("b")
    loss, grads = load(net).value_and_grad({"b": b}, **data)
    rows = terms(build.__name__, data)
    truth = rows.astype(np.longdouble).sum(axis=-1)
    pairwise = np.abs(np.add.reduce(rows, axis=-1) - truth) / truth
    found = np.abs(grads["b"] - truth) / truth
    assert found.max() <= max(4 * EPS, 2 * pairwise.max())
    in_order = np.add.reduce(np.ascontiguousarray(np.moveaxis(rows, -1, 0)), axis=0)
    assert (np.abs(in_order - truth) / truth).max() > 10 * EPS  # what one row after another gives
    wide = load(net).value_and_grad({"b": b.astype(np.longdouble)}, **data)[0]
    assert abs(loss - wide) <= 16 * EPS * wide


def test_rows_of_a_table_that_are_read_often():
    net, rng = network(rows_of_a_table), np.random.default_rng(4)
    x, token = rng.uniform(0, 1, (MANY, 2)).astype(np.float32), rng.integers(0, 3, MANY)
    _, grads = load(net).value_and_grad({"b": np.zeros((3, 2), np.float32)}, x=x, token=token)
    truth = np.stack([x[token == row].astype(np.longdouble).sum(axis=0) for row in range(3)])
    assert (np.abs(grads["b"] - truth) / truth).max() <= 4 * EPS
