"""The block that transformers repeat: attention and a small network, each beside a residual connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Expr

from symbackprop.language.activations import gelu
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.attention import multi_head_attention
from symbackprop.layers.combine import add
from symbackprop.layers.dense import dense
from symbackprop.layers.naming import layer, require_rank
from symbackprop.layers.normalisation import dropout as drop
from symbackprop.layers.normalisation import layer_norm


def transformer_block(
    x: TensorSymbol, heads: Any, hidden: Any = None, memory: TensorSymbol | None = None, causal: bool = False,
    activation: Callable[[Expr], Expr] = gelu, norm: Callable[..., TensorSymbol] = layer_norm, norm_first: bool = True,
    dropout: Any = 0, bias: bool = True, memory_mask: TensorSymbol | None = None, name: str | None = None,
    **attention: Any,
) -> TensorSymbol:  # fmt: skip
    """x + attention(norm(x)), then + MLP(norm(.)), the MLP dense to `hidden` (4D) and back.

    With a `memory` (N, S, E) there is an attention to it in between, + attention(norm(.), memory), whose keys count
    where `memory_mask` (N, S) is not 0: `torch.nn.TransformerDecoderLayer`, else `torch.nn.TransformerEncoderLayer`
    (whose defaults are relu, `norm_first=False`, a dropout of 0.1 and 2048 hidden units). With `norm_first=False` the
    norms stand behind the sums, as in the first transformer. `dropout`: of the attention's weights, of the hidden
    units and of what each branch adds, as in PyTorch. `bias`: of all affine maps and layer norms. `attention`: options
    of `multi_head_attention` for x itself.

    Shapes: x (N, T, D), result the same. Sources: Vaswani et al., "Attention is all you need" (2017), section 3.1 and
    equation 2; Xiong et al., "On layer normalization in the transformer architecture" (2020), table 1.
    """
    width = require_rank(x, 3, "transformer_block", "(N, T, D)")[2]
    hidden = 4 * width if hidden is None else hidden
    if norm is layer_norm and not bias:
        norm = partial(layer_norm, bias=False)
    own = layer(x, "transformer_block", name, ("out_attention", "mu_attention", "W_hidden")).suffix.lstrip("_")

    def called(part: str) -> str:
        return f"{part}{own}"

    def dropped(y: TensorSymbol, part: str) -> TensorSymbol:
        return drop(y, dropout, name=called(part)) if dropout else y

    def attend(y: TensorSymbol) -> TensorSymbol:
        options = {"heads": heads, "causal": causal, "bias": bias, "dropout": dropout, **attention}
        return dropped(multi_head_attention(y, name=called("attention"), **options), "attended")

    def consult(y: TensorSymbol) -> TensorSymbol:
        options = {"heads": heads, "key_mask": memory_mask, "bias": bias, "dropout": dropout}
        return dropped(multi_head_attention(y, memory, name=called("memory"), **options), "remembered")

    def think(y: TensorSymbol) -> TensorSymbol:
        inner = dense(y, hidden, activation=activation, bias=bias, name=called("hidden"))
        outer = dense(dropped(inner, "hidden_units"), width, bias=bias, name=called("mlp"))
        return dropped(outer, "thought")

    branches = [("attention", attend), *([("memory", consult)] if memory is not None else []), ("mlp", think)]
    for part, branch in branches:
        if norm_first:
            inner = branch(norm(x, name=called(f"{part}_norm")))
            x = add(x, inner, name=called(f"after_{part}"))
        else:
            x = norm(add(x, branch(x), name=called(f"after_{part}")), name=called(f"{part}_norm"))
    return x
