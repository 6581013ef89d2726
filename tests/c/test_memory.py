"""No two tensors that live at once share memory, and the plan is near what no plan can be below."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.c.fuse import fuse
from symbackprop.c.memory import Plan, elements, plan, touched
from symbackprop.c.nests import NestFunction
from symbackprop.c.open_nests import open_nests
from symbackprop.c.shrink import shrink
from symbackprop.terms.program import GIVEN
from tests.c.functions import SOME, kept, values_of


def planned(name: str) -> tuple[list[NestFunction], Plan]:
    module = values_of(name)
    functions = [shrink(fuse(open_nests(f, module.program)), kept(module)) for f in (module.forward, module.backward)]
    given = {tensor.name for tensor in module.program.tensors if tensor.kind in GIVEN}
    return functions, plan(functions, given, module.results)


@pytest.mark.parametrize("name", SOME)
def test_what_lives_at_once_lies_apart(name: str) -> None:
    functions, found = planned(name)
    live: dict[str, list[int]] = {}
    for moment, statement in enumerate(each for function in functions for each in function.body):
        for tensor in touched([statement]):
            live.setdefault(tensor, []).append(moment)
    table = {tensor.name: tensor for function in functions for tensor in function.tensors.values()}
    for one in found.buffers:
        assert one.size == elements(table[one.name])
        assert one.first <= min(live[one.name])
        assert one.last >= max(live[one.name])
        for other in found.buffers:
            meet = one.first <= other.last and other.first <= one.last
            apart = one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
            assert one is other or not meet or apart, (one, other)


@pytest.mark.parametrize("name", zoo.names())
def test_it_is_near_the_bound(name: str) -> None:
    _, found = planned(name)
    assert found.size <= 1.1 * found.live(found.fullest)


def test_what_is_kept_lives_to_the_end() -> None:
    functions, found = planned("mlp")
    (loss,) = (buffer for buffer in found.buffers if buffer.name == "loss")
    assert loss.last == sum(len(function.body) for function in functions)
