"""The text of a plain module: one function with its arguments, what it needs, and nothing else."""

import ast
import builtins
import inspect

import pytest

import symbackprop
from symbackprop.plain.plain_text import HELPERS
from tests.array_text.test_statement_lines import GENERAL, diagonal, layer, states_and_noise


@pytest.mark.parametrize("make", GENERAL, ids=lambda make: make.__name__)
def test_nothing_is_missing_and_nothing_left_over(make):
    """Every name is defined before it is read, and read after it is defined: imports, helpers, sizes, parts."""
    tree = ast.parse(symbackprop.generate(make(), style="plain"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert {node.name.lstrip("_") for node in functions[:-1]} <= set(HELPERS)
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {node.id for node in named if isinstance(node.ctx, ast.Load)}
    written = {node.id for node in named if isinstance(node.ctx, ast.Store)}
    arguments = {argument.arg for node in ast.walk(tree) if isinstance(node, ast.arguments)
                 for argument in (*node.args, *node.kwonlyargs, *([node.vararg] if node.vararg else []))}  # fmt: skip
    imported = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names}  # fmt: skip
    own = {node.name for node in functions}
    assert read <= written | arguments | imported | own | set(dir(builtins))
    assert (imported | {node.name for node in functions[:-1]}) - {"annotations"} <= read
    assert written - read <= {"_"}


def test_the_signature():
    """Buffers and noise are keywords."""
    module = symbackprop.load(states_and_noise(), style="plain")
    signature = inspect.signature(module.loss_and_gradients).parameters
    keywords = {name for name, each in signature.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert list(signature)[:2] == ["params", "x"]
    assert keywords == {"buffers", "drop"}


def test_next_buffers_are_returned():
    module = symbackprop.load(states_and_noise(), style="plain")
    assert "next buffers" in module.loss_and_gradients.__doc__


def test_a_layer_takes_cotangents():
    module = symbackprop.load(layer(), style="plain")
    assert list(inspect.signature(module.layer_and_gradients).parameters) == ["params", "x", "d_y", "d_t"]
    assert symbackprop.verify(layer(), style="plain").passed


# --- bad input -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("function", [symbackprop.generate, symbackprop.load, symbackprop.verify])
def test_an_unknown_style(function):
    with pytest.raises(symbackprop.errors.InvalidArgument, match='expected "fast" or "plain", found \'pretty\''):
        function(diagonal(), style="pretty")


def test_an_optimiser_is_for_the_fast_style():
    with pytest.raises(symbackprop.errors.InvalidArgument, match='write style="fast"'):
        symbackprop.generate(diagonal(), style="plain", optimizer=symbackprop.optimizers.adamw())
