"""From scheduled equations to functions of values: what is computed, without a word of where it is kept."""

from symbackprop.lower.module_values import ModuleIR, lower_module
from symbackprop.lower.update import UpdateIR, lower_update

__all__ = ["ModuleIR", "UpdateIR", "lower_module", "lower_update"]
