"""Losses: functions that return a scalar expression for `net.loss`, built of equations on the tensors' network.

`reduction`: "mean" (the default), "sum", or for most "none", which returns the tensor of the losses of all elements.
Each names the tensors it needs `<kind><number>`, or after `name`.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Eq, Expr, Max, Ne, Piecewise, log, oo, pi, sqrt, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.functions import log_sigmoid, stop_gradient
from symbackprop.language.reductions import LogSumExp, Mean, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import indices_of, layer, letter_of


def _reduced(kind: str, values: TensorSymbol, reduction: str) -> Any:
    indices = indices_of(values)
    match reduction:
        case "mean":
            return Mean(values[indices], *indices) if indices else values
        case "sum":
            return Sum(values[indices], *indices) if indices else values
        case "none":
            return values
    raise InvalidArgument(f"losses.{kind}: reduction", expected='"mean", "sum" or "none"', found=repr(reduction))


def _same_shape(kind: str, x: TensorSymbol, y: TensorSymbol) -> None:
    if tuple(x.shape) != tuple(y.shape):
        raise InvalidArgument(
            f"losses.{kind}", expected=f"the shape of {x.name}, {x.shape}", found=f"{y.name} {y.shape}"
        )  # fmt: skip


def _elementwise(kind: str, x: TensorSymbol, y: TensorSymbol, value: Any, reduction: str, name: str | None) -> Any:
    """The loss value(x, y) of each pair of elements, as a tensor of its own, reduced."""
    _same_shape(kind, x, y)
    this = layer(x, kind, name, (kind,))
    indices = this.indices(x)
    values = this.tensor(kind)
    values[indices] = value(x[indices], y[indices])
    return _reduced(kind, values, reduction)


def mse(prediction: TensorSymbol, target: TensorSymbol, reduction: str = "mean", name: str | None = None) -> Any:
    """(p - y)² over all elements; `torch.nn.MSELoss`."""
    return _elementwise("mse", prediction, target, lambda p, y: (p - y) ** 2, reduction, name)


def mae(prediction: TensorSymbol, target: TensorSymbol, reduction: str = "mean", name: str | None = None) -> Any:
    """|p - y| over all elements, its derivative 0 at p = y; `torch.nn.L1Loss`."""
    return _elementwise("mae", prediction, target, lambda p, y: Abs(p - y), reduction, name)


def huber(
    prediction: TensorSymbol, target: TensorSymbol, delta: Any = 1, reduction: str = "mean", name: str | None = None
) -> Any:
    """½e² for |e| <= δ and δ(|e| - ½δ) beyond, e = p - y; `torch.nn.HuberLoss`. Source: Huber (1964), section 4."""
    delta = sympify(delta)

    def value(p: Expr, y: Expr) -> Expr:
        e = Abs(p - y)
        return Piecewise(((p - y) ** 2 / 2, e <= delta), (delta * (e - delta / 2), True))

    return _elementwise("huber", prediction, target, value, reduction, name)


def softmax_cross_entropy(
    logits: TensorSymbol, labels: TensorSymbol, label_smoothing: Any = 0, reduction: str = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """-Σ_k y[..., k] log softmax(z)[..., k], y rows of probabilities or, for integer labels, one-hot.

    Shapes: logits (..., C), labels (...) integers below C or (..., C) floats. With `label_smoothing` ε the target is
    (1 - ε)·y + ε/C; `torch.nn.CrossEntropyLoss` (class axis last here). Source: Bishop, "Pattern recognition and
    machine learning" (2006), equation 4.108; Szegedy et al., "Rethinking the Inception architecture" (2016), section 7.
    """
    kind = "softmax_cross_entropy"
    this = layer(logits, kind, name, ("cross_entropy",))
    *batch, k = this.indices(logits)
    values, at, smooth = this.tensor("cross_entropy"), tuple(batch), sympify(str(label_smoothing))
    z, classes = logits[(*batch, k)], logits.shape[-1]
    integers = labels.dtype == "int"
    expected = tuple(logits.shape[:-1]) if integers else tuple(logits.shape)
    if tuple(labels.shape) != expected:
        raise InvalidArgument(f"losses.{kind}", expected=f"labels of shape {expected}", found=f"{labels.shape}")
    normalizer = LogSumExp(z, k)
    if integers:
        likelihood = normalizer - logits[(*batch, labels[at])]
    else:
        likelihood = -Sum(labels[(*batch, k)] * (z - normalizer), k)
    if label_smoothing != 0:
        likelihood = (1 - smooth) * likelihood + smooth * (normalizer - Sum(z, k) / classes)
    values[at] = likelihood
    return _reduced(kind, values, reduction)


def binary_cross_entropy(
    logits: TensorSymbol, targets: TensorSymbol, reduction: str = "mean", name: str | None = None
) -> Any:
    """-y log σ(z) - (1 - y) log(1 - σ(z)) from logits; `torch.nn.BCEWithLogitsLoss`."""
    return _elementwise(
        "binary_cross_entropy", logits, targets,
        lambda z, y: -y * log_sigmoid(z) - (1 - y) * log_sigmoid(-z), reduction, name,
    )  # fmt: skip


def nll(log_probabilities: TensorSymbol, labels: TensorSymbol, reduction: str = "mean", name: str | None = None) -> Any:
    """-log p[..., label]. Shapes: log p (..., C), labels (...) integers below C; `torch.nn.NLLLoss`."""
    this = layer(log_probabilities, "nll", name, ("nll",))
    batch = this.indices(log_probabilities)[:-1]
    values = this.tensor("nll")
    values[batch] = -log_probabilities[(*batch, labels[batch])]
    return _reduced("nll", values, reduction)


def kl_divergence(
    log_q: TensorSymbol, p: TensorSymbol, reduction: str = "mean", name: str | None = None
) -> Any:
    """Σ p (log p - log q), 0 where p = 0. Shapes: both (N, ...); "mean" and "batchmean" as `torch.nn.KLDivLoss` has
    them: over all elements, and the sum over the batch's size. Source: Kullback and Leibler (1951), equation 2.4."""
    by_batch = reduction == "batchmean"
    total = _elementwise(
        "kl_divergence", log_q, p, lambda q, y: Piecewise((y * (log(y) - q), y > 0), (0, True)),
        "sum" if by_batch else reduction, name,
    )  # fmt: skip
    return total / p.shape[0] if by_batch else total


