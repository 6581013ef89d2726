"""How PyTorch's calls are written: the text, and what it computes where PyTorch is installed."""

from __future__ import annotations

import pytest

from symbackprop.array_text.fragment import Code, Level
from symbackprop.lower.values import MapOp
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Op
from symbackprop.terms.term import Reduction
from symbackprop.torch.library import TorchLibrary

I, J = Index("i"), Index("j")
X, NUMBER = Code("x", axes=(I, J)), Code("0.1", plain=True)
library = TorchLibrary(lambda: "x", lambda name: name)


@pytest.mark.parametrize(("found", "expected"), [
    (library.zeros("(N, D)", "x"), "x.new_zeros((N, D))"),
    (library.arange("N", (I,)).text, "torch.arange(N, device=x.device)"),
    (library.turned("x", [False, True]), "x.flip(1)"),
    (library.padded("x", [("0", "0"), ("1", "2")]).text, "torch.nn.functional.pad(x, (1, 2))"),
    (library.padded("x", [("1", "0"), ("0", "2")]).text, "torch.nn.functional.pad(x, (0, 2, 1, 0))"),
    (library.operation(MapOp.MAXIMUM, [X, NUMBER], (I, J)).text, "torch.clamp(x, min=0.1)"),
    (library.operation(MapOp.MINIMUM, [NUMBER, X], (I, J)).text, "torch.clamp(x, max=0.1)"),
    (library.operation(MapOp.ATAN2, [X, NUMBER], (I, J)).text, "torch.arctan2(x, x.new_full((), 0.1))"),
    (library.cast(Code("a > b", Level.COMPARISON, (I,)), "x").text, "(a > b).to(x.dtype)"),
    (library.reduced(Reduction.PRODUCT, X, [0, 1], (), True).text, "x.prod(1).prod(0)"),
    (library.reduced(Reduction.MAX, X, [1], (I,), True).text, "x.amax(dim=1)"),
    (library.reduced(Reduction.MAX, X, [1], (I,), False).text, "extremum(torch.amax, x, (1,), -torch.inf)"),
    (library.reduced(Reduction.SUM, X, [0, 1], (), True).text, "x.sum()"),
    (library.written("x", "", Op.ASSIGN, "y"), "x[...] = y"),
    (library.written("x", "[1:]", Op.ACCUMULATE, "y"), "x[1:].add_(y)"),
    (library.written("x", "", Op.ACCUMULATE, "y"), "x += y"),
    (library.scattered("x", ["i"], "y"), "add_at(x, (i,), y)"),
    (library.transposition([2, 0, 1]), ".permute(2, 0, 1)"),
])  # fmt: skip
def test_text(found: str, expected: str) -> None:
    assert found == expected


def test_what_chooses_between_two_numbers_keeps_their_digits() -> None:
    torch = pytest.importorskip("torch")
    x = torch.zeros(2, 3, dtype=torch.float64)
    text = library.select(Code("x > 0", axes=(I, J)), NUMBER, Code("0.2", plain=True), (I, J)).text
    found = eval(text, {"torch": torch, "x": x})
    assert found.dtype == torch.float64
    assert found.max().item() == 0.2


def test_log_one_plus_exp_to_the_last_digit() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([-800.0, -50.0, -1.0, 0.0, 20.5, 36.0, 39.9, 40.1, 800.0], dtype=torch.float64)
    found = eval(library.log_one_plus_exp("x", (I,)).text, {"torch": torch, "x": x})
    torch.testing.assert_close(found, torch.logaddexp(x, torch.zeros_like(x)), rtol=4e-16, atol=0)
