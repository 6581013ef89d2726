"""Names of bound indices: no two things in sight have one name, and an axis has its own where it can."""

import random

import pytest

from symbackprop.terms.build import access, add, mul, reduce
from symbackprop.terms.namer import Namer
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis, Reduce, Reduction

N = Poly.of(Dim("N"))
AXIS_NAMES = {"x": ("n", "i"), "w": ("j", "i"), "y": ("n", ""), "v": ("i",)}
TENSORS = {name: Tensor(name, TensorKind.INPUT, (N,) * len(axes), zeros(len(axes)), axes=axes)
           for name, axes in AXIS_NAMES.items()}  # fmt: skip
BOUND = [Index(name) for name in "pqr"]
FREE = [Index(name) for name in ("n", "i", "j", "k")]


def total(body, *indices):
    return reduce(Reduction.MAX, [Axis(index, Poly.of(0), N - 1) for index in indices], body)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("tensors", [TENSORS, None], ids=["named", "plain"])
def test_all_names_in_sight_differ(seed, tensors):
    rng = random.Random(seed)
    bound = BOUND[: rng.choice((1, 2, 3))]
    reads = [access(name, [Poly.of(rng.choice([*bound, *bound, *FREE])) for _ in axes]) for name, axes in
             rng.choices(list(AXIS_NAMES.items()), k=3)]  # fmt: skip
    term = total(mul(*reads, *(access("v", [Poly.of(index)]) for index in bound)), *bound)
    if not isinstance(term, Reduce):  # what does not vary stands in front
        term = next(arg for arg in term.args if isinstance(arg, Reduce))
    outer = {index: rng.choice((index.name, f"{index.name}2")) for index in FREE[: rng.randrange(5)]}
    taken = set(rng.sample("abcdefghijklmn", rng.randrange(8)))
    names = Namer(tensors).names(term, outer, set(taken))
    inside = [names[axis.index] for axis in term.axes]
    free = {outer.get(index, index.name) for index in term.free}
    assert len(set(inside)) == len(inside) == len(term.axes)
    assert not set(inside) & (taken | free)
    assert {index: names[index] for index in outer} == outer


def chosen(term, outer=None, taken=(), tensors=TENSORS):
    return [Namer(tensors).names(term, outer or {}, set(taken))[axis.index] for axis in term.axes]


def test_an_index_is_called_as_its_axis():
    p, q = (Poly.of(index) for index in BOUND[:2])
    assert chosen(total(access("v", [p]), BOUND[0])) == ["i"]
    assert sorted(chosen(total(access("w", [p, q]), *BOUND[:2]))) == ["i", "j"]
    assert chosen(total(access("v", [p]), BOUND[0]), taken={"i"}) == ["i'"]
    assert chosen(total(access("v", [p]), BOUND[0]), taken={"i", "i'"}) == ["i''"]
    assert chosen(total(access("v", [p]), BOUND[0]), taken={"i", "i'", "i''"}) == ["j"]
    assert chosen(total(mul(access("v", [p]), access("x", [Poly.of(Index("i")), p])), BOUND[0])) == ["i'"]
    several = total(add(access("v", [p]), access("y", [p, p])), BOUND[0])
    assert set(chosen(several) + chosen(several, taken=chosen(several))) == {"i", "n"}  # either, before a prime
    assert chosen(total(access("v", [p + 1]), BOUND[0])) == ["i"]  # a letter, as it comes
    assert chosen(total(access("y", [Poly.of(0), p]), BOUND[0]), taken={"i", "k"}) == ["j"]
    assert chosen(total(access("v", [p]), BOUND[0]), tensors=None, taken={"i", "j"}) == ["k"]


def test_letters_do_not_run_out():
    letters = set("abcdefghijklmnopqrstuvw")
    assert chosen(total(access("v", [Poly.of(BOUND[0])]), BOUND[0]), taken=letters, tensors=None) == ["i1"]
