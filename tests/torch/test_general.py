"""Forms that are no network's alone, in PyTorch: values, gradients and next buffers are those of NumPy's modules."""

from __future__ import annotations

import pytest

from tests.array_text.test_statement_lines import GENERAL
from tests.jax.general import by_the_step, own_names, turned_blocks
from tests.torch.test_zoo import compare

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("make", [*GENERAL, own_names, by_the_step, turned_blocks], ids=lambda make: make.__name__)
def test_it_equals_numpy(make):
    compare(make())
