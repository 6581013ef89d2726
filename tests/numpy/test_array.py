"""The array language: whole buffers and windows of them, by the strides that their axes have."""

from dataclasses import replace

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Array, Buffer, whole
from symbackprop.numpy.window_strides import by_stride, matrix_ready, mergeable, stride, windowed
from symbackprop.terms.poly import ONE, Dim, Index, Poly

N, D, H = (Poly.of(Dim(name)) for name in "NDH")
n, d, h, t = (Index(name) for name in "ndht")


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


def test_equal_buffers_are_one():
    cube = Buffer("cube", (N, D, H))
    assert Buffer(name="cube", shape=(N, D, H), kind=Kind.FLOAT) is cube
    assert replace(cube, shape=(N, D)) is Buffer("cube", (N, D)) is not cube
