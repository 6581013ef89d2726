"""Bytes moved against the elements that an equation touches, enumerated."""

from __future__ import annotations

import pytest

from symbackprop.cost.bytes_moved import bytes_moved, size
from symbackprop.terms.build import access, add, mul, power, reduce
from symbackprop.terms.poly import Atom, Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Tensor, TensorKind, zeros
from symbackprop.terms.term import Access, Axis, Reduce, Reduction, Term, children_of
from tests.terms.written import At, positions

SIZES: dict[Atom, int] = {Dim("N"): 3, Dim("D"): 4, Dim("K"): 2}
N, D, K = (Poly.of(dim) for dim in SIZES)
n, d, k = (Index(letter) for letter in "ndk")
AXES = {n: Axis(n, Poly.of(0), N - 1), d: Axis(d, Poly.of(0), D - 1), k: Axis(k, Poly.of(0), K - 1)}
SHAPES = {"x": (N, D), "W": (K, D), "b": (K,), "v": (D + 1,), "A": (D, D), "s": (), "y": (N, K)}
TENSORS = {name: Tensor(name, TensorKind.INPUT, shape, zeros(len(shape))) for name, shape in SHAPES.items()}
TENSORS["label"] = Tensor("label", TensorKind.INPUT, (N,), zeros(1), DType.INT, high=D)


def read(tensor: str, *subscripts: Index | Poly | int) -> Access:
    return access(tensor, [Poly.of(subscript) for subscript in subscripts])


def total(body: Term, *indices: Index) -> Term:
    return reduce(Reduction.SUM, [AXES[index] for index in indices], body)


CASES: dict[str, tuple[tuple[Index, ...], Term]] = {
    "a copy": ((n, d), read("x", n, d)),
    "a matrix product": ((n, k), add(total(mul(read("x", n, d), read("W", k, d)), d), read("b", k))),
    "read twice, moved once": ((n, d), mul(read("x", n, d), add(read("x", n, d), 1))),
    "a shift is another element": ((d,), add(read("v", d), read("v", Poly.of(d) + 1))),
    "a diagonal": ((d,), read("A", d, d)),
    "a row": ((d,), read("A", 0, d)),
    "turned": ((d,), total(mul(read("A", d, n), read("x", n, d)), n)),
    "a scalar": ((), mul(read("s"), total(power(read("b", k), 2), k))),
    "integers": ((n,), read("label", n)),
}  # fmt: skip


def touched(term: Term, at: At, found: dict[Access, set[tuple[int, ...]]], bound: tuple[Axis, ...] = ()) -> None:
    """The elements that each access reads."""
    if isinstance(term, Access):
        for here in positions(bound, at):
            place = tuple(s.evaluate(here.__getitem__) for s in term.subscripts if isinstance(s, Poly))
            found.setdefault(term, set()).add(place)
    for child in children_of(term):
        touched(child, at, found, (*bound, *term.axes) if isinstance(term, Reduce) else bound)


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("name", CASES)
def test_every_element_is_moved_once(name: str, op: Op) -> None:
    """Read once by each access that reads it, and written; what is added to is read too."""
    indices, rhs = CASES[name]
    equation = Equation("y", tuple(map(Poly.of, indices)), tuple(AXES[index] for index in indices), rhs, op)
    found: dict[Access, set[tuple[int, ...]]] = {}
    written = positions(equation.axes, SIZES)
    for at in written:
        touched(rhs, at, found)
    item = {element: 8 if TENSORS[element.tensor].dtype is DType.INT else 4 for element in found}
    expected = sum(item[element] * len(places) for element, places in found.items())
    expected += 4 * len(written) * (2 if op is Op.ACCUMULATE else 1)
    assert bytes_moved(equation, TENSORS).evaluate(SIZES.__getitem__) == expected


def test_a_window_is_at_most_the_whole() -> None:
    window = read("v", Poly.of(d) + Poly.of(k))
    equation = Equation("y", (Poly.of(d),), (AXES[d],), total(mul(window, read("b", k)), k))
    assert bytes_moved(equation, TENSORS) == 4 * (D + 1) + 4 * K + 4 * D


def test_rows_that_are_looked_up_are_moved_each_time() -> None:
    looked_up = Access("A", (read("label", n), Poly.of(d)))
    equation = Equation("y", (Poly.of(n), Poly.of(d)), (AXES[n], AXES[d]), looked_up)
    assert bytes_moved(equation, TENSORS) == 4 * N * D + 8 * N + 4 * N * D


def test_the_size_of_a_tensor() -> None:
    assert size(TENSORS["x"]) == 4 * N * D
    assert size(TENSORS["label"]) == 8 * N
    assert size(TENSORS["s"]) == 4
