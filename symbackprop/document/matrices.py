"""The matrix form of a derivation's equations, where there is one."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.derive.differentiate import Derived
from symbackprop.document.model import Matrix

__all__ = ["matrix_forms"]


def matrix_forms(derived: Derived) -> Mapping[str, Matrix]:
    """label -> matrix form, or the reason why there is none."""
    raise NotImplementedError
