"""The C target's elementary functions: as exact as they say, right at the edges, the same bits everywhere, vectors."""

from __future__ import annotations

import ctypes
import math
import re
import struct
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import pytest

from symbackprop.c.functions import INTEGER_FUNCTIONS, c_function, function_lines
from symbackprop.interpret import Float
from symbackprop.lower.map_ops import Kind, MapOp
from symbackprop.terms.term import Function
from tests.c.elementary import NAMES, OPS, kind_flags, needs
from workshop.c_functions.library import BINARY, PREFIX, call, compiled, source
from workshop.c_functions.sweep import REFERENCES, swept

PLAIN = ("-O2", "-ffp-contract=off")
INFINITE = (math.inf, -math.inf, math.nan)

# Of one argument, what the function is, for mpmath.
EXACT = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)) if x < 100 else x + mpmath.exp(-x),
    "log_sigmoid": lambda x: -EXACT["softplus"](-x),
    "log_cosh": lambda x: mpmath.log1p(2 * mpmath.sinh(x / 2) ** 2),
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    **{name: getattr(mpmath, name) for name in "exp expm1 log log1p sin cos tan sinh cosh tanh erf".split()},
}
DOMAINS = {"log": (0, math.inf), "log1p": (-1, math.inf), "arccosh": (1, math.inf)} | dict.fromkeys(
    ("arcsin", "arccos", "arctanh"), (-1, 1)
)


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float", "double"])
def real(request):
    return request.param


@pytest.fixture(scope="module")
def library(real, tmp_path_factory):
    needs("gcc")
    return compiled(tmp_path_factory.mktemp("functions"), (*PLAIN, *kind_flags(real)))


def stated(name, real):
    """The largest error that the function's text states, in units of the last place."""
    text = "\n".join(function_lines([OPS[name]], PREFIX))
    (found,) = re.findall(rf"at most (\d+\.\d+) ulp, in double (\d+\.\d+)[^*]*\*/\n.*\b{PREFIX}_{name}\(", text)
    return float(found[real is np.float64])


def ulps(got, want, real):
    """|got - want| in units of the last place of want, a number of mpmath."""
    bits, least, top = (53, -1074, 1024) if real is np.float64 else (24, -149, 128)
    most = mpmath.mpf(2) ** top
    value = (most if got > 0 else -most) if math.isinf(got) else mpmath.mpf(float(got))
    want = max(min(want, most), -most)
    unit = mpmath.mpf(2) ** min(max(mpmath.frexp(want)[1] - bits, least), top - bits)
    return float(abs(value - want) / unit)


def numbers(name, real, count):
    """Of all magnitudes, and near to where something changes: seeded."""
    draw = np.random.default_rng(1)
    kind, most = (np.uint64, 2**64 - 1) if real is np.float64 else (np.uint32, 2**32 - 1)
    anywhere = draw.integers(0, most, count, dtype=kind).view(real)
    with np.errstate(over="ignore"):
        middle = (draw.normal(0, 1, count) * 10 ** draw.uniform(-4, 4, count)).astype(real)
    around = draw.uniform(-3, 3, count).astype(real)
    edges = [0.4, 0.41421356, 0.5, 0.6, 1, 1.5, 2, 2.4142, 4, 6, 9, 10, 17.3, 20, 37.5, 38, 40, 3000, 3e6, 1e5, 1e9]
    edges += [87.33654, 88.72283, 89, 89.4, 103.97, 105, 709.782712893384, 710.4758, 744.44, 745.1332, 750]
    steps = np.concatenate([edges, np.pi / 4 * np.arange(1, 40)])
    near = (steps[:, None] * (1 + np.arange(-6, 7) * float(np.finfo(real).eps))).ravel().astype(real)
    x = np.concatenate([anywhere, middle, around, near, -near, (1 + near * real(1e-3))])
    low, high = DOMAINS.get(name, (-math.inf, math.inf))
    return x[np.isfinite(x) & (x > low) & (x < high)]


