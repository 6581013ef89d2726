"""Networks by the file that lowers what is particular to them, with what the interpreter of programs makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

from sympy import And, Eq, Max, Min, Ne, Not, Or, Piecewise, Rational, cosh, exp, floor, log, sqrt, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMax, Sum
from symbackprop.derive.differentiate import Derived
from symbackprop.lower.check_values import check_values
from symbackprop.lower.lowering import lower_function
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import Define as Definition
from symbackprop.lower.values import (
    Function,
    Value,
    inside,
)
from symbackprop.schedule import schedule
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.terms.program import GIVEN, Program
from symbackprop.terms.wild import known_of
from symbackprop.verify.data import Data, Style, draw
from workshop.fuzz.modules import Reference, compare_values, reference_values

Define = Callable[[SimpleNamespace], Any]  # of the symbols below; the value of y[n, d]
SIZES = {"N": 5, "D": 3, "K": 2}

CASES: dict[str, dict[str, Define]] = {
    "condition": {
        "floats": lambda p: Piecewise((p.x[p.n, p.d], p.x[p.n, p.d] > p.s[p.n]), (p.s[p.n] ** 2, True)),
        "integers": lambda p: Piecewise(
            (p.x[p.n, p.d], Ne(p.label[p.n], 1)), (3, Eq(p.label[p.n] + p.d, 2)), (0, True)
        ),
        "positions": lambda p: Piecewise((p.x[p.n, p.d], 2 * p.n > p.d + 1), (p.s[p.n], p.n * p.d >= 1), (0, True)),
        "connectives": lambda p: Piecewise(
            (p.x[p.n, p.d], Or(And(p.n > p.d, p.s[p.n] > 0), Not(p.x[p.n, p.d] > p.s[p.n]))), (1, True)
        ),
        "sizes": lambda p: Piecewise((p.x[p.n, p.d], p.N > p.D + p.K), (p.s[p.n], True)),
    },
    "contraction": {
        "a matrix product": lambda p: Sum(p.x[p.n, p.e] * p.V[p.d, p.e], p.e),
        "three factors": lambda p: Sum(p.x[p.n, p.e] * p.V[p.d, p.e] * p.W[p.k, p.e] * p.b[p.k], p.e, p.k),
        "a batch": lambda p: Sum(p.x[p.n, p.e] * p.x[p.n, p.e] * p.V[p.d, p.e], p.e),
        "rows of dot products": lambda p: p.x[p.n, p.d] * Sum(p.x[p.n, p.e] * p.V[p.e, p.e] * p.x[p.n, p.e], p.e),
        "an axis that no factor has": lambda p: Sum(p.x[p.n, p.d], p.k, p.e),
        "a scale": lambda p: Sum(3 * p.x[p.n, p.e] * p.V[p.d, p.e] / p.N, p.e),
        "a sum of products": lambda p: Sum(p.x[p.n, p.e] * p.V[p.d, p.e] + p.s[p.n] * p.V[p.e, p.d], p.e),
        "a guard": lambda p: Sum(Piecewise((p.x[p.n, p.e] * p.V[p.d, p.e], p.e <= p.d), (0, True)), p.e),
        "a guard on what may be infinite": lambda p: Sum(
            Piecewise((log(p.x[p.n, p.e] ** 2 * p.d) * p.V[p.d, p.e], And(p.d > 0, p.x[p.n, p.e] > 0)), (0, True)), p.e
        ),
        "a guard that keeps reads inside": lambda p: Sum(
            Piecewise((p.x[p.n + p.e - 1, p.d] * p.b[0], And(p.n + p.e >= 1, p.n + p.e <= p.N)), (0, True)), p.e
        ),
    },
    "expression": {
        "signs": lambda p: -p.x[p.n, p.d] - p.s[p.n] + 2 - p.V[p.d, p.d],
        "powers": lambda p: p.x[p.n, p.d] ** 3 / (1 + p.s[p.n] ** 2) ** 2 * sqrt(1 + p.x[p.n, p.d] ** 2) / 7,
        "roots": lambda p: (2 + p.s[p.n] ** 2) ** Rational(1, 3) / (1 + p.x[p.n, p.d] ** 2) ** Rational(5, 2),
        "functions": lambda p: tanh(p.x[p.n, p.d]) + exp(p.s[p.n] / 3) / cosh(p.x[p.n, p.d]),
        "extremes": lambda p: Max(p.x[p.n, p.d], p.s[p.n], 0) - Min(p.x[p.n, p.d], 1),
        "a polynomial": lambda p: p.x[p.n, p.d] * (p.n**2 * p.d - floor((p.n + 1) / 2) * p.N),
        "reductions": lambda p: ReduceMax(p.x[p.n, p.e] * p.s[p.n], p.e) + Product(1 + p.W[p.k, p.d] ** 2, p.k),
        "log-sum-exp": lambda p: LogSumExp(p.x[p.n, p.e] * p.V[p.d, p.e], p.e),
        "branches": lambda p: Piecewise((tanh(p.x[p.n, p.d]), p.N > 7), (p.x[p.n, p.d] * p.s[p.n], True)) + p.s[p.n],
    },
    "integer": {
        "looked up": lambda p: p.x[p.n, p.d] * (p.label[p.n] ** 2 - 3 * p.d),
        "rounded": lambda p: p.x[p.n, p.d] * floor((p.label[p.n] + p.n) / 2),
        "extremes": lambda p: p.x[p.n, p.d] * Max(p.label[p.n] - p.d, abs(p.label[p.n] - 1)),
    },
    "reading": {
        "shifted": lambda p: Piecewise((p.x[p.n - 1, p.d], p.n >= 1), (p.s[p.n], True)),
        "backwards": lambda p: p.x[p.N - 1 - p.n, p.d] * p.V[p.d, p.D - 1 - p.d],
        "a diagonal": lambda p: p.V[p.d, p.d] * p.s[p.n],
        "a window": lambda p: Sum(
            Piecewise((p.s[p.n + p.e - 1] * p.V[p.e, p.d], And(p.n + p.e >= 1, p.n + p.e <= p.N)), (0, True)), p.e
        ),
        "steps": lambda p: Piecewise((p.s[2 * p.n], 2 * p.n <= p.N - 1), (0, True)) * p.x[p.n, p.d],
        "gathered": lambda p: p.W[p.label[p.n], p.d] * p.x[p.n, p.d],
        "gathered twice": lambda p: p.W[p.label[p.n], p.part[p.d]],
        "gathered behind a guard": lambda p: Piecewise((p.W[p.label[p.n] + 0, p.d], p.label[p.n] >= 1), (0, True)),
    },
}  # fmt: skip


def network(define: Define) -> Network:
    net = Network("case")
    N, D, K = net.dims("N D K")
    n, d, e, k = net.indices(n=N, d=D, e=D, k=K)
    p = SimpleNamespace(
        N=N, D=D, K=K, n=n, d=d, e=e, k=k,
        x=net.parameter("x", (N, D)), V=net.parameter("V", (D, D)), W=net.parameter("W", (K, D)),
        b=net.parameter("b", (K,)), s=net.parameter("s", (N,)),
        label=net.input("label", (N,), dtype="int", high=K), part=net.input("part", (D,), dtype="int", high=D),
    )  # fmt: skip
    y = net.tensor("y")
    y[n, d] = define(p)
    others = Sum(p.W[k, d] ** 2, k, d) + Sum(p.V[d, e] ** 2, d, e) + Sum(p.b[k] * p.label[n] * p.s[n], n, k)
    net.loss = Sum(y[n, d] ** 2, n, d) + others + Sum(p.x[n, p.part[d]], n, d)
    net.output(y)
    return net


@dataclass(frozen=True)
class Case:
    """A network with data, its derivation, and what the interpreter of programs makes of both."""

    program: Program
    derived: Derived
    sizes: Mapping[str, int]
    data: Data
    reference: Reference

    @cached_property
    def module(self) -> ModuleIR[Function]:
        """Its functions of values, as lowering leaves them."""
        return lowered(self.program, in_order(self.derived))

    def runs(self, module: ModuleIR[Any], run: Callable[[Any, Mapping[str, int], Data], Data]) -> dict[str, Data]:
        """What `run` makes of the module's functions, each given what those before it computed."""
        known = dict(self.data)
        out: dict[str, Data] = {}
        for name, function in (("shared", module.shared), ("forward", module.forward), ("backward", module.backward)):
            if function is not None:
                out[name] = run(function, self.sizes, known)
                known |= out[name]
        return out


