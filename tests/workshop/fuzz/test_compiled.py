"""The fuzzer's C: what is wrong in the text, or written elsewhere, is found; sizes are those of blocks and vectors."""

from __future__ import annotations

import importlib
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symbackprop.c.compiled import Texts, texts_of
from symbackprop.sources import c_values
from symbackprop.stages import derived_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from workshop.fuzz.compiled import (
    LANES,
    Build,
    Compared,
    as_if_large,
    backwards,
    builds,
    differences,
    wide_sizes,
)
from workshop.fuzz.generate import network_of
from workshop.fuzz.modules import Mismatch

SOURCE = """
from sympy import tanh
from symbackprop import Network, Sum
net = Network("seen")
N, D = net.dims("N D")
n, j, k = net.indices(n=N, j=D, k=D)
x, W, y = net.input("x", (N, D)), net.parameter("W", (D, D)), net.tensor("y")
y[n, j] = tanh(Sum(W[j, k] * x[n, k], k))
net.loss = Sum(y[n, j] ** 2, n, j)
net.output(y)
SIZES = {"N": 3, "D": 5}
"""
NETWORK, SIZES = network_of(SOURCE)
PROGRAM = NETWORK.to_program()
GCC = Build(("gcc", "-O1"))

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="not installed: gcc")


def compared() -> Compared:
    return Compared(PROGRAM, derived_of(PROGRAM, ("W",)), ("W",), 0)


@needs_gcc
def test_what_is_right_passes() -> None:
    seen = compared()
    assert seen.at(SIZES, [GCC])
    assert seen.notes == ["c: gcc -O1, float64", "c: gcc -O1, float32"]


@needs_gcc
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("= seen_tanh(", "= -(real)2 * seen_tanh(", "wrong result"),
        ("y[5 * n + j] =", "y[5 * n + j + 1] =", "written outside"),
        ("d_W[5 * j + k] =", "d_W[5 * j + k] = -", "wrong gradient"),
        ("loss[0] = loss_sum", "loss[0] = work[15] + loss_sum", "wrong result"),
        ("return 0;", "return 1;", "status"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, old: str, new: str, what: str) -> None:
    def changed(module: Any) -> Texts:
        texts = texts_of(module)
        ((name, text),) = texts.files.items()
        head, found, rest = text.partition("what is computed")
        assert old in rest
        return replace(texts, files={name: head + found + rest.replace(old, new)})

    monkeypatch.setattr(importlib.import_module("workshop.fuzz.compiled"), "texts_of", changed)
    with pytest.raises(Mismatch) as caught:
        compared().at(SIZES, [GCC])
    assert caught.value.what == what


def test_sizes_go_beyond_vectors() -> None:
    wide = [wide_sizes(PROGRAM, seed, SIZES) for seed in range(20)]
    assert max(max(sizes.values()) for sizes in wide if sizes) > 2 * LANES
    assert wide_sizes(PROGRAM, 0, {"N": LANES, "D": 1}) == {"N": LANES, "D": 1}


def test_small_ones_as_if_they_were_large() -> None:
    fixed = fixed_sizes(PROGRAM, SIZES)
    for large in (False, True):
        with as_if_large(large):
            made = texts_of(c_values(fixed, ("W",)))
        (text,), (turned,) = (each.files.values() for each in (made, backwards(made)))
        assert ("_product(&" in text) is large
        assert ("for (int n = 3 - 1; n >= 0; n--)" in turned) is large
        assert (turned != text) is large
        assert ("work > (real)0 &&" in text) is large


def test_most_seeds_have_the_quick_compiler_alone() -> None:
    found = [len(builds(seed)) for seed in range(100)]
    assert found.count(1) >= 80
    assert {build.command for seed in range(100) for build in builds(seed)[1:]} >= {()}


def test_differences() -> None:
    right = np.array([1.0, -3.0, np.inf, np.nan])
    assert differences(np.array([1.0, -3.0, np.inf, np.nan]), right).tolist() == [0, 0, 0, 0]
    assert differences(np.array([1.4, np.nan, np.inf, 0.0]), right).tolist() == [pytest.approx(0.1), np.inf, 0, np.inf]
