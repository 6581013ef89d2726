"""PyTorch's attention and transformer layers with symbackprop's weights."""

from __future__ import annotations

import math
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F


def softmax_attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """`F.scaled_dot_product_attention` as its documentation writes it, so that the dropout's mask can be chosen."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    score = q @ k.transpose(-2, -1) * scale
    if is_causal:
        score = score.masked_fill(torch.ones(score.shape[-2:]).tril().logical_not(), -math.inf)
    if attn_mask is not None:
        score = score.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else score + attn_mask
    return F.dropout(torch.softmax(score, -1), dropout_p, dropout_p > 0) @ v


@contextmanager
def masked_by(masks):
    """PyTorch's dropout takes these masks, one after the other, instead of drawing its own."""
    waiting = list(masks)
    known = F.dropout, F.scaled_dot_product_attention

    def dropout(x, p=0.5, training=True, inplace=False):
        return x * waiting.pop(0) / (1 - p) if training and p > 0 else x

    F.dropout, F.scaled_dot_product_attention = dropout, softmax_attention
    try:
        yield
    finally:
        F.dropout, F.scaled_dot_product_attention = known
    assert not waiting


def mask_of(w, o, heads):
    """All that restricts or shifts the scores, as one tensor to be added to them."""
    bias = 0
    for name in ("attn_mask", "key_mask"):
        if name in w:
            mask = w[name][:, None, None] if name == "key_mask" else w[name]
            mask = mask[:, None] if mask.dim() == 3 else mask
            if not mask.dtype.is_floating_point:
                mask = torch.zeros(mask.shape, dtype=torch.double).masked_fill(mask == 0, -math.inf)
            bias = bias + mask
    if o.get("alibi"):
        T, S = w["query"].shape[-2], w.get("key", w["query"]).shape[-2]
        distance = (torch.arange(T)[:, None] - torch.arange(S)).abs()
        slopes = 2.0 ** (-8 * torch.arange(1, heads + 1, dtype=torch.double) / heads)
        bias = bias - slopes[:, None, None] * distance
        if o.get("causal"):
            bias = bias.masked_fill(torch.ones(T, S).tril() == 0, -math.inf)
    return bias if isinstance(bias, torch.Tensor) else None


def attend(q, k, v, w, o, training, mask_name):
    shared = q.shape[1] != k.shape[1]
    if training and "dropout" in o:
        times = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        with masked_by([w[mask_name]]):
            return softmax_attention(q, k, v, mask_of(w, o, q.shape[1]), o["dropout"], scale=o.get("scale"))
    causal = bool(o.get("causal")) and not o.get("alibi")
    return F.scaled_dot_product_attention(
        q, k, v, mask_of(w, o, q.shape[1]), is_causal=causal, scale=o.get("scale"), enable_gqa=shared
    )


def scaled_dot_product_attention(w, o, training):
    return attend(w["query"], w["key"], w["value"], w, o, training, "mask_weights1")


def multi_head_attention(w, o, training):
    query = w["query"]
    key = w.get("key", query)
    value = w.get("value", key)
    heads = o["heads"]
    if not {"kv_heads", "rotary", "alibi", "scale", "dropout"} & set(o):
        return namesake(w, o, query, key, value, heads)
    q, k, v = (
        F.linear(x, w[f"W{part}1"].flatten(0, 1), w[f"b{part}1"].flatten() if f"b{part}1" in w else None)
        .unflatten(-1, w[f"W{part}1"].shape[:2]).transpose(1, 2)
        for part, x in zip("qkv", (query, key, value), strict=True)
    )  # fmt: skip
    if o.get("rotary"):
        from .twins import rotary

        q, k = (rotary({"x": x}, {}, training) for x in (q, k))
    mixed = attend(q, k, v, w, o, training, "mask_weights1").transpose(1, 2).flatten(2)
    return F.linear(mixed, w["Wo1"].flatten(1), w.get("bo1"))


