"""Every float: the error of a function of one argument beside double, over all 2**32 patterns of bits.

Of functions that are odd or even the patterns of the sign + are compared, and of each that -x gives the same bits but
the sign. `python -m workshop.c_functions sweep --wide tanh erf` takes a minute a function, and some times that without
--wide, beside the C library's double.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from symbackprop.c.functions import FUNCTIONS, function_lines
from symbackprop.lower.map_ops import MapOp
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
_HEAD = """
typedef double wide_real;
#define wide_DOUBLE
"""
_LIBRARY = """
typedef union { double number; uint64_t bits; } pattern_of_double;

/* |got - want| in units of the last place of want, those of 2**128 beyond all numbers; infinite where a sign, infinity
   or NaN is wrong. */
static inline uint64_t error_bits(float got, double want)
{
    const double most = 0x1p128;
    const pattern_of_double wanted = {want}, found = {(double)got};
    const double bounded = want > most ? most : want < -most ? -most : want;
    const double value = (double)got > most ? most : (double)got < -most ? -most : (double)got;
    const pattern_of_double kept = {bounded};
    const int64_t biased = (int64_t)(kept.bits >> 52 & 2047) - 1023;
    const int64_t exponent = (biased < -126 ? -126 : biased > 127 ? 127 : biased) - 23;
    pattern_of_double scale, error;
    scale.bits = (uint64_t)(1023 - exponent) << 52;
    error.number = (value - bounded) * scale.number;
    error.bits &= UINT64_MAX >> 1;
    const uint64_t size = UINT64_MAX >> 1, infinite = UINT64_C(0x7ff) << 52;
    const int wanted_nan = (wanted.bits & size) > infinite, found_nan = (found.bits & size) > infinite;
    const int other = (wanted.bits ^ found.bits) >> 63 || ((wanted.bits & size) == infinite && value != bounded);
    return wanted_nan ? (found_nan ? 0 : infinite) : found_nan | other ? infinite : error.bits;
}
"""
_LOOP = """
double sweep_{name}(uint32_t first, uint32_t count, uint32_t step, uint32_t *at)
{{
    uint64_t worst = 0;
    for (uint32_t done = 0; done < count; done += 1024) {{
        uint32_t patterns[1024];
        float singles[1024], found[1024];
        double wanted[1024];
        uint64_t errors[1024], most = 0;
        for (uint32_t i = 0; i < 1024; ++i) patterns[i] = first + (done + i) * step;
        memcpy(singles, patterns, sizeof singles);
        for (int i = 0; i < 1024; ++i) found[i] = net_{name}(singles[i]);
        for (int i = 0; i < 1024; ++i) {{ const double x = singles[i]; wanted[i] = {reference}; }}
        for (int i = 0; i < 1024; ++i) errors[i] = error_bits(found[i], wanted[i]);
        {mirrored}
        for (int i = 0; i < 1024; ++i) most = errors[i] > most ? errors[i] : most;
        if (most <= worst) continue;
        worst = most;
        for (int i = 0; i < 1024; ++i) if (errors[i] == most) *at = patterns[i];
    }}
    double result;
    memcpy(&result, &worst, 8);
    return result;
}}
"""
_MIRRORED = """for (int i = 0; i < 1024; ++i) {{
            const float other = net_{name}(-singles[i]);
            const int same = net_bits(other) == (net_bits(found[i]) ^ {sign});
            errors[i] = same | (found[i] != found[i]) ? errors[i] : UINT64_C(0x7ff) << 52;
        }}"""


def program(names: tuple[str, ...], wide: bool) -> str:
    ops = {name: op for op, name in FUNCTIONS.items()}
    wanted = [ops[name] for name in names]
    lines = [
        source(dict.fromkeys([*wanted, MapOp.ABS])),
        _HEAD,
        *(function_lines(wanted, "wide") if wide else ()),
        _LIBRARY,
    ]
    for name in names:
        written = REFERENCES[name]
        sign = "UINT32_C(1) << 31" if written[0] == "!" else "0"
        mirrored = _MIRRORED.format(name=name, sign=f"({sign})") if written[0] in "!=" else ""
        reference = f"wide_{name}(x)" if wide else written.lstrip("!=")
        lines.append(_LOOP.format(name=name, reference=reference, mirrored=mirrored))
    return "\n".join(lines).replace("net_", f"{PREFIX}_")


def swept(names: tuple[str, ...], step: int = 1, *, wide: bool = False) -> Iterator[tuple[str, float, float]]:
    """(name, the largest error in units of the last place, where it is) of every step-th pattern; `wide`: beside the
    functions' own double, which are vectorised, not the C library's."""
    with TemporaryDirectory() as folder:
        flags = ("-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-Wno-error", "-w")
        library = compiled(Path(folder), flags, text=program(names, wide))
        for name in names:
            function = getattr(library, f"sweep_{name}")
            function.restype = ctypes.c_double
            worst, place = 0.0, 0
            blocks = range(0, 2**31 if REFERENCES[name][0] in "!=" else 2**32, 2**24)
            for first in blocks:
                at = ctypes.c_uint32()
                arguments = (ctypes.c_uint32(first), ctypes.c_uint32(max(2**24 // step, 1024)), ctypes.c_uint32(step))
                error = function(*arguments, ctypes.byref(at))
                if error > worst:
                    worst, place = error, at.value
            yield name, worst, struct.unpack("f", struct.pack("I", place))[0]
