"""What a generated module says to those who call it wrongly, and the sizes that it checks itself at."""

import numpy as np
import pytest

from symbackprop import load, zoo
from symbackprop.numpy.sample import sample_sizes


@pytest.mark.parametrize("dtype", [int, bool, complex, "S3"])
def test_parameters_are_floats(dtype):
    with pytest.raises(ValueError, match="dtype: expected a floating-point type, found"):
        load(zoo.load("mlp")).init_params(0, D=7, H=5, C=3, dtype=dtype)


def test_sizes_that_leave_nothing_are_named():
    sizes = {"B": 1, "C": 3, "F": 2, "G": 2, "R": 3, "S": 3, "M": 3}
    module = load(zoo.load("lenet"))
    with pytest.raises(ValueError, match=r"W3: expected sizes of at least 1 in \(M, G, \(\(\(H - R \+ 1\)"):
        module.init_params(0, H=4, W=13, **sizes)
    assert module.init_params(0, H=11, W=13, **sizes)["W3"].shape == (3, 2, 1, 1)


def test_a_mismatch_says_where_the_size_was_read():
    module = load(zoo.load("mlp"))
    params = module.init_params(0, D=7, H=5, C=3)
    params["W1"] = params["W1"].T
    expected = r"b1: expected shape \(H,\) = \(7,\) \(H = 7 is read off W1\), found \(5,\)"
    with pytest.raises(ValueError, match=expected):
        module.value_and_grad(params, np.ones((2, 7)), np.ones((2, 3)))


@pytest.mark.parametrize(("name", "word"), [("vae", True), ("mlp", False)])
def test_predict_speaks_of_noise_where_there_is_some(name, word):
    assert ("noise" in load(zoo.load(name)).predict.__doc__) == word


@pytest.mark.parametrize("name", zoo.names())
def test_axes_of_a_tensor_differ_in_the_sample(name):
    """Where no relation between the sizes forbids it: an image may be square once its windows fit."""
    program = zoo.load(name).to_program()
    sizes = sample_sizes(program)
    related = {dim.name for tensor in program.tensors for e in tensor.shape if e.atom is None for dim in e.dims()}
    related |= {dim for fact in program.assumptions for dim in program.dims if dim in str(fact.condition)}
    for tensor in program.tensors:
        alone = [str(extent) for extent in tensor.shape if str(extent) in sizes and str(extent) not in related]
        distinct = set(alone)
        assert len({sizes[dim] for dim in distinct}) == len(distinct), (tensor.name, sizes)