@pytest.mark.parametrize("name", sorted(EXACT))
def test_error(name, library, real):
    x = numbers(name, real, 600)
    with mpmath.workprec(100):
        got = call(library, name, x)
        errors = [ulps(g, exact(name, v), real) for g, v in zip(got, x, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= stated(name, real), (name, x[worst], got[worst])


def exact(name, v):
    big = name in ("sin", "cos", "tan") and abs(v) > 1e6
    if name in ("exp", "expm1", "sinh", "cosh") and abs(v) > 1e4:
        v = math.copysign(1e4, v)
    with mpmath.workprec(1300 if big else 250):
        return EXACT[name](mpmath.mpf(float(v)))


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_every_hundred_thousandth_float_or_so(name):
    """Beside the C library's double, signs and mirrors included."""
    needs("gcc")
    ((_, worst, place),) = swept((name,), step=40009)
    assert worst <= (stated(name, np.float32) if name in EXACT else 0.5), place


@pytest.mark.parametrize("name", [name for name in NAMES if OPS[name] not in BINARY])
def test_edges(name, library, real):
    """0, infinities, NaN, and beyond the domain, signs of 0 included."""
    x = np.array([0.0, -0.0, 1, -1, 1.5, -1.5, *INFINITE, np.finfo(real).max, -np.finfo(real).max], real)
    x = np.append(x, np.array([np.finfo(real).smallest_subnormal, -np.finfo(real).smallest_subnormal], real))
    with np.errstate(all="ignore"):
        want = REFERENCE_NUMPY.get(name, getattr(np, name, None))(x.astype(np.float64)).astype(real)
    got = call(library, name, x)
    if name in ("sin", "cos", "tan"):
        got, want = (np.delete(values, [9, 10]) for values in (got, want))  # of the largest: test_error
    np.testing.assert_allclose(got, want, rtol=4 * float(np.finfo(real).eps), atol=0)
    there = ~np.isnan(want)
    assert (np.signbit(got) == np.signbit(want))[there].all()


def _softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


REFERENCE_NUMPY = {
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "softplus": _softplus,
    "log_sigmoid": lambda x: -1 * _softplus(-1 * x),
    "erf": np.vectorize(math.erf),
    "log_cosh": lambda x: np.where(
        np.abs(x) < 1, np.log1p(2 * np.sinh(x / 2) ** 2), np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)
    ),
}


def pairs(real):
    values = [0.0, 1, 2, 3, 0.5, 1.5, 16777215, 1e30, 1e-40, 5e-324, 1e300, 9007199254740991, math.inf]
    with np.errstate(all="ignore"):
        both = np.array([*values, *(-value for value in values), math.nan]).astype(real)
    return (np.array(side, real) for side in zip(*product(both, both), strict=True))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("power", np.power),
        ("arctan2", np.arctan2),
        ("maximum", np.maximum),
        ("minimum", np.minimum),
        ("logaddexp", np.logaddexp),
        ("exp_normalized", np.vectorize(lambda u, v: Float().apply(Function.EXP_NORMALIZED, (float(u), float(v))))),
    ],
)
def test_edges_of_pairs(name, function, library, real):
    x, y = pairs(real)
    with np.errstate(all="ignore"):
        want = function(x, y).astype(real)
    got = call(library, name, x, y)
    np.testing.assert_allclose(got, want, rtol=4 * float(np.finfo(real).eps), atol=0)
    if name in ("power", "arctan2"):
        there = ~np.isnan(want)
        assert (np.signbit(got) == np.signbit(want))[there].all()


def test_error_of_powers(library, real):
    draw = np.random.default_rng(2)
    x = np.exp(draw.uniform(-1, 1, 2000) * 10 ** draw.uniform(-4, 1.5, 2000)).astype(real)
    size = 100 if real is np.float32 else 740
    logs = np.where(x == 1, 1, np.log(x.astype(np.float64)))
    y = np.where(draw.random(2000) < 0.5, draw.uniform(-10, 10, 2000), draw.uniform(-size, size, 2000) / logs)
    with np.errstate(over="ignore"):
        y = y.astype(real)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    got = call(library, "power", x, y)
    with mpmath.workprec(200):
        errors = [ulps(g, mpmath.power(float(a), float(b)), real) for g, a, b in zip(got, x, y, strict=True)]
    assert max(errors) <= stated("power", real)


def test_error_of_angles(library, real):
    draw = np.random.default_rng(3)
    y, x = ((draw.normal(size=2000) * 10 ** draw.uniform(-9, 9, 2000)).astype(real) for _ in range(2))
    small, large = real(np.finfo(real).smallest_normal), real(np.finfo(real).max / 1e11)
    y, x = np.concatenate([y, y * small, y * large]), np.concatenate([x, x * small, x * large])
    y, x = (np.where(side == 0, real(1), side) for side in (y, x))
    got = call(library, "arctan2", y, x)
    with mpmath.workprec(200):
        errors = [ulps(g, mpmath.atan2(float(a), float(b)), real) for g, a, b in zip(got, y, x, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= stated("arctan2", real), (y[worst], x[worst], got[worst])


def test_error_of_logaddexp(library, real):
    """In units of the largest of both and the result: where these cancel no more is said."""
    draw = np.random.default_rng(4)
    u = (draw.normal(size=2000) * 10 ** draw.uniform(-3, 3, 2000)).astype(real)
    v = u + (draw.normal(size=2000) * 10 ** draw.uniform(-3, 2, 2000)).astype(real)
    got = call(library, "logaddexp", u, v)
    with mpmath.workprec(200):
        for g, a, b in zip(got, u, v, strict=True):
            want = max(a, b) + mpmath.log1p(mpmath.exp(-abs(mpmath.mpf(float(a)) - mpmath.mpf(float(b)))))
            size = max(abs(float(a)), abs(float(b)), abs(float(want)))
            assert abs(g - want) <= stated("logaddexp", real) * np.spacing(real(size)), (a, b)


def test_error_of_exp_normalized(library, real):
    draw = np.random.default_rng(5)
    u, v = (draw.uniform(-60, 60, 2000).astype(real) for _ in range(2))
    np.testing.assert_array_equal(call(library, "exp_normalized", u, v), call(library, "exp", u - v))


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, 7, 8, 16, 31, 100, 512, 1023])
def test_whole_powers(exponent, real, tmp_path):
    needs("gcc")
    bits = max(exponent.bit_length(), 1)
    loop = f"void loop_power(const {PREFIX}_real *x, {PREFIX}_real *out, int32_t n)"
    element = f"{PREFIX}_whole_power(x[i], {exponent}, {bits})"
    head = source([]) + "\n".join(function_lines([(MapOp.POWER, Kind.INT, False)], PREFIX))
    text = f"{head}\n{loop}\n{{ for (int32_t i = 0; i < n; ++i) out[i] = {element}; }}\n"
    library = compiled(tmp_path, (*PLAIN, *kind_flags(real)), text=text)
    draw = np.random.default_rng(6)
    near = 2 ** (draw.uniform(-1.1, 1.1, 500) * np.finfo(real).maxexp / max(exponent, 2))  # to 0, and infinite
    x = np.concatenate([draw.normal(size=500), near, -near]).astype(real)
    got = call(library, "power", x)
    with mpmath.workprec(200):
        errors = [ulps(g, mpmath.mpf(float(v)) ** exponent, real) for g, v in zip(got, x, strict=True)]
    assert max(errors) <= max(exponent - 1, 0)
    special = np.array([0, -0.0, 1, -1, 2, np.inf, -np.inf, np.nan], real)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(call(library, "power", special), special ** real(exponent))


