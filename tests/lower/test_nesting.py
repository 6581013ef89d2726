"""Bodies inside bodies, and what is known in each."""

from __future__ import annotations

from symbackprop.lower.nesting import Nesting
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation, Term

N, T = Poly.of(Dim("N")), Poly.of(Index("t"))


class Words(Nesting[object]):
    def if_(self, condition: Term, body: tuple[object, ...]) -> object:
        return "if", body

    def loop_(self, axis: Axis, descending: bool, body: tuple[object, ...]) -> object:
        return f"for {axis.index}", body


def test_bodies() -> None:
    words = Words(Facts())
    words.emit("first")
    with words.loop(Index("t"), ZERO, N - 1):
        with words.when(compare(Relation.GE, poly_value(T), number(1))):
            words.emit("inner")
        with words.body() as apart:
            words.emit("apart")
        words.emit("last")
    assert words.bodies == [["first", ("for t", (("if", ("inner",)), "last"))]]
    assert apart == ["apart"]


def test_facts() -> None:
    words = Words(Facts((N - 1,)))
    with words.loop(Index("t"), ONE, N):
        assert words.facts.proves(N - T)
        assert not words.facts.proves(T - 2)
        with words.assuming(compare(Relation.GE, poly_value(T), number(2))):
            assert words.facts.proves(T - 2)
        assert not words.facts.proves(T - 2)
    assert not words.facts.proves(N - T)
    assert words.loops[Index("t")] == Axis(Index("t"), ONE, N)
