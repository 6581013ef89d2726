"""Tensors without the dimensions that run along with their nest hold the same numbers, and less memory."""

from __future__ import annotations

import pytest

from symbackprop.c.fuse import fuse
from symbackprop.c.memory import elements
from symbackprop.c.open_nests import open_nests
from symbackprop.c.shrink import shrink
from tests.c.functions import SOME, check_nests, kept, values_of


@pytest.mark.parametrize("name", SOME)
def test_shrunk_they_compute_the_same(name: str) -> None:
    check_nests(name, lambda function, wanted: shrink(fuse(function), wanted), open_nests)


def test_an_element_becomes_a_variable() -> None:
    module = values_of("mlp")
    function = shrink(fuse(open_nests(module.forward, module.program)), kept(module))
    assert "z1" in function.locals
    assert not {"a1", "p"} & function.locals  # which backward reads


def test_less_is_held() -> None:
    module = values_of("transformer_block")
    before = fuse(open_nests(module.backward, module.program))
    after = shrink(before, kept(module))
    sizes = [sum(elements(t) for n, t in f.tensors.items() if n not in f.given and n not in f.locals)
             for f in (before, after)]  # fmt: skip
    assert sizes[1] < sizes[0]
    assert all(after.tensors[name] == before.tensors[name] for name in kept(module) & after.tensors.keys())
