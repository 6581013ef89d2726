"""Attention over sequences (N, T, D), batch first: heads, masks, positions, and the block they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import And, Expr, Integer, Ne, Piecewise, Rational, cos, exp, oo, sin, sqrt, sympify

from symbackprop.language.functions import gelu
from symbackprop.language.reductions import LogSumExp, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.combine import add
from symbackprop.layers.dense import dense
from symbackprop.layers.grouping import share
from symbackprop.layers.naming import Layer, layer, letter_of, require_rank
from symbackprop.layers.normalisation import dropout, layer_norm


def multi_head_attention(
    query: TensorSymbol, key: TensorSymbol | None = None, value: TensorSymbol | None = None, heads: Any = 1,
    kv_heads: Any = None, causal: bool = False, key_mask: TensorSymbol | None = None, bias: bool = True,
    rotary: bool = False, alibi: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """out = Wo·concat over heads of softmax(q kᵀ/sqrt(K)) v + bo, with q = Wq·query + bq, k = Wk·key + bk, ...

    Shapes: query (N, T, D), key and value (N, S, E) (the query by default: self-attention), Wq (A, K, D) with
    K = D/heads, Wk and Wv (B, K, E) for B = kv_heads (as many as heads by default; fewer are shared by groups of
    query heads), Wo (D, A, K), result (N, T, D); `torch.nn.MultiheadAttention` with `batch_first`.

    `causal`: position t attends to s <= t only. `key_mask` (N, S): a key whose entry is 0 is not attended to; a row
    without any key gets zeros (PyTorch gives NaN). `rotary`: q and k are turned by their positions (`rotary`).
    `alibi`: the score is lowered by 2^(-8(a + 1)/A)·(t - s). Sources: Vaswani et al. (2017), equation 1 and section
    3.2.2; Ainslie et al., "GQA" (2023); Su et al., "RoFormer" (2021); Press et al., "Train short, test long" (2022).
    """
    _n, _steps, width = require_rank(query, 3, "multi_head_attention", "(N, T, D)")
    key = query if key is None else key
    value = key if value is None else value
    sources = require_rank(key, 3, "multi_head_attention", "(N, S, E)")[1]
    this = layer(query, "multi_head_attention", name, _NAMES)
    size = share(this.net, "multi_head_attention", width, heads)
    kv_heads = heads if kv_heads is None else kv_heads
    group = share(this.net, "multi_head_attention", heads, kv_heads)
    q = _project(this, "q", query, heads, size, bias)
    k = _project(this, "k", key, kv_heads, size, bias)
    v = _project(this, "v", value, kv_heads, size, bias)
    if rotary:
        q, k = (_turned(this, part, x) for part, x in (("q", q), ("k", k)))
    n, a, t, d = this.indices(q)
    b, g = (a, None) if group == 1 else (this.index("b", kv_heads, n, a, t, d), this.index("g", group, n, a, t, d))
    head = a if g is None else b * group + g
    s = this.index("s", sources, n, a, t, d, head)
    score, w, o = this.tensor("score"), this.tensor("w"), this.tensor("o")
    raw = Sum(q[n, head, t, d] * k[n, b, s, d], d) / sqrt(size)
    if alibi:
        raw = raw - 2 ** (-8 * (head + Integer(1)) / sympify(heads)) * (t - s)
    allowed = [*([s <= t] if causal else []), *([Ne(key_mask[n, s], 0)] if key_mask is not None else [])]
    score[n, head, t, s] = Piecewise((raw, And(*allowed)), (-oo, True)) if allowed else raw
    w[n, head, t, s] = exp(score[n, head, t, s] - LogSumExp(score[n, head, t, s], s))
    o[n, head, t, d] = Sum(w[n, head, t, s] * v[n, b, s, d], s)
    Wo = this.parameter("Wo", (width, heads, size), 1 / sqrt(sympify(width)))
    out = this.tensor("out")
    e = this.index(letter_of(width, "d"), width, n, a, t, d)
    mixed = Sum(Wo[e, a, d] * o[n, a, t, d], a, d)
    out[n, t, e] = mixed + this.parameter("bo", (width,))[e] if bias else mixed
    return out


_NAMES = (
    *(f"{letter}{part}" for letter in "Wb" for part in "qkvo"), "q", "k", "v", "q_turned", "k_turned", "score",
    "w", "o", "out",
)  # fmt: skip


def _project(this: Layer, part: str, x: TensorSymbol, heads: Any, size: Any, bias: bool) -> TensorSymbol:
    """part[n, a, t, d] = Σ_i W[a, d, i] x[n, t, i] + b[a, d]."""
    width = x.shape[2]
    n, t, i = this.indices(x)
    a = this.index("a", heads, n, t, i)
    d = this.index("d", size, n, t, i, a)
    W = this.parameter(f"W{part}", (heads, size, width), 1 / sqrt(sympify(width)))
    projected = this.tensor(part)
    value = Sum(W[a, d, i] * x[n, t, i], i)
    projected[n, a, t, d] = value + this.parameter(f"b{part}", (heads, size), "zeros")[a, d] if bias else value
    return projected


def rotary(x: TensorSymbol, base: Any = 10000, name: str | None = None) -> TensorSymbol:
    """Pairs (2i, 2i + 1) of x[..., t, :] turned by the angle t·base^(-2i/D).

    Shapes: x (..., T, D) with D even, result the same. Source: Su et al., "RoFormer" (2021), equation 34.
    """
    require_rank(x, 2, "rotary", "(..., T, D)", or_more=True)
    return _turned(layer(x, "rotary", name, ("x_turned",)), "x", x, base)


def _turned(this: Layer, part: str, x: TensorSymbol, base: Any = 10000) -> TensorSymbol:
    *batch, t, d = this.indices(x)
    width = x.shape[-1]
    half = share(this.net, "rotary", width, 2)
    i = this.index("i", half, *batch, t, d)
    angle = t * sympify(base) ** (-2 * i / width)
    turned = this.tensor(f"{part}_turned")
    left, right = x[(*batch, t, 2 * i)], x[(*batch, t, 2 * i + 1)]
    turned[(*batch, t, 2 * i)] = left * cos(angle) - right * sin(angle)
    turned[(*batch, t, 2 * i + 1)] = left * sin(angle) + right * cos(angle)
    return turned


def sinusoidal_positions(x: TensorSymbol, base: Any = 10000, name: str | None = None) -> TensorSymbol:
    """y[..., t, 2i] = x + sin(t·base^(-2i/D)), y[..., t, 2i + 1] = x + cos of the same angle.

    Shapes: x (..., T, D) with D even, result the same. Source: Vaswani et al. (2017), section 3.5.
    """
    require_rank(x, 2, "sinusoidal_positions", "(..., T, D)", or_more=True)
    this = layer(x, "sinusoidal_positions", name, ("positions", "y"))
    *batch, t, d = this.indices(x)
    width = x.shape[-1]
    i = this.index("i", share(this.net, "sinusoidal_positions", width, 2), *batch, t, d)
    angle = t * sympify(base) ** (-2 * i / width)
    positions, y = this.tensor("positions"), this.tensor("y")
    positions[t, 2 * i], positions[t, 2 * i + 1] = sin(angle), cos(angle)
    y[(*batch, t, d)] = x[(*batch, t, d)] + positions[t, d]
    return y


def learned_positions(x: TensorSymbol, name: str | None = None, init: Any = None) -> TensorSymbol:
    """y[..., t, d] = x[..., t, d] + P[t, d].

    Shapes: x (..., T, D), P (T, D), by default drawn from a normal distribution of deviation 0.02, result that of x.
    Source: Gehring et al., "Convolutional sequence to sequence learning" (2017), section 3.1.
    """
    *_, steps, width = require_rank(x, 2, "learned_positions", "(..., T, D)", or_more=True)
    this = layer(x, "learned_positions", name, ("P", "y"))
    *batch, t, d = this.indices(x)
    P = this.parameter("P", (steps, width), Rational(1, 50) if init is None else init)
    y = this.tensor("y")
    y[(*batch, t, d)] = x[(*batch, t, d)] + P[t, d]
    return y


def transformer_block(
    x: TensorSymbol, heads: Any, hidden: Any = None, causal: bool = False, activation: Callable[[Expr], Expr] = gelu,
    norm: Callable[..., TensorSymbol] = layer_norm, norm_first: bool = True, dropout_rate: Any = 0,
    name: str | None = None, **attention: Any,
) -> TensorSymbol:  # fmt: skip
    """x + attention(norm(x)), then + MLP(norm(.)), the MLP dense to `hidden` (4D) and back.

    With `norm_first=False` the norms stand behind the sums, as in the first transformer. `attention`: options of
    `multi_head_attention`. Shapes: x (N, T, D), result the same; `torch.nn.TransformerEncoderLayer`. Sources:
    Vaswani et al. (2017), section 3.1; Xiong et al., "On layer normalization in the transformer" (2020), table 1.
    """
    width = require_rank(x, 3, "transformer_block", "(N, T, D)")[2]
    hidden = 4 * width if hidden is None else hidden
    own = layer(x, "transformer_block", name, ("out_attention", "mu_attention", "W_hidden")).suffix.lstrip("_")

    def called(part: str) -> str:
        return f"{part}{own}"

    def dropped(y: TensorSymbol, part: str) -> TensorSymbol:
        return dropout(y, dropout_rate, name=called(part)) if dropout_rate else y

    def attend(y: TensorSymbol) -> TensorSymbol:
        mixed = multi_head_attention(y, heads=heads, causal=causal, name=called("attention"), **attention)
        return dropped(mixed, "attended")

    def think(y: TensorSymbol) -> TensorSymbol:
        inner = dense(y, hidden, activation=activation, name=called("hidden"))
        return dropped(dense(inner, width, name=called("mlp")), "thought")

    first, second = called("attention_norm"), called("mlp_norm")
    if norm_first:
        x = add(x, attend(norm(x, name=first)), name=called("attention_sum"))
        return add(x, think(norm(x, name=second)), name=called("mlp_sum"))
    x = norm(add(x, attend(x), name=called("attention_sum")), name=first)
    return norm(add(x, think(x), name=called("mlp_sum")), name=second)
