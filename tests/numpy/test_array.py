"""The array language: its checker refuses what is wrong, its printer shows what is there."""

from dataclasses import replace

import pytest

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Contract, Function, If, Loop, Map, Role, Scalar, whole
from symbackprop.numpy.check_statements import IllFormed, check
from symbackprop.numpy.show_statements import show
from symbackprop.numpy.window_strides import by_stride, matrix_ready, mergeable, stride, windowed
from symbackprop.terms.build import TRUE, UNIT
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly

N, D, H = (Poly.of(Dim(name)) for name in "NDH")
n, d, h, t = (Index(name) for name in "ndht")


def array(buffer, subscripts, axes, extents):
    return Array(buffer, tuple(Poly.of(s) for s in subscripts), tuple(axes), tuple(extents))


X = Buffer("x", (N, D), role=Role.ARGUMENT)
W = Buffer("W", (H, D), role=Role.ARGUMENT)
Z = Buffer("z", (N, H))
x, w, z = array(X, (n, d), (n, d), (N, D)), array(W, (h, d), (h, d), (H, D)), array(Z, (n, h), (n, h), (N, H))
PRODUCT = Contract(z, x, w, (), (d,))
GOOD = Function("f", (X, W), (Allocate(Z), PRODUCT, Map(MapOp.TANH, z, (z,))), (("z", Z),))


def with_body(*statements):
    return replace(GOOD, body=statements)


def test_well_formed():
    check(GOOD)
    assert show(GOOD).splitlines() == [
        "f(x, W)",
        "    float z[N, H]",
        "    z[n, h] = Σ_{d} x[n, d] * W[h, d]",
        "    z[n, h] = tanh(z[n, h])",
    ]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ((PRODUCT,), "z has no storage"),
        ((Allocate(Z), Map(MapOp.COPY, x, (Scalar(UNIT),))), "x is an argument and is written"),
        ((Allocate(Z), replace(PRODUCT, inner=(n,))), "summed axes of the left factor differ"),
        ((Allocate(Z), Map(MapOp.COPY, z, (x,))), "axes that the result lacks"),
        ((Allocate(Z), Map(MapOp.COPY, z, (replace(z, extents=(N, D)),))), "extents along h differ"),
        ((Allocate(Z), Map(MapOp.COPY, z, (array(Z, (n, t), (n,), (N,)),))), "unknown index"),
        ((Allocate(Z), Map(MapOp.COPY, z, (array(Z, (n,), (n,), (N,)),))), "z has rank 2"),
        ((If(TRUE, (Allocate(Z),)), Map(MapOp.TANH, z, (z,))), "z has no storage"),
        ((Allocate(X),), "an argument is not allocated"),
    ],
)  # fmt: skip
def test_ill_formed(body, complaint):
    with pytest.raises(IllFormed, match=complaint):
        check(with_body(*body))


def test_loop_variables_are_known_inside_their_loop():
    row = array(Z, (t, h), (h,), (H,))
    step = Map(MapOp.COPY, row, (Scalar(UNIT),))
    check(with_body(Allocate(Z), Loop(t, ZERO, N - 1, False, (step,))))
    with pytest.raises(IllFormed, match="unknown index"):
        check(with_body(Allocate(Z), step))


def test_strides_follow_the_buffer():
    image = Buffer("image", (N, D, H))
    window = Array(image, (Poly.of(n), Poly.of(d) * 2 + Poly.of(t), Poly.of(h)), (n, d, t, h), (N, D, ONE + 1, H))
    assert stride(window, n) == D * H
    assert stride(window, d) == H * 2
    assert stride(window, t) == H
    assert windowed(window)
    flat = whole(image)
    assert mergeable(flat, flat.axes)
    assert not mergeable(flat, flat.axes[::-1])
    assert by_stride(flat, flat.axes[::-1]) == list(flat.axes)


def test_a_matrix_needs_one_unit_stride():
    cube = whole(Buffer("cube", (N, D, H)))
    first, second, third = cube.axes
    assert matrix_ready(cube, (first, second), (third,))
    assert matrix_ready(cube, (third,), (first, second))
    assert not matrix_ready(cube, (first, third), (second,))
    assert Kind.FLOAT is cube.kind
