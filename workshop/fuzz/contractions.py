"""Random networks of sums of products of tensors, as large as what computes them in blocks asks for: axes in any order,
several of each kind, strides, windows, frames of zeros, batches, look-ups, further factors, steps of a recurrence."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import prod

EXTENTS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 20, 24, 31, 32, 33, 40, 48, 65)
MOST = 30_000  # products in one sum over everything
NAMES = "ijklmnpqrstuv"


@dataclass(slots=True)
class _Axis:
    index: str
    size: str
    extent: int


@dataclass(slots=True)
class _Contractions:
    rng: random.Random
    lines: list[str] = field(default_factory=list)  # declarations
    equations: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    labels: int = 0

    def axes(self, *counts: int) -> list[list[_Axis]]:
        """Axes with names of their own, so many of each kind, of a product that is neither small nor too large."""
        while True:
            extents = [self.rng.choice(EXTENTS) for _ in range(sum(counts))]
            if prod(extents) <= MOST and (prod(extents) > 1000 or self.rng.random() < 0.1):
                break
        first = len(self.sizes)
        made = [_Axis(NAMES[first + place], f"S{first + place}", extent) for place, extent in enumerate(extents)]
        for axis in made:
            self.sizes[axis.size] = axis.extent
            self.lines.append(f'{axis.size} = net.dim("{axis.size}")')
            self.lines.append(f'{axis.index} = net.index("{axis.index}", {axis.size})')
        out, at = [], 0
        for count in counts:
            out.append(made[at : at + count])
            at += count
        return out

    def leaf(self, name: str, axes: list[_Axis], kind: str = "") -> str:
        """An element of a new tensor over the axes, in any order: at places that need not be the plain ones."""
        rng, shape, places, left = self.rng, list[str](), list[str](), rng_shuffled(self.rng, axes)
        while left:
            axis = left.pop()
            how = rng.choices(("plain", "window", "frame", "step", "back", "shift", "look"), (30, 4, 3, 2, 2, 2, 1))[0]
            if how in ("window", "frame") and left:
                other, step = left.pop(), rng.choice((1, 1, 2, 3))
                front = axis.index if step == 1 else f"{step}*{axis.index}"
                if how == "window":
                    shape.append(f"{step}*({axis.size} - 1) + {other.size}")
                    places.append(f"{front} + {other.index}")
                else:
                    shape.append(axis.size)
                    places.append(f"{front} + {other.index} - {rng.choice((1, 2))}")
            elif how == "step":
                shape.append(f"2*{axis.size}")
                places.append(f"2*{axis.index} + {rng.choice((0, 1))}")
            elif how == "back":
                shape.append(axis.size)
                places.append(f"{axis.size} - 1 - {axis.index}")
            elif how == "shift":
                shape.append(f"{axis.size} + 2")
                places.append(f"{axis.index} + {rng.choice((0, 1, 2))}")
            elif how == "look":
                self.labels += 1
                label = f"label{self.labels}"
                self.lines.append(f'{label} = net.input("{label}", ({axis.size},), dtype="int", high={axis.size})')
                shape.append(axis.size)
                places.append(f"{label}[{axis.index}]")
            else:
                shape.append(axis.size)
                places.append(axis.index)
        kind = kind or rng.choice(("parameter", "parameter", "input"))
        self.lines.append(f'{name} = net.{kind}("{name}", ({"".join(f"{size}, " for size in shape)}))')
        text = f"{name}[{', '.join(places)}]" if places else name
        for size, place in zip(shape, places, strict=True):
            if place.endswith((" - 1", " - 2")):
                text = f"Piecewise(({text}, And({place} >= 0, {place} < {size})), (0, True))"
        return text

    def summed(self, name: str, left: list[_Axis], bound: list[_Axis], factors: list[str]) -> None:
        """name[left] = a sum over what is bound, and what may stand around it."""
        rng, over = self.rng, ", ".join(axis.index for axis in bound)
        if rng.random() < 0.2:
            factors = [f"tanh({factors[0]})", *factors[1:]]
        if rng.random() < 0.2:
            some = [axis for axis in (*left, *bound) if rng.random() < 0.5]
            factors = [*factors, self.leaf(f"{name}_f", some)]
        rng.shuffle(factors)
        text = f"Sum({'*'.join(factors)}, {over})" if over else "*".join(factors)
        if rng.random() < 0.15:
            text = f"{rng.choice(('2*', '-', '0.5*'))}{text}"
        if rng.random() < 0.4:
            text += f" + {self.leaf(f'{name}_b', [axis for axis in left if rng.random() < 0.6])}"
        if rng.random() < 0.4:
            text = rng.choice(("tanh({}/9)", "relu({})", "Max({}, -1)", "sin({})")).format(text)
        self.lines.append(f'{name} = net.tensor("{name}")')
        places = ", ".join(axis.index for axis in left) or "()"
        self.equations.append(f"{name}[{places}] = {text}")


def rng_shuffled(rng: random.Random, axes: list[_Axis]) -> list[_Axis]:
    out = list(axes)
    rng.shuffle(out)
    return out


def random_contractions(seed: int) -> str:
    """The source text of such a network: a Python file that leaves `net`, and `SIZES` for a trial run."""
    rng = random.Random(f"contractions {seed}")
    made = _Contractions(rng)
    counts = [rng.choice(choices) for choices in ((0, 1, 1, 1, 2, 3), (0, 1, 1, 1, 2), (1, 1, 1, 2, 3), (0, 0, 0, 1))]
    rows, columns, sums, batch = made.axes(*counts)
    left = rng_shuffled(rng, [*rows, *columns, *batch])
    factors = [made.leaf("A", [*rows, *sums, *batch], "parameter"), made.leaf("B", [*columns, *sums, *batch])]
    made.summed("y", left, sums, factors)
    last, axes = "y", left
    if left and rng.random() < 0.4:
        kept = rng_shuffled(rng, left)[: rng.randint(0, len(left))]
        bound = [axis for axis in left if axis not in kept]
        (new,) = made.axes(rng.choice((0, 0, 1))) if prod(axis.extent for axis in left) < 400 else ([],)
        factors = [f"y[{', '.join(axis.index for axis in left)}]", made.leaf("C", [*bound, *new])]
        axes, last = rng_shuffled(rng, [*kept, *new]), "z"
        made.summed("z", axes, bound, factors)
    if axes and rng.random() < 0.15 and prod(axis.extent for axis in axes) * axes[-1].extent <= MOST // 3:
        axes, last = _recurrence(made, axes, last), "h"
    read = f"{last}[{', '.join(axis.index for axis in axes)}]" if axes else last
    if rng.random() < 0.25:
        end = f"net.output({last})"
    else:
        over = "".join(f", {axis.index}" for axis in axes)
        body = rng.choice((f"{read}**2", f"{read}*cos({axes[0].index} + 1)" if axes else read))
        count = max(1, prod(axis.extent for axis in axes))
        end = f"net.loss = Sum({body}{over})/{count}" if over else f"net.loss = {body}"
        if rng.random() < 0.3:
            end += f"\nnet.output({last})"
    names = "from sympy import And, Max, Piecewise, cos, sin, tanh\nfrom symbackprop import Network, Sum\n"
    names += "from symbackprop.functions import relu\n"
    lines = [*made.lines, *made.equations, end]
    return f'{names}net = Network("contractions_{seed}")\n' + "\n".join(lines) + f"\nSIZES = {made.sizes!r}\n"


def _recurrence(made: _Contractions, axes: list[_Axis], last: str) -> list[_Axis]:
    """h[t, …]: a few steps, each of which multiplies along one axis of the state by a matrix."""
    rng, state = made.rng, axes[-1]
    inner = f"{state.index}{state.index}"
    made.lines += [f'{inner} = net.index("{inner}", {state.size})', 't = net.index("t", (1, 2))', 'h = net.tensor("h")',
                   f'R = net.parameter("R", ({state.size}, {state.size}))']  # fmt: skip
    others = "".join(f"{axis.index}, " for axis in axes[:-1])
    matrix = rng.choice((f"R[{state.index}, {inner}]", f"R[{inner}, {state.index}]"))
    made.equations += [
        f"h[0, {others}{state.index}] = {last}[{others}{state.index}]",
        f"h[t, {others}{state.index}] = tanh(Sum({matrix}*h[t - 1, {others}{inner}], {inner}))",
    ]
    made.lines.append('tt = net.index("tt", 3)')
    return [_Axis("tt", "3", 3), *axes]


__all__ = ["random_contractions"]
