"""A network's module generated, written to a file and imported from there, as any other user of it would."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

import numpy as np

import symbackprop


def generated(net, optimizer, wrt=None):
    """The module of `net` with `optimizer`; `wrt` as `symbackprop.generate` has it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{net.name}.py"
        file.write_text(symbackprop.generate(net, wrt=wrt, optimizer=optimizer), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(net.name, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def count(params):
    return sum(array.size for array in params.values())


def rates(peak, steps, warm=0.05):
    """A learning rate for each step: a linear rise, then a cosine down to a tenth of its peak."""
    rise = max(1, int(warm * steps))
    for step in range(steps):
        fall = max(0, step - rise) / max(1, steps - rise)
        yield peak * min(1, (step + 1) / rise) * (0.55 + 0.45 * np.cos(np.pi * fall))
