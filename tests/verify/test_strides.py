"""Sizes of powers of two and of 1, in float32 and float64: what NumPy gets wrong there is found."""

import re

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, verify, zoo
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.interpret import Float, Interpreter, Single
from symbackprop.sources import loaded, module_text
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.methods import verify_program
from symbackprop.verify.prime_sizes import aligned_sizes

WRONG = (2, 1) <= tuple(int(part) for part in np.__version__.split(".")[:2]) <= (2, 4)  # np.negative, strided


def alternating():
    """Of the other sign in each turn, for all rows at once; every turn is kept."""
    net = Network("alternating")
    N, T = net.dims("N T")
    net.assume(T >= 2)
    n, s, t = net.index("n", N), net.index("s", T), net.index("t", (1, T - 1))
    w, x, h = net.parameter("w", (N,)), net.input("x", (N, T)), net.tensor("h")
    h[n, 0] = w[n]
    h[n, t] = -h[n, t - 1]
    net.loss = Sum(h[n, s] ** 2 * x[n, s], n, s)
    return net


def test_sizes_are_powers_of_two_and_one_where_conditions_allow():
    for name in ("mlp", "lstm", "lenet", "transformer_block"):
        program = zoo.load(name).to_program()
        found = aligned_sizes(program, 0, 20_000)
        assert len(found) > 2
        assert all(size_failure(program, sizes) is None for sizes in found)
    every = [set(sizes.values()) for sizes in aligned_sizes(zoo.load("mlp").to_program(), 0, 20_000)]
    assert {4} in every
    assert {8} in every
    assert {1} in every


def test_sizes_that_are_given_stay():
    program = zoo.load("mlp").to_program()
    assert all(sizes["H"] == 5 for sizes in aligned_sizes(program, 0, 20_000, {"H": 5}))


def test_the_report_names_the_sizes():
    report = verify(zoo.load("mlp"), method="module")
    assert report.passed
    assert "  the module in float32 and float64 at N=4, D=4, H=4, C=4; N=8" in str(report)
    assert dict.fromkeys("NDHC", 1) in report.as_dict()["aligned"]


def test_single_precision_is_what_numpy_has():
    net = Network("single")
    N = net.dim("N")
    n = net.index("n", N)
    x, w = net.input("x", (N,)), net.parameter("w", ())
    net.loss = Sum(tanh(w * x[n]) / 3, n)
    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=50), "w": np.array(0.7)}
    found, wide = (Interpreter(net.to_program(), {"N": 50}, data, a()).loss() for a in (Single, Float))
    total = np.float32(0)
    for x_n in data["x"].astype(np.float32):
        total += np.float32(np.tanh(np.float64(np.float32(0.7) * x_n))) * np.float32(1 / 3)
    assert found == np.float32(found)
    assert abs(found - total) <= 4 * np.spacing(abs(total))
    assert 0 < abs(found - wide) < 1e-5


def with_np_negative(text):
    """The module as it would be with NumPy's own negation, in place."""
    changed = re.sub(
        r"np\.multiply\((.+), number_minus_1, out=(.+)\)", r"np.copyto(\2, \1); np.negative(\2, out=\2)", text
    )
    assert "np.negative(" in changed
    return changed


@pytest.mark.parametrize("change", [with_np_negative, str], ids=["np.negative", "as generated"])
def test_verify_finds_what_numpy_gets_wrong(change):
    program = alternating().to_program()
    derived = derived_of(program, ["w"])
    module = loaded(program.name, change(module_text(program, in_order(derived))))
    report = verify_program(program, derived, module, method="module")
    assert report.passed == (change is str or not WRONG), report
    if not report.passed:
        assert "float32" in str(report)
