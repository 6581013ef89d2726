"""The polynomials in `templates/c/functions`: `python -m workshop.c_functions coefficients` prints them.

Each is the factor of a correction to terms that are exact, and is weighted so that the error is relative to the
function's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import mpmath
from mpmath import mpf

from workshop.c_functions.minimax import Real, minimax


@dataclass(frozen=True, slots=True)
class Fit:
    """p(x) nearly f(x) on [low, high], to degrees in float and in double."""

    f: Callable[[Real], Real]
    weight: Callable[[Real], Real]
    low: Real
    high: Real  # or that of float and that of double
    degrees: tuple[int, int]


def of_square(f: Callable[[Real], Real], lead: Callable[[Real], Real], power: int) -> Callable[[Real], Real]:
    """(f(x) - lead(x))/x**power as a function of z = x**2."""

    def ratio(z: Real) -> Real:
        with mpmath.workdps(90):
            x = mpmath.sqrt(z) if z > mpf(10) ** -20 else mpf(10) ** -10
            return (f(x) - lead(x)) / x**power

    return ratio


def relative(f: Callable[[Real], Real], power: int) -> Callable[[Real], Real]:
    """The weight |x**power/f(x)|, x**2 = z, of an error that is multiplied by x**power."""

    def weight(z: Real) -> Real:
        x = mpmath.sqrt(z) if z > mpf(10) ** -20 else mpf(10) ** -10
        return x**power / abs(f(x))

    return weight


def _odd(f: Callable[[Real], Real], high: Real, degrees: tuple[int, int]) -> Fit:
    return Fit(of_square(f, lambda x: x, 3), relative(f, 3), mpf(0), high, degrees)


def _exp_tail(r: Real) -> Real:
    with mpmath.workdps(90):
        r = r or mpf(10) ** -20
        return (mpmath.expm1(r) - r) / r**2


def _log_cosh(x: Real) -> Real:
    return mpmath.log(mpmath.cosh(x))


def _twice_artanh(s: Real) -> Real:
    return mpmath.log1p(s) - mpmath.log1p(-s)


def _artanh_rest(z: Real) -> Real:
    """(artanh(s)/s - 1 - z/3)/z**2, z = s**2."""
    with mpmath.workdps(90):
        s = mpmath.sqrt(z)
        return (mpmath.atanh(s) / s - 1 - s**2 / 3) / s**4


def _log_erfc(t: Real) -> Real:
    """Of x = t + 2."""
    return mpmath.log(mpmath.erfc(t + 2))


def _far_weight(t: Real) -> Real:
    return mpmath.erfc(t + 2) / mpmath.erf(t + 2)


FITS = {
    "exp": Fit(
        _exp_tail, lambda r: abs(r**2 / mpmath.expm1(r)) if r else mpf(0), mpf("-0.3475"), mpf("0.3475"), (4, 10)
    ),
    "log": Fit(
        of_square(_twice_artanh, lambda s: 2 * s, 3), relative(_twice_artanh, 3), mpf(0), mpf("0.02945"), (2, 6)
    ),
    "power": Fit(_artanh_rest, lambda z: mpf(1), mpf("1e-8"), mpf("0.02945"), (3, 8)),
    "sin": _odd(mpmath.sin, mpf("0.618"), (2, 5)),
    "cos": Fit(of_square(mpmath.cos, lambda x: 1 - x**2 / 2, 4), relative(mpmath.cos, 4), mpf(0), mpf("0.618"), (2, 5)),
    "sinh": _odd(mpmath.sinh, mpf(1), (3, 7)),
    "tanh": _odd(mpmath.tanh, mpf("0.36"), (4, 11)),
    "atan": _odd(mpmath.atan, mpf("0.17158"), (4, 10)),
    "asin": _odd(mpmath.asin, mpf("0.25"), (4, 11)),
    "asinh": _odd(mpmath.asinh, mpf("0.25"), (4, 11)),
    "log_cosh": Fit(of_square(_log_cosh, lambda x: x**2 / 2, 4), relative(_log_cosh, 4), mpf(0), mpf(1), (6, 17)),
    "erf_near": Fit(of_square(mpmath.erf, lambda x: x, 1), relative(mpmath.erf, 1), mpf(0), mpf(1), (6, 12)),
    "erf_far": Fit(_log_erfc, _far_weight, mpf(-1), (mpf(2), mpf(4)), (6, 17)),
}


def fitted(name: str) -> Iterator[tuple[list[str], str]]:
    """For float and for double: the coefficients from the highest power on, and the error in ulp."""
    fit = FITS[name]
    highs = fit.high if isinstance(fit.high, tuple) else (fit.high, fit.high)
    for degree, high, digits, bits in zip(fit.degrees, highs, (9, 17), (24, 53), strict=True):
        coefficients, error = minimax(fit.f, degree, fit.low, high, fit.weight)
        with mpmath.workprec(bits):
            rounded = [mpmath.nstr(+c, digits) for c in reversed(coefficients)]
        yield rounded, mpmath.nstr(error * 2**bits, 3)


def printed(name: str) -> Iterator[str]:
    for kind, (coefficients, error) in zip(("float", "double"), fitted(name), strict=True):
        yield f"{name}, {kind}: {error} ulp"
        yield "  [" + ", ".join(f'"{c}"' for c in coefficients) + "]"
