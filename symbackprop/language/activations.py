"""Activations that SymPy lacks, with PyTorch's names, arguments and defaults.

They are SymPy functions that stay unevaluated; `language.vocabulary` says what they mean as terms.

>>> from sympy import Symbol
>>> gelu(Symbol("x"), approximate="tanh")
gelu(x, tanh)
"""

from __future__ import annotations

from typing import Any

from sympy import Function, Symbol, SympifyError, latex, sympify

from symbackprop.errors import InvalidArgument


class Activation(Function):
    """A function of one variable, with constants for the arguments behind it."""

    is_commutative = True
    is_extended_real = True
    is_number = False  # also of numbers: SymPy, which would compare it with others, cannot evaluate it

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        make = cls.__new__

        def new(cls: type, *args: Any, **options: Any) -> Any:
            try:
                return make(cls, *args, **options)
            except (TypeError, SympifyError) as error:
                name, given = cls.__name__, [*map(str, args), *(f"{key}={value}" for key, value in options.items())]
                raise InvalidArgument(
                    f"{name}({', '.join(given)})", found=str(error) if given else "nothing",
                    expected=f"an element, as in {name}(x[n, i]), and numbers for its constants",
                ) from None  # fmt: skip

        new.__wrapped__ = make  # type: ignore[attr-defined]
        cls.__new__ = new  # type: ignore[method-assign]

    @classmethod
    def _should_evalf(cls, arg: Any) -> int:
        return -1  # SymPy would look for an mpmath function of this name

    @classmethod
    def _make(cls, *args: Any) -> Any:
        return Function.__new__(cls, *(sympify(arg, strict=True) for arg in args))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = type(self).__name__.replace("_", r"\_")
        power = f"^{{{exp}}}" if exp is not None else ""
        inside = ", ".join(latex(arg) if arg is not self.args[0] else str(printer._print(arg)) for arg in self.args)
        return rf"\operatorname{{{name}}}{power}\left({inside}\right)"


class sigmoid(Activation):
    """1/(1 + exp(-x))."""

    nargs = 1


class log_sigmoid(Activation):
    """log(sigmoid(x)) = -log(1 + exp(-x))."""

    nargs = 1


class softplus(Activation):
    """log(1 + exp(beta*x))/beta."""

    nargs = 2

    def __new__(cls, x: Any, beta: Any = 1) -> Any:
        return cls._make(x, beta)


class relu(Activation):
    """max(x, 0); its derivative at 0 is 0."""

    nargs = 1


class leaky_relu(Activation):
    """x where x > 0, else negative_slope*x."""

    nargs = 2

    def __new__(cls, x: Any, negative_slope: Any = 0.01) -> Any:
        return cls._make(x, negative_slope)


class elu(Activation):
    """x where x > 0, else alpha*(exp(x) - 1)."""

    nargs = 2

    def __new__(cls, x: Any, alpha: Any = 1) -> Any:
        return cls._make(x, alpha)


class selu(Activation):
    """scale*elu(x, alpha) with the constants of G. Klambauer et al., Self-normalizing neural networks (2017)."""

    nargs = 1


class silu(Activation):
    """x*sigmoid(x)."""

    nargs = 1


class gelu(Activation):
    """x*Φ(x) with the normal distribution Φ; `approximate="tanh"` for
    x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3))). D. Hendrycks, K. Gimpel, Gaussian error linear units (2016)."""

    nargs = 2

    def __new__(cls, x: Any, approximate: Any = "none") -> Any:
        if str(approximate) not in ("none", "tanh"):
            raise InvalidArgument("gelu", expected='approximate="none" or "tanh"', found=repr(approximate))
        return cls._make(x, Symbol(str(approximate)))


class mish(Activation):
    """x*tanh(softplus(x)). D. Misra, Mish (2019)."""

    nargs = 1


class hardtanh(Activation):
    """x between min_val and max_val, else the nearer of them; its derivative at either is 0."""

    nargs = 3

    def __new__(cls, x: Any, min_val: Any = -1, max_val: Any = 1) -> Any:
        return cls._make(x, min_val, max_val)


class hardsigmoid(Activation):
    """0 where x <= -3, 1 where x >= 3, else x/6 + 1/2."""

    nargs = 1


class hardswish(Activation):
    """0 where x <= -3, x where x >= 3, else x*(x + 3)/6."""

    nargs = 1


class softsign(Activation):
    """x/(1 + |x|)."""

    nargs = 1


class stop_gradient(Activation):
    """x, with derivative 0."""

    nargs = 1
