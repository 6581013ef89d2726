"""What builds a network's C files: a Makefile, and a CMakeLists.txt for those who build with that."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.resources import fields_of, filled

__all__ = ["TEMPLATES", "BuildText", "build_texts", "library_files"]

TEMPLATES = {"Makefile": ("Makefile.j2",), "CMakeLists.txt": ("CMakeLists.txt.j2",)}


@dataclass(frozen=True, slots=True)
class BuildText:
    """Everything that each of the templates is filled with. `name`: the files' and the prefix of public names; `title`:
    the network, as its author called it, with its sizes; `single`, `double`: the libraries for Python."""

    name: str
    title: str
    version: str
    single: str
    double: str


def library_files(name: str) -> tuple[tuple[str, str], ...]:
    """The shared libraries that Python calls, by the dtype that each computes in."""
    return ("float32", f"lib{name}.so"), ("float64", f"lib{name}_double.so")


def build_texts(name: str, title: str, version: str) -> dict[str, str]:
    """The files, by their names."""
    (_, single), (_, double) = library_files(name)
    context = fields_of(BuildText(name, title, version, single, double))
    return {file: filled("c", templates, context) for file, templates in TEMPLATES.items()}
