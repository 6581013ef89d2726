"""From equations to array statements: scheduled, contracted, laid out, in shared storage."""

from symbackprop.lower.module import ModuleIR, lower_module

__all__ = ["ModuleIR", "lower_module"]