@pytest.mark.parametrize("bits", [32, 64])
def test_integers(bits, tmp_path):
    needs("gcc")
    every = [(op, Kind.INT, bits == 64) for op in INTEGER_FUNCTIONS if op is not MapOp.POWER]  # that of a number
    names = {op: c_function(op, kind, wide) for op, kind, wide in every}
    lines = ["#include <stdint.h>", *function_lines(every, PREFIX)]
    two = {MapOp.FLOOR_DIVIDE: lambda x, y: x // y, MapOp.MAXIMUM: max, MapOp.MINIMUM: min}
    one = {MapOp.SQUARE: lambda x: x * x, MapOp.ABS: abs, MapOp.SIGN: lambda x: (x > 0) - (x < 0)}
    assert two.keys() | one.keys() | {MapOp.POWER} == INTEGER_FUNCTIONS.keys()
    for op, name in names.items():
        signature, call_ = (f"int{bits}_t x, int{bits}_t y", "x, y") if op in two else (f"int{bits}_t x", "x")
        lines.append(f"int{bits}_t of_{name}({signature}) {{ return {PREFIX}_{name}({call_}); }}")
    library, scale = compiled(tmp_path, PLAIN, text="\n".join(lines) + "\n"), 1 << (bits - 32) // 2 + 10
    for op, name in names.items():
        function = getattr(library, f"of_{name}")
        function.restype = getattr(ctypes, f"c_int{bits}")
        for x, y in product(range(-7, 8), (-7, -3, -2, -1, 1, 2, 3, 7)):
            for a, b in ((x, y), (x * scale + y, y)):
                given = map(getattr(ctypes, f"c_int{bits}"), (a, b) if op in two else (a,))
                assert function(*given) == (two[op](a, b) if op in two else one[op](a))


def test_the_table_says_what_the_functions_say():
    page = Path(__file__).parents[2] / "docs" / "reference" / "c_functions.md"
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*\|[^|]*) \|", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows.keys() == set(NAMES)
    for name in NAMES:
        if "exact" not in rows[name]:
            single, double = (float(cell) for cell in rows[name].split("|"))
            assert (single, double) == (stated(name, np.float32), stated(name, np.float64))


def test_patterns_of_bits_are_as_struct_has_them():
    """What the sweep names is the float of these bits."""
    needs("gcc")
    ((_, worst, place),) = swept(("abs",), step=2**20)
    assert worst == 0
    assert struct.pack("f", place) == struct.pack("I", 0)


def test_the_chosen_one_has_its_own_bits(real, tmp_path):
    """Infinities, NaN, signs of 0 and the smallest numbers included, on either side."""
    needs("gcc")
    text = source([MapOp.ABS, MapOp.SELECT]).split("void loop_")[0]
    loop = f"void loop_choose(const {PREFIX}_real *x, const {PREFIX}_real *y, {PREFIX}_real *out, int32_t n)"
    text += f"{loop}\n{{ for (int32_t i = 0; i < n; ++i) out[i] = {PREFIX}_choose(i % 2 == 0, x[i], y[i]); }}\n"
    values = np.array([0.0, -0.0, *INFINITE, 1, np.finfo(real).smallest_subnormal], real)
    x, y = (np.array(side, real) for side in zip(*product(values, values), strict=True))
    for level in ("-O0", "-O3"):
        folder = tmp_path / level
        folder.mkdir()
        got = call(compiled(folder, (level, *kind_flags(real)), text=text), "choose", x, y)
        want = np.where(np.arange(len(x)) % 2 == 0, x, y)
        assert got.tobytes() == want.tobytes()
