"""The data of a module's own check meet what its network assumes, and the check passes on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sympy import Eq, KroneckerDelta, sqrt

from symbackprop import Network, Sum, generate, load
from symbackprop.numpy.examples import example_of


def rotations() -> Network:
    net = Network("rotations")
    M, D = net.dims("M D")
    i, j, k = net.indices(i=M, j=D, k=M)
    Q, x = net.input("Q", (M, D)), net.parameter("x", (M,))
    p = net.input("p", (M,))
    net.assume(Eq(Sum(Q[i, j] * Q[k, j], j), KroneckerDelta(i, k)))
    net.assume(p[i] > 0)
    net.assume(p[i] < 1)
    net.loss = Sum(Sum(Q[i, j] * x[i], i) ** 4, j) + Sum(sqrt(p[i] * (1 - p[i])) * x[i], i)
    return net


def test_data_are_written_out_where_no_statement_arranges_them() -> None:
    module = load(rotations())
    data, _ = module._example(3, positive=False)
    np.testing.assert_allclose(data["Q"] @ data["Q"].T, np.eye(len(data["x"])), atol=1e-15)
    assert ((data["p"] > 0) & (data["p"] < 1)).all()
    assert module.check()


def test_the_check_of_the_file_passes(tmp_path: Path) -> None:
    file = tmp_path / "rotations.py"
    file.write_text(generate(rotations()), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == generate(rotations())
    run = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "passed" in run.stdout


def test_one_sum_or_bound_is_a_statement_on_what_was_drawn() -> None:
    net = Network("shares")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    y, s, w = net.input("y", (N, K)), net.input("s", (N,)), net.parameter("w", (N, K))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(s[n] >= 2)
    net.loss = Sum(y[n, k] * w[n, k] * s[n], n, k)
    example = example_of(net.to_program())
    assert not any("np.array" in line for line in example.lines)
    data, _ = load(net)._example(0, positive=False)
    np.testing.assert_allclose(data["y"].sum(1), 1, rtol=1e-15)
    assert (data["s"] >= 2).all()


def test_a_sum_over_a_part_is_met_over_that_part() -> None:
    """No statement on whole rows brings it about."""
    net = Network("part")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w = net.input("x", (N, K)), net.parameter("w", (K,))
    net.assume(Eq(Sum(x[n, k], (k, 0, K - 2)), 1))
    net.loss = Sum(x[n, k] * w[k], n, k)
    data, _ = load(net)._example(0, positive=False)
    np.testing.assert_allclose(data["x"][:, :-1].sum(1), 1, rtol=1e-15)


def test_what_is_not_met_is_said_and_the_check_does_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network("nowhere")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    net.assume(Eq(Sum(x[n, d] ** 2, d), 1))
    net.assume(Eq(Sum(x[n, d], d), 9))
    net.loss = Sum(x[n, d] * w[d], n, d)
    module = load(net)
    assert not module.check()
    assert "no data were found that meet Eq(Sum(x[n, d]**2, d), 1)" in capsys.readouterr().out
