"""How the losses of elements become one."""

import numpy as np
import pytest

from symbackprop import errors, losses

from ..layers.values import normal, run

p, y = normal(3, 4), normal(3, 4, seed=5)


@pytest.mark.parametrize(("reduction", "numpys"), [("mean", np.mean), ("sum", np.sum), ("none", lambda value: value)])
def test_reductions(reduction, numpys) -> None:  # type: ignore[no-untyped-def]
    found = run(lambda p, y: losses.mse(p, y, reduction), p=p, y=y).value
    np.testing.assert_allclose(found, numpys((p - y) ** 2), rtol=1e-12)
    single = run(lambda p, y: losses.mse(p, y, reduction), p=p[0, 0], y=y[0, 0]).value
    np.testing.assert_allclose(single, (p[0, 0] - y[0, 0]) ** 2, rtol=1e-12)


def test_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="one of mean, sum, none"):
        run(lambda p, y: losses.mse(p, y, "median"), p=p, y=y)
    with pytest.raises(errors.InvalidArgument, match="the shape of p"):
        run(losses.mse, p=p, y=y[:2])
