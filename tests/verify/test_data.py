"""Sizes and data: what is drawn meets what the network assumes, in floats and in residues."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Eq, Ge, log

from symbackprop.errors import InvalidSize, UnknownSymbol
from symbackprop.feasible import World
from symbackprop.feasible.check_data import first_unmet
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.feasible.system import System
from symbackprop.interpret import PRIME, Interpreter
from symbackprop.language import LogSumExp, Network, Sum
from symbackprop.verify.asked import check_sizes
from symbackprop.verify.data import Style, UnmetAssumption, draw, finite_data
from symbackprop.verify.prime_sizes import choose_sizes
from symbackprop.verify.work import work


def softmax() -> Network:
    net = Network("softmax")
    N, D, C = net.dims("N D C")
    n, i, k = net.indices(n=N, i=D, k=C)
    x, y = net.input("x", (N, D)), net.input("y", (N, C))
    W = net.parameter("W", (C, D))
    z = net.tensor("z")
    z[n, k] = Sum(W[k, i] * x[n, i], i)
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k), n) / N
    return net


def windows() -> Network:
    net = Network("windows")
    H, K = net.dims("H K")
    h, p = net.indices(h=H - K + 1, p=K)
    x, w = net.input("x", (H,)), net.parameter("w", (K,))
    a = net.tensor("a")
    a[h] = Sum(w[p] * x[h + p], p)
    net.assume(Ge(H, K))
    net.loss = Sum(a[h] ** 2, h)
    return net


def test_rows_add_to_one() -> None:
    p, sizes = softmax().to_program(), {"N": 3, "D": 2, "C": 5}
    data = draw(p, sizes, seed=4)
    np.testing.assert_allclose(data["y"].sum(1), 1, rtol=1e-12)
    assert (data["y"] > 0).all()
    exact = draw(p, sizes, seed=4, exact=True)
    assert [sum(row) % PRIME for row in exact["y"].tolist()] == [1, 1, 1]
    assert exact["W"].shape == (5, 2)


def test_draws_repeat_and_differ_by_seed() -> None:
    p, sizes = softmax().to_program(), {"N": 3, "D": 2, "C": 5}
    np.testing.assert_array_equal(draw(p, sizes, 1)["x"], draw(p, sizes, 1)["x"])
    assert (draw(p, sizes, 1)["x"] != draw(p, sizes, 2)["x"]).all()
    assert (draw(p, sizes, 1, Style.POSITIVE)["x"] > 0).all()


def test_noise_labels_and_buffers() -> None:
    net = Network("kinds")
    N, V = net.dims("N V")
    n = net.index("n", N)
    keep = net.random("keep", (N,), "bernoulli", p=0.5)
    shift = net.random("shift", (N,), "uniform", low=2, high=3)
    label = net.input("label", (N,), dtype="int", high=V)
    scale = net.buffer("scale", (), init="ones")
    w = net.parameter("w", (V,))
    net.loss = Sum(keep[n] * shift[n] * w[label[n]] * scale, n)
    p, sizes = net.to_program(), {"N": 200, "V": 3}
    data = draw(p, sizes, 0)
    assert set(np.unique(data["keep"])) == {0.0, 1.0}
    assert ((data["shift"] >= 2) & (data["shift"] <= 3)).all()
    assert set(np.unique(data["label"])) == {0, 1, 2}
    assert data["scale"] > 0
    exact = draw(p, sizes, 0, exact=True)
    assert set(exact["keep"].tolist()) == {0, 1}
    assert max(exact["shift"].tolist()) > 2**40


def test_what_cannot_hold_is_said() -> None:
    program, sizes = softmax().to_program(), {"N": 2, "D": 2, "C": 2}
    data = draw(program, sizes)
    assert first_unmet(System.of(program, sizes), data, World.REAL, Fraction(1, 10**12)) is None
    assert first_unmet(System.of(program, sizes), {**data, "y": np.ones((2, 2))}, World.REAL) == 0
    net = Network("impossible")
    N = net.dim("N")
    n = net.index("n", N)
    label, w = net.input("label", (N,), dtype="int", high=2), net.parameter("w", (2,))
    net.assume(Eq(label[n], 7))
    net.loss = Sum(w[label[n]], n)
    with pytest.raises(UnmetAssumption, match=r"label\[n\], 7.*there are none at N=2"):
        draw(net.to_program(), {"N": 2})


def test_finite_data_avoids_the_outside_of_a_domain() -> None:
    net = Network("logs")
    N = net.dim("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,))
    net.loss = Sum(log(w[n]), n)
    p = net.to_program()
    data = finite_data(p, {"N": 7})
    assert data is not None
    assert np.isfinite(Interpreter(p, {"N": 7}, data).loss())


def test_sizes_are_distinct_primes() -> None:
    for seed in range(5):
        values = list(choose_sizes(softmax().to_program(), seed).values())
        assert sorted(values) == [2, 3, 5]
    assert choose_sizes(windows().to_program()) in ({"H": 3, "K": 2}, {"H": 5, "K": 3}, {"H": 5, "K": 2})


def test_sizes_meet_conditions_or_say_which_failed() -> None:
    p = windows().to_program()
    assert size_failure(p, {"H": 2, "K": 3}) is not None
    for seed in range(6):
        sizes = choose_sizes(p, seed, ones=True)
        assert sizes["H"] >= sizes["K"] >= 1
    with pytest.raises(InvalidSize, match="H"):
        check_sizes(p, {"H": 2, "K": 3})
    with pytest.raises(InvalidSize, match="none for K"):
        check_sizes(p, {"H": 2})
    with pytest.raises(InvalidSize, match="size K: expected an integer of at least 1, found 0"):
        check_sizes(p, {"H": 2, "K": 0})
    with pytest.raises(UnknownSymbol, match="one of H, K"):
        check_sizes(p, {"H": 2, "L": 0})
    assert check_sizes(p, {"H": 9, "K": 4}) == {"H": 9, "K": 4}


def test_given_sizes_stay() -> None:
    p = windows().to_program()
    for seed in range(6):
        sizes = choose_sizes(p, seed, given={"K": 4})
        assert sizes["K"] == 4
        assert size_failure(p, sizes) is None
    with pytest.raises(UnknownSymbol, match="one of H, K"):
        choose_sizes(p, given={"L": 2})
    with pytest.raises(InvalidSize, match="size K: expected an integer of at least 1, found 0"):
        choose_sizes(p, given={"K": 0})


def test_many_conditions_are_met_by_moving_sizes() -> None:
    net = Network("tight")
    D, A, K, H, W = net.dims("D A K H W")
    d, a, k = net.indices(d=D, a=A, k=K)
    net.assume(Eq(D, A * K))
    net.assume(Ge(H // 2, K + 4))
    net.assume(Ge(W, 2 * H + 1))
    w, v = net.parameter("w", (D,)), net.parameter("v", (A, K, H // 2 - K - 3, W - 2 * H))
    net.loss = Sum(w[a * K + k] * v[a, k, 0, 0], a, k) + Sum(w[d], d)
    p = net.to_program()
    for seed in range(6):
        sizes = choose_sizes(p, seed, ones=seed % 2 == 1)
        assert size_failure(p, sizes, allow_empty=True) is None
        assert sizes["D"] == sizes["A"] * sizes["K"]


def test_work_counts_positions() -> None:
    p = windows().to_program()
    assert work(p, {"H": 30, "K": 2}) > 5 * work(p, {"H": 5, "K": 2})