def hinge(scores: TensorSymbol, targets: TensorSymbol, reduction: str = "mean", name: str | None = None) -> Any:
    """max(0, 1 - y·s) for targets y of -1 and 1. Source: Cortes and Vapnik, "Support-vector networks" (1995)."""
    return _elementwise("hinge", scores, targets, lambda s, y: Max(0, 1 - y * s), reduction, name)


def gaussian_nll(
    mean: TensorSymbol, target: TensorSymbol, variance: TensorSymbol, full: bool = False, eps: Any = 1e-6,
    reduction: str = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """½(log v + (y - μ)²/v), with ½log 2π if `full`, v no less than eps; `torch.nn.GaussianNLLLoss` (which keeps the
    bound out of the gradient: so does this). Source: Nix and Weigend (1994), equation 4."""
    kind = "gaussian_nll"
    _same_shape(kind, mean, target)
    _same_shape(kind, mean, variance)
    this = layer(mean, kind, name, (kind,))
    at = this.indices(mean)
    values = this.tensor(kind)
    v = variance[at] + stop_gradient(Max(variance[at], sympify(str(eps))) - variance[at])
    values[at] = (log(v) + (target[at] - mean[at]) ** 2 / v) / 2 + (log(2 * pi) / 2 if full else 0)
    return _reduced(kind, values, reduction)


def cosine_embedding(
    x: TensorSymbol, y: TensorSymbol, targets: TensorSymbol, margin: Any = 0, reduction: str = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """1 - cos(x, y) for a target of 1, max(0, cos(x, y) - margin) for -1.

    Shapes: x and y (N, D), targets (N,); `torch.nn.CosineEmbeddingLoss`, with its 1e-12 added to |x|² and |y|².
    """
    kind = "cosine_embedding"
    _same_shape(kind, x, y)
    this = layer(x, kind, name, ("cosine", kind))
    n, d = this.indices(x)
    cosine, values = this.tensor("cosine"), this.tensor(kind)
    tiny = sympify("1e-12")
    norms = (Sum(x[n, d] ** 2, d) + tiny) * (Sum(y[n, d] ** 2, d) + tiny)
    cosine[n] = Sum(x[n, d] * y[n, d], d) / sqrt(norms)
    values[n] = Piecewise((1 - cosine[n], targets[n] > 0), (Max(0, cosine[n] - sympify(margin)), True))
    return _reduced(kind, values, reduction)


def info_nce(queries: TensorSymbol, keys: TensorSymbol, temperature: Any = 0.1, name: str | None = None) -> Any:
    """Mean over n of -log softmax over m of q[n]·k[m]/τ at m = n: each query's own key among those of the batch.

    Shapes: queries and keys (N, D). Source: van den Oord, Li and Vinyals, "Representation learning with contrastive
    predictive coding" (2018), equation 4.
    """
    _same_shape("info_nce", queries, keys)
    this = layer(queries, "info_nce", name, ("similarity",))
    n, d = this.indices(queries)
    m = this.index(letter_of(queries.shape[0], "m"), queries.shape[0], n, d)
    similarity = this.tensor("similarity")
    similarity[n, m] = Sum(queries[n, d] * keys[m, d], d) / sympify(str(temperature))
    return Mean(LogSumExp(similarity[n, m], m) - similarity[n, n], n)


def ctc(
    log_probabilities: TensorSymbol, labels: TensorSymbol, input_lengths: TensorSymbol, label_lengths: TensorSymbol,
    blank: Any = 0, reduction: str = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """-log of the probability of all paths that spell the labels once repeats and blanks are taken out.

    b[t, n, u] and e[t, n, u]: log-probability, after t frames, of the paths that have spelt the first u labels and
    end in a blank, or in label u. Shapes: log_probabilities (T, N, C), labels (N, U) integers below C other than
    `blank`, input_lengths (N,) integers below T + 1, label_lengths (N,) integers below U + 1; `torch.nn.CTCLoss`
    ("mean" divides each sample's loss by its label length, at least 1, as PyTorch does).
    Source: Graves et al., "Connectionist temporal classification" (2006), equations 5 to 8.
    """
    kind = "ctc"
    if len(log_probabilities.shape) != 3 or len(labels.shape) != 2:
        raise InvalidArgument(
            f"losses.{kind}", expected="log-probabilities (T, N, C) and labels (N, U)",
            found=f"{log_probabilities.shape} and {labels.shape}",
        )  # fmt: skip
    frames, _, _ = log_probabilities.shape
    most = labels.shape[1]
    this = layer(log_probabilities, kind, name, ("ctc_blank", "ctc_label", kind))
    n = this.indices(labels)[0]
    t = this.index("t", (1, frames), n)
    u = this.index("u", (0, most), n, t)
    v = this.index("v", (1, most), n, t, u)
    b, e, values = this.tensor("ctc_blank"), this.tensor("ctc_label"), this.tensor(kind)
    two, three = this.index("r", 2, n, t, u, v), this.index("r", 3, n, t, u, v)
    b[0, n, u] = Piecewise((0, Eq(u, 0)), (-oo, True))
    e[0, n, u] = -oo
    b[t, n, u] = log_probabilities[t - 1, n, blank] + LogSumExp(
        Piecewise((b[t - 1, n, u], Eq(two, 0)), (e[t - 1, n, u], True)), two
    )
    other = Piecewise((Piecewise((e[t - 1, n, v - 1], Ne(labels[n, v - 1], labels[n, v - 2])), (-oo, True)), v >= 2),
                      (-oo, True))  # fmt: skip
    e[t, n, 0] = -oo
    e[t, n, v] = log_probabilities[t - 1, n, labels[n, v - 1]] + LogSumExp(
        Piecewise((e[t - 1, n, v], Eq(three, 0)), (b[t - 1, n, v - 1], Eq(three, 1)), (other, True)), three
    )
    ends = (input_lengths[n], n, label_lengths[n])
    values[n] = -LogSumExp(Piecewise((b[ends], Eq(two, 0)), (e[ends], True)), two)
    if reduction == "mean":
        return Mean(values[n] / Max(label_lengths[n], 1), n)
    return _reduced(kind, values, reduction)


def l1_penalty(*tensors: TensorSymbol) -> Expr:
    """Σ |w| over all elements of all tensors."""
    return sum((Sum(Abs(w[at]), *at) for w in tensors for at in (indices_of(w),)), sympify(0))


def l2_penalty(*tensors: TensorSymbol) -> Expr:
    """½ Σ w² over all elements of all tensors."""
    return sum((Sum(w[at] ** 2, *at) for w in tensors for at in (indices_of(w),)), sympify(0)) / 2


__all__ = [
    "binary_cross_entropy", "cosine_embedding", "ctc", "gaussian_nll", "hinge", "huber",
    "info_nce", "kl_divergence", "l1_penalty", "l2_penalty", "mae", "mse", "nll", "softmax_cross_entropy",
]  # fmt: skip
