"""Sizes of powers of two and of 1, in float32 and float64: what NumPy gets wrong there is found."""

import numpy as np
import pytest
from sympy import exp, tanh

from symbackprop import LogSumExp, Network, Sum, verify, zoo
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.interpret import Float, Interpreter, Single
from symbackprop.pipeline import _load, module_text
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.methods import verify_program
from symbackprop.verify.prime_sizes import aligned_sizes

WRONG = (2, 1) <= tuple(int(part) for part in np.__version__.split(".")[:2]) <= (2, 4)  # np.negative, strided


def attending():
    """Additive attention inside a recurrence."""
    net = Network("attending")
    N, S, T, H = net.dims("N S T H")
    n, k, j, m = net.indices(n=N, k=S, j=H, m=H)
    t = net.index("t", (1, T))
    e, U, v = net.input("e", (N, S, H)), net.parameter("U", (H, H)), net.parameter("v", (H,))
    h, f, p, c = net.tensors("h f p c")
    h[n, 0, j] = 0
    f[n, t, k] = Sum(v[j] * tanh(Sum(U[j, m] * h[n, t - 1, m], m) + e[n, k, j]), j)
    p[n, t, k] = exp(f[n, t, k] - LogSumExp(f[n, t, k], k))
    c[n, t, j] = Sum(p[n, t, k] * e[n, k, j], k)
    h[n, t, j] = tanh(Sum(U[j, m] * h[n, t - 1, m], m) + c[n, t, j])
    net.loss = Sum(h[n, T, j] ** 2, n, j)
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
    """The module as it would be with NumPy's own negation."""
    lines = []
    for line in text.splitlines():
        target, _, rest = line.partition(" *= ")
        if rest == "number_minus_1":
            space = target[: len(target) - len(target.lstrip())]
            line = f"{space}np.negative({target.strip()}, out={target.strip()})"
        lines.append(line)
    changed = "\n".join(lines)
    assert "np.negative(" in changed
    return changed


@pytest.mark.parametrize("change", [with_np_negative, str], ids=["np.negative", "as generated"])
def test_verify_finds_what_numpy_gets_wrong(change):
    program = attending().to_program()
    derived = derived_of(program, ["U", "v"])
    module = _load(program.name, change(module_text(program, in_order(derived))))
    report = verify_program(program, derived, module, method="module")
    assert report.passed == (change is str or not WRONG), report
    if not report.passed:
        assert "float32" in str(report)
