"""Every network of the zoo has typical sizes and a twin, and agrees with it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo as suite
from benchmarks.race import difference
from benchmarks.step import cast
from benchmarks.typical import SIZES
from symbackprop import zoo

TWINS = Path(suite.__file__).with_name("twins.py")


def test_every_network_has_typical_sizes_and_a_twin():
    assert tuple(SIZES) == zoo.names()
    functions = {node.name for node in ast.parse(TWINS.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
    assert {name for name in functions if not name.startswith("_")} == set(SIZES)


@pytest.mark.parametrize("name", zoo.names())
def test_data_are_drawn_of_the_shapes_and_ranges_that_the_network_has(name):
    program = zoo.load(name).to_program()
    params, data = suite.make(name)
    for tensor in program.tensors:
        array = {**params, **data}.get(tensor.name)
        if array is not None:
            assert array.ndim == tensor.rank
            if tensor.high is not None:
                assert 0 <= array.min() <= array.max() < tensor.high.evaluate(lambda dim: SIZES[name][dim.name])


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.names())
def test_a_network_agrees_with_its_twin(name):
    pytest.importorskip("torch")
    params, data = suite.make(name)
    expected, found = (
        {key: np.asarray(value) for key, value in step.read(step.run()).items()}
        for step in (
            suite.build_twin(name, params, data),
            suite.build(name, cast(params, "float32"), cast(data, "float32")),
        )
    )
    assert difference(found, expected) < suite.SUITE.tolerance
