"""A layer's program: its loss is the inner product, by hand; its names are free; what breaks it is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symbackprop.interpret import Interpreter
from symbackprop.terms.check_program import MalformedProgram, check
from symbackprop.terms.layer import as_layer, without_cotangents
from symbackprop.terms.program import GIVEN, Program, TensorKind
from tests.derive.layers import LAYERS, lstm_sequence
from tests.derive.test_layers import dense


def plain() -> Program:
    return dense().to_program(needs_loss=False)


def test_the_loss_is_the_inner_product() -> None:
    program = check(as_layer(plain()))
    rng = np.random.default_rng(0)
    sizes = {"N": 3, "D": 2, "H": 4}
    data = {name: rng.normal(size=shape) for name, shape in
            (("x", (3, 2)), ("W", (4, 2)), ("b", (4,)), ("d_y", (3, 4)), ("d_u", (3,)))}  # fmt: skip
    y = np.tanh(data["x"] @ data["W"].T + data["b"])
    expected = np.sum(data["d_y"] * y) + np.sum(data["d_u"] * (y**2).sum(1))
    assert Interpreter(program, sizes, data).loss() == pytest.approx(expected, rel=1e-14)
    assert program.results == ("y", "u")
    assert program.default_wrt == ("W", "b", "x")


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)
def test_there_and_back(make: object) -> None:
    bare = make().to_program(needs_loss=False)  # type: ignore[operator]
    layer = as_layer(bare)
    assert without_cotangents(layer) == replace(bare, default_wrt=layer.default_wrt)
    assert layer.computed == bare.equations
    assert layer.inner_product is not None
    assert without_cotangents(bare) is bare
    assert bare.inner_product is None


def test_names_that_are_taken() -> None:
    """Of a program: a network is refused (`language.whole`)."""
    program = plain()
    renamed = program.with_(dims=(*program.dims, "d_y", "loss"))
    layer = check(as_layer(renamed))
    assert dict(layer.cotangents)["y"] == "d_y_2"
    assert layer.loss == "loss_2"


def test_what_breaks_a_layer_is_seen() -> None:
    layer = as_layer(lstm_sequence().to_program(needs_loss=False))
    with pytest.raises(MalformedProgram, match="a cotangent of h, given"):
        check(layer.with_(cotangents=(("h", "x"), *layer.cotangents[1:])))
    with pytest.raises(MalformedProgram, match="a cotangent of last of its shape"):
        check(layer.with_(cotangents=(layer.cotangents[0], ("last", "d_h"))))
    assert set(GIVEN) == set(TensorKind) - {TensorKind.INTERMEDIATE}
