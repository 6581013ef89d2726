"""The classifier of digits that is trained on a Cortex-M4F knows more than 95 % of the images held out."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "cortex_m" / "train.py"
TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm")


@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
def test_it_learns(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("cortex_m_train", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = module.train(tmp_path)
    assert told["images"] == 360
    assert told["before"] < 0.3 * told["images"]
    assert told["after"] > 0.95 * told["images"]
    assert told["code"] < 8192
    assert told["work"] < 16384
    assert told["instructions"] < 4_000_000
