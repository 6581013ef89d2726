"""Results, gradients, next buffers and predictions in C are those of the NumPy module, in double precision; what is
read before it is written, or written beyond an array's end, is seen."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.interpret import Interpreter
from symbackprop.sources import program_of
from symbackprop.verify.evaluators import Key, Of
from tests.c.compiling import NETWORKS, Calls, different, example, library, needs

pytestmark = needs("gcc")


@pytest.mark.parametrize("name", NETWORKS)
def test_it_equals_the_numpy_module(name: str) -> None:
    made = example(name)
    calls = Calls(made, library(name))
    found = calls.differentiated() | calls.predicted()
    assert found.keys() == made.expected.keys()
    assert not different(found, made.expected, 1e-11)
    if not made.program.cotangents:
        again = calls.at_once()
        assert all(np.array_equal(value, found[key]) for key, value in again.items())


@pytest.mark.parametrize("name", ["attention", "lenet", "mlp", "word2vec"])
def test_the_loss_is_that_of_the_interpreter(name: str) -> None:
    made = example(name)
    key = Key(Of.RESULT, made.program.results[0])
    loss = Interpreter(program_of(made.net), made.sizes, dict(made.data)).loss()
    assert Calls(made, library(name)).differentiated()[key] == pytest.approx(loss, rel=1e-12)
