"""Every layer and loss of the grid agrees with PyTorch in value and every gradient, to 1e-10 in float64."""

from __future__ import annotations

import pytest

from ..cases import CASES

pytest.importorskip("torch", reason="the agreement needs PyTorch: pip install 'symbackprop[torch]'")

from .compare import TWINS, compare

TOLERANCE = 1e-10


@pytest.mark.filterwarnings("ignore:Using padding='same'", "ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("name", CASES)
def test_it_agrees(name: str) -> None:
    found = compare(CASES[name])
    assert found.value <= TOLERANCE
    assert found.wrt
    assert found.gradients <= TOLERANCE


def test_every_twin_is_asked() -> None:
    assert {case.layer for case in CASES.values()} == set(TWINS)
