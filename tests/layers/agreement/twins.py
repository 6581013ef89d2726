"""The layers of the grid in PyTorch: its namesake where it has one, the published formula where not.

A twin takes the case's arrays as tensors under symbackprop's names (`w`), its options (`o`) and whether it trains, and
returns the layer's result.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from . import recurrent, transformers


def drop(x, mask, p, training):
    return x * mask / (1 - p) if training else x


# --- affine maps ---------------------------------------------------------------------------------------
def dense(w, o, training):
    y = F.linear(w["x"], w["W1"], w.get("b1"))
    return torch.relu(y) if "activation" in o else y


def bilinear(w, o, training):
    return F.bilinear(w["x"], w["y"], w["W1"], w.get("b1"))


def embedding(w, o, training):
    return F.embedding(w["tokens"], w["E1"], o.get("padding_idx"))


# --- convolutions and pooling --------------------------------------------------------------------------
def convolution(w, o, training):
    x, K, padding = w["x"], w["K1"], o.get("padding", 0)
    rank, groups = K.dim() - 2, o.get("groups", x.shape[1] if K.shape[1] == 1 else 1)
    if padding == "causal":
        padding = ((o.get("dilation", 1) * (o["kernel_size"] - 1), 0),)
    if o.get("padding_mode") or (isinstance(padding, tuple) and isinstance(padding[0], tuple)):
        x, padding = F.pad(x, around(padding, rank), o.get("padding_mode", "constant")), 0
    convolve = getattr(F, f"conv{rank}d")
    z = convolve(x, K, w.get("b1"), o.get("stride", 1), padding, o.get("dilation", 1), groups)
    return torch.relu(z) if "activation" in o else z


def around(padding, rank):
    """As `F.pad` takes it: pairs (before, after), the last axis first."""
    every = padding if isinstance(padding, tuple) else (padding,) * rank
    pairs = [side if isinstance(side, tuple) else (side, side) for side in every]
    return [side for pair in reversed(pairs) for side in pair]


def pad(w, o, training):
    x, mode = w["x"], o.get("mode", "constant")
    return F.pad(x, around(o["padding"], x.dim() - 2), mode, o.get("value"))


def transposed(w, o, training):
    convolve = getattr(F, f"conv_transpose{w['K1'].dim() - 2}d")
    return convolve(
        w["x"], w["K1"], w.get("b1"), o.get("stride", 1), o.get("padding", 0), o.get("output_padding", 0),
        o.get("groups", 1), o.get("dilation", 1),
    )  # fmt: skip


def max_pool(w, o, training):
    x, size = w["x"], o["kernel_size"]
    if o["note"] == "ties":  # PyTorch's pooling gives the first of them all; its amax shares
        N, C = x.shape[:2]
        windows = F.unfold(x, size, stride=size).view(N, C, size * size, -1)
        return windows.amax(2).view(N, C, *(extent // size for extent in x.shape[2:]))
    pool = getattr(F, f"max_pool{x.dim() - 2}d")
    return pool(x, size, o.get("stride"), o.get("padding", 0), o.get("dilation", 1), o.get("ceil_mode", False))


def avg_pool(w, o, training):
    rank = w["x"].dim() - 2
    more = [o["divisor_override"]] if "divisor_override" in o else []
    pool = getattr(F, f"avg_pool{rank}d")
    return pool(
        w["x"], o["kernel_size"], o.get("stride"), o.get("padding", 0), o.get("ceil_mode", False),
        o.get("count_include_pad", True), *more,
    )  # fmt: skip


def global_avg_pool(w, o, training):
    return F.adaptive_avg_pool2d(w["x"], 1).flatten(1)


def global_max_pool(w, o, training):
    return w["x"].amax((2, 3))


def flatten(w, o, training):
    return torch.flatten(w["x"], 1)


# --- normalisation -------------------------------------------------------------------------------------
def batch_norm(w, o, training):
    """Changes the running statistics in `w` as PyTorch does, in place."""
    return F.batch_norm(
        w["x"], w["running_mean1"], w["running_var1"], w.get("gamma1"), w.get("beta1"), training,
        o.get("momentum", 0.1), o.get("eps", 1e-5),
    )  # fmt: skip


def layer_norm(w, o, training):
    shape = w["x"].shape[-o.get("axes", 1) :]
    return F.layer_norm(w["x"], shape, w.get("gamma1"), w.get("beta1"), o.get("eps", 1e-5))


def rms_norm(w, o, training):
    return F.rms_norm(w["x"], w["x"].shape[-o.get("axes", 1) :], w.get("gamma1"), o.get("eps", 1e-5))


def group_norm(w, o, training):
    return F.group_norm(w["x"], o["groups"], w.get("gamma1"), w.get("beta1"), o.get("eps", 1e-5))


def instance_norm(w, o, training):
    return F.instance_norm(w["x"], weight=w.get("gamma1"), bias=w.get("beta1"), eps=o.get("eps", 1e-5))


def dropout(w, o, training):
    return drop(w["x"], w["mask1"], o.get("p", 0.5), training)


# --- places, states ------------------------------------------------------------------------------------
def angles(x, base):
    """t·base^(-2i/D), (T, D/2)."""
    T, D = x.shape[-2:]
    return torch.arange(T, dtype=x.dtype)[:, None] * base ** (-torch.arange(0, D, 2, dtype=x.dtype) / D)


def rotary(w, o, training):
    """As complex numbers times exp(i·angle)."""
    x = w["x"]
    if o.get("interleaved", True):
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
        turned = pairs * torch.polar(torch.ones(()).double(), angles(x, o.get("base", 10000)))
        return torch.view_as_real(turned).flatten(-2)
    left, right = x.chunk(2, -1)
    angle = angles(x, o.get("base", 10000))
    turned = torch.complex(left, right) * torch.exp(1j * angle)
    return torch.cat([turned.real, turned.imag], -1)


def sinusoidal_positions(w, o, training):
    angle = angles(w["x"], o.get("base", 10000))
    return w["x"] + torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)


def learned_positions(w, o, training):
    return w["x"] + w["P1"]


def selective_scan(w, o, training):
    """As `selective_scan_ref` of the Mamba authors' code, batch and time first."""
    x, delta, A, B, C = (w[name] for name in ("x", "delta", "A", "B", "C"))
    h, out = torch.zeros(x.shape[0], *A.shape, dtype=x.dtype), []
    for t in range(x.shape[1]):
        h = torch.exp(delta[:, t, :, None] * A) * h + (delta[:, t] * x[:, t])[..., None] * B[:, t, None]
        out.append(torch.einsum("nds,ns->nd", h, C[:, t]))
    y = torch.stack(out, 1)
    return y + w["skip"] * x if "skip" in w else y


