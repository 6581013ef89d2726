"""A module with its tensors in the order in which windows read them best, and the columns of convolutions made once."""

from __future__ import annotations

from symbackprop.lower.axis_order import reordered
from symbackprop.lower.convolutions import Convolutions
from symbackprop.lower.layout import Layout
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.numpy.columns import with_columns


def laid_out(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module with the axes of its inner tensors in another order, and with columns."""
    convolutions = Convolutions(module.functions)
    layout = Layout(module, convolutions)
    orders = layout.orders()
    if not layout.batch_innermost:
        return module
    module = with_columns(module, convolutions, layout.role)
    return module.mapped(lambda function: reordered(function, orders))


__all__ = ["laid_out"]
