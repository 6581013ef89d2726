"""What placements say, and what a sharded program holds of its exchanges."""

from __future__ import annotations

from symbackprop.shard import Halo, Placement
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.term import Reduction
from tests.shard.cases import sharded


def test_placements():
    one = Placement(("data", None, "model"), (("pipe", Reduction.SUM), ("time", Reduction.MAX)))
    assert list(one.split()) == [(0, "data"), (2, "model")]
    assert one.summed_over == {"pipe"}
    halo = Halo(2, Poly.of(1), ZERO)
    assert Placement(one.axes, (), (halo,)).halo(2) is halo
    assert one.halo(0) is None


def test_exchanges_are_equations_in_order():
    one = sharded("mlp", {"n": "data", "j": "model"})
    assert one.mesh == ("data", "model")
    assert [exchange.target for exchange in one.exchanged(one.forward)] == ["z2_part_sum", "loss"]
    targets = [equation.target for way in (one.forward, one.backward) for equation in way.equations]
    assert set(one.exchanges) <= set(targets)
    assert one.placements.keys() == one.table.keys()