# --- layers of layers ----------------------------------------------------------------------------------
def add(w, o, training):
    return w["x"] + w["y"]


def concatenate(w, o, training):
    return torch.cat([w["x"], w["y"]], o.get("axis", -1))


def residual(w, o, training):
    return w["x"] + torch.relu(F.linear(w["x"], w["W1"], w["b1"]))


def sequential(w, o, training):
    return F.linear(torch.relu(F.linear(w["x"], w["W1"], w["b1"])), w["W2"], w["b2"])


def activations(w, o, training):
    u = w["x"]
    hardsigmoid = F.relu6(u + 3) / 6  # the derivative of F.hardsigmoid has but a float32's 1/6
    return torch.stack([
        torch.sigmoid(u), F.logsigmoid(u), F.softplus(u), F.softplus(u, beta=2), F.relu(u), F.leaky_relu(u),
        F.leaky_relu(u, 0.2), F.elu(u), F.elu(u, alpha=0.5), F.selu(u), F.silu(u), F.gelu(u),
        F.gelu(u, approximate="tanh"), F.mish(u), F.hardtanh(u), F.hardtanh(u, -0.5, 0.3), hardsigmoid,
        F.hardswish(u), F.softsign(u),
    ])  # fmt: skip


LAYERS = {
    **{f"conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"depthwise_conv{rank}d": convolution for rank in (1, 2)},
    **{f"conv_transpose{rank}d": transposed for rank in (1, 2, 3)},
    **{twin.__name__: twin for twin in (
        dense, bilinear, embedding, pad, max_pool, avg_pool, global_avg_pool, global_max_pool, flatten, batch_norm,
        layer_norm, rms_norm, group_norm, instance_norm, dropout, rotary, sinusoidal_positions, learned_positions,
        selective_scan, add, concatenate, residual, sequential, activations, recurrent.rnn, recurrent.lstm,
        recurrent.gru, recurrent.bidirectional, recurrent.stacked, transformers.scaled_dot_product_attention,
        transformers.multi_head_attention, transformers.transformer_block,
    )},
}  # fmt: skip
