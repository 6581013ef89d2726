"""A module over a library against the NumPy module of the same network: what it returns, takes, refuses, and keeps."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, load
from symbackprop.c.binding_text import Library, binding_text
from symbackprop.c.build_text import library_files
from symbackprop.c.compiled import Compiled, Texts
from symbackprop.c.compiler import Compiler, shared_library
from symbackprop.c.module_text import kit
from symbackprop.pipeline import scheduled_derivation
from symbackprop.python_text.digest import digest_of
from symbackprop.sources import at_sizes, c_values, loaded
from symbackprop.stages import functions_of
from symbackprop.version import VERSION

from .handwritten import layer, layer_texts, noisy, noisy_texts

FUNCTIONS = (
    "init_params", "init_buffers", "next_buffers", "forward", "backward", "value_and_grad", "vjp", "predict",
)  # fmt: skip
SIZES = {"N": 5, "D": 3, "K": 4}
TEXTS = {noisy: noisy_texts, layer: layer_texts}
Build = Callable[[], Network]


def text_of(build: Build, dims: dict[str, int] | None = None, library: Library | None = None) -> str:
    program = at_sizes(build(), dims)
    return binding_text(functions_of(program, scheduled_derivation(program, None)), library)


@cache
def modules(build: Build) -> tuple[ModuleType, ModuleType]:
    """(NumPy's, C's)"""
    compiled = Compiled(SIZES, TEXTS[build], lambda sizes: {**SIZES, **sizes})
    return load(build()), loaded("compiled", text_of(build), _compiled=compiled)


@pytest.fixture
def both(compiler: Compiler) -> Callable[[Build], tuple[ModuleType, ModuleType]]:
    return modules


def data(build: Build, dtype: Any = np.float64, sizes: dict[str, int] = SIZES) -> dict[str, Any]:
    """All arguments by name."""
    rng, (N, D, K) = np.random.default_rng(0), sizes.values()

    def of(*shape: int) -> Any:
        return rng.normal(size=shape).astype(dtype)

    if build is layer:
        return {"params": {"W": of(K, D)}, "x": of(N, D), "d_y": of(N, K), "d_s": of(N)}
    return {
        "params": {"w": of(D), "c": of(K)}, "x": of(N, D), "label": rng.integers(0, K, N), "buffers": {"m": of()},
        "rng": 7,
    }  # fmt: skip


def called(function: Any, arguments: dict[str, Any], **more: Any) -> Any:
    given = {**arguments, **more}
    return function(**{name: given[name] for name in inspect.signature(function).parameters if name in given})


def copies(value: Any) -> Any:
    match value:
        case dict():
            return {name: copies(each) for name, each in value.items()}
        case tuple():
            return tuple(map(copies, value))
        case np.ndarray():
            return value.copy()
        case _:
            return value


def everything(module: ModuleType, arguments: dict[str, Any], workspace: Any = None) -> list[Any]:
    results, cache = called(module.forward, arguments, workspace=workspace)
    found = [copies(results)]
    for _ in range(2):  # the cache is not spent
        found.append(copies(called(module.backward, arguments, cache=cache, workspace=workspace)))
    if hasattr(module, "next_buffers"):
        found.append(module.next_buffers(cache))
    step = module.vjp if hasattr(module, "vjp") else module.value_and_grad
    found.append(copies(called(step, arguments, workspace=workspace)))
    found.append(copies(called(module.predict, arguments, workspace=workspace)))
    return found


def assert_same(found: Any, expected: Any, rtol: float) -> None:
    assert type(found) is type(expected)
    match expected:
        case dict():
            assert list(found) == list(expected)
            assert_same([*found.values()], [*expected.values()], rtol)
        case list() | tuple():
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                assert_same(one, other, rtol)
        case _:
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)


# --- what it returns -----------------------------------------------------------------------------------
@pytest.mark.parametrize("build", TEXTS)
def test_the_same_functions_and_tables(both: Any, build: Build) -> None:
    one, other = both(build)
    for name in FUNCTIONS:
        assert hasattr(one, name) == hasattr(other, name)
        if hasattr(one, name):
            assert inspect.signature(getattr(one, name)) == inspect.signature(getattr(other, name))
            assert getattr(one, name).__doc__ == getattr(other, name).__doc__
    for name in ("NAME", "DIMS", "INPUTS", "PARAMETERS", "OUTPUTS", "WRT", "BUFFERS", "NOISE", "COTANGENTS"):
        assert getattr(one, name, None) == getattr(other, name, None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("build", TEXTS)
def test_the_same_results(both: Any, build: Build, dtype: type) -> None:
    one, other = both(build)
    rtol = 1e-12 if dtype is np.float64 else 1e-5
    workspaces = None, other.Workspace()
    for sizes in (SIZES, {"N": 2, "D": 7, "K": 3}, SIZES):
        arguments = data(build, dtype, sizes)
        expected = everything(one, arguments)
        for workspace in workspaces:
            for _ in range(2):
                assert_same(everything(other, arguments, workspace), expected, rtol)


def test_the_same_beginnings(both: Any) -> None:
    one, other = both(noisy)
    assert_same(other.init_params(3, D=3, K=4), one.init_params(3, D=3, K=4), 0)
    assert_same(other.init_buffers(dtype=np.float64), one.init_buffers(dtype=np.float64), 0)


def test_cotangents_that_are_left_out_are_zero(both: Any) -> None:
    one, other = both(layer)
    arguments = data(layer)
    for missing in ("d_y", "d_s"):
        given = {**arguments, missing: None}
        assert_same(everything(other, given, other.Workspace()), everything(one, given), 1e-12)


# --- what it takes -------------------------------------------------------------------------------------
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1] if a.ndim else a,
    "fortran": lambda a: np.asfortranarray(a) if a.ndim else a,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape) if a.ndim else a,
    "read-only": lambda a: (a.setflags(write=False), a)[1],
    "a list": lambda a: a.tolist(),
}


def laid(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: laid(each, change) for name, each in value.items()}
    return change(value) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("build", TEXTS)
def test_any_layout(both: Any, build: Build, layout: str) -> None:
    one, other = both(build)
    arguments = laid(data(build), LAYOUTS[layout])
    workspace = other.Workspace()
    for _ in range(2):
        assert_same(everything(other, arguments, workspace), everything(one, arguments), 1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint64, ">i4"])
def test_integers_of_any_kind(both: Any, dtype: Any) -> None:
    one, other = both(noisy)
    arguments = data(noisy)
    arguments["label"] = arguments["label"].astype(dtype)
    assert_same(everything(other, arguments), everything(one, arguments), 1e-12)


def test_arguments_are_left_as_they_are(both: Any) -> None:
    for build in TEXTS:
        arguments = data(build)
        before = copy.deepcopy(arguments)
        everything(both(build)[1], arguments)
        assert_same(laid(arguments, lambda a: a)["params"], before["params"], 0)
        assert np.array_equal(arguments["x"], before["x"])


# --- what it keeps -------------------------------------------------------------------------------------
@pytest.mark.parametrize("build", TEXTS)
def test_arrays_are_looked_at_again_at_each_call(both: Any, build: Build) -> None:
    """Changed in place, or others in their place, with one workspace."""
    one, other = both(build)
    workspace, arguments = other.Workspace(), data(build)
    everything(other, arguments, workspace)
    arguments["x"][...] *= 2
    if build is noisy:
        arguments["label"][...] = (arguments["label"] + 1) % SIZES["K"]
    assert_same(everything(other, arguments, workspace), everything(one, arguments), 1e-12)
    for name in ("x", "params"):
        arguments[name] = copy.deepcopy(arguments[name])
        arguments["x"][0] -= 1
        assert_same(everything(other, arguments, workspace), everything(one, arguments), 1e-12)


@pytest.mark.parametrize("build", TEXTS)
def test_a_workspace_gives_the_same_memory_again(both: Any, build: Build) -> None:
    other = both(build)[1]
    workspace, arguments = other.Workspace(), data(build)
    step = other.vjp if build is layer else other.value_and_grad
    first, second = (called(step, arguments, workspace=workspace)[1] for _ in range(2))
    assert all(first[name] is second[name] for name in first)
    assert first is not second
    alone = called(step, arguments)[1]
    assert not any(np.shares_memory(alone[name], first[name]) for name in first)
    for copied in (copy.deepcopy(workspace), copy.copy(workspace)):
        again = called(step, arguments, workspace=copied)[1]
        assert not any(np.shares_memory(again[name], first[name]) for name in first)


def test_many_sizes_in_one_workspace(both: Any) -> None:
    """What was kept of those before is given up at some time; the results are those without."""
    one, other = both(layer)
    workspace = other.Workspace()
    for size in (2, 3, 2):
        arguments = data(layer, np.float64, {"N": size, "D": 3, "K": 4})
        assert_same(called(other.vjp, arguments, workspace=workspace), called(one.vjp, arguments), 1e-12)
        for phase in (0, 1):
            workspace._made.update({("filler", place): None for place in range(99 + phase)})
            assert_same(called(other.vjp, arguments, workspace=workspace), called(one.vjp, arguments), 1e-12)
    assert len(workspace._made) < 110


# --- what it refuses -----------------------------------------------------------------------------------
def without(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key != name}


WRONG: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "shape": lambda m, a: called(m.forward, {**a, "x": a["x"][0]}),
    "an extent": lambda m, a: called(m.value_and_grad, {**a, "x": a["x"][:, :2]}),
    "an extent of parameters": lambda m, a: called(m.predict, {**a, "params": {**a["params"], "w": np.ones(9)}}),
    "an empty axis": lambda m, a: called(m.forward, {**a, "x": a["x"][:0], "label": a["label"][:0]}),
    "a dtype": lambda m, a: called(m.forward, {**a, "x": a["x"] * 1j}),
    "texts": lambda m, a: called(m.forward, {**a, "x": np.array([["a"] * 3] * 5)}),
    "integers as parameters": lambda m, a: called(m.forward, {**a, "params": {"w": np.arange(3), "c": np.arange(4)}}),
    "two dtypes": lambda m, a: called(
        m.forward, {**a, "params": {**a["params"], "c": a["params"]["c"].astype(np.float32)}}
    ),
    "floats as labels": lambda m, a: called(m.forward, {**a, "label": a["label"] * 1.0}),
    "a label too high": lambda m, a: called(m.forward, {**a, "label": a["label"] + 4}),
    "a label too low": lambda m, a: called(m.predict, {**a, "label": a["label"] - 9}),
    "a huge label": lambda m, a: called(m.value_and_grad, {**a, "label": np.full(5, 2**32)}),
    "a label beyond all": lambda m, a: called(m.value_and_grad, {**a, "label": np.full(5, 2**64 - 1, np.uint64)}),
    "ragged lists": lambda m, a: called(m.forward, {**a, "x": [[1.0], [2.0, 3.0]]}),
    "a masked array": lambda m, a: called(m.forward, {**a, "x": np.ma.masked_array(a["x"])}),
    "no dict": lambda m, a: called(m.forward, {**a, "params": [1]}),
    "a parameter missing": lambda m, a: called(m.forward, {**a, "params": {"w": a["params"]["w"]}}),
    "a parameter too many": lambda m, a: called(m.forward, {**a, "params": {**a["params"], "v": 1}}),
    "no buffers": lambda m, a: called(m.forward, without(a, "buffers")),
    "a buffer missing": lambda m, a: called(m.forward, {**a, "buffers": {}}),
    "an input missing": lambda m, a: called(m.forward, without(a, "label")),
    "an argument too many": lambda m, a: m.forward(**a, other=1),
    "no noise": lambda m, a: called(m.forward, without(a, "rng")),
    "a wrong generator": lambda m, a: called(m.forward, {**a, "rng": "seven"}),
    "noise of another shape": lambda m, a: called(m.forward, {**a, "keep": np.ones((5, 2))}),
    "another workspace": lambda m, a: called(m.forward, a, workspace=3),
    "no cache": lambda m, a: m.backward(3),
    "an empty cache": lambda m, a: m.backward({}),
    "another dict as cache": lambda m, a: m.next_buffers({"x": 1}),
    "another module's cache": lambda m, a: m.backward({"left by": "another"}),
    "a size in the place of a shape": lambda m, a: m.init_params(0, D=0, K=4),
    "no dtype for parameters": lambda m, a: m.init_params(0, D=3, K=4, dtype=int),
}
WRONG_OF_A_LAYER: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "no cotangent": lambda m, a: m.backward(called(m.forward, a)[1]),
    "no cotangent at once": lambda m, a: m.vjp(a["params"], a["x"]),
    "a cotangent's shape": lambda m, a: called(m.vjp, {**a, "d_y": a["d_y"].T}),
    "a cotangent's rank": lambda m, a: called(m.vjp, {**a, "d_s": a["d_y"]}),
    "a cotangent's dtype": lambda m, a: called(m.vjp, {**a, "d_s": a["d_s"] * 1j}),
}


@pytest.mark.parametrize(
    ("build", "wrong"),
    [*((noisy, wrong) for wrong in WRONG.values()), *((layer, wrong) for wrong in WRONG_OF_A_LAYER.values())],
    ids=[*WRONG, *WRONG_OF_A_LAYER],
)
def test_it_refuses_in_the_same_words(both: Any, build: Build, wrong: Callable[[Any, Any], Any]) -> None:
    said = []
    for module in both(build):
        with pytest.raises((TypeError, ValueError)) as caught:
            wrong(module, data(build))
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


def test_what_belongs_to_the_other_module(both: Any) -> None:
    """Of the same network in NumPy: a cache, a workspace."""
    one, other = both(noisy)
    arguments = data(noisy)
    for here, there in ((one, other), (other, one)):
        with pytest.raises(ValueError, match=r"^cache: expected what noisy's own forward returns .* another module"):
            here.backward(called(there.forward, arguments)[1])
        with pytest.raises(TypeError, match=r"^workspace: expected .* noisy's own module, found that of another"):
            called(here.forward, arguments, workspace=there.Workspace())


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_other_floats_are_refused(both: Any, dtype: Any) -> None:
    with pytest.raises(ValueError, match=r"^dtype: expected float32 or float64, as C has them, found "):
        called(both(noisy)[1].forward, data(noisy, dtype))


def test_a_status_is_an_error(both: Any) -> None:
    """A library that checks more than the door does."""
    texts = Compiled(SIZES, lambda sizes: noisy_texts({**sizes, "K": 1}), dict)
    module = loaded("strict", text_of(noisy), _compiled=texts)
    arguments = data(noisy)
    arguments["label"][:] = 3
    with pytest.raises(RuntimeError, match=r"^forward: expected status 0 of noisy's C library, found 1$"):
        called(module.forward, arguments)


# --- beside its library --------------------------------------------------------------------------------
def beside(folder: Path, texts: Texts) -> ModuleType:
    """The module of numbers for sizes in the folder, without libraries."""
    library = Library("noisy", library_files("noisy"), texts.work[""], texts.work["predict"])
    file = folder / "noisy_ctypes.py"
    file.write_text(text_of(noisy, SIZES, library))
    module = ModuleType("noisy_ctypes")
    module.__file__ = str(file)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))
    assert (module.DIMS, module.SIZES) == ((), SIZES)
    return module


def made_from() -> str:
    program = at_sizes(noisy(), SIZES)
    functions = functions_of(program, scheduled_derivation(program, None))
    return f"{VERSION} {digest_of(program, functions.backward_program, functions.predict.program)}"  # type: ignore[union-attr]


def test_a_module_beside_its_libraries(compiler: Compiler, tmp_path: Path) -> None:
    """Sizes are numbers, and the libraries lie beside the file, or where it is told."""
    texts = noisy_texts(SIZES, made_from())
    module = beside(tmp_path, texts)
    with pytest.raises(OSError, match=r"libnoisy_double\.so: expected the library that `make` builds, found"):
        called(module.forward, data(noisy))
    for double, (dtype, name) in enumerate(library_files("noisy")):
        made = shared_library(texts.files, "noisy", double=bool(double), compiler=compiler)
        elsewhere = tmp_path / ("elsewhere.so" if double else name)
        elsewhere.write_bytes(made.read_bytes())
        module.LIBRARIES[dtype] = str(elsewhere) if double else name
        arguments = data(noisy, dtype)
        assert_same(everything(module, arguments), everything(load(noisy(), dims=SIZES), arguments), 1e-5)
    with pytest.raises(ValueError, match=r"^x: expected shape \(5, 3\), found \(2, 3\)$"):
        called(module.forward, {**arguments, "x": arguments["x"][:2]})


def test_a_library_of_another_network(compiler: Compiler, tmp_path: Path) -> None:
    """Or of another precision, or of nothing of the kind: it is not called."""
    cases = (
        (noisy_texts(SIZES, "0.1 0123"), False, "0.1 0123 float32"), (noisy_texts(SIZES, made_from()), True, "float64"),
        (Texts("noisy", {"other.c": "int other;"}, {}, {}), False, "another one"),
    )  # fmt: skip
    for texts, double, found in cases:
        module = beside(tmp_path, noisy_texts(SIZES))
        module.LIBRARIES["float32"] = str(shared_library(texts.files, "noisy", double=double, compiler=compiler))
        with pytest.raises(OSError, match=rf"\.so: expected a library of {made_from()} float32; .*, found .*{found}$"):
            called(module.forward, data(noisy, np.float32))


def test_generated_libraries_say_what_they_were_made_from() -> None:
    program = at_sizes(noisy(), SIZES)
    assert f'return "{made_from()} float64";' in kit(c_values(program)).source
