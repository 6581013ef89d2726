"""The form of straight statements: what is one expression, and what stands in it."""

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.straight import Apply, Element, Pick, number, parts_of, within

A, B = (Element("a", (place,), Kind.FLOAT) for place in range(2))


def test_equal_expressions_are_one():
    assert Apply(MapOp.ADD, (A, B), Kind.FLOAT) is Apply(MapOp.ADD, (A, B), Kind.FLOAT)
    assert Apply(MapOp.ADD, (A, B), Kind.FLOAT) is not Apply(MapOp.ADD, (B, A), Kind.FLOAT)


def test_numbers_of_one_value_and_several_kinds_are_several():
    numbers = [number(value) for value in (1, 1.0, True, 0.0, -0.0)]
    assert len({id(one) for one in numbers}) == 5
    assert [one.kind for one in numbers[:3]] == [Kind.INT, Kind.FLOAT, Kind.BOOL]


def test_what_stands_inside():
    total = Apply(MapOp.ADD, (A, B), Kind.FLOAT)
    index = Element("k", (), Kind.INT)
    pick = Pick(index, (total, A), Kind.FLOAT)
    assert parts_of(pick) == (index, total, A)
    assert list(within(pick))
    assert set(within(pick)) == {pick, index, total, A, B}
    assert parts_of(A) == ()
