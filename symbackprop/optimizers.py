"""Optimisers: update equations, written as a network is and lowered by the same code.

Each is a network over one flat array: `w[i]` a parameter, `g[i]` the gradient of the loss by it, states such as `m[i]`
that start at zero, the learning rate `lr` and the number `t` of the step, from 1. What follows is `next_w`, `next_m`,
.... Names, defaults and meaning are those of `torch.optim`, whose `betas` are `beta1` and `beta2`; the learning rate is
an argument of each `update`.

    generate(net, optimizer=optimizers.adamw())

adds `init_optimizer` and `update` to the generated module. An `Optimizer` of one's own is a network of such equations,
each of elements [i] and of scalars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Real
from types import MappingProxyType
from typing import Any

from sympy import Expr, Idx, Integer, Rational, sqrt

from symbackprop.errors import InvalidArgument
from symbackprop.language import Network
from symbackprop.language.calls import called
from symbackprop.language.constants import decimal
from symbackprop.language.symbols import TensorSymbol

__all__ = ["BY_NAME", "Optimizer", "adam", "adamw", "rmsprop", "sgd"]


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimiser. `title`: how it was called. `network`: its equations, of inputs `w`, `g`, `lr`, `t` and the
    `states`, each of shape (P,) but for the scalars `lr` and `t`; the outputs are `next_w` and a next value for each
    state.

    >>> print(sgd(momentum=0.9).title)
    sgd(momentum=0.9, nesterov=False, weight_decay=0)
    """

    title: str
    network: Network
    states: tuple[str, ...]


@called("its options alone, as in optimizers.sgd(): the learning rate is an argument of each update")
def sgd(momentum: float = 0, nesterov: bool = False, weight_decay: float = 0) -> Optimizer:
    """Stochastic gradient descent.

        b ← μ b + g,   w ← w − lr b;      with Nesterov's momentum   w ← w − lr (g + μ b)

    Source: I. Sutskever et al., On the importance of initialization and momentum in deep learning, ICML (2013).
    Raises InvalidArgument for numbers out of range and for `nesterov` without momentum.
    """
    title = f"sgd(momentum={momentum}, nesterov={nesterov}, weight_decay={weight_decay})"
    mu = _number("sgd: momentum", momentum)
    if nesterov and not mu:
        raise InvalidArgument("sgd: nesterov", expected="a momentum above 0", found="0", remedy="give momentum=0.9")
    made = _Equations("sgd")
    w, lr, i = made.w, made.lr, made.i
    g = made.gradient(_number("sgd: weight_decay", weight_decay))
    if not mu:
        return made.optimizer(title, {}, w[i] - lr * g)
    b = made.state("b")
    next_b = made.next("b", mu * b[i] + g)
    return made.optimizer(title, {"b": next_b}, w[i] - lr * (g + mu * next_b[i] if nesterov else next_b[i]))


@called("its options alone, as in optimizers.adam(): the learning rate is an argument of each update")
def adam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0) -> Optimizer:
    """Adam; `weight_decay` is added to the gradient.

        m ← β1 m + (1 − β1) g,   v ← β2 v + (1 − β2) g²
        w ← w − lr m/(1 − β1^t) / (√(v/(1 − β2^t)) + ε)

    Source: D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, ICLR (2015), algorithm 1.
    Raises InvalidArgument for numbers out of range.
    """
    return _adam("adam", beta1, beta2, eps, weight_decay, decoupled=False)


@called("its options alone, as in optimizers.adamw(): the learning rate is an argument of each update")
def adamw(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01) -> Optimizer:
    """Adam with decoupled weight decay: as `adam`, and w shrinks by lr·weight_decay of itself before each step.

    Source: I. Loshchilov, F. Hutter, Decoupled weight decay regularization, ICLR (2019), algorithm 2.
    Raises InvalidArgument for numbers out of range.
    """
    return _adam("adamw", beta1, beta2, eps, weight_decay, decoupled=True)


def _adam(name: str, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool) -> Optimizer:
    title = f"{name}(beta1={beta1}, beta2={beta2}, eps={eps}, weight_decay={weight_decay})"
    b1, b2 = _number(f"{name}: beta1", beta1, below=1), _number(f"{name}: beta2", beta2, below=1)
    epsilon, decay = _number(f"{name}: eps", eps), _number(f"{name}: weight_decay", weight_decay)
    made = _Equations(name)
    w, lr, t, i = made.w, made.lr, made.t, made.i
    m, v = made.state("m"), made.state("v")
    g = made.gradient(Integer(0) if decoupled else decay)
    # what lr and t alone decide is computed once a step, in float64; 1 - β2^t would lose its digits in float32
    rate = made.scalar("rate", lr / (1 - b1**t))
    spread = made.scalar("spread", sqrt(1 - b2**t))
    next_m = made.next("m", b1 * m[i] + (1 - b1) * g)
    next_v = made.next("v", b2 * v[i] + (1 - b2) * g**2)
    kept = made.scalar("kept", 1 - lr * decay) * w[i] if decoupled and decay else w[i]
    step = rate * next_m[i] / (sqrt(next_v[i]) / spread + epsilon)
    return made.optimizer(title, {"m": next_m, "v": next_v}, kept - step)


