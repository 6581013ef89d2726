"""Who computes what, and how far reads go, against counting at small sizes."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.shard import Placement
from symbackprop.shard.ownership import Owner, Place, Setting
from symbackprop.terms.build import access
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

S, i, p = Poly.of(Dim("S")), Poly.of(Index("i")), Poly.of(Index("p"))
RANGES = {Index("i"): Axis(Index("i"), ZERO, S - 1), Index("p"): Axis(Index("p"), ZERO, Poly.of(2))}


def setting(extent: Poly, origin: int = 0) -> Setting:
    tensor = Tensor("U", TensorKind.INPUT, (extent,), (Poly.of(origin),))
    return Setting({"U": tensor}, {"U": Placement(("data",))}, Facts())


@pytest.mark.parametrize(("read", "extent", "owner", "whole", "origin"), [
    (i, S, i, S, 0), (i + 1, S, i, S, 1), (i - 1, S, i, S, 0), (i + 2, S, i, S, 0), (i + p - 1, S, i, S, 0),
    (i * 2 + p, S * 2, i, S, 0), (i * 3 + p - 1, S * 3, i, S, 0), (i, S, i * 2 + p, S * 2, 0), (i, S, i + p - 1, S, 0),
])  # fmt: skip
@pytest.mark.parametrize("devices", [2, 3])
def test_reads_stay_in_the_halo_and_need_all_of_it(read, extent, owner, whole, origin, devices):
    place = Place(access("U", [read]), 0, "data")
    reach = setting(extent, origin).reach(place, Owner(owner, whole), RANGES)
    assert reach is not None
    before, after = (end.constant for end in reach)
    size, least, most = 6 * devices, 0, 0
    for at, window in product(range(size), range(3)):
        where, here, blocks, own = (
            poly.substitute({Index("i"): Poly.of(at), Index("p"): Poly.of(window), Dim("S"): Poly.of(size)}).constant
            for poly in (read, owner, extent, whole)
        )
        if 0 <= here < own:
            block, first = blocks // devices, (here // (own // devices)) * (blocks // devices)
            least, most = min(least, where - origin - first), max(most, where - origin - first - block + 1)
    assert (max(before, 0), max(after, 0)) == (-least, most)


def test_what_may_lie_anywhere_is_no_halo():
    j = Index("j")
    place = Place(access("U", [Poly.of(j)]), 0, "data")
    assert setting(S).reach(place, Owner(i, S), {**RANGES, j: Axis(j, ZERO, S - 1)}) is None
    assert setting(S + 1).reach(Place(access("U", [i]), 0, "data"), Owner(i, S), RANGES) is None


def test_a_sum_runs_over_the_blocks_of_what_it_reads_whole():
    k = Axis(Index("k"), ZERO, S - 1)
    found = setting(S).of_sum([k], [access("U", [Poly.of(k.index)])])
    assert found == {"data": Owner(Poly.of(k.index), S)}
    assert not setting(S).of_sum([k], [access("U", [Poly.of(k.index) + 1])])  # the last is none of its elements
    assert not setting(S).of_sum([k], [access("U", [i])])
