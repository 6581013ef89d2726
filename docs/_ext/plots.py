"""`{plot} NAME`: a plot of what symbackprop computes, drawn while the site is built.

The plot is one of those below; it looks at the files that its page shows. matplotlib draws in four colours that stand
for those of the site, so that the lines and words of a plot are light in the dark.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from html import escape
from io import StringIO
from types import ModuleType
from typing import ClassVar

import matplotlib
import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from page_files import files_of, made_by
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import symbackprop
from symbackprop.cost import Cost

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none", "svg.hashsalt": "symbackprop", "font.size": 11.5, "font.family": "sans-serif",
        "axes.edgecolor": "#010101", "axes.labelcolor": "#010101", "xtick.color": "#010101", "ytick.color": "#010101",
        "text.color": "#010101", "axes.spines.top": False, "axes.spines.right": False, "grid.color": "#020202",
        "grid.linewidth": 0.5, "axes.grid": True, "lines.linewidth": 1.9,
        "xtick.minor.size": 0, "ytick.minor.size": 0,
    }
)  # fmt: skip
COLOURS = {
    "#010101": "var(--plot-ink)", "#020202": "var(--plot-grid)", "#030303": "var(--plot-a)", "#040404": "var(--plot-b)",
    "#050505": "var(--plot-c)", "#060606": "var(--plot-d)",
}  # fmt: skip
A, B, C, D = list(COLOURS)[2:]


def differences(axes: Axes, page: Callable[[str], ModuleType]) -> None:
    """How far a central difference of the neuron is from its derivative, by the step."""
    module = symbackprop.load(page("neuron").net)
    steps = 10.0 ** np.arange(-12, 0.01, 0.25)
    for dtype, colour, place in ((np.float32, D, (2e-7, 0.3)), (np.float64, A, (4e-12, 3e-4))):

        def loss(w: float, dtype: type = dtype) -> float:
            return float(module.forward({"w": np.array(w, dtype), "b": np.array(-2, dtype)}, dtype(2), dtype(1))[0])

        kept = [step for step in steps if step > np.finfo(dtype).eps / 2]
        errors = [abs((loss(1 + step) - loss(1 - step)) / (2 * step) + 0.25) for step in kept]
        axes.loglog(kept, np.maximum(errors, 1e-17), "o-", color=colour, markersize=3, linewidth=1)
        axes.text(*place, dtype.__name__, color=colour)
    axes.set(xlabel="step h", ylabel="error", ylim=(1e-13, 8))


ROWS = (
    ("central_differences", "central\ndifferences", D), ("chain_rule_without_reuse", "chain rule\nwithout reuse", C),
    ("backward", "backward", B), ("forward", "forward", A),
)  # fmt: skip


def counts(axes: Axes, xs: Iterable[int], costs: Iterable[Cost], dims: Iterable[dict[str, int]]) -> None:
    """Multiply-adds of every way to the gradients."""
    xs, found = list(xs), list(zip(costs, dims, strict=True))
    ends: list[tuple[float, str, str]] = []
    for row, name, colour in ROWS:
        values = [float(at(getattr(cost, row).multiply_adds, sizes)) for cost, sizes in found]
        axes.plot(xs, values, color=colour)
        ends.append((values[-1], name, colour))
    axes.set(yscale="log", ylabel="multiply-adds")
    low, high = np.log(axes.get_ylim())
    height = -1.0
    for end, name, colour in sorted(ends):  # beside the ends of the lines, and apart from one another
        height = max((np.log(end) - low) / (high - low), height + 0.05 * (1 + name.count("\n")))
        axes.text(1.01, height, name, color=colour, transform=axes.transAxes, va="center", linespacing=1)


def at(count: object, sizes: dict[str, int]) -> object:
    return count.subs({symbol: sizes[symbol.name] for symbol in count.free_symbols})  # type: ignore[attr-defined]


def depth(axes: Axes, page: Callable[[str], ModuleType]) -> None:
    stack, depths = page("stack").stack, [1, 2, 4, 8, 16, 32, 64]
    counts(axes, depths, [symbackprop.cost(stack(depth)) for depth in depths], [{"H": 32}] * len(depths))
    axes.set(xscale="log", xlabel="layers L, each of 32 units", xticks=depths, xticklabels=map(str, depths))


def skips(axes: Axes, page: Callable[[str], ModuleType]) -> None:
    stack, depths = page("stack").stack, [1, 2, 4, 8, 12, 16, 20, 24, 28, 32]
    costs = [symbackprop.cost(stack(depth, skip=True)) for depth in depths]
    counts(axes, depths, costs, [{"H": 32}] * len(depths))
    axes.set(xlabel="layers L with skip connections, each of 32 units")


def width(axes: Axes, page: Callable[[str], ModuleType]) -> None:
    cost, widths = symbackprop.cost(page("stack").stack(8)), [2, 4, 8, 16, 32, 64, 128, 256, 512]
    counts(axes, widths, [cost] * len(widths), [{"H": width} for width in widths])
    axes.set(xscale="log", xlabel="units H of each of 8 layers", xticks=widths, xticklabels=map(str, widths))


def spiral(axes: Axes, page: Callable[[str], ModuleType]) -> None:
    """The points that the network of the page is tested on, and the borders between what it answers."""
    sys.modules["spiral_numpy"] = symbackprop.load(page("spiral").net, optimizer=symbackprop.optimizers.adamw())
    with redirect_stdout(StringIO()):
        train = page("train")
    del sys.modules["spiral_numpy"]
    for arm, colour in enumerate((A, B, C)):
        axes.plot(*train.x_test[train.arm_test == arm].T, "o", color=colour, markersize=2.4)
    line = np.linspace(-1.1, 1.1, 90, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    answers = train.spiral.predict(train.params, grid.reshape(-1, 2)).reshape(90, 90, 3)
    for arm in range(3):
        others = np.delete(answers, arm, axis=-1).max(axis=-1)
        axes.contour(line, line, answers[..., arm] - others, levels=[0], colors=["#010101"], linewidths=1)
    axes.set(aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])


PLOTS = {plot.__name__: plot for plot in (differences, depth, skips, width, spiral)}


class Plot(SphinxDirective):
    """Its content is what it shows, for those who do not see it."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"height": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        made_by(self, __file__)
        figure = Figure(figsize=(6.2, self.options.get("height", 300) / 72), layout="constrained")
        with files_of(self):
            PLOTS[self.arguments[0]](figure.subplots(), __import__)
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        words = escape(" ".join(self.content))
        svg = f'<svg role="img" aria-label="{words}" ' + written.getvalue().partition("<svg ")[2]
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        for stand_in, colour in COLOURS.items():
            svg = svg.replace(stand_in, colour)
        prefix = f"{self.arguments[0]}-"  # several plots on a page have names of their own
        svg = re.sub(r'(\bid="|#)(?=[a-zA-Z])', rf"\g<1>{prefix}", svg)
        return [nodes.raw("", f'<div class="plot">{svg}</div>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("plot", Plot)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
