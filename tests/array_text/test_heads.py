"""Sizes read off arguments: each once, where its name can stand, and those that no shape shows are told."""

from __future__ import annotations

import numpy as np

from symbackprop.array_text.heads import read_sizes, unpacked
from symbackprop.array_text.library import Library
from symbackprop.array_text.spelling import Spelling
from symbackprop.python_text.identifiers import Names
from symbackprop.terms.poly import ONE, ZERO, Dim, Poly
from symbackprop.terms.program import Tensor, TensorKind

N, D, H, K = (Poly.of(Dim(name)) for name in "NDHK")
X = Tensor("x", TensorKind.INPUT, (N, D), (ZERO, ZERO))
W = Tensor("W", TensorKind.PARAMETER, (H + ONE, D, H), (ZERO, ZERO, ZERO))


def read(*wanted: str) -> tuple[dict[str, int], list[str]]:
    spelling = Spelling(Names({"N", "D", "H", "K", "x", "W"}), Library())
    lines, missing = read_sizes(spelling, [(X, "x"), (W, "W")], wanted)
    known = {"x": np.zeros((2, 3)), "W": np.zeros((6, 3, 5))}
    found: dict[str, int] = {}
    exec("\n".join(lines), known, found)
    return found, missing


def test_each_size_is_that_of_a_shape() -> None:
    found, missing = read("N", "D", "H", "K")
    assert {name: found[name] for name in "NDH"} == {"N": 2, "D": 3, "H": 5}
    assert missing == ["K"]


def test_nothing_is_read_that_is_not_wanted() -> None:
    assert read("H") == ({"H": 5}, [])


def test_lines_hold_all_names() -> None:
    items = [(f"name{place}", f'params["name{place}"]') for place in range(12)]
    lines = unpacked(items)
    assert len(lines) > 1
    assert max(map(len, lines)) <= 110
    found: dict[str, int] = {}
    exec("\n".join(lines), {"params": {name: place for place, (name, _) in enumerate(items)}}, found)
    assert found == {name: place for place, (name, _) in enumerate(items)}
