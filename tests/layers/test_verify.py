"""Every layer and loss, over a grid of options: exactly, against the interpreter, and by central differences."""

from __future__ import annotations

from functools import partial

import pytest

from symbackprop import layers, losses, verify
from symbackprop.verify import methods

from .cases import CASES

WORK = 3_000  # of the exact check of one case: a few sizes and kinds of data each, since the grid is wide


def test_every_layer_and_loss_has_a_case() -> None:
    asked = {case.function.__name__ for case in CASES.values() if hasattr(case.function, "__name__")}
    assert {*layers.__all__, *losses.__all__} - asked == {"l1_penalty", "l2_penalty"}  # `penalties` has both


@pytest.mark.parametrize("name", CASES)
def test_it_verifies(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "check_everywhere", partial(methods.check_everywhere, budget=WORK))
    report = verify(CASES[name].build())
    assert report.passed, str(report)
    assert {row.method for row in report.rows} == set(methods.METHODS)
