"""Networks that the tests of verification share, each with its derivation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from symbackprop.language import Network

from .networks import NETWORKS, Pair, derived


@pytest.fixture(params=list(NETWORKS))
def pair(request: Any) -> Pair:
    return derived(NETWORKS[request.param]())


@pytest.fixture
def derive_all() -> Callable[[Network], Pair]:
    return derived


@pytest.fixture
def network() -> Callable[[str], Network]:
    return lambda name: NETWORKS[name]()
