"""Which dimension is split: by names, one for each mesh axis, the index that was named first before others."""

from __future__ import annotations

import pytest

from symbackprop.errors import InvalidArgument, UnknownIndex
from symbackprop.shard import shard_indices
from symbackprop.shard.placements import placements_of
from tests.shard.cases import sharded


def test_names_are_those_of_dimensions(perceptron):
    program = perceptron.program
    placed = placements_of(program.tensors, program.equations, {"n": "data", "j": "model"})
    assert placed["x"].axes == ("data", None)
    assert placed["W"].axes == ("model", None)
    assert placed["z"].axes == ("data", "model")
    assert placed["loss"].axes == ()


@pytest.mark.parametrize(("indices", "axes"), [({"n": "data", "j": "data"}, ("data", None)),
                                               ({"j": "data", "n": "data"}, (None, "data"))])  # fmt: skip
def test_the_index_named_first_stays(perceptron, indices, axes):
    assert placements_of(perceptron.program.tensors, perceptron.program.equations, indices)["z"].axes == axes


def test_an_adjoint_lies_where_its_tensor_does():
    one = sharded("transformer_block", {"t": "model", "a": "model", "n": "data"})
    adjoints = [tensor for tensor in one.table.values() if tensor.adjoint_of in one.placements]
    assert len(adjoints) > 20
    for tensor in adjoints:
        assert one.placements[tensor.name].axes == one.placements[tensor.adjoint_of].axes


def test_refusals():
    with pytest.raises(UnknownIndex, match=r"expected an index of the network \(n, i, k, j\), found m"):
        sharded("mlp", {"m": "data"})
    with pytest.raises(InvalidArgument, match="the name of a mesh axis, found 'a b'"):
        shard_indices({"n": "a b"}, ["n"])
    with pytest.raises(InvalidArgument, match="indices on mesh axes"):
        shard_indices({}, ["n"])
