"""What the tests of elementary functions share: their names, their types, and whether a tool is there."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from symbackprop.c.functions import FUNCTIONS
from workshop.c_functions.library import NUMERIC, PREFIX

NAMES = tuple(FUNCTIONS[op] for op in NUMERIC)
OPS = {name: op for op, name in FUNCTIONS.items()}
KINDS = (np.float32, np.float64)


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def kind_flags(real):
    return (f"-D{PREFIX}_DOUBLE",) if real is np.float64 else ()
