"""Connectionist temporal classification: the likelihood of all ways to spell a label in time."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Max, Ne, Piecewise, oo

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import LogSumExp, Mean
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import layer, require_tensor
from symbackprop.losses.reduction import Reduction, check_reduction, reduced


@written()
def ctc(
    log_probabilities: TensorSymbol, labels: TensorSymbol, input_lengths: TensorSymbol, label_lengths: TensorSymbol,
    blank: Any = 0, reduction: Reduction = "mean", zero_infinity: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """-log of the probability of all paths that spell the labels once repeats and blanks are taken out.

    b[t, n, u] and e[t, n, u]: log-probability, after t frames, of the paths that have spelt the first u labels and
    end in a blank, or in label u. Shapes: log_probabilities (T, N, C), labels (N, U) integers below C other than
    `blank`, input_lengths (N,) integers below T + 1, label_lengths (N,) integers below U + 1; `torch.nn.CTCLoss`
    ("mean" divides each sample's loss by its label length, at least 1, as PyTorch does).
    A label that no path of its frames can spell costs infinity, or nothing with `zero_infinity`.
    Source: Graves et al., "Connectionist temporal classification" (2006), equations 5 to 8.
    """
    kind = "ctc"
    check_reduction(kind, reduction)
    for tensor in (log_probabilities, labels, input_lengths, label_lengths):
        require_tensor(tensor, f"losses.{kind}")
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
    cost = -LogSumExp(Piecewise((b[ends], Eq(two, 0)), (e[ends], True)), two)
    values[n] = Piecewise((cost, Max(b[ends], e[ends]) > -oo), (0, True)) if zero_infinity else cost
    if reduction == "mean":
        return Mean(values[n] / Max(label_lengths[n], 1), n)
    return reduced(values, reduction)
