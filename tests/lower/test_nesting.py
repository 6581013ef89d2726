"""Bodies inside bodies, and what is known in each."""

from __future__ import annotations

from symbackprop.lower.nesting import Nesting
from symbackprop.lower.values import If, Loop
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation

N, T = Poly.of(Dim("N")), Poly.of(Index("t"))


def test_bodies() -> None:
    words: Nesting[object] = Nesting(Facts())
    later = compare(Relation.GE, poly_value(T), number(1))
    words.emit("first")
    with words.loop(Index("t"), ZERO, N - 1):
        with words.when(later):
            words.emit("inner")
        with words.body() as apart:
            words.emit("apart")
        words.emit("last")
    assert words.bodies == [["first", Loop(Index("t"), ZERO, N - 1, False, (If(later, ("inner",)), "last"))]]
    assert apart == ["apart"]


def test_facts() -> None:
    words: Nesting[object] = Nesting(Facts((N - 1,)))
    with words.loop(Index("t"), ONE, N):
        assert words.facts.proves(N - T)
        assert not words.facts.proves(T - 2)
        with words.assuming(compare(Relation.GE, poly_value(T), number(2))):
            assert words.facts.proves(T - 2)
        assert not words.facts.proves(T - 2)
    assert not words.facts.proves(N - T)
    assert words.loops[Index("t")] == Axis(Index("t"), ONE, N)
