"""Losses of pairs of vectors."""

from __future__ import annotations

from typing import Any

from sympy import Max, Piecewise, sqrt, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.constants import decimal
from symbackprop.language.reductions import LogSumExp, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import layer, letter_of, require_shape, require_tensor
from symbackprop.losses.reduction import Reduction, check_reduction, reduced, same_shape


@written()
def cosine_embedding(
    x: TensorSymbol, y: TensorSymbol, targets: TensorSymbol, margin: Any = 0, reduction: Reduction = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """1 - cos(x, y) for a target of 1, max(0, cos(x, y) - margin) for -1.

    Shapes: x and y (N, D), targets (N,); `torch.nn.CosineEmbeddingLoss`, with its 1e-12 added to |x|² and |y|². Source:
    PyTorch's documentation; the margin as in Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an
    invariant mapping" (2006), equation 4.
    """
    kind = "cosine_embedding"
    _vectors(kind, x)
    same_shape(kind, x, y)
    require_shape(targets, x.shape[:1], f"losses.{kind}", "a target for each pair")
    check_reduction(kind, reduction)
    this = layer(x, kind, name, ("x_square", "y_square", "x_unit", "y_unit", "cosine", kind))
    n, d = this.indices(x)
    units = []
    for vectors, of in ((x, "x"), (y, "y")):
        square, unit = this.tensor(f"{of}_square"), this.tensor(f"{of}_unit")
        square[n] = Sum(vectors[n, d] ** 2, d) + sympify("1e-12")
        unit[n, d] = Piecewise((vectors[n, d] / sqrt(square[n]), square[n] > 0), (0, True))  # float16 has no 1e-12
        units.append(unit)
    cosine, values = this.tensor("cosine"), this.tensor(kind)
    cosine[n] = Sum(units[0][n, d] * units[1][n, d], d)
    values[n] = Piecewise((1 - cosine[n], targets[n] > 0), (Max(0, cosine[n] - decimal(margin)), True))
    return reduced(values, reduction)


@written()
def info_nce(
    queries: TensorSymbol, keys: TensorSymbol, temperature: Any = 0.1, reduction: Reduction = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """-log softmax over m of q[n]·k[m]/τ at m = n: each query's own key among those of the batch.

    Shapes: queries and keys (N, D). Source: van den Oord, Li and Vinyals, "Representation learning with contrastive
    predictive coding" (2018), equation 4; the temperature of Wu et al., "Unsupervised feature learning via
    non-parametric instance discrimination" (2018), equation 2.
    """
    kind = "info_nce"
    _vectors(kind, queries)
    same_shape(kind, queries, keys)
    check_reduction(kind, reduction)
    this = layer(queries, kind, name, ("similarity", kind))
    n, d = this.indices(queries)
    m = this.index(letter_of(queries.shape[0], "m"), queries.shape[0], n, d)
    similarity, values = this.tensor("similarity"), this.tensor(kind)
    similarity[n, m] = Sum(queries[n, d] * keys[m, d], d) / decimal(temperature)
    values[n] = LogSumExp(similarity[n, m], m) - similarity[n, n]
    return reduced(values, reduction)


def _vectors(kind: str, x: TensorSymbol) -> None:
    if len(require_tensor(x, f"losses.{kind}").shape) != 2:
        raise InvalidArgument(f"losses.{kind}", expected="vectors (N, D)", found=f"{x.name} {x.shape}")
