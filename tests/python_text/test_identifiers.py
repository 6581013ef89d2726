"""Names of a module: the user's own where they can stand, and no two the same."""

from __future__ import annotations

import builtins
import keyword

from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.terms.binders import fresh_indices
from symbackprop.terms.poly import ZERO, Dim, Index, Poly, floor_div
from symbackprop.terms.program import Tensor, TensorKind

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
HARD = ["lambda", "np", "max", "x", "N", "h'", "δx", "_1", "i0", "forward", "take"]


def test_all_are_identifiers_and_no_two_the_same() -> None:
    names = Names(HARD)
    asked = [*HARD, ".1", ".2", "<dtype>", "<x_part1>", "dtype"]
    found = [names.of(name) for name in asked] + [names.variable(index) for index in fresh_indices(3, ())]
    found += [names.module(name) for name in ("np", "forward", "_size")]
    assert len(set(found)) == len(found)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)
    assert found == [names.of(name) for name in asked] + found[len(asked) :]  # asked again, they are the same
    locals_ = found[: len(HARD)]
    assert not {name for name in locals_ if name in dir(builtins) or name == "np"}
    assert names.of("x") == "x"


def test_loop_variables() -> None:
    """A stage's own indices are i0, i1, …, unless the network has such a name."""
    first, second = fresh_indices(2, ())
    assert [Names(["x"]).variable(index) for index in (first, second)] == ["i0", "i1"]
    assert Names(["i0"]).variable(first) not in ("i0", "i1")
    assert Names(["x"]).variable(Index("t")) == "t"


def test_temporaries() -> None:
    assert Names(["x"]).of(".1") == "_1"
    assert Names(["_1"]).of(".1") != "_1"


def test_what_belongs_to_the_module_gives_way() -> None:
    names = Names(["forward", "x"])
    assert names.module("forward") != "forward"
    assert names.aliases == {"forward": names.module("forward")}
    assert names.module("backward") == "backward"


def test_compound_sizes_are_defined_where_they_are_used_and_in_order() -> None:
    half = floor_div(N, Poly.of(2))
    quarter = floor_div(half + K, Poly.of(3))
    tensors = [
        Tensor("a", TensorKind.INPUT, (quarter, N), (ZERO, ZERO), axes=("q", "n")),
        Tensor("b", TensorKind.INPUT, (half, N + 1), (ZERO, ZERO)),
    ]
    names = Names(["a", "b", "N", "K"])
    names.hold_extents(tensors, "{}_size{}")
    scope = Scope(names)
    assert scope.definitions() == []
    assert scope.whole(quarter) == "q_size"
    assert scope.whole(N + 1) is None  # as simple as a name
    lines = scope.definitions()
    known = {"N": 13, "K": 5}
    exec("\n".join(lines), {}, known)
    assert known["q_size"] == (13 // 2 + 5) // 3
    assert lines[0].startswith("b_size0 = ")
    assert scope.expanded().whole(quarter) is None
