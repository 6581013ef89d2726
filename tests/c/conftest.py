"""Tests of the C target compile into a folder of their own, and say where there is no compiler."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbackprop.c.compiled_cache import VARIABLE
from symbackprop.c.compiler import Compiler, found_compiler
from symbackprop.errors import CompilerNotFound


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before, folder = os.environ.get(VARIABLE), tmp_path_factory.mktemp("compiled")
    os.environ[VARIABLE] = str(folder)
    yield folder
    os.environ.pop(VARIABLE)
    if before is not None:
        os.environ[VARIABLE] = before


@pytest.fixture(scope="session")
def compiler() -> Compiler:
    try:
        return found_compiler()
    except CompilerNotFound as missing:
        pytest.skip(str(missing))