def namesake(w, o, query, key, value, heads):
    """`torch.nn.MultiheadAttention`."""
    width, bias = query.shape[-1], o.get("bias", True)
    with torch.device("meta"):
        module = nn.MultiheadAttention(
            width, heads, bias=bias, kdim=key.shape[-1], vdim=value.shape[-1], batch_first=True
        ).double()
    parameters = attention_parameters(module, w, "1")
    mask = w.get("attn_mask")
    if o.get("causal"):
        mask = torch.ones(query.shape[1], key.shape[1]).tril() == 0
    ignored = w["key_mask"] == 0 if "key_mask" in w else None
    return torch.func.functional_call(module, parameters, (query, key, value), {
        "attn_mask": mask, "key_padding_mask": ignored, "need_weights": False,
    })[0]  # fmt: skip


def attention_parameters(module, w, suffix):
    """The parameters of a `torch.nn.MultiheadAttention` from Wq (A, K, D), ..., Wo (D, A, K)."""
    parts = [w[f"W{part}{suffix}"].flatten(0, 1) for part in "qkv"]
    own = {"out_proj.weight": w[f"Wo{suffix}"].flatten(1)}
    if module.in_proj_weight is not None:
        own["in_proj_weight"] = torch.cat(parts)
    else:
        own.update({f"{part}_proj_weight": weight for part, weight in zip("qkv", parts, strict=True)})
    if module.in_proj_bias is not None:
        own["in_proj_bias"] = torch.cat([w[f"b{part}{suffix}"].flatten() for part in "qkv"])
        own["out_proj.bias"] = w[f"bo{suffix}"]
    return own


def transformer_block(w, o, training):
    """`torch.nn.TransformerEncoderLayer`, or with a memory `torch.nn.TransformerDecoderLayer`."""
    x, memory = w["x"], w.get("memory")
    kind = nn.TransformerEncoderLayer if memory is None else nn.TransformerDecoderLayer
    options = {
        "dim_feedforward": w["W_hidden1"].shape[0], "dropout": o.get("dropout", 0.0),
        "activation": "relu" if "activation" in o else "gelu", "batch_first": True,
        "norm_first": o.get("norm_first", True), "bias": o.get("bias", True),
    }  # fmt: skip
    with torch.device("meta"):
        module = kind(x.shape[-1], o["heads"], **options).double().train(training)
    own = {f"linear{number}.weight": w[f"W_{part}1"] for number, part in ((1, "hidden"), (2, "mlp"))}
    norms = ["attention_norm", *(["memory_norm"] if memory is not None else []), "mlp_norm"]
    own.update({f"norm{number}.weight": w[f"gamma_{norm}1"] for number, norm in enumerate(norms, 1)})
    attentions = {"self_attn": "_attention1", **({"multihead_attn": "_memory1"} if memory is not None else {})}
    for name, suffix in attentions.items():
        parameters = attention_parameters(getattr(module, name), w, suffix)
        own.update({f"{name}.{key}": value for key, value in parameters.items()})
    if o.get("bias", True):
        own.update({f"linear{number}.bias": w[f"b_{part}1"] for number, part in ((1, "hidden"), (2, "mlp"))})
        own.update({f"norm{number}.bias": w[f"beta_{norm}1"] for number, norm in enumerate(norms, 1)})
    causal = torch.ones(x.shape[1], x.shape[1]).tril() == 0 if o.get("causal") else None
    ignored = w["key_mask"] == 0 if "key_mask" in w else None
    if memory is None:
        inputs, named = (x,), {"src_mask": causal, "src_key_padding_mask": ignored}
    else:
        absent = w["memory_mask"] == 0 if "memory_mask" in w else None
        inputs, named = (x, memory), {"tgt_mask": causal, "memory_key_padding_mask": absent}
    between = ["remembered1"] if memory is not None else []
    order = ["weights_attention1", "attended1", *(["weights_memory1"] if between else []), *between, "hidden_units1",
             "thought1"]  # fmt: skip
    masks = [w[f"mask_{part}"] for part in order] if training and o.get("dropout") else []
    with masked_by(masks):
        return torch.func.functional_call(module, own, inputs, named)
