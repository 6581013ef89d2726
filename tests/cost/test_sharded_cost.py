"""What each of several devices does: by hand, and as published."""

from __future__ import annotations

import pytest
import sympy

from symbackprop import Network, cost, layers, zoo
from symbackprop.errors import InvalidSize, UnknownIndex, UnsplittableIndex

N, T, D, H, C, A, E, F, V, M = sympy.symbols("N T D H C A E F V M", integer=True, positive=True)
data, model = sympy.symbols("data model", integer=True, positive=True)


BLOCK = [
    ("F14", "y_part_sum[N_data, T, D]", "AllReduce_model"),
    ("F22", "out_part_sum[N_data, T, D]", "AllReduce_model"),
    ("F23", "loss", "AllReduce_data"),
    ("B4", "d_u2[N_data, T, D]", "AllReduce_model"),
    ("B15", "d_u1[N_data, T, D]", "AllReduce_model"),
    ("B16", "d_b2[D]", "AllReduce_data"),
    ("B17", "d_W2[F_model, D]", "AllReduce_data"),
    ("B18", "d_b1[F_model]", "AllReduce_data"),
    ("B19", "d_W1[D, F_model]", "AllReduce_data"),
    ("B20", "d_beta2[D]", "AllReduce_data"),
    ("B21", "d_gamma2[D]", "AllReduce_data"),
    ("B22", "d_bo[D]", "AllReduce_data"),
    ("B23", "d_Wo[A_model, E, D]", "AllReduce_data"),
    ("B24", "d_Wv[A_model, D, E]", "AllReduce_data"),
    ("B25", "d_Wk[A_model, D, E]", "AllReduce_data"),
    ("B26", "d_Wq[A_model, D, E]", "AllReduce_data"),
    ("B27", "d_beta1[D]", "AllReduce_data"),
    ("B28", "d_gamma1[D]", "AllReduce_data"),
]  # fmt: skip
GPT2 = [
    ("F15", "out_attention1_part_sum[N_data, T, D]", "AllReduce_model"),
    ("F26", "z_mlp1_part_sum[N_data, T, D]", "AllReduce_model"),
    ("F37", "loss", "AllReduce_data"),
    ("B8", "d_y_mlp_norm1[N_data, T, D]", "AllReduce_model"),
    ("B19", "d_y_attention_norm1[N_data, T, D]", "AllReduce_model"),
    ("B22", "d_beta_final[D]", "AllReduce_data"),
    ("B23", "d_gamma_final[D]", "AllReduce_data"),
    ("B24", "d_b_mlp1[D]", "AllReduce_data"),
    ("B25", "d_W_mlp1[D, (4·D)_model]", "AllReduce_data"),
    ("B26", "d_b_hidden1[(4·D)_model]", "AllReduce_data"),
    ("B27", "d_W_hidden1[(4·D)_model, D]", "AllReduce_data"),
    ("B28", "d_beta_mlp_norm1[D]", "AllReduce_data"),
    ("B29", "d_gamma_mlp_norm1[D]", "AllReduce_data"),
    ("B30", "d_bo_attention1[D]", "AllReduce_data"),
    ("B31", "d_Wo_attention1[D, A_model, ⌊D/A⌋]", "AllReduce_data"),
    ("B32", "d_bv_attention1[A_model, ⌊D/A⌋]", "AllReduce_data"),
    ("B33", "d_Wv_attention1[A_model, ⌊D/A⌋, D]", "AllReduce_data"),
    ("B34", "d_bk_attention1[A_model, ⌊D/A⌋]", "AllReduce_data"),
    ("B35", "d_Wk_attention1[A_model, ⌊D/A⌋, D]", "AllReduce_data"),
    ("B36", "d_bq_attention1[A_model, ⌊D/A⌋]", "AllReduce_data"),
    ("B37", "d_Wq_attention1[A_model, ⌊D/A⌋, D]", "AllReduce_data"),
    ("B38", "d_beta_attention_norm1[D]", "AllReduce_data"),
    ("B39", "d_gamma_attention_norm1[D]", "AllReduce_data"),
    ("B40", "d_P[M, D]", "AllReduce_data"),
    ("B42", "d_E[V, D]", "AllReduce_data"),
]  # fmt: skip
NUMBERS = """\
cost of mlp on a mesh of devices, n on data, j on model, of each device
at N = 64, D = 784, H = 128, C = 10, data = 4, model = 2
          multiply adds  functions  bytes sent
forward         815,073      1,377         646
backward        827,872          1     305,340
memory in bytes  parameters  gradients    data   kept     peak    total
                    203,560    203,560  50,816  4,736  404,268  658,644
sent                                             bytes
F3    z2_part_sum[N_data, C]  AllReduce_model      640
F6    loss                    AllReduce_data         6
B4    d_b2[C]                 AllReduce_data        60
B5    d_W2[C, H_model]        AllReduce_data     3,840
B6    d_b1[H_model]           AllReduce_data       384
B7    d_W1[H_model, D]        AllReduce_data   301,056"""


