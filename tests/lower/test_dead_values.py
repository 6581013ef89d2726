"""Bindings that nothing reads are dropped, and those that only these read."""

from __future__ import annotations

from symbackprop.lower.dead_values import drop_dead_values
from symbackprop.lower.values import Bind, MapOp, Value
from tests.lower.made import AXES, d, define, function, map_, n, read


def bind(name: str, value: Value) -> Bind:
    return Bind(name, (n, d), AXES, value)


X = read("x", n, d)
A, B, C = bind("a", X), bind("b", read("a", n, d)), bind("c", map_(MapOp.TANH, X))


def test_what_nothing_reads_goes() -> None:
    y = define("y", read("c", n, d))
    assert drop_dead_values(function(A, B, C, y)).body == (C, y)


def test_what_is_read_through_others_stays() -> None:
    body = function(A, B, define("y", read("b", n, d)))
    assert drop_dead_values(body) is body
