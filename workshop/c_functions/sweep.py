"""Every float: the error of a function of one argument beside the C library's in double, over all 2**32 patterns.

Of functions that are odd or even the patterns of the sign + are compared, and of each that -x gives the same bits but
the sign. `python -m workshop.c_functions sweep tanh erf` takes minutes a function.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from symbackprop.c.functions import FUNCTIONS
from workshop.c_functions.library import PREFIX, compiled, source

# What the C library's double gives, of x; "!" before what is odd, "=" before what is even.
REFERENCES = {
    "exp": "exp(x)",
    "log": "log(x)",
    "tanh": "!tanh(x)",
    "sigmoid": "x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))",
    "softplus": "(x > 0 ? x : 0) + log1p(exp(-fabs(x)))",
    "log1p": "log1p(x)",
    "expm1": "expm1(x)",
    "erf": "!erf(x)",
    "sin": "!sin(x)",
    "cos": "=cos(x)",
    "tan": "!tan(x)",
    "log_sigmoid": "-((x < 0 ? -x : 0) + log1p(exp(-fabs(x))))",
    "sinh": "!sinh(x)",
    "cosh": "=cosh(x)",
    "arctan": "!atan(x)",
    "arcsin": "!asin(x)",
    "arccos": "acos(x)",
    "arcsinh": "!asinh(x)",
    "arccosh": "acosh(x)",
    "arctanh": "!atanh(x)",
    "log_cosh": "=fabs(x) < 1 ? log1p(2 * sinh(x / 2) * sinh(x / 2)) : (fabs(x) - 0.69314718055994530942)"
    " + log1p(exp(-2 * fabs(x)))",
    "floor": "floor(x)",
    "ceil": "ceil(x)",
    "sqrt": "sqrt(x)",
    "abs": "=fabs(x)",
}
_ULPS = """
/* |got - want| in units of the last place of want, those of 2**128 beyond all numbers; infinite where a sign, infinity
   or NaN is wrong. */
static double ulps(float got, double want)
{
    const double most = 0x1p128;
    double value = isinf(got) ? copysign(most, got) : got;
    if (isnan(want)) return isnan(got) ? 0 : INFINITY;
    if (isnan(got) || !signbit(got) != !signbit(want)) return INFINITY;
    if (isinf(want) && !isinf(got)) return INFINITY;
    if (fabs(want) > most) want = copysign(most, want);
    uint64_t bits;
    memcpy(&bits, &want, 8);
    int exponent = (int)(bits >> 52 & 2047) - 1023;
    exponent = exponent < -126 ? -149 : exponent > 127 ? 104 : exponent - 23;
    bits = (uint64_t)(1023 - exponent) << 52;
    double scale;
    memcpy(&scale, &bits, 8);
    return fabs(value - want) * scale;
}
"""
_LOOP = """
double sweep_{name}(uint32_t first, uint32_t count, uint32_t step, uint32_t *at)
{{
    double worst = 0;
    for (uint32_t i = 0; i < count; ++i) {{
        const uint32_t pattern = first + i * step;
        float single;
        memcpy(&single, &pattern, 4);
        const double x = single;
        const float got = net_{name}(single);
        double error = ulps(got, {reference});
        {mirrored}
        if (error > worst) worst = error, *at = pattern;
    }}
    return worst;
}}
"""
_MIRRORED = """const float other = net_{name}(-single);
        if (!isnan(got) && ({sign}got != other || !signbit({sign}got) != !signbit(other))) error = INFINITY;"""


def program(names: tuple[str, ...]) -> str:
    ops = {name: op for op, name in FUNCTIONS.items()}
    lines = [source([ops[name] for name in names]), _ULPS]
    for name in names:
        written = REFERENCES[name]
        mirrored = _MIRRORED.format(name=name, sign="-" if written[0] == "!" else "") if written[0] in "!=" else ""
        lines.append(_LOOP.format(name=name, reference=written.lstrip("!="), mirrored=mirrored))
    return "\n".join(lines).replace("net_", f"{PREFIX}_")


def swept(names: tuple[str, ...], step: int = 1) -> Iterator[tuple[str, float, float]]:
    """(name, the largest error in units of the last place, where it is) of every step-th pattern."""
    with TemporaryDirectory() as folder:
        flags = ("-O2", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-Wno-error", "-w")
        library = compiled(Path(folder), flags, text=program(names))
        for name in names:
            function = getattr(library, f"sweep_{name}")
            function.restype = ctypes.c_double
            worst, place = 0.0, 0
            blocks = range(0, 2**31 if REFERENCES[name][0] in "!=" else 2**32, 2**24)
            for first in blocks:
                at = ctypes.c_uint32()
                arguments = (ctypes.c_uint32(first), ctypes.c_uint32(2**24 // step), ctypes.c_uint32(step))
                error = function(*arguments, ctypes.byref(at))
                if error > worst:
                    worst, place = error, at.value
            yield name, worst, struct.unpack("f", struct.pack("I", place))[0]
