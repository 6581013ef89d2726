"""Nests that run together compute what they did apart; those that may not stay apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbackprop.c.fuse import fuse, may_run_together
from symbackprop.c.nests import Nest, NestFunction, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Kind, Map, MapOp, Read
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis
from tests.c.functions import SOME, check_nests, values_of


@pytest.mark.parametrize("name", SOME)
def test_together_they_compute_the_same(name: str) -> None:
    check_nests(name, lambda function, _: fuse(function), open_nests)


def test_there_are_fewer() -> None:
    module = values_of("transformer_block")
    nests = [open_nests(function, module.program) for function in module.functions]
    apart, together = (
        sum(isinstance(each, Nest) for f in functions for each in statements_in(f.body))
        for functions in (nests, [fuse(function) for function in nests])
    )
    assert together < 0.8 * apart


def nest(name: str, target: Poly, tensor: str, read: Poly, index: Index, high: int = 4) -> Nest:
    value = Read(tensor, (read,), frozenset({index}), Kind.FLOAT, False)
    return Nest(Axis(index, ZERO, Poly.of(high)), (Store(name, (target,), value),))


I, J = Index("i"), Index("j")


def test_what_is_read_at_the_same_position() -> None:
    assert may_run_together(nest("a", Poly.of(I), "x", Poly.of(I), I), nest("b", Poly.of(J), "a", Poly.of(J), J))


@pytest.mark.parametrize("read", [Poly.of(J) + 1, Poly.of(J) - 1, Poly.of(2) * Poly.of(J), ZERO])
def test_what_is_read_elsewhere(read: Poly) -> None:
    assert not may_run_together(nest("a", Poly.of(I), "x", Poly.of(I), I), nest("b", Poly.of(J), "a", read, J))


def test_what_is_written_after_it_is_read_elsewhere() -> None:
    assert not may_run_together(
        nest("b", Poly.of(J), "a", Poly.of(J) + 1, J), nest("a", Poly.of(I), "x", Poly.of(I), I)
    )


def test_other_ranges() -> None:
    assert not may_run_together(nest("a", Poly.of(I), "x", Poly.of(I), I), nest("b", Poly.of(J), "x", Poly.of(J), J, 5))


@pytest.mark.parametrize(
    ("op", "high", "together"), [(MapOp.EXP, 15, False), (MapOp.EXP, 5, True), (MapOp.ABS, 15, True)]
)
def test_functions_that_vectors_compute_stay_apart_from_nests_inside(op: MapOp, high: int, together: bool) -> None:
    def functions() -> Nest:
        simple = nest("b", Poly.of(J), "a", Poly.of(J), J, high)
        (store,) = simple.body
        assert isinstance(store, Store)
        return Nest(simple.axis, (replace(store, value=Map(op, (store.value,), Kind.FLOAT, True)),))

    inner = nest("a", Poly.of(I), "x", Poly.of(I), I, high)
    outer = Nest(inner.axis, (*inner.body, nest("c", Poly.of(J), "y", Poly.of(J), Index("k"))))
    names = ("a", "b", "c", "x", "y")
    tensors = {name: Tensor(name, TensorKind.INTERMEDIATE, (Poly.of(high + 1),), (ZERO,)) for name in names}
    for body in ((outer, functions()), (functions(), outer)):
        assert len(fuse(NestFunction("f", tensors, ("x", "y"), frozenset(), body)).body) == (1 if together else 2)
    two = (nest("a", Poly.of(I), "x", Poly.of(I), I, high), functions())
    assert len(fuse(NestFunction("f", tensors, ("x",), frozenset(), two)).body) == 1
