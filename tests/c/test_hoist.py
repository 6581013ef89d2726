"""What is the same at every position is computed once, and everything stays what it was."""

from __future__ import annotations

import pytest

from symbackprop.c.fuse import fuse
from symbackprop.c.hoist import hoist
from symbackprop.c.nests import Nest, NestFunction, Store
from symbackprop.c.open_nests import open_nests
from symbackprop.c.shrink import shrink
from symbackprop.lower.values import Kind, Map, MapOp, Read, Value
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.term import Axis
from tests.c.functions import SOME, check_nests


@pytest.mark.parametrize("name", SOME)
def test_it_computes_the_same(name: str) -> None:
    check_nests(name, lambda function, kept: hoist(shrink(fuse(function), kept)), open_nests)


I = Index("i")
AT = (Poly.of(I),)


def read(name: str, *subscripts: Poly) -> Read:
    return Read(name, subscripts, frozenset({I}) if subscripts == AT else frozenset(), Kind.FLOAT, False)


def hoisted(value: Value, extent: int = 9, target: str = "y", op: Op = Op.ASSIGN) -> tuple[NestFunction, list[Store]]:
    """The function after, and what stands before the nest."""
    subscripts = () if target == "s" else AT
    nest = Nest(Axis(I, ZERO, Poly.of(extent - 1)), (Store(target, subscripts, value, op),))
    tensors = {name: Tensor(name, TensorKind.INTERMEDIATE, (Poly.of(9),), (ZERO,)) for name in ("x", "y", "c")}
    tensors["s"] = Tensor("s", TensorKind.INTERMEDIATE, (), ())
    found = hoist(NestFunction("f", tensors, ("x", "c"), frozenset({"s"}), (nest,)))
    assert isinstance(found.body[-1], Nest)
    return found, [statement for statement in found.body[:-1] if isinstance(statement, Store)]


def times(*args: Value) -> Map:
    return Map(MapOp.MULTIPLY, args, Kind.FLOAT, True)


def test_an_element_is_read_once() -> None:
    _, before = hoisted(times(read("x", *AT), read("c", ZERO)))
    assert [(store.tensor, store.value) for store in before] == [("c_once", read("c", ZERO))]


def test_what_is_made_of_such_is_computed_once() -> None:
    root = Map(MapOp.SQRT, (read("c", ZERO),), Kind.FLOAT, True)
    found, before = hoisted(times(times(read("x", *AT), root), root))
    assert [store.value for store in before] == [root]
    assert before[0].tensor in found.locals


@pytest.mark.parametrize(
    ("value", "extent", "target", "op"),
    [
        (times(read("x", *AT), read("y", ZERO)), 9, "y", Op.ASSIGN),  # which the loop writes
        (times(read("x", *AT), read("c", *AT)), 9, "y", Op.ASSIGN),  # another one at each position
        (times(read("x", *AT), read("s")), 9, "y", Op.ASSIGN),  # a variable as it is
        (times(read("x", *AT), read("c", ZERO)), 7, "y", Op.ASSIGN),  # no vectors
        (times(read("x", *AT), read("c", ZERO)), 9, "s", Op.ACCUMULATE),  # nothing is written that it could be
    ],
)
def test_what_stays(value: Value, extent: int, target: str, op: Op) -> None:
    assert not hoisted(value, extent, target, op)[1]