@cache
def case(group: str, name: str) -> Case:
    program = network(CASES[group][name]).to_program()
    derived = derived_of(program)
    for seed in range(20):
        data = draw(program, SIZES, seed, Style.SIGNED)
        reference = reference_values(program, derived, SIZES, data)
        if reference is not None:
            return Case(program, derived, SIZES, data, reference)
    raise AssertionError(f"no data at which all values of {group}: {name} are finite")


def named(*groups: str) -> list[tuple[str, str]]:
    """The cases of these groups, or of all."""
    return [(group, name) for group in groups or CASES for name in CASES[group]]


def agrees(group: str, name: str) -> None:
    """Values and gradients are what the interpreter has, before and after the passes over values."""
    found = case(group, name)
    for module in (found.module, improved_module(found.module)):
        for function in (module.shared, module.forward, module.backward, module.predict):
            if function is not None:
                check_values(function)
        compare_values(module, found.program, found.sizes, found.data, found.reference)


def lowered_alone(program: Program) -> Function:
    """The program as it was written, in one function."""
    read = {name for equation in program.equations for name in equation.reads()}
    given = [tensor.name for tensor in program.of_kind(*GIVEN) if tensor.name in read]
    taken = {*program.table, *program.dims}
    return lower_function("all", program, schedule(program), given, known_of(program), taken)


def parts_of(group: str, name: str, kind: type[Value]) -> list[Any]:
    """The parts of that kind of what y is defined as, as it was written."""
    steps = steps_in(lowered_alone(case(group, name).program).body)
    y = next(step.value for step in steps if isinstance(step, Definition) and step.tensor == "y")
    return [part for part in inside(y) if isinstance(part, kind)]
