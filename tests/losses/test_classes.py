"""Losses of scores over classes against NumPy's softmax."""

import numpy as np
import pytest

from symbackprop import errors, losses

from ..layers.values import normal, run, softmax

z, labels = normal(5, 4), np.array([0, 3, 1, 3, 2])
LOG = np.log(softmax(z))
weight = np.array([0.5, 1, 2, 3])


def test_integer_labels_and_rows_of_probabilities() -> None:
    expected = -LOG[np.arange(5), labels].mean()
    assert run(losses.softmax_cross_entropy, z=z, y=labels).value == pytest.approx(expected, rel=1e-12)
    assert run(losses.softmax_cross_entropy, z=z, y=np.eye(4)[labels]).value == pytest.approx(expected, rel=1e-12)
    assert run(losses.nll, z=LOG, y=labels).value == pytest.approx(expected, rel=1e-12)
    other = run(lambda z, y: losses.softmax_cross_entropy(z, y, axis=0), z=z.T.copy(), y=labels)
    assert other.value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.nll])
def test_the_mean_is_by_weights_of_labels_that_count(loss) -> None:  # type: ignore[no-untyped-def]
    own, counts = weight[labels], labels != 3
    picked = -LOG[np.arange(5), labels]
    given = z if loss is losses.softmax_cross_entropy else LOG
    found = run(lambda z, y, w: loss(z, y, w, ignore_index=3), z=given, y=labels, w=weight)
    assert found.value == pytest.approx((own * picked)[counts].sum() / own[counts].sum(), rel=1e-12)


def test_smoothing() -> None:
    target = 0.9 * np.eye(4)[labels] + 0.1 / 4
    found = run(lambda z, y: losses.softmax_cross_entropy(z, y, label_smoothing=0.1), z=z, y=labels)
    assert found.value == pytest.approx(-(target * LOG).sum(1).mean(), rel=1e-12)


def test_refused() -> None:
    for ask in (
        lambda z, y: losses.softmax_cross_entropy(z, y, label_smoothing=2),
        lambda z, y: losses.softmax_cross_entropy(z, y, axis=2),
        lambda z, y: losses.softmax_cross_entropy(z, z, ignore_index=1),
        lambda z, y: losses.nll(z, z),
    ):
        with pytest.raises(errors.InvalidArgument):
            run(ask, z=z, y=labels)
