"""Finds the templates, whether the package runs from a checkout or from an installed wheel.

In a checkout (and in an editable install) `templates/` stands at the top level, beside the package; the wheel
carries the same folder as `symbackprop/templates/`.

>>> templates().is_dir()
True
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["templates"]


def templates() -> Path:
    """The folder of Jinja templates.

    Raises FileNotFoundError, naming the places looked in, where an installation lost it.
    """
    package = Path(__file__).resolve().parent
    candidates = (package / "templates", package.parent / "templates")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no templates: looked in {' and '.join(map(str, candidates))}; reinstall symbackprop")
