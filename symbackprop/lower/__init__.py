"""From scheduled equations to array statements: contracted, laid out, in shared storage."""

from symbackprop.lower.module import ModuleIR, lower_module
from symbackprop.lower.update import UpdateIR, lower_update

__all__ = ["ModuleIR", "UpdateIR", "lower_module", "lower_update"]
