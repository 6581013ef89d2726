"""The axes of tensors in the order in which loops read windows best: see `lower.layout`. Given tensors, too, which are
copied first.

    z[n, f, h] = Σ_{c,i} K[f, c, i]·x[n, c, h + i]      becomes   X[c, h, n] = x[n, c, h]
                                                                  z[f, h, n] = Σ_{c,i} K[f, c, i]·X[c, h + i, n]

is a product whose columns (h n) lie side by side for each (c, i), and pooling compares whole vectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symbackprop.lower.axis_order import reordered
from symbackprop.lower.convolutions import Convolutions, Role
from symbackprop.lower.layout import Layout
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import rebuilt, rewritten
from symbackprop.lower.values import Define, Function, Kind, Note, Read, Step, Value, with_children
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import DType, Op, Tensor, TensorKind, fresh_name
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

LEAST = 8  # images, below which rows of a window are as long as those of a batch


def laid_out(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module with the axes of its inner tensors, and of copies of what it is given, in another order. Its sizes are
    numbers."""
    layout = Layout(module, Convolutions(module.functions))
    orders = layout.orders()
    if not layout.batch_innermost or not _large(layout, module):
        return module
    copies = {tensor.name: order for tensor in _given(module) if (order := _order(layout, tensor)) is not None}
    taken = {name for function in module.functions for name in (*function.taken, *function.tensors)}
    names = {name: fresh_name(f"{name}_turned", taken) for name in copies}
    orders |= {names[name]: order for name, order in copies.items()}
    forward = _copied(module.forward, names)
    backward = _renamed(module.backward, names)
    backward = replace(backward, given=tuple(names.get(name, name) for name in backward.given))
    kept = tuple(name for name in names.values() if name in backward.given)
    cached = tuple(name for name in module.cached if name not in names)
    changed = replace(
        module, forward=forward, backward=backward, cached=(*cached, *kept),
        predict=None if module.predict is None else _copied(module.predict, names),
    )  # fmt: skip
    return changed.mapped(lambda function: reordered(function, orders))


def _large(layout: Layout, module: ModuleIR[Function]) -> bool:
    """Whether there are images enough that they pay."""
    sizes = [
        tensor.shape[place].constant or 0
        for function in module.functions for name, tensor in function.tensors.items() if name in layout.inner
        for place in range(tensor.rank) if layout.role((name, place)) is Role.BATCH
    ]  # fmt: skip
    return bool(sizes) and min(sizes) >= LEAST


def _given(module: ModuleIR[Function]) -> Iterable[Tensor]:
    """The tensors of numbers that the module is given."""
    kinds = (TensorKind.INPUT, TensorKind.RANDOM)
    return [tensor for tensor in module.program.of_kind(*kinds) if tensor.dtype is DType.FLOAT]


def _order(layout: Layout, tensor: Tensor) -> tuple[int, ...] | None:
    """The order of its axes as convolutions read them best; None where that is its own, or none reads it."""
    roles = [layout.role((tensor.name, place)) for place in range(tensor.rank)]
    order = tuple(sorted(range(tensor.rank), key=roles.__getitem__))
    moved = Role.BATCH in roles and (Role.SPACE in roles or Role.ROW in roles)
    return order if moved and order != tuple(range(tensor.rank)) else None


def _copied(function: Function, names: dict[str, str]) -> Function:
    """The function, which copies first what it is given."""
    copies: list[Step] = []
    for name, copy in names.items():
        if name in function.given:
            shape = function.tensors[name].shape
            axes = tuple(Axis(Index(f"i{place}"), ZERO, size - 1) for place, size in enumerate(shape))
            at = tuple(Poly.of(axis.index) for axis in axes)
            read = Read(name, at, frozenset(axis.index for axis in axes), Kind.FLOAT, False)
            copies += [Note(f"{copy}: {name}, its axes in another order"), Define(copy, at, axes, read, Op.ASSIGN)]
    renamed = _renamed(function, names)
    return replace(renamed, body=(*copies, *renamed.body))


def _renamed(function: Function, names: dict[str, str]) -> Function:
    """The function, which reads copies."""

    def renamed(value: Value, children: Sequence[Value]) -> Value:
        new = with_children(value, tuple(children)) if children else value
        if isinstance(new, Read) and new.tensor in names:
            return Read(names[new.tensor], new.subscripts, new.over, new.kind, new.padded)
        return new

    def changed(step: Step, _: Facts) -> Iterable[Step]:
        if not isinstance(step, Define):
            return [step]
        subscripts = tuple(rebuilt(s, renamed) if isinstance(s, Value) else s for s in step.subscripts)
        return [replace(step, subscripts=subscripts, value=rebuilt(step.value, renamed))]

    tensors = function.tensors | {
        copy: replace(function.tensors[name], name=copy, kind=TensorKind.INTERMEDIATE)
        for name, copy in names.items() if name in function.tensors
    }  # fmt: skip
    return replace(function, tensors=tensors, body=rewritten(function.body, changed, function.facts))


__all__ = ["laid_out"]
