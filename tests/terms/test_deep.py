"""What Python's stack does not hold is refused, by the deepest equation; other errors pass."""

import sys

import pytest

from symbackprop.errors import NestedTooDeep
from symbackprop.terms.build import access, add, apply
from symbackprop.terms.deep import too_deep, within_stack
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.readings import TooManyPaths
from symbackprop.terms.term import Function


def nested(levels):
    term = access("x")
    for level in range(levels):
        term = apply(Function.TANH, add(term, level))
    return term


TENSORS = tuple(Tensor(name, TensorKind.INTERMEDIATE, (), ()) for name in "abc")
DEPTHS = {"a": 3, "b": 40, "c": 7}
PROGRAM = Program("tower", (), TENSORS, tuple(Equation(name, (), (), nested(n)) for name, n in DEPTHS.items()))


def endless(count=0):
    return endless(count + 1)


def test_the_deepest_equation_is_named():
    with pytest.raises(NestedTooDeep) as refused, within_stack(PROGRAM):
        endless()
    text = str(refused.value)
    assert "equation b of tower" in text
    assert "found 80;" in text  # x, and a sum in a function 40 times, the first of which is x + 0
    assert f"{sys.getrecursionlimit():,}" in text
    assert "sys.setrecursionlimit" in text
    assert isinstance(refused.value.__cause__, RecursionError)


def test_what_has_room_and_other_errors_pass():
    with within_stack(PROGRAM):
        pass
    with pytest.raises(KeyError), within_stack(PROGRAM):
        raise KeyError("x")


def test_too_many_paths_are_no_matter_of_the_stack():
    text = str(too_deep("equation b", TooManyPaths()))
    assert "sets of conditions" in text
    assert "sys.setrecursionlimit" not in text
