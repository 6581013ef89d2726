"""The machine is measured once, and anew where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbackprop.measured import known
from tests.measured.machines import machine


def test_the_machine_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(known, "calibrated", lambda: calls.append(0) or machine())
    assert known.known_machine() is None
    assert known.measured_machine() == known.measured_machine() == known.known_machine()
    assert calls == [0]
    known.measured_machine(anew=True)
    assert calls == [0, 0]
