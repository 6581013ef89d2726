"""What the self-check draws is what the C draws."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from symbackprop.c.self_check_data import INIT, STYLES, Stream, draws, shape_of, weighted
from symbackprop.terms.program import TensorKind
from tests.c.compiling import example, library, needs

# Of the authors' own program, https://prng.di.unimi.it/splitmix64.c, at seed 1234567.
SPLITMIX = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]


def test_the_stream_is_splitmix64() -> None:
    assert Stream(1234567).uniform(5).tolist() == [(number >> 40) / 2**24 for number in SPLITMIX]


def test_it_goes_on() -> None:
    whole, parts = Stream(7), Stream(7)
    assert whole.uniform(9).tolist() == [*parts.uniform(4), *parts.uniform(5)]
    assert abs(Stream(1).normal(20000).std() - 1) < 0.02


@needs("gcc")
@pytest.mark.parametrize("name", ["gpt2", "lenet", "mlp", "vae"])
def test_beginnings_are_those_of_the_library(name: str) -> None:
    made = example(name)
    params = made.program.of_kind(TensorKind.PARAMETER)
    room = np.full(sum(int(np.prod(shape_of(t))) for t in params), np.nan)
    getattr(library(name), f"{made.kit.name}_init")(ctypes.c_void_p(room.ctypes.data), ctypes.c_uint32(INIT))
    drawn, style = draws(made.program, STYLES[0]), STYLES[0].bent
    stream = Stream(3)
    begun = [drawn[t.name].ravel() - (style[1] + style[2] * stream.uniform(drawn[t.name].size)) for t in params]
    assert np.allclose(np.concatenate(begun), room, rtol=0, atol=1e-14)


@needs("gcc")
def test_noise_is_that_of_the_library() -> None:
    made = example("vae")
    (tensor,) = made.program.of_kind(TensorKind.RANDOM)
    room = np.full(shape_of(tensor), np.nan)
    state = ctypes.c_uint64(5)
    draw = getattr(library("vae"), f"{made.kit.name}_draw_{tensor.name}")
    draw(ctypes.c_void_p(room.ctypes.data), ctypes.byref(state))
    assert np.allclose(room.ravel(), Stream(5).normal(room.size), rtol=0, atol=1e-14)


def test_a_sum_sees_places_and_signs() -> None:
    values = np.arange(1.0, 7.0)
    totals = [weighted(each)[0] for each in (values, values[::-1], -values, np.roll(values, 1))]
    assert len({round(total, 6) for total in totals}) == 4
    assert weighted(values)[1] == pytest.approx(np.linalg.norm(values * (2 * Stream(2).uniform(6) - 1)))
