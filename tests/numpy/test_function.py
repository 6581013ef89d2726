"""Functions of values as statements: position by position what the values are, and so is what their text computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.lower.evaluate_values import evaluate
from symbackprop.numpy import function as storing
from symbackprop.numpy.array import Function
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from tests.lower.cases import case, named
from tests.numpy.positions import executed, run, temporaries


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, array in found.items():
        scale = np.abs(expected[name]).max(initial=1)
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize(("group", "name"), named())
def test_position_by_position(group: str, name: str) -> None:
    """What `operands`, `definition`, `reading`, `contraction` and `writing` make of values."""
    found = case(group, name)
    expected = found.runs(found.module, evaluate)
    stored = found.module.mapped(store)
    for function in (stored.shared, stored.forward, stored.backward):
        if function is not None:
            check(function)
    for part, tensors in found.runs(stored, run).items():
        same(tensors, expected[part])


@pytest.mark.parametrize(("group", "name"), named())
def test_as_text(group: str, name: str) -> None:
    """What `statements` and `windows` write."""
    found = case(group, name)
    expected = found.runs(found.module, evaluate)
    for part, tensors in found.runs(found.module.mapped(store), executed).items():
        same(tensors, expected[part])


@pytest.mark.parametrize(("group", "name"), named())
def test_shared_storage_changes_nothing(group: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `buffers` does: the same numbers, in no more storage."""
    found = case(group, name)
    shared = found.module.mapped(store)
    monkeypatch.setattr(storing, "share_buffers", tuple)
    apart = found.module.mapped(store)
    expected = found.runs(apart, run)
    for part, tensors in found.runs(shared, run).items():
        same(tensors, expected[part])
    pairs: list[tuple[Function, Function]] = [(shared.forward, apart.forward), (shared.backward, apart.backward)]
    for one, other in pairs:
        assert temporaries(one) <= temporaries(other)
