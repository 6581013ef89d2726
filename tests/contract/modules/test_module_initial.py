"""Initial parameters: seeds, generators, dtypes, and each initialiser's distribution."""

import numpy as np
import pytest
from sympy import Rational, sqrt

from symbackprop import Network, Sum, load

D, H = 300, 200
# initialiser -> (standard deviation, bound of a uniform or None) at shape (H, D): fan-in D, fan-out H
SPREAD = {
    "normal": (None, None),
    "glorot_uniform": (np.sqrt(2 / (D + H)), np.sqrt(6 / (D + H))),
    "glorot_normal": (np.sqrt(2 / (D + H)), None),
    "he_uniform": (np.sqrt(2 / D), np.sqrt(6 / D)),
    "he_normal": (np.sqrt(2 / D), None),
    "lecun_normal": (np.sqrt(1 / D), None),
    "lecun_uniform": (np.sqrt(1 / D), np.sqrt(3 / D)),
}


def drawn(init, shape="HD", **options):
    net = Network("drawn")
    sizes = dict(zip("DH", net.dims("D H"), strict=True))
    ranges = tuple(sizes[letter] for letter in shape)
    init = init(sizes) if callable(init) else init
    w = net.parameter("w", ranges, init=init) if init is not None else net.parameter("w", ranges)
    if ranges:
        index = [net.index(f"i{place}", size) for place, size in enumerate(ranges)]
        net.loss = Sum(w[tuple(index)] ** 2, *index)
    else:
        net.loss = w**2
    made = load(net)
    return made.init_params(3, **{dim: {"D": D, "H": H}[dim] for dim in sorted(set(shape))}, **options)["w"]


@pytest.mark.parametrize("init", SPREAD)
def test_spread(init):
    w = drawn(init, dtype=np.float64)
    std, bound = SPREAD[init]
    assert w.shape == (H, D)
    assert abs(w.mean()) < 5 * w.std() / np.sqrt(w.size)
    if std is not None:
        assert w.std() == pytest.approx(std, rel=0.02)
    if bound is None:
        assert abs((w / w.std()) ** 4).mean() == pytest.approx(3, rel=0.05)  # a normal's kurtosis
    else:
        assert abs(w).max() <= bound
        assert abs(w).max() > 0.99 * bound


def test_constants_defaults_and_expressions():
    assert (drawn("zeros") == 0).all()
    assert (drawn("ones") == 1).all()
    assert (drawn(2.5) == 2.5).all()
    assert drawn(Rational(1, 4), dtype=np.float64).std() == pytest.approx(0.25, rel=0.02)  # an expression
    assert (drawn(None, "D") == 0).all()
    assert drawn(None, "").shape == ()
    assert drawn(None, "") == 0
    assert drawn(None, dtype=np.float64).std() == pytest.approx(np.sqrt(2 / (D + H)), rel=0.02)
    assert drawn(lambda s: 1 / sqrt(s["D"]), dtype=np.float64).std() == pytest.approx(D**-0.5, rel=0.02)


def test_seeds_generators_and_dtypes(contract):
    made = contract.module("mlp")
    sizes = {"D": 3, "H": 5, "C": 2}

    def values(rng, **options):
        return made.init_params(rng, **sizes, **options)

    def equal(a, b):
        return all(np.array_equal(a[name], b[name]) for name in a)

    assert equal(values(1), values(1))
    assert equal(values(1), values(np.random.default_rng(1)))
    assert not equal(values(1), values(2))
    generator = np.random.default_rng(1)
    assert not equal(values(generator), values(generator))
    assert {value.dtype for value in values(1).values()} == {np.dtype(np.float32)}
    wide = values(1, dtype=np.float64)
    assert {value.dtype for value in wide.values()} == {np.dtype(np.float64)}
    assert equal({name: value.astype(np.float32) for name, value in wide.items()}, values(1))
    assert {value.dtype for value in values(1, dtype="float32").values()} == {np.dtype(np.float32)}
    first = values(1)
    for array in first.values():
        assert array.flags.writeable
        array[...] = 7
    assert not equal(first, values(1))


def test_missing_and_unknown_sizes(contract):
    made = contract.module("mlp")
    with pytest.raises(TypeError, match=r"C"):
        made.init_params(0, D=3, H=5)
    with pytest.raises(TypeError, match=r"N"):
        made.init_params(0, D=3, H=5, C=2, N=3)
    with pytest.raises(TypeError, match=r"positional"):
        made.init_params(0, 3, 5, 2)
