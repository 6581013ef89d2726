"""Statements as lines of C: loops, variables, products, vectors, and lines that are not too long."""

from __future__ import annotations

from symbackprop.c.nests import Nest, Note, Product, Statement, Store, When
from symbackprop.c.statement_text import WIDTH, StatementText
from symbackprop.lower.values import Kind, Loop, Map, MapOp, Read, Scalar, Value
from symbackprop.terms.build import number
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.term import Axis

N, T = Index("n@1"), Index("t")
n, t = Poly.of(N), Poly.of(T)


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(name, TensorKind.INTERMEDIATE, tuple(map(Poly.of, shape)), (ZERO,) * len(shape))


TENSORS = {each.name: each for each in (tensor("a", 40), tensor("b", 40), tensor("s"), tensor("x", 40, 30),
                                        tensor("W", 30, 50), tensor("z", 40, 50))}  # fmt: skip


def read(name: str, *subscripts: Poly) -> Read:
    return Read(name, subscripts, frozenset(i for s in subscripts for i in s.indices()), Kind.FLOAT, False)


def lines(*body: Statement) -> list[str]:
    text = StatementText(
        TENSORS, frozenset({"s"}), lambda name: name.replace(" ", "_"), lambda op, _: op.value, lambda _: False, "net"
    )
    text.body(body)
    return [line.strip() for line in text.lines]


def both(op: MapOp, one: Value, other: Value) -> Map:
    return Map(op, (one, other), Kind.FLOAT, False)


def test_loops_and_conditions() -> None:
    mask = Map(MapOp.GREATER, (read("a", t), Scalar(number(0))), Kind.BOOL, False)
    body = When(mask, (Store("b", (t - 1,), read("a", t), Op.ACCUMULATE),))
    assert lines(Note("b"), Loop(T, Poly.of(1), Poly.of(9), True, (body,))) == [
        "/* b */", "for (int t = 9; t >= 1; t--) {", "if (a[t] > (real)0) {", "b[t - 1] += a[t];", "}", "}",
    ]  # fmt: skip


def test_variables_are_declared_where_they_are_first_written() -> None:
    nest = Nest(Axis(N, ZERO, Poly.of(4)), (Store("s", (), read("a", n), Op.ACCUMULATE),))
    assert lines(Store("s", (), Scalar(number(0))), nest) == [
        "real s = (real)0;", "for (int n = 0; n < 5; n++) {", "s += a[n];", "}",
    ]  # fmt: skip
    assert lines(Store("s", (), read("a", ZERO))) == ["const real s = a[0];"]


def test_vectors_are_marked() -> None:
    nest = Nest(Axis(N, ZERO, Poly.of(39)), (Store("s", (), read("a", n), Op.ACCUMULATE),))
    assert lines(Store("s", (), Scalar(number(0))), nest)[1] == "net_VECTORS(omp simd reduction(+ : s))"


def test_the_greatest_is_kept_without_branches_and_nan_apart() -> None:
    compare = Store("s", (), both(MapOp.MAXIMUM, read("s"), read("a", n)))
    found = lines(Store("s", (), read("b", ZERO)), Nest(Axis(N, ZERO, Poly.of(39)), (compare,)))
    assert found[1:3] == ["int s_nan = 0;", "net_VECTORS(omp simd reduction(max : s) reduction(| : s_nan))"]
    assert found[-1] == "s = s_nan ? (real)NAN : s;"


def test_products_are_calls() -> None:
    rows, columns, sums = (Axis(Index(name), ZERO, Poly.of(extent - 1)) for name, extent in
                           (("m", 40), ("k", 50), ("d", 30)))  # fmt: skip
    m, k, d = (Poly.of(axis.index) for axis in (rows, columns, sums))
    product = Product("z", (m, k), False, read("x", m, d), read("W", d, k), (rows,), (columns,), (sums,))
    text = " ".join(lines(product))
    fields = {part.split(" = ")[0].strip(". "): int(part.split(" = ")[1]) for part in
              text[text.index("{") + 1 : text.index("}")].split(",")}  # fmt: skip
    assert text.startswith("net_product(&(const net_product_of){")
    assert text.endswith(", x, W, z);")
    assert fields == {"r1": 40, "r2": 1, "r3": 1, "n": 50, "k1": 30, "k2": 1, "k3": 1, "a_r1": 30, "a_k1": 1, "b_n": 1,
                      "b_k1": 50, "c_r1": 50, "c_n": 1, "share": 4}  # fmt: skip


def test_long_lines_are_broken() -> None:
    value: Value = read("a", n)
    for _ in range(40):
        value = both(MapOp.ADD, value, read("b", n))
    found = lines(Note("an equation " * 30), Nest(Axis(N, ZERO, Poly.of(4)), (Store("a", (n,), value),)))
    assert max(map(len, found)) <= WIDTH
    assert len(found) > 6
