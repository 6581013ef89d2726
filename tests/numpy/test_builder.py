"""What is built up: sizes that are never negative, what is made once, statements where they belong."""

from __future__ import annotations

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, If, Let, Loop, Map, Role, Scalar
from symbackprop.numpy.builder import Builder
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Relation
from tests.numpy.positions import Run

N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))
n, t = Index("n"), Index("t")
S = Buffer("s", (N,), role=Role.ARGUMENT)


def builder() -> Builder:
    return Builder({}, Facts((N - 3,)), {"size"})


def test_sizes() -> None:
    """As they are where they are plainly not negative; else by a name, one for each, that is not taken: of what is
    known not to be, too, since N·(D − 3) - (D − 3) is no sum of positive terms, and N·s - s is."""
    b = builder()
    assert [b.size(each) for each in (N, D + 2)] == [N, D + 2]
    assert b.size(N - 3) != N - 3
    difference = b.size(N - D)
    assert b.size(N - D) == difference != b.size(D - N)
    assert [each.poly for each in b.lets if isinstance(each, Let)] == [N - 3, N - D, D - N]
    names = [each.name for each in b.lets if isinstance(each, Let)]
    assert len({*names, "size"}) == 4
    for sizes in ({"N": 5, "D": 3}, {"N": 3, "D": 7}):
        state = Run(sizes)
        state.body(b.lets)
        assert state.number(difference) == max(sizes["N"] - sizes["D"], 0)


def test_made_once_until_its_source_is_written() -> None:
    b = builder()
    count = 0

    def make() -> Array:
        nonlocal count
        count += 1
        return b.temporary([n], [N])

    first = b.once(S, "key", make)
    assert b.once(S, "key", make) is first
    assert b.once(S, "other", make) is not first
    assert count == 2
    b.map(MapOp.COPY, first, Scalar(number(1)))  # another buffer
    assert b.once(S, "key", make) is first
    b.map(MapOp.COPY, Array(S, (Poly.of(n),), (n,), (N,)), Scalar(number(1)))
    second = b.once(S, "key", make)
    assert second is not first
    b.touch(S)
    assert b.once(S, "key", make) is not second
    assert count == 4


def test_what_a_body_makes_stays_in_it() -> None:
    b = builder()
    before = b.once(S, "before", lambda: b.temporary([n], [N]))
    with b.when(compare(Relation.GT, poly_value(N), poly_value(D))):
        assert b.once(S, "before", lambda: b.temporary([n], [N])) is before
        inner = b.once(S, "inside", lambda: b.temporary([n], [N]))
    assert b.once(S, "inside", lambda: b.temporary([n], [N])) is not inner
    (statements,) = b.bodies
    first, branch, last = statements
    assert isinstance(first, Allocate)
    assert isinstance(branch, If)
    assert branch.body == (Allocate(inner.buffer),)
    assert isinstance(last, Allocate)


def test_temporaries_and_loops() -> None:
    b = builder()
    with b.loop(t, ZERO, N - 1, descending=True):
        assert b.facts.proves(N - 1 - Poly.of(t))
        one = b.temporary([n], [N], Kind.INT)
        two = b.temporary([n], [N])
    assert one.buffer.name != two.buffer.name
    assert (one.buffer.kind, two.buffer.kind, one.buffer.role) == (Kind.INT, Kind.FLOAT, Role.TEMPORARY)
    assert one.whole
    (statements,) = b.bodies
    assert statements == [Loop(t, ZERO, N - 1, True, (Allocate(one.buffer), Allocate(two.buffer)))]
    assert not b.facts.proves(N - 1 - Poly.of(t))
    assert not any(isinstance(each, Map) for each in statements)
