"""What is alive is found again, and what is not takes no room for long."""

import gc

from symbackprop.terms.build import access, add, apply, mul
from symbackprop.terms.interning import _FEWEST, Living
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Function


class Thing:
    """Something to hold."""


def test_the_first_alive_is_the_one():
    living = Living[Thing]()
    first, second = Thing(), Thing()
    assert living.setdefault((1,), first) is first
    assert living.setdefault((1,), second) is first
    del first
    gc.collect()
    assert living.setdefault((1,), second) is second


def test_what_died_is_forgotten():
    living = Living[Thing]()
    kept = [living.setdefault((number,), Thing()) for number in range(100)]
    for number in range(100, 5 * _FEWEST):
        living.setdefault((number,), Thing())
    assert len(living.references) <= _FEWEST + 1
    assert all(living.setdefault((number,), Thing()) is thing for number, thing in enumerate(kept))


def test_equal_terms_are_one_object_after_others_have_died():
    i = Poly.of(Index("i"))
    kept = mul(access("x", [i]), apply(Function.TANH, access("y", [i])))
    for number in range(2 * _FEWEST):
        add(access("x", [i]), number)
    assert mul(apply(Function.TANH, access("y", [i])), access("x", [i])) is kept
