"""Attention: queries find keys, and take what stands beside them; batch first."""

from __future__ import annotations

from typing import Any

from sympy import Abs, And, Expr, Integer, Ne, Piecewise, exp, oo, sqrt, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import LogSumExp, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.grouping import share
from symbackprop.layers.naming import Layer, layer, letter_of, require_rank, require_shape, require_tensor
from symbackprop.layers.normalisation import dropout as drop
from symbackprop.layers.positions import turned


@written()
def scaled_dot_product_attention(
    query: TensorSymbol, key: TensorSymbol, value: TensorSymbol, attn_mask: TensorSymbol | None = None,
    key_mask: TensorSymbol | None = None, dropout: Any = 0, causal: bool = False, scale: Any = None,
    alibi: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """o[n, a, t] = Σ_s softmax over s of (q[n, a, t]·k[n, a, s]·scale) v[n, a, s].

    Shapes: query (N, A, T, K), key (N, B, S, K), value (N, B, S, M), result (N, A, T, M); B divides A, and each key is
    shared by A/B query heads; `torch.nn.functional.scaled_dot_product_attention`. `scale` is 1/sqrt(K) by default.

    `causal`: position t attends to s <= t only. `key_mask` (N, S): a key whose entry is 0 is not attended to.
    `attn_mask` (T, S), (N, T, S) or (N, A, T, S): integers, where 0 is not attended to, or floats, which are added to
    the scores. Where nothing is attended to the result is 0 (PyTorch gives NaN). `dropout`: of the weights. `alibi`:
    the scores are lowered by 2^(-8(a + 1)/A)·|t - s|. Sources: Vaswani et al., "Attention is all you need" (2017),
    equation 1; Ainslie et al., "GQA" (2023), section 2.2; Press et al., "Train short, test long" (2022), section 3.
    """
    kind = "scaled_dot_product_attention"
    for tensor, axes in ((query, "(N, A, T, K)"), (key, "(N, B, S, K)"), (value, "(N, B, S, M)")):
        require_rank(tensor, 4, kind, axes)
    this = layer(query, kind, name, ("score", "w", "o"))
    return _attend(this, kind, query, key, value, attn_mask, key_mask, dropout, causal, scale, alibi)


@written()
def multi_head_attention(
    query: TensorSymbol, key: TensorSymbol | None = None, value: TensorSymbol | None = None, heads: Any = 1,
    kv_heads: Any = None, causal: bool = False, key_mask: TensorSymbol | None = None,
    attn_mask: TensorSymbol | None = None, dropout: Any = 0, bias: bool = True, scale: Any = None,
    rotary: bool = False, alibi: bool = False, name: str | None = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """out = Wo·concat over heads of softmax(q kᵀ/sqrt(K)) v + bo, with q = Wq·query + bq, k = Wk·key + bk, ...

    Shapes: query (N, T, D), key (N, S, E) and value (N, S, G) (the query by default: self-attention), Wq (A, K, D) with
    K = D/heads, Wk (B, K, E) and Wv (B, K, G) for B = kv_heads (as many as heads by default; fewer are shared by groups
    of query heads), Wo (D, A, K), result (N, T, D); `torch.nn.MultiheadAttention` with `batch_first`.

    `rotary`: q and k are turned by their positions (`rotary`). `causal`, `key_mask`, `attn_mask`, `dropout`, `scale`,
    `alibi`: as in `scaled_dot_product_attention`. Source: Vaswani et al., "Attention is all you need" (2017), section
    3.2.2.
    """
    kind = "multi_head_attention"
    width = require_rank(query, 3, kind, "(N, T, D)")[2]
    key = query if key is None else key
    value = key if value is None else value
    for tensor, axes in ((key, "(N, S, E)"), (value, "(N, S, G)")):
        require_rank(tensor, 3, kind, axes)
    this = layer(query, kind, name, _NAMES, like)
    size = share(this.net, kind, width, heads)
    kv_heads = heads if kv_heads is None else kv_heads
    q = _project(this, "q", query, heads, size, bias)
    k = _project(this, "k", key, kv_heads, size, bias)
    v = _project(this, "v", value, kv_heads, size, bias)
    if rotary:
        q, k = (turned(this, part, x) for part, x in (("q", q), ("k", k)))
    o = _attend(this, kind, q, k, v, attn_mask, key_mask, dropout, causal, scale, alibi)
    n, a, t, d = this.indices(o)
    Wo = this.parameter("Wo", (width, heads, size), 1 / sqrt(sympify(width)))
    out = this.tensor("out")
    e = this.index(letter_of(width, "d"), width, n, a, t, d)
    out[n, t, e] = this.biased(Sum(Wo[e, a, d] * o[n, a, t, d], a, d), "bo", (width,), e, bias)
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
    projected[n, a, t, d] = this.biased(value, f"b{part}", (heads, size), (a, d), bias)
    return projected


def _attend(
    this: Layer, kind: str, q: TensorSymbol, k: TensorSymbol, v: TensorSymbol, attn_mask: TensorSymbol | None,
    key_mask: TensorSymbol | None, dropout: Any, causal: bool, scale: Any, alibi: bool,
) -> TensorSymbol:  # fmt: skip
    """The scores, their softmax and the weighted mean of the values."""
    batch, heads, steps, size = q.shape
    kv_heads, sources = k.shape[1:3]
    require_shape(k, (batch, kv_heads, sources, size), f"layers.{kind}: key", "the query's batch and features")
    require_shape(v, (batch, kv_heads, sources, v.shape[3]), f"layers.{kind}: value", "a value for each key")
    group = share(this.net, kind, heads, kv_heads) if heads != kv_heads else 1
    n, a, t, d = this.indices(q)
    b, g = (a, None) if group == 1 else (this.index("b", kv_heads, n, a, t, d), this.index("g", group, n, a, t, d))
    head = a if g is None else b * group + g
    s = this.index("s", sources, n, a, t, d, head)
    score, w, o = this.tensor("score"), this.tensor("w"), this.tensor("o")
    factor = 1 / sqrt(size) if scale is None else sympify(scale)
    raw = Sum(q[n, head, t, d] * k[n, b, s, d], d) * factor
    if alibi:
        distance = t - s if causal else Abs(t - s)
        raw = raw - 2 ** (-8 * (head + Integer(1)) / sympify(heads)) * distance
    allowed: list[Any] = [s <= t] if causal else []
    if key_mask is not None:
        require_shape(key_mask, (batch, sources), f"layers.{kind}: key_mask", "an entry for each key")
        allowed.append(Ne(key_mask[n, s], 0))
    if attn_mask is not None:
        entry = _entry(kind, attn_mask, (n, head, t, s), (batch, heads, steps, sources))
        if attn_mask.dtype == "int":
            allowed.append(Ne(entry, 0))
        else:
            raw = raw + entry
    score[n, head, t, s] = Piecewise((raw, And(*allowed)), (-oo, True)) if allowed else raw
    w[n, head, t, s] = exp(score[n, head, t, s] - LogSumExp(score[n, head, t, s], s))
    if dropout:
        w = drop(w, dropout, name=f"weights{this.suffix}")
    m = d if v.shape[3] == size else this.index(letter_of(v.shape[3], "m"), v.shape[3], n, a, t, d, s)
    o[n, head, t, m] = Sum(w[n, head, t, s] * v[n, b, s, m], s)
    return o


def _entry(kind: str, mask: TensorSymbol, at: tuple[Any, ...], shape: tuple[Any, ...]) -> Expr:
    """The mask's element for (n, a, t, s), by its rank."""
    subject = f"layers.{kind}: attn_mask"
    places = {2: (2, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3)}.get(len(require_tensor(mask, subject).shape))
    if places is None:
        raise InvalidArgument(subject, expected="a tensor (T, S), (N, T, S) or (N, A, T, S)",
                              found=f"{mask.name} {mask.shape}")  # fmt: skip
    require_shape(mask, [shape[place] for place in places], subject, "an entry for each pair")
    return mask[tuple(at[place] for place in places)]
