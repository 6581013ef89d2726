"""Graphs of networks."""

import pytest

import symbackprop
from symbackprop.picture.network_graph import graph_of
from symbackprop.zoo.gpt2 import gpt2


@pytest.fixture(scope="session")
def deep():
    """The graph of a GPT of two blocks."""
    return graph_of(symbackprop.derive(gpt2(layers=2)).scheduled)
