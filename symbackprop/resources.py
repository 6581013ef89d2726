"""Finds the templates, and fills them, whether the package runs from a checkout or from an installed wheel; and the
user's folder for what can be made again.

In a checkout (and in an editable install) `templates/` stands at the top level, beside the package; the wheel
carries the same folder as `symbackprop/templates/`.

>>> templates().is_dir()
True
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta

__all__ = ["cache_folder", "fields_of", "filled", "templates"]


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


def cache_folder() -> Path | None:
    """The user's folder for what can be made again, which need not exist; None where there is no such place."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(told) if Path(told).is_absolute() else Path.home() / ".cache") / "symbackprop"
    except RuntimeError:  # nobody's home
        return None


def filled(folder: str, names: tuple[str, ...], context: Mapping[str, object], *, html: bool = False) -> str:
    """The first of the folder's templates `names`, which it is made of, filled in; `html`: whether text is escaped.

    Names that begin with a folder, as `python/`, are those of templates that several targets share. The context has
    what the templates have room for, and nothing else.
    """
    environment, holes = _opened(folder, names, html)
    assert holes == context.keys(), f"templates and context differ in {sorted(holes ^ context.keys())}"
    return environment.get_template(names[0]).render(context)


def fields_of(context: Any) -> dict[str, object]:
    """A context's fields by name, each a hole of the templates."""
    return {field.name: getattr(context, field.name) for field in fields(context)}


@lru_cache
def _opened(folder: str, names: tuple[str, ...], html: bool) -> tuple[Environment, set[str]]:
    """The environment of the folder's templates, and the names that these have room for."""
    environment = Environment(
        loader=(loader := FileSystemLoader([templates() / folder, templates()])),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
        autoescape=html,
    )
    texts = (loader.get_source(environment, name)[0] for name in names)
    return environment, {hole for text in texts for hole in meta.find_undeclared_variables(environment.parse(text))}
