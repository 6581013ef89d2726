"""The block that transformers repeat: attention and a small network, each beside a residual connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Expr

from symbackprop.language.activations import gelu
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.attention import multi_head_attention
from symbackprop.layers.calls import written
from symbackprop.layers.combine import add
from symbackprop.layers.dense import dense
from symbackprop.layers.naming import layer, require_rank
from symbackprop.layers.normalisation import dropout as drop
from symbackprop.layers.normalisation import layer_norm


@written("heads")
def transformer_block(
    x: TensorSymbol, heads: Any = None, hidden: Any = None, memory: TensorSymbol | None = None, causal: bool = False,
    activation: Callable[[Expr], Expr] = gelu, norm: Callable[..., TensorSymbol] = layer_norm, norm_first: bool = True,
    dropout: Any = 0, bias: bool = True, memory_mask: TensorSymbol | None = None, name: str | None = None,
    like: TensorSymbol | None = None, **attention: Any,
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
    this = layer(x, "transformer_block", name, ("out_attention", "mu_attention", "W_hidden"), like)

    def made(part: str, block: Callable[..., TensorSymbol], *inputs: TensorSymbol, **options: Any) -> TensorSymbol:
        own = this.suffix.lstrip("_")
        return this.part(part, block(*inputs, name=f"{part}{own}", **this.sharing(part), **options))

    def dropped(y: TensorSymbol, part: str) -> TensorSymbol:
        return made(part, drop, y, p=dropout) if dropout else y

    def attend(y: TensorSymbol) -> TensorSymbol:
        options = {"heads": heads, "causal": causal, "bias": bias, "dropout": dropout, **attention}
        return dropped(made("attention", multi_head_attention, y, **options), "attended")

    def consult(y: TensorSymbol) -> TensorSymbol:
        options = {"heads": heads, "key_mask": memory_mask, "bias": bias, "dropout": dropout}
        assert memory is not None
        return dropped(made("memory", multi_head_attention, y, memory, **options), "remembered")

    def think(y: TensorSymbol) -> TensorSymbol:
        inner = made("hidden", dense, y, units=hidden, activation=activation, bias=bias)
        outer = made("mlp", dense, dropped(inner, "hidden_units"), units=width, bias=bias)
        return dropped(outer, "thought")

    branches = [("attention", attend), *([("memory", consult)] if memory is not None else []), ("mlp", think)]
    for part, branch in branches:
        if norm_first:
            inner = branch(made(f"{part}_norm", norm, x))
            x = made(f"after_{part}", add, x, inner)
        else:
            x = made(f"{part}_norm", norm, made(f"after_{part}", add, x, branch(x)))
    return this.made(x)
