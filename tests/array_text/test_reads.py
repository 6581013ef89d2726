"""Reads and targets as text against the elements themselves, position by position."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from symbackprop.array_text.expressions import Expressions
from symbackprop.array_text.fragment import Code
from symbackprop.array_text.library import Library
from symbackprop.array_text.reads import indices, sliced
from symbackprop.array_text.spelling import Spelling
from symbackprop.lower.values import Kind, Read, Value
from symbackprop.python_text.identifiers import Names
from symbackprop.resources import templates
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis
from tests.lower.made import TENSORS, D, N, d, n
from tests.numpy.test_read_statements import READS, SIZES, element, given, over

i, j = Poly.of(n), Poly.of(d)


def expressions(axes: tuple[Axis, ...], *values: Value) -> Expressions:
    spelling = Spelling(Names({"N", "D", *TENSORS}), Library())
    return Expressions(spelling, TENSORS, ranges_of(axes), {}, Facts((N - 2, D - 1)), values, lambda code: code)


def evaluated(text: str, sizes: dict[str, int], held: dict[str, Any]) -> Any:
    known: dict[str, Any] = {"np": np, "sliding_window_view": np.lib.stride_tricks.sliding_window_view}
    helper = (templates() / "plain" / "helpers" / "look_up.py.j2").read_text(encoding="utf-8")
    exec(f"def look_up{helper}", known)
    return eval(text, {**known, **sizes, **held})


def axes_from(low: int) -> tuple[Axis, Axis]:
    return Axis(n, Poly.of(low), N - 2 + low), Axis(d, Poly.of(0), D - 1)


@pytest.mark.parametrize("name", READS)
def test_every_element(name: str) -> None:
    tensor, subscripts, padded, low = READS[name]
    value = Read(tensor, subscripts, over(subscripts), Kind.FLOAT, padded)
    ev = expressions(axes_from(low), value)
    code = ev.code(value)
    assert set(code.axes) == value.axes
    for sizes in SIZES:
        held = given(sizes)
        found = evaluated(code.text, sizes, held)
        lengths = {n: sizes["N"] - 1, d: sizes["D"]}
        assert np.shape(found) == tuple(lengths[axis] for axis in code.axes)
        for place in product(*(range(lengths[axis]) for axis in code.axes)):
            at = dict(zip(code.axes, place, strict=True))
            wanted = element(name, sizes, held, at.get(n, 0) + low, at.get(d, 0))
            assert found[place] == wanted, (code.text, place)


@pytest.mark.parametrize(("name", "text"), [
    ("as it lies", "x[:-1]"), ("from 1", "x[1:]"), ("gathered", "V[label[:-1]]"), ("gathered from 1", "V[label[1:]]"),
])  # fmt: skip
def test_as_a_person_writes_it(name: str, text: str) -> None:
    tensor, subscripts, padded, low = READS[name]
    value = Read(tensor, subscripts, over(subscripts), Kind.FLOAT, padded)
    found = expressions(axes_from(low), value).code(value).text
    sizes = SIZES[0]
    np.testing.assert_array_equal(evaluated(found, sizes, given(sizes)), evaluated(text, sizes, given(sizes)))


TARGETS: dict[str, tuple[tuple[Poly, ...], bool]] = {
    "whole": ((i, j), True), "shifted": ((i + 1, j), True), "a column": ((i, Poly.of(0)), True),
    "strided": ((2 * i, j), True), "turned": ((j, i), True), "two in one": ((i + j, Poly.of(0)), False),
    "backwards": ((N - 1 - i, j), False), "one in two": ((i, i), False),
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_what_can_be_written_to(name: str) -> None:
    """A slice where that is a view of each element once; else indices, that name the same elements."""
    subscripts, writable = TARGETS[name]
    shape = (2 * N + D, 2 * N + D)
    used: list[Index] = [axis for axis in (n, d) if any(axis in each.indices() for each in subscripts)]
    axes = tuple(Axis(axis, Poly.of(0), (N if axis is n else D) - 1) for axis in used)
    ev = expressions(axes)
    target = sliced(ev, Code("y"), subscripts, shape, views=False)
    assert (target is not None) == writable
    places, layout = indices(ev, subscripts, shape, leading=False)
    for sizes in SIZES:
        lengths = {n: sizes["N"], d: sizes["D"]}
        expected = np.zeros((2 * sizes["N"] + sizes["D"],) * 2)
        value = np.zeros([lengths[axis] for axis in used])
        for place in product(*(range(lengths[axis]) for axis in used)):
            at = {**sizes, **{axis.name: each for axis, each in zip(used, place, strict=True)}}
            value[place] = 1 + sum(place)
            row, column = (int(each.evaluate(lambda atom, at=at: at[atom.name])) for each in subscripts)
            expected[row, column] += value[place]
        if target is not None:
            y = np.zeros_like(expected)
            evaluated(target.text, sizes, {"y": y})[...] = value.transpose([used.index(axis) for axis in target.axes])
            np.testing.assert_array_equal(y, expected)
        y = np.zeros_like(expected)
        at = tuple(evaluated(place, sizes, {}) if place != ":" else slice(None) for place in places)
        np.add.at(y, at, value.transpose([used.index(axis) for axis in layout]))
        np.testing.assert_array_equal(y, expected)
