"""Normalisation layers, and what users write in their place, in the compact form in print.

The formulas are evaluated on whole arrays modulo a prime, so that they hold exactly or not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import sqrt, tanh

from symbackprop import Mean, Network, Sum, derive, layers
from symbackprop.terms.term import Reduce, subterms

from .forms import plain
from .residue_arrays import Arrays, assert_same, over


def normalised(build: Any) -> Network:
    """The loss of a tanh, so that no δ is trivial, of a value z that a layer normalises."""
    net = Network("normalised")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, y, W = net.input("x", (N, D)), net.input("y", (N, H)), net.parameter("W", (H, D))
    z = net.tensor("z")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    out = build(net, z, n, j)
    net.loss = Sum((tanh(out[n, j]) - y[n, j]) ** 2, n, j)
    return net


def one_pass_variance(net: Network, z: Any, n: Any, j: Any) -> Any:
    mu, v, u = net.tensors("mu v u")
    gain, shift = net.parameter("gain", (z.shape[1],)), net.parameter("shift", (z.shape[1],))
    mu[n] = Mean(z[n, j], j)
    v[n] = Mean(z[n, j] ** 2, j) - mu[n] ** 2
    u[n, j] = gain[j] * (z[n, j] - mu[n]) / sqrt(v[n] + 1e-5) + shift[j]
    return u


def nothing_named(net: Network, z: Any, n: Any, j: Any) -> Any:
    u, H = net.tensor("u"), z.shape[1]
    gain, shift = net.parameter("gain", (H,)), net.parameter("shift", (H,))
    centred = z[n, j] - Sum(z[n, j], j) / H
    u[n, j] = gain[j] * centred / sqrt(Sum(centred**2, j) / H + 1e-5) + shift[j]
    return u


def centred_and_divided(net: Network, z: Any, n: Any, j: Any) -> Any:
    mu, c, s, z_hat, u = net.tensors("mu c s z_hat u")
    gain = net.parameter("gain", (z.shape[1],))
    mu[n] = Sum(z[n, j], j) / z.shape[1]
    c[n, j] = z[n, j] - mu[n]
    s[n] = sqrt(Sum(c[n, j] ** 2, j) / z.shape[1] + 1e-5)
    z_hat[n, j] = c[n, j] / s[n]
    u[n, j] = gain[j] * z_hat[n, j]
    return u


def layer(net: Network, z: Any, n: Any, j: Any) -> Any:
    return layers.layer_norm(z, name="1")


class TestNormalisation:
    """δz = r·(δx̂ - mean(δx̂) - x̂·mean(δx̂·x̂)), r = 1/σ: in Ioffe and Szegedy (2015), section 3, by parts."""

    @pytest.mark.parametrize(
        ("build", "r", "x_hat"),
        [
            (layer, "x_hat1_rsqrt", "x_hat1"),
            (one_pass_variance, "u_rsqrt", "z_hat"),
            (nothing_named, "u_rsqrt", "z_hat"),
            (centred_and_divided, "z_hat_inverse", "z_hat"),
        ],
        ids=lambda case: getattr(case, "__name__", ""),
    )
    def test_layer_norm_however_it_is_written(self, build: Any, r: str, x_hat: str) -> None:
        derivation = derive(normalised(build))
        derived = derivation.derived
        sums = [
            f"(Σ_{{j'}} d_{x_hat}[n, j'])/H",
            f"({x_hat}[n, j]·Σ_{{j'}} d_{x_hat}[n, j']·{x_hat}[n, j'])/H",
        ]
        (found,) = plain(derived, "d_z")
        assert found in {
            f"d_z[n, j] = {r}[n]·(d_{x_hat}[n, j] - {first} - {second})"
            for first, second in (sums, reversed(sums))
        }  # fmt: skip
        assert [str(e).split("    ")[0] for e in derivation.delta("z")] == [found]
        values = Arrays.of(derived, {"N": 3, "D": 2, "H": 7})
        hat, delta, scale = values[x_hat], values[f"d_{x_hat}"], values[r][:, None]
        means = over(delta.sum(axis=1), 7)[:, None], over((delta * hat).sum(axis=1), 7)[:, None]
        assert_same(values["d_z"], scale * (delta - means[0] - hat * means[1]))

    def test_the_statistics_have_no_adjoints_of_their_own(self) -> None:
        for build in (layer, one_pass_variance, nothing_named, centred_and_divided):
            derived = derive(normalised(build)).derived
            of = {tensor.adjoint_of for tensor in derived.backward.tensors if tensor.adjoint_of}
            ranks = {name: derived.forward.table[name].rank for name in of}
            assert {name for name, rank in ranks.items() if rank < 2} <= {"gain", "shift", "gamma1", "beta1"}

    def test_rms_norm_has_no_middle_term(self) -> None:
        derived = derive(normalised(lambda net, z, n, j: layers.rms_norm(z, name="1"))).derived
        assert plain(derived, "d_z") == [
            "d_z[n, j] = x_hat1_rsqrt[n]·(d_x_hat1[n, j] - (x_hat1[n, j]·Σ_{j'} d_x_hat1[n, j']·x_hat1[n, j'])/H)"
        ]
        values = Arrays.of(derived, {"N": 3, "D": 2, "H": 7})
        hat, delta = values["x_hat1"], values["d_y1"] * values["gamma1"]
        assert_same(values["d_x_hat1"], delta)
        mean = over((delta * hat).sum(axis=1), 7)[:, None]
        assert_same(values["d_z"], values["x_hat1_rsqrt"][:, None] * (delta - hat * mean))

    def test_batch_norm(self) -> None:
        """δx = (γ r/M)·(M δy - Σ δy - x̂·Σ δy x̂), the sums being the gradients by β and γ."""
        derived = derive(normalised(lambda net, z, n, j: layers.batch_norm(z, name="1"))).derived
        (found,) = plain(derived, "d_z")
        terms = ["d_beta1[j]/N", "d_gamma1[j]·x_hat1[n, j]/N"]
        assert found in {
            f"d_z[n, j] = gamma1[j]·x_hat1_rsqrt[j]·(d_y1[n, j] - {first} - {second})"
            for first, second in (terms, reversed(terms))
        }  # fmt: skip
        values = Arrays.of(derived, {"N": 5, "D": 2, "H": 3})
        hat, delta = values["x_hat1"], values["d_y1"]
        bracket = 5 * delta - delta.sum(axis=0) - hat * (delta * hat).sum(axis=0)
        assert_same(values["d_z"], over(values["gamma1"] * values["x_hat1_rsqrt"], 5) * bracket)

    @pytest.mark.parametrize("extent", [lambda H, R: (H + 1) // 2, lambda H, R: H - R + 1], ids=["quotient", "window"])
    def test_batch_norm_over_space_whose_extent_need_not_be_positive(self, extent: Any) -> None:
        net = Network("space")
        N, C, H, R = net.dims("N C H R")
        rows = extent(H, R)
        n, c, r, h = net.indices(n=N, c=C, r=R, h=rows)
        x, y, W = net.input("x", (N, C, H)), net.input("y", (N, C, rows)), net.parameter("W", (C, R))
        z = net.tensor("z")
        z[n, c, h] = Sum(W[c, r], r) * x[n, c, h] + W[c, 0]
        out = layers.batch_norm(z, name="1")
        net.loss = Sum((tanh(out[n, c, h]) - y[n, c, h]) ** 2, n, c, h)
        values = Arrays.of(derive(net).derived, {"N": 2, "C": 3, "H": 7, "R": 5})
        hat, delta = values["x_hat1"], values["d_y1"]
        count = hat.shape[0] * hat.shape[2]

        def total(array: Any) -> Any:
            return array.sum(axis=(0, 2))[None, :, None]

        scale = (values["gamma1"] * values["x_hat1_rsqrt"])[None, :, None]
        assert_same(values["d_z"], over(scale, count) * (count * delta - total(delta) - hat * total(delta * hat)))
        (equation,) = derive(net).derived.backward.definitions["d_z"]
        assert not any(isinstance(inner, Reduce) for inner in subterms(equation.rhs))  # they are δβ and δγ

    def test_group_and_instance_norm(self) -> None:
        net = Network("grouped")
        N, G, R, S = net.dims("N G R S")
        n, c, s = net.indices(n=N, c=G * R, s=S)
        x, y = net.input("x", (N, G * R, S)), net.input("y", (N, G * R, S))
        a, z = net.parameter("a", (G * R,)), net.tensor("z")
        z[n, c, s] = x[n, c, s] * a[c]
        first = layers.group_norm(z, groups=G, name="1")
        second = layers.instance_norm(first, name="2")
        net.loss = Sum((tanh(second[n, c, s]) - y[n, c, s]) ** 2, n, c, s)
        derived = derive(net).derived
        sizes = {"N": 2, "G": 3, "R": 5, "S": 2}
        values = Arrays.of(derived, sizes)

        def compact(r: Any, hat: Any, delta: Any, axes: tuple[int, ...]) -> Any:
            count = int(np.prod([hat.shape[axis] for axis in axes]))
            means = (over(array.sum(axis=axes, keepdims=True), count) for array in (delta, delta * hat))
            return r * (delta - next(means) - hat * next(means))

        r, hat, delta = values["x_hat2_rsqrt"], values["x_hat2"], values["d_x_hat2"]
        assert_same(values["d_y1"], compact(r[:, :, None], hat, delta, (2,)))
        shape = (2, 3, 5, 2)
        r, hat = values["x_hat1_rsqrt"], values["x_hat1"].reshape(shape)
        delta = values["d_x_hat1"].reshape(shape)
        assert_same(values["d_z"].reshape(shape), compact(r[:, :, None, None], hat, delta, (2, 3)))
        (equation,) = derived.backward.definitions["d_z"]
        assert set(equation.reads()) == {"x_hat1_rsqrt", "x_hat1", "d_x_hat1"}
