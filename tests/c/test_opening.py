"""Names of nests' own, and zeros of a tensor."""

from __future__ import annotations

from symbackprop.c.nests import Nest, Statement, Store, statements_in
from symbackprop.c.opening import Opening, nested, renamed
from symbackprop.lower.values import Define, Fold, Function, Kind, Map, MapOp, Read
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction


class Plain(Opening):
    def define(self, step: Define) -> list[Statement]:
        return []

    def summed_outside(self, step: Define) -> list[Statement] | None:
        return None


def plain() -> Plain:
    function = Function("forward", {}, (), Facts(), frozenset({"taken"}), ())
    return Plain(function, Program("opening", (), (), ()))


def test_names_are_new() -> None:
    opener = plain()
    names = [opener.tensor("taken", ()).name, opener.local("part").name, opener.local("part", Kind.INT).name]
    assert len({*names, "taken"}) == 4
    assert opener.locals == set(names[1:])
    assert [opener.tensors(name).name for name in names] == names


def test_indices_are_new_and_keep_their_names() -> None:
    opener = plain()
    one = opener.index(Index("n"))
    other = opener.index(one)
    assert one is not other
    assert [index.name.partition("@")[0] for index in (one, other)] == ["n", "n"]


def test_zeros() -> None:
    opener = plain()
    body = opener.clear(opener.tensor("z", (Poly.of(3), Poly.of(2))))
    nests = [each for each in statements_in(body) if isinstance(each, Nest)]
    assert [each.axis.extent.constant for each in nests] == [3, 2]
    (store,) = (each for each in statements_in(body) if isinstance(each, Store))
    assert store.subscripts == tuple(Poly.of(each.axis.index) for each in nests)


def test_nested() -> None:
    axes = [Axis(Index("i"), ZERO, Poly.of(1)), Axis(Index("j"), ZERO, Poly.of(2))]
    stores = [Store(name, (), None) for name in "abc"]  # type: ignore[arg-type]
    (first, nest) = nested(axes, [[store] for store in stores])
    assert first is stores[0]
    assert isinstance(nest, Nest)
    assert nest.body == (stores[1], Nest(axes[1], (stores[2],)))


def test_what_a_reduction_has_for_itself_keeps_its_name() -> None:
    """Of Σ_k (u[k] - max_k u[k]) the maximum is over a k of its own."""
    k, new = Index("k"), Index("k@7")
    u = Read("u", (Poly.of(k),), frozenset({k}), Kind.FLOAT, False)
    most = Fold(Reduction.MAX, u, (k,), False)
    found = renamed(Map(MapOp.SUBTRACT, (u, most), Kind.FLOAT, False), {k: Poly.of(new)}, frozenset({new}))
    moved = Read("u", (Poly.of(new),), frozenset({new}), Kind.FLOAT, False)
    assert found == Map(MapOp.SUBTRACT, (moved, most), Kind.FLOAT, False)
