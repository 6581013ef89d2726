"""The grid: every layer and loss over its options. `verify` and PyTorch are asked about the same cases."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from symbackprop import LogSumExp, layers, losses
from symbackprop import functions as f
from symbackprop.functions import relu

from .grid import Adjust, Arrays, Case

CASES: dict[str, Case] = {}


def case(
    function: Any, given: str | dict[str, str], note: str = "", adjust: Adjust | None = None,
    sizes: dict[str, int] | None = None, **options: Any,
) -> None:  # fmt: skip
    """Adds a case; what is given as a single string is x."""
    made = Case(function, {"x": given} if isinstance(given, str) else given, options, note, adjust, sizes or {})
    assert made.name not in CASES, made.name
    CASES[made.name] = made


# --- what makes data fit -------------------------------------------------------------------------------
def seen(*names: str) -> Adjust:
    """Each row of the masks has an entry to attend to."""

    def adjust(data: Arrays) -> None:
        for name in names:
            data[name][..., 0] = 1

    return adjust


def positive(*names: str) -> Adjust:
    def adjust(data: Arrays) -> None:
        for name in names:
            data[name] = np.abs(data[name]) + 0.3

    return adjust


def signs(data: Arrays) -> None:
    data["targets"] = np.where(np.arange(data["targets"].size).reshape(data["targets"].shape) % 3, 1.0, -1.0)


def tied(data: Arrays) -> None:
    data["x"] = np.round(data["x"])


def blank_row(data: Arrays) -> None:
    data["E1"][1] = 0  # what PyTorch starts it at


def spellable(data: Arrays) -> None:
    """Labels of varying lengths, none of them blank, in frames that suffice."""
    data["labels"] = data["labels"] % 3 + 1
    data["input_lengths"] = np.array([7, 6, 7])
    data["label_lengths"] = np.array([3, 0, 2])


def spellable_with_blank_3(data: Arrays) -> None:
    spellable(data)
    data["labels"] -= 1


def unspellable(data: Arrays) -> None:
    spellable(data)
    data["labels"][0], data["input_lengths"][0] = 1, 4  # 1 1 1 needs five frames


# --- affine maps ---------------------------------------------------------------------------------------
case(layers.dense, "N D", units=5)
case(layers.dense, "N T D", units="H", activation=relu, bias=False)
case(layers.bilinear, {"x": "N D", "y": "N E"}, units=3)
case(layers.bilinear, {"x": "N 2 D", "y": "N 2 E"}, units=3, bias=False)
case(layers.embedding, {"tokens": "int V: N T"}, size="V", units=3)
case(layers.embedding, {"tokens": "int 5: N T"}, adjust=blank_row, size=5, units="D", padding_idx=1)

# --- convolutions --------------------------------------------------------------------------------------
case(layers.conv1d, "N C 6", filters="F", kernel_size=3, stride=2, padding=1)
case(layers.conv1d, "N C 5", filters=3, kernel_size=2, dilation=2, bias=False, activation=relu)
case(layers.conv1d, "N C 5", filters=3, kernel_size=3, dilation=2, padding="causal")
case(layers.conv1d, "N C 5", filters=3, kernel_size=4, padding="same")
case(layers.conv1d, "N C T", filters=2, kernel_size="K", padding=((2, 1),))
for padding in ("valid", "same", 1, (1, 0)):
    case(layers.conv2d, "N C 4 3", filters=2, kernel_size=(3, 2), padding=padding)
case(layers.conv2d, "N 4 4 3", filters=6, kernel_size=2, groups=2, stride=(2, 1))
case(layers.conv2d, "N C 3 4", filters=2, kernel_size=2, dilation=(1, 2), stride=2, padding=2, bias=False)
case(layers.conv2d, "N 2 3 4", filters=2, kernel_size=2, padding=(1, 2), padding_mode="circular")
case(layers.conv1d, "N C 4", filters=2, kernel_size=3, stride=2, padding=2, padding_mode="reflect")
case(layers.conv3d, "N 2 3 2 4", filters=3, kernel_size=2, stride=2, padding=1)
case(layers.conv3d, "N 4 3 2 3", filters=4, kernel_size=(2, 1, 2), groups=2, dilation=(1, 1, 2), bias=False)
case(layers.depthwise_conv1d, "N C 5", kernel_size=3, multiplier=2, padding="causal")
case(layers.depthwise_conv2d, "N C 4 3", kernel_size=3, padding=1)
case(layers.depthwise_conv2d, "N 3 4 3", kernel_size=2, multiplier=2, bias=False)
case(layers.conv_transpose1d, "N C 4", filters=3, kernel_size=3)
case(layers.conv_transpose1d, "N C 4", filters=2, kernel_size=3, stride=2, padding=1, dilation=2)
case(layers.conv_transpose1d, "N 4 3", filters=6, kernel_size=2, stride=3, output_padding=2, groups=2, bias=False)
case(layers.conv_transpose2d, "N 3 3 2", filters=2, kernel_size=3, stride=2, padding=1, output_padding=1)
case(layers.conv_transpose2d, "N 2 2 3", filters=2, kernel_size=(2, 3), stride=(1, 2), padding=(0, 1), groups=2)
case(layers.conv_transpose3d, "2 2 2 2 3", filters=3, kernel_size=2, stride=(1, 2, 1), padding=(1, 0, 0), bias=False)

case(layers.pad, "N C 3 2", padding=(1, (0, 2)), value=3)
case(layers.pad, "N C T", padding=1, mode="reflect")
case(layers.pad, "N 2 3 4", padding=((2, 1), 3), mode="reflect")
case(layers.pad, "N C T", padding=((3, 2),), mode="replicate")
case(layers.pad, "N 2 3 2", padding=((2, 3), 1), mode="circular")

# --- pooling -------------------------------------------------------------------------------------------
case(layers.max_pool, "N C 7", kernel_size=2)
case(layers.max_pool, "N 2 5 6", kernel_size=3, stride=2, padding=1)
case(layers.max_pool, "N 2 6 5", kernel_size=2, stride=(2, 1), dilation=2)
case(layers.max_pool, "N 2 6 5", kernel_size=3, stride=2, ceil_mode=True)
case(layers.max_pool, "N C 4 4", kernel_size=2, stride=3, padding=1, ceil_mode=True)
case(layers.max_pool, "N 2 4 4 2", kernel_size=2)
case(layers.max_pool, "N C 4 4", "ties", tied, kernel_size=2)
case(layers.avg_pool, "N C 5", kernel_size=3, stride=1, padding=1)
case(layers.avg_pool, "N C 4 6", kernel_size=(2, 3))
case(layers.avg_pool, "N C 5 4", kernel_size=3, stride=2, padding=1, count_include_pad=False)
case(layers.avg_pool, "N 2 6 5", kernel_size=3, stride=2, padding=1, ceil_mode=True)
case(layers.avg_pool, "N 2 6 5", kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)
case(layers.avg_pool, "N C 5 4", kernel_size=2, padding=1, divisor_override=3)
case(layers.avg_pool, "N 2 4 4 2", kernel_size=2)
case(layers.global_avg_pool, "N C 3 2")
case(layers.global_max_pool, "N C 3 2")
case(layers.global_max_pool, "N C 3 2", "ties", tied)
case(layers.flatten, "N C 3 2")
case(layers.flatten, "N T D")

# --- normalisation -------------------------------------------------------------------------------------
case(layers.batch_norm, "N C")
case(layers.batch_norm, "N C T", momentum=0.3, eps=1e-3)
case(layers.batch_norm, "N C 2 3", affine=False)
case(layers.layer_norm, "N D")
case(layers.layer_norm, "N T D", axes=2, eps=1e-3)
case(layers.layer_norm, "N T D", bias=False)
case(layers.layer_norm, "N D", affine=False)
case(layers.rms_norm, "N D")
case(layers.rms_norm, "N T D", axes=2, eps=1e-3, affine=False)
case(layers.group_norm, "N 6 T", groups=3)
case(layers.group_norm, "N C 2 3", groups=1, eps=1e-2, affine=False)
case(layers.instance_norm, "N C T")
case(layers.instance_norm, "N C 2 3", affine=True, eps=1e-3)
case(layers.dropout, "N D")
case(layers.dropout, "N C 2 2", p=0.3)

# --- recurrence ----------------------------------------------------------------------------------------
case(layers.rnn, "T N D", units="H")
case(layers.rnn, "T N D", units=3, activation=relu, reverse=True, bias=False)
case(layers.rnn, {"x": "N T D", "initial": "N H"}, units="H", batch_first=True)
case(layers.lstm, "T N D", units="H")
case(layers.lstm, {"x": "T N 2", "initial": "N 3", "initial_cell": "N 3"}, units=3, bias=False)
case(layers.lstm, "N T 3", units=2, batch_first=True, reverse=True, last=True)
case(layers.lstm, "T N 2", units=3, peepholes=True)
case(layers.gru, "T N D", units="H")
case(layers.gru, {"x": "T N 2", "initial": "N 3"}, units=3, reverse=True, last=True)
case(layers.gru, "N T 3", units=2, batch_first=True, bias=False)
case(layers.gru, "T N 2", units=3, reset_after=False)
case(layers.bidirectional, "T N 3", recurrent=layers.lstm, units=2)
case(layers.bidirectional, "N T 3", recurrent=layers.rnn, units="H", batch_first=True, last=True)
case(layers.stacked, "T N 3", recurrent=layers.lstm, units=(2, 2))
case(layers.stacked, "T N 3", recurrent=layers.gru, units=(2, 2), dropout=0.4, last=True)
case(layers.stacked, "T N 3", recurrent=partial(layers.bidirectional, layers.rnn), units=(2, 2), bias=False)


def selective_scan(x: Any, delta: Any, A: Any, B: Any, C: Any, skip: Any = None) -> Any:
    return layers.selective_scan(x, delta, A, B, C, skip)


STATES = {"x": "N T 3", "delta": "N T 3", "A": "3 S", "B": "N T S", "C": "N T S"}
case(selective_scan, STATES)
case(selective_scan, {**STATES, "skip": "3"})

# --- attention -----------------------------------------------------------------------------------------
QKV = {"query": "N 2 T 3", "key": "N 2 S 3", "value": "N 2 S 1"}
case(layers.scaled_dot_product_attention, QKV)
case(layers.scaled_dot_product_attention, QKV, causal=True, scale=0.3)
case(layers.scaled_dot_product_attention, {**QKV, "query": "N 4 T 3"}, dropout=0.2)
case(layers.scaled_dot_product_attention, {**QKV, "attn_mask": "T S"})
case(layers.scaled_dot_product_attention, {**QKV, "attn_mask": "int 2: N 2 T S"}, adjust=seen("attn_mask"))
case(layers.scaled_dot_product_attention, {**QKV, "attn_mask": "int 2: N T S", "key_mask": "int 2: N S"},
     adjust=seen("attn_mask", "key_mask"))  # fmt: skip
case(layers.multi_head_attention, {"query": "N T 4"}, heads=2)
case(layers.multi_head_attention, {"query": "N T 6"}, heads=3, causal=True, bias=False)
case(layers.multi_head_attention, {"query": "N T 4", "key": "N S 5", "key_mask": "int 2: N S"}, adjust=seen("key_mask"),
     heads=2)  # fmt: skip
case(layers.multi_head_attention, {"query": "N T D", "key": "N S 3", "value": "N S 5", "attn_mask": "T S"}, heads="A",
     sizes={"D": 6, "A": 3})  # fmt: skip
case(layers.multi_head_attention, {"query": "2 T 8"}, heads=4, kv_heads=2)
case(layers.multi_head_attention, {"query": "2 T 6"}, heads=3, kv_heads=1, causal=True, alibi=True)
case(layers.multi_head_attention, {"query": "N T 4", "key": "N S 4"}, heads=2, alibi=True, bias=False)
case(layers.multi_head_attention, {"query": "2 T 8"}, heads=2, rotary=True, dropout=0.3)
case(layers.rotary, "N T 6")
case(layers.rotary, "N 2 T 4", base=100, interleaved=False)
case(layers.sinusoidal_positions, "N T 4")
case(layers.sinusoidal_positions, "N 2 T 6", base=100)
case(layers.learned_positions, "N T D")
case(layers.transformer_block, "2 T 4", heads=2)
case(layers.transformer_block, "2 T 4", heads=2, hidden=3, causal=True, dropout=0.1, activation=relu, bias=False)
case(layers.transformer_block, {"x": "2 T 4", "key_mask": "int 2: 2 T"}, adjust=seen("key_mask"), heads=2, hidden="H",
     norm_first=False, activation=relu)  # fmt: skip
case(layers.transformer_block, {"x": "2 T 3", "memory": "2 2 3", "memory_mask": "int 2: 2 2"},
     adjust=seen("memory_mask"), heads=3, hidden=2, causal=True)  # fmt: skip
case(layers.transformer_block, {"x": "2 2 4", "memory": "2 3 4"}, heads=2, hidden=3, dropout=0.1, norm_first=False)


# --- layers of layers ----------------------------------------------------------------------------------
def residual(x: Any) -> Any:
    return layers.residual(x, lambda h: layers.dense(h, x.shape[-1], relu))


def sequential(x: Any) -> Any:
    return layers.sequential(x, lambda h: layers.dense(h, 3, relu), lambda h: layers.dense(h, 2))


def activations(x: Any) -> Any:
    """All activations, one upon the other along a new axis."""
    net = x.network
    n, d = layers.naming.indices_of(x)
    y = net.tensor("y")
    u = x[n, d]
    values = (
        f.sigmoid(u), f.log_sigmoid(u), f.softplus(u), f.softplus(u, beta=2), f.relu(u), f.leaky_relu(u),
        f.leaky_relu(u, 0.2), f.elu(u), f.elu(u, alpha=0.5), f.selu(u), f.silu(u), f.gelu(u), f.gelu(u, "tanh"),
        f.mish(u), f.hardtanh(u), f.hardtanh(u, -0.5, 0.3), f.hardsigmoid(u), f.hardswish(u), f.softsign(u),
    )  # fmt: skip
    for place, value in enumerate(values):
        y[place, n, d] = value
    return y


case(layers.add, {"x": "N T D", "y": "N T D"})
case(layers.concatenate, {"x": "N T D", "y": "N S D"}, axis=1)
case(layers.concatenate, {"x": "N D", "y": "N E"})
case(residual, "N D")
case(sequential, "N D")
case(activations, "N D")

# --- losses --------------------------------------------------------------------------------------------
PAIR = {"prediction": "N D", "target": "N D"}
LOGITS = {"logits": "N D", "targets": "N D"}
LABELS = {"logits": "N T C", "labels": "int C: N T"}
ROWS = {"logits": "N C", "labels": "N C"}
for reduction in ("mean", "sum", "none"):
    case(losses.mse, PAIR, reduction=reduction)
    case(losses.mae, PAIR, reduction=reduction)
    case(losses.binary_cross_entropy, LOGITS, reduction=reduction)
    case(losses.softmax_cross_entropy, LABELS, reduction=reduction)
    case(losses.nll, {"log_probabilities": "N C", "labels": "int C: N"}, reduction=reduction)
case(losses.huber, PAIR)
case(losses.huber, PAIR, delta=0.5, reduction="sum")
case(losses.binary_cross_entropy, {**LOGITS, "weight": "input D", "pos_weight": "input N D"})
case(losses.binary_cross_entropy, {**LOGITS, "pos_weight": "input D"}, reduction="sum")
case(losses.softmax_cross_entropy, ROWS)
case(losses.softmax_cross_entropy, ROWS, label_smoothing=0.1)
case(losses.softmax_cross_entropy, {**ROWS, "weight": "input C"}, label_smoothing=0.2, reduction="sum")
case(losses.softmax_cross_entropy, LABELS, label_smoothing=0.1)
case(losses.softmax_cross_entropy, {"logits": "N C H", "labels": "int C: N H"}, axis=1, ignore_index=0)
case(losses.softmax_cross_entropy, {**LABELS, "weight": "input C"}, adjust=positive("weight"))
case(losses.softmax_cross_entropy, {**LABELS, "weight": "input C"}, adjust=positive("weight"), ignore_index=1,
     label_smoothing=0.3)  # fmt: skip
case(losses.softmax_cross_entropy, {"logits": "C", "labels": "C"})
case(losses.nll, {"log_probabilities": "N C T", "labels": "int C: N T", "weight": "input C"}, adjust=positive("weight"),
     axis=1, ignore_index=0)  # fmt: skip
case(losses.nll, {"log_probabilities": "N C", "labels": "int C: N"}, ignore_index=1, reduction="sum")
for reduction in ("mean", "batchmean", "sum", "none"):
    case(losses.kl_divergence, {"log_q": "N D", "p": "N D"}, adjust=positive("p"), reduction=reduction)
case(losses.kl_divergence, {"log_q": "N D", "p": "N D"}, log_target=True, reduction="batchmean")
case(losses.hinge, {"scores": "N D", "targets": "input N D"}, adjust=signs)
case(losses.hinge, {"scores": "N D", "targets": "input N D"}, adjust=signs, margin=0.3, squared=True, reduction="sum")
GAUSSIAN = {"mean": "N D", "target": "N D", "variance": "N D"}
case(losses.gaussian_nll, GAUSSIAN, adjust=positive("variance"))
case(losses.gaussian_nll, GAUSSIAN, adjust=positive("variance"), full=True, eps=0.7, reduction="sum")
case(losses.gaussian_nll, {**GAUSSIAN, "variance": "N"}, adjust=positive("variance"), reduction="none")
VECTORS = {"x": "N D", "y": "N D", "targets": "input N"}
case(losses.cosine_embedding, VECTORS, adjust=signs)
case(losses.cosine_embedding, VECTORS, adjust=signs, margin=0.2, reduction="none")
case(losses.info_nce, {"queries": "N D", "keys": "N D"})
case(losses.info_nce, {"queries": "N D", "keys": "N D"}, temperature=0.5, reduction="sum")


def ctc(z: Any, labels: Any, input_lengths: Any, label_lengths: Any, **options: Any) -> Any:
    """Of scores, normalised: PyTorch's gradient by log-probabilities holds only where they come from a softmax."""
    log_p = z.network.tensor("log_p")
    t, n, k = layers.naming.indices_of(z)
    log_p[t, n, k] = z[t, n, k] - LogSumExp(z[t, n, k], k)
    return losses.ctc(log_p, labels, input_lengths, label_lengths, **options)


FRAMES = {
    "z": "T N C", "labels": "int C: N U", "input_lengths": "int T+1: N", "label_lengths": "int U+1: N",
}  # fmt: skip
SPELT = {"T": 7, "N": 3, "C": 4, "U": 3}
for reduction in ("mean", "sum"):
    case(ctc, FRAMES, adjust=spellable, sizes=SPELT, reduction=reduction)
case(ctc, {**FRAMES, "z": "T N 4", "labels": "int 4: N U"}, adjust=spellable_with_blank_3,
     sizes={"T": 7, "N": 3, "U": 3}, blank=3, zero_infinity=True)  # fmt: skip
case(ctc, FRAMES, adjust=unspellable, sizes=SPELT, reduction="none", zero_infinity=True)


def penalties(w: Any, b: Any, s: Any) -> Any:
    return losses.l1_penalty(w, b, s) + 3 * losses.l2_penalty(w, b, s)


case(penalties, {"w": "N D", "b": "N", "s": ""})
