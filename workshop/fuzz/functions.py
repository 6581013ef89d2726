"""Functions as templates of source text, by the arguments that they take, with the interval of their values."""

from __future__ import annotations

import math
from collections.abc import Callable

# Functions of any argument that stay moderate, with the interval of their values (for an argument within ±MOST).
SQUASHING: dict[str, tuple[float, float]] = {
    "tanh({})": (-1, 1),
    "sin({})": (-1, 1),
    "cos({})": (-1, 1),
    "atan({})": (-1.6, 1.6),
    "erf({})": (-1, 1),
    "erfc({})": (0, 2),
    "sigmoid({})": (0, 1),
    "softsign({})": (-1, 1),
    "hardtanh({})": (-1, 1),
    "hardtanh({}, min_val=-2, max_val=Rational(1, 2))": (-2, 0.5),
    "hardsigmoid({})": (0, 1),
    "1/(1 + exp(-({})))": (0, 1),
    "exp(-({})**2)": (0, 1),
    "asinh({})": (-2.5, 2.5),
    "sech({})": (0, 1),
    "exp({0})/(1 + exp({0}))": (0, 1),
}
GROWING: dict[str, tuple[float, float]] = {  # at most as large as the argument, about
    "relu({})": (0, 1),
    "leaky_relu({})": (-1, 1),
    "leaky_relu({}, negative_slope=0.2)": (-1, 1),
    "elu({})": (-1, 1),
    "elu({}, alpha=Rational(1, 2))": (-1, 1),
    "selu({})": (-1.8, 1.06),
    "silu({})": (-1, 1),
    "gelu({})": (-1, 1),
    'gelu({}, approximate="tanh")': (-1, 1),
    "mish({})": (-1, 1),
    "hardswish({})": (-1, 1),
    "softplus({})": (0, 1.7),
    "softplus({}, beta=2)": (0, 1.7),
    "log(1 + exp({}))": (0, 1.7),
    "log_sigmoid({})": (-1.7, 0),
    "log(sigmoid({}))": (-1.7, 0),
    "Abs({})": (0, 1),
    "sqrt(({})**2 + 1)": (0.5, 1.5),
    "stop_gradient({})": (-1, 1),
    "Min({}, 1)": (-1, 1),
    "Max({}, Rational(-1, 3))": (-1, 1),
    "sign({0})*({0})": (0, 1),
    "floor({0}) + ({0})": (-2.5, 2),
    "ceiling({0}) - ({0})": (-2, 2),
}
INSIDE: dict[str, tuple[float, float]] = {  # of an argument within -0.9 .. 0.9
    "asin({})": (-1.2, 1.2),
    "acos({})": (0.4, 2.8),
    "atanh({})": (-1.5, 1.5),
    "tan({})": (-1.3, 1.3),
    "sinh({})": (-1.1, 1.1),
    "cosh({})": (1, 1.5),
    "exp({})": (0.4, 2.5),
    "sec({})": (1, 1.7),
    "log(1 + ({}))": (-2.4, 0.7),
    "exp({}) - 1": (-0.6, 1.5),
    "2**({})": (0.5, 1.9),
}
POSITIVE: dict[str, Callable[[float, float], tuple[float, float]]] = {  # of an argument above 0.2
    "log({})": lambda low, high: (math.log(low), math.log(high)),
    "sqrt({})": lambda low, high: (math.sqrt(low), math.sqrt(high)),
    "1/({})": lambda low, high: (1 / high, 1 / low),
    "1/sqrt({})": lambda low, high: (high**-0.5, low**-0.5),
    "({})**Rational(2, 3)": lambda low, high: (low ** (2 / 3), high ** (2 / 3)),
    "({})**Rational(-3, 2)": lambda low, high: (high**-1.5, low**-1.5),
    "acosh(1 + ({}))": lambda low, high: (math.acosh(1 + low), math.acosh(1 + high)),
    "csc(({})/(1 + ({})))": lambda low, high: (1, 6),
    "coth({})": lambda low, high: (1, 6),
    "cot(({})/(1 + ({})))": lambda low, high: (0.5, 6),
}
CONSTANTS: dict[str, float] = {
    "2": 2, "3": 3, "-1": -1, "Rational(1, 3)": 1 / 3, "Rational(-3, 4)": -0.75, "0.25": 0.25, "-0.1": -0.1,
    "pi": math.pi, "sqrt(2)": 2**0.5, "1/sqrt(2*pi)": 0.4, "exp(-1)": 0.37,
}  # fmt: skip
