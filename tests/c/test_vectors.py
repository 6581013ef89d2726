"""Which nests run in vectors."""

from __future__ import annotations

from symbackprop.c.nests import Nest, Note, Statement, Store
from symbackprop.c.vectors import extreme_of, vectors_of
from symbackprop.lower.values import Kind, Map, MapOp, Read, Value
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import DType, Op, Tensor, TensorKind
from symbackprop.terms.term import Axis

I = Index("i")
AT = (Poly.of(I),)


def tensor(name: str, rank: int = 1, dtype: DType = DType.FLOAT) -> Tensor:
    return Tensor(name, TensorKind.INTERMEDIATE, (Poly.of(99),) * rank, (ZERO,) * rank, dtype)


TENSORS = {name: tensor(name) for name in "axy"} | {"s": tensor("s", 0), "t": tensor("t", 0), "c": tensor("c", 2)}


def read(name: str, *subscripts: Poly) -> Read:
    return Read(name, subscripts, frozenset({I}), Kind.FLOAT, False)


def both(one: Value, other: Value, op: MapOp = MapOp.ADD) -> Map:
    return Map(op, (one, other), Kind.FLOAT, False)


def found(*body: Statement, high: int = 31) -> object:
    return vectors_of(Nest(Axis(I, ZERO, Poly.of(high)), body), {"s", "t"}, TENSORS)


def test_elements_of_their_own() -> None:
    result = found(Note("an equation"), Store("a", AT, both(read("x", *AT), read("a", *AT))))
    assert result is not None
    assert result.sums == ()  # type: ignore[attr-defined]


def test_sums_and_variables_within() -> None:
    result = found(Store("t", (), read("x", *AT)), Store("s", (), both(read("t"), read("t")), Op.ACCUMULATE))
    assert result.sums == ("s",)  # type: ignore[attr-defined]


def test_the_greatest() -> None:
    store = Store("s", (), both(read("s"), read("x", *AT), MapOp.MAXIMUM))
    assert found(store).extremes == (("s", "max", read("x", *AT)),)  # type: ignore[attr-defined]
    assert extreme_of(store, {"s"}) == ("s", "max", read("x", *AT))
    assert extreme_of(store, set()) is None


def test_which_do_not() -> None:
    assert found(Store("a", (ZERO,), read("x", *AT), Op.ACCUMULATE)) is None  # one element for all
    assert found(Store("a", AT, read("a", Poly.of(I) - 1))) is None  # another one's element
    assert found(Store("s", (), read("x", *AT), Op.ACCUMULATE), Store("a", AT, read("s"))) is None  # sums so far
    assert found(Store("a", (read("x", *AT),), read("y", *AT), Op.ACCUMULATE)) is None  # a scatter
    assert found(Store("a", AT, read("x", *AT)), high=3) is None  # too few
    assert found(Nest(Axis(Index("j"), ZERO, Poly.of(3)), ())) is None  # not innermost


def test_rows_that_lie_apart() -> None:
    """What another row of the same tensor holds is not what the loop writes."""
    here, T = Poly.of(I), Poly.of(Index("t"))

    def row(place: Poly) -> Read:
        return Read("c", (place, here), frozenset({I}), Kind.FLOAT, False)

    assert found(Store("c", (T, here), row(T - 1))) is not None
    assert found(Store("c", (T, here), Read("c", (T - 1, here + 1), frozenset({I}), Kind.FLOAT, False))) is not None
    assert found(Store("c", (T, here), row(Poly.of(Index("s"))))) is None  # which may be the same one
    assert (
        found(Store("c", (T + here, ZERO), Read("c", (T + here - 1, ZERO), frozenset({I}), Kind.FLOAT, False))) is None
    )
