"""What is alive is found again, and what is not takes no room for long."""

import copy
import gc
import pickle

import pytest

from symbackprop.lower.values import Kind, Read
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


I = Poly.of(Index("i"))


@pytest.mark.parametrize(
    "thing",
    [
        Index("i"),
        apply(Function.TANH, access("y", [I])),
        Read("x", (I,), frozenset((Index("i"),)), Kind.FLOAT, False),
    ],
)
def test_what_an_interned_object_is_made_of_leads_to_it(thing):
    """So do copies and pickles; and nothing but the class decides what `isinstance` says, which is quick then."""
    fields = [getattr(thing, name) for name in thing.__match_args__]
    assert type(thing)(*fields) is thing
    assert copy.deepcopy(thing) is thing
    assert pickle.loads(pickle.dumps(thing)) is thing
    assert type(type(thing)) is type


def test_arguments_left_out_are_those_that_they_stand_for():
    assert Index("i") is Index("i", 0) is Index("i", 0, False)
