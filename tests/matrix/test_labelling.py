"""Which classes of axes are labels: against all choices there are."""

from collections import Counter
from math import sqrt

import numpy as np
import pytest

from symbackprop.matrix.labelling import Demand, choices


def plainly(elements, reduced, forced, labels):
    """The value of a choice, as `Demand.value` has it, from lists of classes and a set of labels."""
    if not forced <= labels:
        return 0.0
    free = [sum(number not in labels for number in element) for element in elements]
    if max(free, default=0) > 2:
        return 0.0
    if not elements:
        return 1.0
    inside = sum(number not in labels for number in reduced) / len(reduced) if reduced else 1.0
    shares = [many / min(2, len(element)) for many, element in zip(free, elements, strict=True)]
    return sqrt(sum(shares) / len(elements)) * (1 + 3 * inside) / 4


def drawn(rng):
    """(elements, reduced, forced) of an equation in up to six classes."""
    elements = [list(map(int, rng.integers(0, 6, size=rng.integers(1, 5)))) for _ in range(rng.integers(1, 4))]
    used = sorted({number for element in elements for number in element})
    reduced = [number for number in used if rng.random() < 0.3]
    return elements, reduced, {number for number in used if rng.random() < 0.1}


def bits(numbers):
    return sum(1 << number for number in set(numbers))


def axes(numbers):
    return tuple(sorted(1 << number for number in numbers))


def demand(elements, reduced, forced):
    return Demand(tuple(map(axes, elements)), axes(reduced), bits(forced))


@pytest.mark.parametrize("seed", range(40))
def test_the_best_choice_is_found(seed):
    rng = np.random.default_rng([seed, 17])
    equations = [drawn(rng) for _ in range(rng.integers(1, 6))]
    demands = Counter(demand(*equation) for equation in equations)

    def score(labels):
        return sum(plainly(*equation, labels) for equation in equations)

    every = [{number for number in range(6) if labels >> number & 1} for labels in range(64)]
    for labels in every:
        assert sum(times * d.value(bits(labels)) for d, times in demands.items()) == pytest.approx(score(labels))
    found = choices(demands)
    scores = [score({number for number in range(6) if labels >> number & 1}) for labels in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(max(map(score, every)))


def test_a_batch_of_products_is_labelled_by_its_batch():
    """y[n, a, c] = Σ_h W[a, c, h] x[n, a, h], its classes n, a, c, h."""
    n, a, c, h = range(4)
    found = choices({demand([[n, a, c], [a, c, h], [n, a, h]], [h], []): 1})
    assert found[0] == bits([a])