def of(name, **indices):
    return cost(zoo.load(name), shard=indices)


def same(found, expected):
    return sympy.simplify(found - expected) == 0


@pytest.fixture(scope="module")
def mlp():
    return of("mlp", n="data", j="model")


def test_each_collective_by_hand(mlp):
    rows = {row.label: row for row in mlp.collectives}
    assert [(row.label, row.placed, row.collective) for row in mlp.collectives] == [
        ("F3", "z2_part_sum[N_data, C]", "AllReduce_model"), ("F6", "loss", "AllReduce_data"),
        ("B4", "d_b2[C]", "AllReduce_data"), ("B5", "d_W2[C, H_model]", "AllReduce_data"),
        ("B6", "d_b1[H_model]", "AllReduce_data"), ("B7", "d_W1[H_model, D]", "AllReduce_data"),
    ]  # fmt: skip
    ring = 2 * (data - 1) / data
    assert same(rows["F3"].bytes_sent, 4 * 2 * (model - 1) / model * N / data * C)
    assert same(rows["F6"].bytes_sent, 4 * ring)
    assert same(rows["B5"].bytes_sent, 4 * ring * C * H / model)
    assert same(mlp.backward.bytes_sent, 4 * ring * (C + (C + 1 + D) * H / model))
    assert same(mlp.bytes_sent, sum(row.bytes_sent for row in mlp.collectives))


def test_work_and_memory_by_hand(mlp):
    # W1·x at the device's rows and units, W2·a1 at its rows over its units
    assert mlp.forward.multiply_adds.coeff(D * H * N / (data * model)) == 1
    assert mlp.forward.multiply_adds.coeff(C * H * N / (data * model)) == 1
    assert mlp.backward.multiply_adds.coeff(C * H * N / (data * model)) == 2
    assert same(mlp.memory.parameters, 4 * ((C + 1 + D) * H / model + C))
    assert same(mlp.memory.gradients, mlp.memory.parameters)
    assert same(mlp.memory.data, 4 * (C + D) * N / data)
    assert same(mlp.memory.kept, 4 * (C * N / data + H * N / (data * model)))  # p and a1
    assert mlp.memory.total == mlp.memory.parameters + mlp.memory.data + mlp.memory.peak


MEGATRON = [("transformer_block", {"n": "data", "a": "model", "f": "model"}),
            ("gpt2", {"n": "data", "a": "model", "j": "model"})]  # fmt: skip


@pytest.mark.parametrize(("name", "indices"), MEGATRON)
def test_a_block_of_megatron(name, indices):
    """M. Shoeybi et al., Megatron-LM (2019), section 3: two all-reduces of a batch's activations forward and two
    backward, of N·T·D elements each; and every gradient once over the data axis."""
    found = of(name, **indices)
    once = 4 * 2 * (model - 1) / model * N / data * T * D
    rows = [row for row in found.collectives if "model" in row.collective]
    assert [row.label[0] for row in rows] == ["F", "F", "B", "B"]
    assert {row.collective for row in rows} == {"AllReduce_model"}
    assert all(row.placed.endswith("[N_data, T, D]") for row in rows)
    assert all(same(row.bytes_sent, once) for row in rows)
    gradients = [row for row in found.collectives if row.label.startswith("B") and "data" in row.collective]
    assert {row.collective for row in gradients} == {"AllReduce_data"}
    assert same(sum(row.bytes_sent for row in gradients), 2 * (data - 1) / data * found.memory.gradients)
    assert len(gradients) == len(found.sharded.backward.program.wrt)


