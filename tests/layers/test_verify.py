"""Every layer and loss, over a grid of options: exactly, against the interpreter, and by central differences."""

from __future__ import annotations

import pytest

from symbackprop import verify

from .cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_it_verifies(name: str) -> None:
    report = verify(CASES[name].build())
    assert report.passed, str(report)