@called("its options alone, as in optimizers.rmsprop(): the learning rate is an argument of each update")
def rmsprop(alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0, weight_decay: float = 0) -> Optimizer:
    """RMSprop.

        v ← α v + (1 − α) g²,   w ← w − lr g/(√v + ε);      with momentum   b ← μ b + g/(√v + ε),   w ← w − lr b

    Source: T. Tieleman, G. Hinton, Lecture 6.5: rmsprop, Neural networks for machine learning (2012).
    Raises InvalidArgument for numbers out of range.
    """
    title = f"rmsprop(alpha={alpha}, eps={eps}, momentum={momentum}, weight_decay={weight_decay})"
    a, epsilon = _number("rmsprop: alpha", alpha, below=1), _number("rmsprop: eps", eps)
    mu, decay = _number("rmsprop: momentum", momentum), _number("rmsprop: weight_decay", weight_decay)
    made = _Equations("rmsprop")
    w, lr, i = made.w, made.lr, made.i
    v = made.state("v")
    g = made.gradient(decay)
    next_v = made.next("v", a * v[i] + (1 - a) * g**2)
    step = g / (sqrt(next_v[i]) + epsilon)
    if not mu:
        return made.optimizer(title, {"v": next_v}, w[i] - lr * step)
    b = made.state("b")
    next_b = made.next("b", mu * b[i] + step)
    return made.optimizer(title, {"v": next_v, "b": next_b}, w[i] - lr * next_b[i])


BY_NAME: Mapping[str, Callable[[], Optimizer]] = MappingProxyType({
    "sgd": sgd, "momentum": partial(sgd, momentum=0.9), "nesterov": partial(sgd, momentum=0.9, nesterov=True),
    "adam": adam, "adamw": adamw, "rmsprop": rmsprop,
})  # fmt: skip
"""As the command calls them, each with its defaults; the momentum is 0.9."""


class _Equations:
    """The network of an optimiser while it is written."""

    def __init__(self, name: str) -> None:
        self.net = Network(name)
        self.size = self.net.dim("P")
        self.i: Idx = self.net.index("i", self.size)
        self.w, self.g = self.net.input("w", (self.size,)), self.net.input("g", (self.size,))
        self.inputs: dict[str, TensorSymbol] = {}

    def _given(self, name: str) -> TensorSymbol:
        if name not in self.inputs:
            self.inputs[name] = self.net.input(name, ())
        return self.inputs[name]

    @property
    def lr(self) -> TensorSymbol:
        return self._given("lr")

    @property
    def t(self) -> TensorSymbol:
        return self._given("t")

    def state(self, name: str) -> TensorSymbol:
        return self.net.input(name, (self.size,))

    def gradient(self, decay: Rational) -> Expr:
        """g, with the weight's decay added to it."""
        if not decay:
            return self.g[self.i]
        decayed = self.net.tensor("decayed")
        decayed[self.i] = self.g[self.i] + decay * self.w[self.i]
        return decayed[self.i]

    def scalar(self, name: str, value: Expr) -> TensorSymbol:
        tensor = self.net.tensor(name)
        tensor[()] = value
        return tensor

    def next(self, name: str, value: Expr) -> TensorSymbol:
        tensor = self.net.tensor(f"next_{name}")
        tensor[self.i] = value
        return tensor

    def optimizer(self, title: str, states: Mapping[str, TensorSymbol], weight: Expr) -> Optimizer:
        self.net.output(self.next("w", weight), *states.values())
        return Optimizer(title, self.net, tuple(states))


def _number(subject: str, value: Any, below: float | None = None) -> Rational:
    """A number of at least 0 as the fraction that its decimals say: 0.9 is 9/10."""
    wanted = "a number of at least 0" + (f" and below {below}" if below is not None else "")
    number = isinstance(value, Real) and not isinstance(value, bool)
    good = number and 0 <= float(value) < (below or float("inf"))
    if not good:
        raise InvalidArgument(subject, expected=wanted, found=repr(value))
    return decimal(float(value))
