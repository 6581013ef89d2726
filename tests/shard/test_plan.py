"""The published schemes follow from the equations, by the kinds of their collectives and how many there are."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.errors import UnsplittableIndex
from symbackprop.shard import ExchangeKind
from tests.shard.cases import compared, kinds, sharded


def test_data_parallel_is_one_sum_for_the_loss_and_one_for_each_gradient():
    one = sharded("gpt2", {"n": "data"})
    assert kinds(one, one.forward, "data") == {"psum": 1}
    assert kinds(one, one.backward, "data") == {"psum": len(one.backward.program.wrt)}
    assert all(one.placements[parameter].axes.count("data") == 0 for parameter, _ in one.backward.program.wrt)


@pytest.mark.parametrize(("name", "indices"), [("transformer_block", {"a": "model", "f": "model"}),
                                               ("gpt2", {"a": "model", "j": "model"})])  # fmt: skip
def test_megatron_has_two_sums_in_a_block_either_way(name, indices):
    """M. Shoeybi et al., Megatron-LM (2019): f and g behind attention and behind the perceptron."""
    one = sharded(name, {"n": "data", **indices})
    assert kinds(one, one.forward, "model") == {"psum": 2}
    assert kinds(one, one.backward, "model") == {"psum": 2}
    blocks = {exchange.target for exchange in one.exchanges.values() if "model" in exchange.axes}
    assert all(one.placements[target].axes == ("data", None, None) for target in blocks)


def test_a_bias_stays_outside_of_the_sum():
    one = sharded("transformer_block", {"a": "model", "f": "model"})
    (summed,) = (e for e in one.forward.program.definitions["y"])
    assert summed.rhs.tensors == {"bo", "x", "y_part_sum"}


def test_sequence_parallel_gathers_and_scatters_at_the_same_places():
    """V. Korthikanti et al., Reducing activation recomputation in large transformer models (2022)."""
    one = sharded("transformer_block", {"n": "data", "a": "model", "f": "model", "t": "model"})
    assert kinds(one, one.forward, "model") == {"all_gather": 2, "reduce_scatter": 2, "psum": 1}
    scattered = {e.target for e in one.exchanges.values() if e.kind is ExchangeKind.REDUCE_SCATTER}
    assert {"d_u1", "d_u2"} <= scattered
    assert kinds(one, one.backward, "model")["all_gather"] == 2
    assert kinds(one, one.backward, "model")["reduce_scatter"] == 2


def test_parameters_in_blocks_of_the_data_axis_are_gathered_and_their_gradients_scattered():
    """S. Rajbhandari et al., ZeRO (2020), third stage."""
    one = sharded("mlp", {"n": "data", "j": "data"})
    gathered = {e.source for e in one.exchanges.values() if e.kind is ExchangeKind.ALL_GATHER}
    assert gathered == {"W1", "b1", "W2"}
    scattered = {e.target for e in one.exchanges.values() if e.kind is ExchangeKind.REDUCE_SCATTER}
    assert scattered == {"d_W1", "d_b1", "d_W2"}


def test_a_split_vocabulary_is_looked_up_where_it_is_and_its_loss_takes_a_maximum_and_a_sum():
    one = sharded("gpt2", {"n": "data", "v": "model"})
    found = {e.target: e.kind.value for e in one.exchanges.values() if e.axes == ("model",)}
    assert found["x_part_sum"] == "psum"
    assert (found["p_logsumexp_max"], found["p_logsumexp_sum"]) == ("pmax", "psum")
    assert kinds(one, one.forward, "model") == {"psum": 3, "pmax": 1}  # with the look-up, and the loss
    assert one.exchanges["loss"].axes == ("data", "model")  # the label's logit joins its sum
    assert one.exchanges["d_E"].axes == ("data",)  # each device has the rows that it keeps
    assert "all_gather" not in found.values()


def test_convolutions_exchange_halos_either_way():
    one = sharded("resnet", {"h": "data"})
    assert kinds(one, one.forward, "data")["ppermute"] == 3
    assert kinds(one, one.backward, "data")["ppermute"] == 2
    assert {(str(e.before), str(e.after)) for e in one.exchanges.values() if e.kind is ExchangeKind.HALO} == {
        ("1", "1")
    }


def test_a_causal_convolution_exchanges_what_lies_before():
    one = sharded("wavenet", {"t": "data"})
    assert kinds(one, one.forward, "data") == {"ppermute": 3, "psum": 1}
    halo = one.exchanges["h2_halo"]
    assert (str(halo.before), str(halo.after)) == ("4*P - 4", "0")


def test_nothing_is_exchanged_where_nothing_meets():
    one = sharded("mlp", {"j": "model"})
    assert kinds(one, one.forward, "model") == {"psum": 1}
    assert kinds(one, one.backward, "model") == {}


@pytest.mark.parametrize(("name", "index"), [("rnn", "t"), ("lstm", "t"), ("deep_mlp", "l")])
def test_a_recurrence_is_refused_along_its_steps(name, index):
    with pytest.raises(UnsplittableIndex, match=f"{index} on time, along which a loop runs"):
        sharded(name, {index: "time"})


def test_a_recurrence_over_a_split_state_gathers_in_every_step():
    one = sharded("rnn", {"j": "model"})
    assert kinds(one, one.forward, "model") == {"all_gather": 1, "psum": 1}


def two_branches() -> Network:
    net = Network("branches")
    N, D, H = net.dims("N D H")
    n, d, h = net.indices(n=N, d=D, h=H)
    x, y = net.input("x", (N, H)), net.input("y", (N, D))
    U, V = net.parameter("U", (D, H)), net.parameter("V", (D, H))
    u, v, z = net.tensors("u v z")
    u[n, d] = Sum(U[d, h] * x[n, h], h)
    v[n, d] = Sum(V[d, h] * x[n, h], h)
    z[n, d] = u[n, d] + v[n, d] - y[n, d]
    net.loss = Sum(z[n, d] ** 2, n, d)
    return net


def test_branches_that_are_added_are_combined_together():
    program = two_branches().to_program()
    one = sharded(program, {"h": "model"})
    assert kinds(one, one.forward, "model") == {"psum": 1}
    assert dict(one.placements["u"].in_parts).keys() == {"model"}
    compared(program, one, {"N": 3, "D": 2, "H": 4}, {"model": 2})
