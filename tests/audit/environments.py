"""Virtual environments with a version of NumPy each, made where they are missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".numpy-versions"
VERSIONS = ("1.24", "1.26", "2.0", "2.1", "newest")
_PYTHONS = {"1.24": (10, 11), "1.26": (10, 11, 12), "2.0": (10, 11, 12), "2.1": (10, 11, 12, 13)}  # 3.x
_NEWEST = (11, 12, 13, 14)


def environment(version: str, folder: Path = FOLDER) -> Path:
    """The Python of an environment with that version of NumPy and what symbackprop itself needs.

    Raises RuntimeError where no Python that the version runs on is found.
    """
    python = folder / version / "bin" / "python"
    if not python.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([_interpreter(version), "-m", "venv", str(folder / version)], check=True)
        wanted = "numpy" if version == "newest" else f"numpy=={version}.*"
        subprocess.run([python, "-m", "pip", "install", "--quiet", wanted, *_requirements()], check=True)
    return python


def _requirements() -> list[str]:
    """What the package depends on, as pyproject.toml says, but for NumPy."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("dependencies = "))
    return [word for word in line.split('"')[1::2] if not word.startswith("numpy")]


def _interpreter(version: str) -> str:
    allowed = _PYTHONS.get(version, _NEWEST)
    if sys.version_info.minor in allowed:
        return sys.executable
    for minor in allowed:
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    names = ", ".join(f"3.{minor}" for minor in allowed)
    raise RuntimeError(f"NumPy {version}: expected one of Python {names} to be installed, found none")
