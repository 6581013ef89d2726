"""A template has a hole for each field of its context, and no other; so has each group of fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes

from symbackprop import jax, numpy, plain, torch
from symbackprop.numpy.function_text import Functions, FunctionText
from symbackprop.numpy.optimizer import OptimizerText
from symbackprop.numpy.selfcheck import SelfCheck
from symbackprop.numpy.straight_module import StraightTables
from symbackprop.python_text.door_tables import DoorTables
from symbackprop.resources import templates

CONTEXTS = {"jax": jax.module_text, "numpy": numpy.module_text, "plain": plain.plain_text, "torch": torch.module_text}
# context, the hole that it fills, and what of it Python alone asks for
SHARED = "python/"  # templates of several targets
GROUPS: list[tuple[type[Any], str, set[str]]] = [
    (jax.device_text.DeviceText, "devices", {"called"}),
    (DoorTables, "door", set()),
    (SelfCheck, "check", set()),
    (OptimizerText, "optimizer", {"helpers"}),
    (Functions, "functions", {"forward", "helpers", "keyword_sizes"}),
    (StraightTables, "straight", set()),
    (FunctionText, "each", {"name", "signature"}),
]


def names(context: type[Any]) -> set[str]:
    """Fields and properties."""
    return {field.name for field in fields(context)} | {n for n, v in vars(context).items() if isinstance(v, property)}


def trees(folder: str, files: tuple[str, ...]) -> Iterator[nodes.Template]:
    for file in files:
        root = templates() if file.startswith(SHARED) else templates() / folder
        yield Environment().parse((root / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", CONTEXTS)
def test_holes(folder: str) -> None:
    module = CONTEXTS[folder]
    holes = {hole for tree in trees(folder, module.TEMPLATES) for hole in meta.find_undeclared_variables(tree)}
    assert holes == names(module.ModuleText)


@pytest.mark.parametrize(("context", "hole", "inside"), GROUPS, ids=[hole for _, hole, _ in GROUPS])
def test_holes_of_groups(context: type[Any], hole: str, inside: set[str]) -> None:
    folder = "jax" if hole == "devices" else "numpy"
    found = {
        node.attr
        for tree in trees(folder, CONTEXTS[folder].TEMPLATES)
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == hole
    }
    assert found | inside == names(context)
    assert not found & inside


@pytest.mark.parametrize("folder", CONTEXTS)
def test_every_template_is_reached(folder: str) -> None:
    """By its module, or as a helper, whose text has no holes."""
    module = CONTEXTS[folder]
    there = {str(file.relative_to(templates() / folder)) for file in (templates() / folder).rglob("*.j2")}
    helpers = {file for file in there if file.startswith("helpers/")}
    assert there - helpers == {name for name in module.TEMPLATES if not name.startswith(SHARED)}
    for tree in trees(folder, tuple(sorted(helpers))):
        assert not meta.find_undeclared_variables(tree)
    known = {helper.value for helper in numpy.helpers.Helper} if folder == "numpy" else set(module.HELPERS)
    assert helpers == {f"helpers/{name}.py.j2" for name in known}


def test_every_shared_template_is_reached() -> None:
    there = {f"{SHARED}{file.name}" for file in (templates() / SHARED).iterdir()}
    assert there == {name for module in CONTEXTS.values() for name in module.TEMPLATES if name.startswith(SHARED)}
