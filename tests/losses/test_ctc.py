"""The likelihood of a spelling against the sum over every path of frames."""

import itertools

import numpy as np
import pytest

from symbackprop import losses

from ..layers.values import normal, run, softmax


def spelt(path: tuple[int, ...]) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label]


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_every_path(reduction: str) -> None:
    p = softmax(normal(4, 2, 3))
    labels, frames, lengths = np.array([[1, 1], [2, 1]]), np.array([4, 3]), np.array([2, 1])
    costs = []
    for n in range(2):
        total = sum(
            np.prod([p[t, n, label] for t, label in enumerate(path)])
            for path in itertools.product(range(3), repeat=frames[n])
            if spelt(path) == list(labels[n, : lengths[n]])
        )
        costs.append(-np.log(total))
    expected = sum(costs) if reduction == "sum" else np.mean(np.array(costs) / lengths)
    found = run(
        lambda p, y, frames, lengths: losses.ctc(p, y, frames, lengths, reduction=reduction),
        p=np.log(p), y=labels, frames=frames, lengths=lengths,
    )  # fmt: skip
    assert found.value == pytest.approx(expected, rel=1e-12)
