"""Workspaces: the same values, no large allocation once warm, and sizes that change from call to call."""

import tracemalloc

import numpy as np
import pytest


def problem(contract, name, seed=0, offset=0, dtype=np.float64, sizes=None):
    made = contract.module(name)
    at = sizes or contract.sizes_of(made, offset)
    params, rest = contract.data_for(made, contract.network(name), at, seed, dtype)
    return made, params, rest


def snapshot(result):
    loss, grads = result
    return loss, {name: grad.copy() for name, grad in grads.items()}


def same(first, second):
    assert first[0] == second[0]
    for name, grad in first[1].items():
        assert np.array_equal(grad, second[1][name]), name


def test_the_same_values_at_changing_sizes(contract, every):
    """Sizes grow and shrink, dtypes alternate; every call agrees to the bit with one without a workspace."""
    workspace = None
    for offset, dtype in ((0, np.float64), (1, np.float32), (0, np.float32), (1, np.float64), (0, np.float64)):
        made, params, rest = problem(contract, every, offset, offset, dtype)
        workspace = workspace or made.Workspace()
        expected = made.value_and_grad(params, **rest)
        same(expected, made.value_and_grad(params, **rest, workspace=workspace))
        loss, cache = made.forward(params, **rest, workspace=workspace)
        same(expected, (loss, made.backward(cache, workspace=workspace)))


def test_backward_twice(contract, every):
    """The cache outlives its backward pass, with a workspace as well as without."""
    made, params, rest = problem(contract, every, 3)
    for workspace in (None, made.Workspace()):
        loss, cache = made.forward(params, **rest, workspace=workspace)
        first = snapshot((loss, made.backward(cache, workspace=workspace)))
        same(first, (loss, made.backward(cache, workspace=workspace)))


def test_storage_is_reused(contract, every):
    made, params, rest = problem(contract, every)
    workspace = made.Workspace()
    _, first = made.value_and_grad(params, **rest, workspace=workspace)
    _, second = made.value_and_grad(params, **rest, workspace=workspace)
    for name, grad in first.items():
        assert grad.ndim == 0 or np.shares_memory(grad, second[name])


LARGE = {
    "softmax_regression": {"N": 512, "D": 128, "C": 64},
    "mlp": {"N": 512, "D": 128, "H": 128, "C": 64},
    "lenet": {"N": 16, "B": 1, "H": 28, "W": 28, "C": 10, "F": 6, "G": 16, "R": 5, "S": 5, "M": 84},
    "rnn": {"T": 9, "N": 128, "D": 64, "H": 64, "C": 64},
    "lstm": {"T": 9, "N": 128, "D": 64, "H": 64, "C": 64},
    "attention": {"N": 4, "T": 64, "D": 64, "A": 4, "K": 16},
    "embedding": {"N": 128, "T": 32, "V": 300, "D": 64, "C": 64},
    "layer_norm_mlp": {"N": 512, "D": 128, "H": 128, "C": 64},
    "gmm": {"N": 1024, "D": 8, "K": 12},
    "crf": {"N": 64, "T": 9, "D": 64, "K": 24},
    "deep_mlp": {"N": 128, "D": 64, "H": 64, "L": 5, "C": 64},
    "convolution": {"N": 16, "C": 16, "O": 16, "H": 65, "K": 5},
    "normalised": {"N": 512, "C": 64},
    "steps": {"N": 256, "D": 32, "T": 7},
    "padded": {"N": 32, "T": 32, "V": 100, "D": 32, "C": 32},
    "mixed": {"N": 20000},
}


BUFFER = 150_000  # what NumPy itself needs to convert dtypes in blocks of 8,192, whatever the sizes


@pytest.mark.parametrize("name", LARGE)
def test_steady_calls_allocate_nothing_large(contract, name):
    """The peak of a warm call stays below a tenth of what its arrays take."""
    made, params, rest = problem(contract, name, dtype=np.float32, sizes=LARGE[name])
    workspace = made.Workspace()
    for _ in range(2):
        made.value_and_grad(params, **rest, workspace=workspace)
    tracemalloc.start()
    made.value_and_grad(params, **rest)
    _, fresh = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    tracemalloc.start()
    made.value_and_grad(params, **rest, workspace=workspace)
    _, warm = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert warm < fresh / 10 + BUFFER, f"{warm:,} of {fresh:,} bytes"
