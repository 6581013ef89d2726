"""Over which mesh axes each addend of an equation is in parts."""

from __future__ import annotations

from symbackprop.shard.check_sharded import setting_of
from symbackprop.shard.parts_of import PartsOf
from tests.shard.cases import sharded


def parts(one, equation):
    return [set(found) for _, found in PartsOf(setting_of(one), equation).addends()]


def test_sums_over_split_indices_and_scatters():
    one = sharded("gpt2", {"n": "data", "v": "model"})
    forward, backward = (program.definitions for program in one.programs)
    assert parts(one, forward["x_part"][0]) == [{"model"}]  # a masked look-up
    assert parts(one, forward["x"][0]) == [set(), set()]
    assert parts(one, forward["p_logsumexp_max_part"][0]) == [{"model"}]
    product, scatter = backward["d_E_part"]
    assert parts(one, product) == parts(one, scatter) == [{"data"}]
    assert parts(one, forward["loss_part"][0]) in ([{"data"}], [{"data", "model"}])
