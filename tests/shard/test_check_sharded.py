"""What the check refuses without a run; tests/workshop/mutants/test_exchanges.py has every exchange mistaken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbackprop.shard import Placement, check_sharded
from symbackprop.shard.check_sharded import after
from symbackprop.shard.parts_of import Misplaced
from symbackprop.terms.term import Reduction
from tests.shard.cases import sharded
from workshop.mutants.exchanges import doubled, dropped


def test_a_sum_that_is_not_combined():
    one = sharded("mlp", {"n": "data", "j": "model"})
    with pytest.raises(Misplaced, match="z2_part"):
        check_sharded(dropped(one, one.exchanges["z2_part_sum"]))


def test_a_sum_that_is_combined_twice():
    one = sharded("mlp", {"n": "data", "j": "model"})
    with pytest.raises(Misplaced, match="expected a source that the exchange can take"):
        check_sharded(doubled(one, one.exchanges["z2_part_sum"]))


def test_a_tensor_elsewhere():
    one = sharded("mlp", {"n": "data", "j": "model"})
    wrong = {**one.placements, "W2": Placement(("model", None))}
    with pytest.raises(Misplaced, match="one that other devices along model have"):
        check_sharded(replace(one, placements=wrong))


def test_exchanges_leave_what_they_say():
    one = sharded("mlp", {"n": "data", "j": "data"})
    for exchange in one.exchanges.values():
        assert after(one.placements[exchange.source], exchange) == one.placements[exchange.target]
        assert after(Placement((None, None), (("other", Reduction.SUM),)), exchange) is None
