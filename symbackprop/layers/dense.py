"""Dense layers: affine maps of the last axis, bilinear forms, table look-ups."""

from __future__ import annotations

from typing import Any

from sympy import Ne, Piecewise

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import Activation, activated, layer, letter_of, require_rank, require_tensor


@written("units")
def dense(
    x: TensorSymbol, units: Any = None, activation: Activation = None, bias: bool = True, name: str | None = None,
    init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y[..., j] = activation(Σ_i W[j, i] x[..., i] + b[j]).

    Shapes: x (..., D), W (units, D), b (units,), result (..., units); `torch.nn.Linear`. The result is `a<name>`, or
    `z<name>` without an activation. `like` may be what an `embedding` made, whose table E (units, D) is W then: the
    output head of a language model. Source: Bishop, "Pattern recognition and machine learning" (2006), equation 5.2.
    """
    *_, features = require_rank(x, 1, "dense", "(..., D)", or_more=True)
    this = layer(x, "dense", name, ("W", "b", "z", "a"), like)
    *batch, i = this.indices(x)
    j = this.index(letter_of(units, "j"), units, i, *batch)
    W = this.parameter("W", (units, features), init)
    z = this.tensor("z")
    z[(*batch, j)] = this.biased(Sum(W[j, i] * x[(*batch, i)], i), "b", (units,), j, bias)
    return activated(this, z, activation, "a")


@written("units")
def bilinear(
    x: TensorSymbol, y: TensorSymbol, units: Any = None, bias: bool = True, name: str | None = None, init: Any = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """z[..., k] = Σ_{i,j} x[..., i] W[k, i, j] y[..., j] + b[k].

    Shapes: x (..., D), y (..., E), W (units, D, E), b (units,), result (..., units); `torch.nn.Bilinear`. Source:
    Tenenbaum and Freeman, "Separating style and content with bilinear models" (2000), equation 1.
    """
    *_, left = require_rank(x, 1, "bilinear", "(..., D)", or_more=True)
    *_, right = require_rank(y, x.rank, "bilinear", "those of x but the last")
    this = layer(x, "bilinear", name, ("W", "b", "z"), like)
    *batch, i = this.indices(x)
    j = this.index(letter_of(right, "j"), right, i, *batch)
    k = this.index(letter_of(units, "k"), units, i, j, *batch)
    W = this.parameter("W", (units, left, right), init)
    z = this.tensor("z")
    z[(*batch, k)] = this.biased(Sum(x[(*batch, i)] * W[k, i, j] * y[(*batch, j)], i, j), "b", (units,), k, bias)
    return z


@written("size", "units")
def embedding(
    tokens: TensorSymbol, size: Any = None, units: Any = None, padding_idx: Any = None, name: str | None = None,
    init: Any = "normal", like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """e[..., d] = E[tokens[...], d], and 0 where the token is `padding_idx`.

    Shapes: tokens (...) integers below `size`, E (size, units), result (..., units); `torch.nn.Embedding`, E drawn
    from a standard normal distribution. The row of `padding_idx` is never read, so it gets no gradient (PyTorch reads
    the row, which it starts at 0). Source: Bengio et al., "A neural probabilistic language model" (2003), section 2.
    """
    if require_tensor(tokens, "layers.embedding: tokens").dtype != "int":
        raise InvalidArgument("layers.embedding: tokens", expected='an input of dtype="int"', found=str(tokens))
    this = layer(tokens, "embedding", name, ("E", "e"), like)
    batch = this.indices(tokens)
    d = this.index(letter_of(units, "d"), units, *batch)
    E = this.parameter("E", (size, units), init)
    e = this.tensor("e")
    token = tokens[batch]
    row = E[token, d]
    e[(*batch, d)] = row if padding_idx is None else Piecewise((row, Ne(token, padding_idx)), (0, True))
    return e


__all__ = ["bilinear", "dense", "embedding"]