def test_the_table_of_a_transformer_block():
    found = of("transformer_block", n="data", a="model", f="model")
    assert [(row.label, row.placed, row.collective) for row in found.collectives] == BLOCK


def test_the_table_of_gpt2():
    found = of("gpt2", n="data", a="model", j="model")
    assert [(row.label, row.placed, row.collective) for row in found.collectives] == GPT2


def test_fully_sharded_parameters_take_half_as_much_again():
    """S. Rajbhandari et al., ZeRO (2020), section 7: with parameters in blocks a step sends 3/2 of what data
    parallelism does, if it gathers them for forward and for backward; kept, they are gathered once. Memory shrinks."""
    plain, blocks = of("mlp", n="data"), of("mlp", n="data", j="data")
    hidden = 4 * H * (D + 1 + C)
    gathered = sum(row.bytes_sent for row in blocks.collectives if row.collective.startswith("AllGather"))
    scattered = sum(row.bytes_sent for row in blocks.collectives if row.collective.startswith("ReduceScatter"))
    assert same(gathered, hidden * (data - 1) / data)
    assert same(scattered, hidden * (data - 1) / data)
    assert same(plain.memory.parameters, hidden + 4 * C)
    assert same(blocks.memory.parameters, hidden / data + 4 * C)


def test_numbers():
    found = of("mlp", n="data", j="model")
    some = found.at({"N": 64, "D": 784, "H": 128, "C": 10})
    assert some.dims == ("data", "model")
    assert same(some.forward.bytes_sent, 8 * 640 * (model - 1) / (data * model) + 8 * (data - 1) / data)
    all_ = some.at({"data": 4, "model": 2})
    assert all_.dims == ()
    assert all_.memory.parameters == 4 * ((10 + 1 + 784) * 64 + 10)
    assert all_.forward.bytes_sent == 4 * 2 * 160 // 2 + 6
    assert found.table({"N": 64, "D": 784, "H": 128, "C": 10, "data": 4, "model": 2}) == all_.table() == NUMBERS
    assert "AllReduce_model  8*C*N*(model - 1)/(data*model)" in found.table()


def test_a_layer_of_fixed_width():
    """Its gradients are those by its input too; what a number counts is split as a size is."""
    net = Network("layer")
    n_, d_ = net.dims("N D")
    x = net.input("x", (n_, d_))
    net.output(layers.dense(layers.dense(x, 64, activation=sympy.tanh), d_))
    found = cost(net, shard={"n": "data", "j": "model"})
    assert {row.label: row.collective for row in found.collectives} == {
        "F3": "AllReduce_model", "B3": "AllReduce_data", "B4": "AllReduce_data", "B5": "AllReduce_data",
        "B6": "AllReduce_data", "B7": "AllReduce_model",
    }  # fmt: skip
    assert found.collectives[4].placed == "d_W1[64_model, D]"
    assert same(found.memory.gradients, found.memory.parameters + 4 * N * D / data)
    assert same(found.memory.data, 2 * 4 * N * D / data)  # with the cotangent
    with pytest.raises(InvalidSize, match=r"W1, index j: expected a multiple of 3, .* found 64$"):
        found.at({"N": 8, "D": 5, "data": 2, "model": 3})


def test_one_device_sends_nothing():
    for name, indices in (*MEGATRON, ("resnet", {"h": "data"}), ("mlp", {"n": "data", "j": "data"})):
        found = of(name, **indices).at(dict.fromkeys(indices.values(), 1))
        assert found.bytes_sent == 0


@pytest.mark.parametrize(("dims", "said"), [
    ({"N": 64, "D": 784, "H": 128, "C": 10, "data": 3, "model": 1}, "a multiple of 3, the devices along data"),
    ({"data": 0}, "size data: expected an integer of at least 1, found 0"),
    ({"devices": 2}, "expected N, D, H, C, data, model, found devices"),
])  # fmt: skip
def test_sizes_that_cannot_be(mlp, dims, said):
    with pytest.raises(InvalidSize, match=said):
        mlp.at(dims)


def test_what_cannot_be_split():
    with pytest.raises(UnknownIndex, match="found q"):
        of("mlp", q="data")
    with pytest.raises(UnsplittableIndex, match="t on time"):
        of("lstm", t="time")


def test_in_a_notebook(mlp):
    assert "C·H" in mlp._repr_html_()
    assert str(mlp) == mlp.table()
