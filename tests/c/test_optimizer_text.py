"""An optimiser in C as embedded code is asked for, and what its functions return: by structs, at runs of gradients,
with any gradients to clip."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, load, optimizers, zoo
from symbackprop.c.compiler import Compiler
from symbackprop.c.optimizer_text import Run, runs_of
from symbackprop.cli.main import status
from symbackprop.errors import InvalidArgument
from symbackprop.pipeline import generate, generate_files
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Tensor, TensorKind
from tests.c.compiling import STRICT, compiled, needs, scratch
from tests.c.test_machines import EXACT, MACHINES, MORE
from tests.c.test_strict import ALLOWED, DOUBLE, STACK, said
from tests.optimizers.test_optimizers import BY_HAND, OPTIMIZERS, clipped

SIZES = {"N": 4, "D": 5, "H": 3, "C": 2}
PARAMETERS = {"W1": 15, "b1": 3, "W2": 6, "b2": 2}
SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@cache
def folder(name: str) -> Path:
    """The files of the perceptron with an optimiser."""
    made = scratch() / f"steps_{name}"
    made.mkdir()
    for file, text in generate_files(zoo.load("mlp"), dims=SIZES, optimizer=OPTIMIZERS[name]).items():
        (made / file).write_text(text)
    return made


def function_of(name: str) -> str:
    return f"mlp_{OPTIMIZERS[name].network.name}"


# --- as embedded code ----------------------------------------------------------------------------------
@needs("gcc")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_compilers_say_nothing(name: str) -> None:
    for compiler in ("gcc", "clang"):
        for macros in ((), ("-Dmlp_DOUBLE", "-Dmlp_POINTERS"), ("-Dmlp_SIMD", "-fopenmp-simd", "-fno-math-errno")):
            try:
                compiled([compiler, *STRICT, "-O2", *macros, "-c", "-o", "/dev/null", folder(name) / "mlp.c"])
            except FileNotFoundError:
                assert compiler == "clang"


@needs("gcc", "objdump", "nm")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_float_build(name: str) -> None:
    """No library but the functions that every compiler has an instruction for, no variable, no double."""
    file = folder(name) / "float.o"
    compiled(["gcc", *STRICT, "-O2", "-fstack-usage", "-c", "-o", file, folder(name) / "mlp.c"])
    undefined = said("nm", "-u", file).split()[1::2]
    assert [symbol for symbol in undefined if not ALLOWED.fullmatch(symbol)] == []
    symbols = said("nm", file)
    assert {function_of(name), "mlp_clip"} <= set(re.findall(r" T (\w+)", symbols))
    assert [line for line in symbols.splitlines() if re.search(r" [bBdDC] ", line)] == []
    usage = [line.split("\t") for line in file.with_suffix(".su").read_text().splitlines()]
    assert [row for row in usage if row[2] not in {"static", "dynamic,bounded"} or int(row[1]) > STACK] == []
    if "x86-64" in said("objdump", "-f", file):
        lines = said("objdump", "-d", "--no-show-raw-insn", file).splitlines()
        assert [line for line in lines if DOUBLE.search(line)] == []


@needs("gcc")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_self_check(name: str) -> None:
    """In double precision, and in single under the sanitizers; it finds a step that is wrong."""
    there = folder(name)
    for flags in (SANITIZED, ["-Dmlp_DOUBLE"]):
        compiled(["gcc", *STRICT, *flags, "-o", there / "check", there / "mlp_test.c", there / "mlp.c", "-lm"])
        assert re.fullmatch(r"mlp: right, bits \w{16}\n", said(there / "check"))
    text = (there / "mlp.c").read_text()
    for right, wrong in (("w[i] = next_w", "w[i] = next_w + (real)1e-3 * g[i]"), ("g[i] / unit * factor", "g[i]")):
        assert text.count(right) == 1
        (there / "wrong.c").write_text(text.replace(right, wrong))
        compiled(["gcc", "-o", there / "check", there / "mlp_test.c", there / "wrong.c", "-lm"])
        done = subprocess.run([there / "check"], capture_output=True, text=True)
        assert done.returncode == 1
        assert " is wrong: " in done.stdout


@needs("cppcheck")
def test_cppcheck_says_nothing() -> None:
    checks = ["--enable=warning,performance,portability", "--error-exitcode=1", "--std=c99", "--quiet"]
    done = subprocess.run(["cppcheck", *checks, str(folder("adamw") / "mlp.c")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def bits(name: str, compiler: str, runner: tuple[str, ...], double: bool) -> str:
    there, static = folder(name), ["-static"] if runner else []
    flags = [*EXACT, *MORE.get(compiler, ()), *static, *(["-Dmlp_DOUBLE"] if double else [])]
    compiled([compiler, *flags, "-o", there / "on", there / "mlp_test.c", there / "mlp.c", "-lm"])
    found = re.fullmatch(r"mlp: right, bits (\w{16})\n", said(*runner, there / "on"))
    assert found
    return found[1]


@needs("gcc")
@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize("name", ["adamw", "nesterov", "rmsprop_momentum"])
@pytest.mark.parametrize(
    "machine", [pytest.param(m, marks=needs(compiler, *runner)) for m, (compiler, runner) in MACHINES.items()]
)
def test_the_same_bits(machine: str, name: str, double: bool) -> None:
    assert bits(name, *MACHINES[machine], double) == bits(name, "gcc", (), double)


def test_the_text_does_not_grow_with_parameters() -> None:
    """One loop, and one call where parameters and gradients lie alike."""
    for name in ("mlp", "transformer_block"):
        net = zoo.load(name)
        dims = dict.fromkeys(net.to_program().dims, 4)
        text = generate(net, "c", dims=dims, optimizer=optimizers.adamw())
        assert len(re.findall(rf"\b{name}_run_adamw\(", text)) == 3  # what it is, by threads, without
        assert len(re.findall(rf"\b{name}_step_adamw\(", text)) == 3  # what it is, of structs, at a table of pointers
        assert len(re.findall(rf"\b{name}_scale\(", text)) == 2
        assert "const real next_m = g[i] / (real)10 + m[i] * (real)0.9;" in text


def test_without_it_nothing_is_there() -> None:
    text = generate(zoo.load("mlp"), "c", dims=SIZES)
    assert "mlp_clip" not in text
    assert "optimis" not in text


# --- by structs ----------------------------------------------------------------------------------------
class Library:
    """The functions by structs, in single or double precision; `gradients`: the fields of `NAME_grads`, in order."""

    def __init__(self, file: Path, double: bool, gradients: dict[str, int], flags: tuple[str, ...] = ()) -> None:
        self.real, self.type = (ctypes.c_double, np.float64) if double else (ctypes.c_float, np.float32)
        library = file.with_suffix(f".{double}{''.join(flags)}.so")
        macros = [*flags, *(["-Dmlp_DOUBLE"] if double else [])]
        compiled(["gcc", *STRICT, "-O2", *macros, "-fPIC", "-shared", "-o", library, file, "-lm"])
        self.functions, self.gradients = ctypes.CDLL(str(library)), gradients

    def array(self, fields: dict[str, Any]) -> Any:
        return np.concatenate([np.ravel(value) for value in fields.values()]).astype(self.type)

    def split(self, array: Any, fields: dict[str, int]) -> Iterator[tuple[str, Any]]:
        places = np.cumsum([0, *fields.values()])
        for place, (name, size) in enumerate(fields.items()):
            yield name, array[places[place] : places[place] + size]

    def __call__(self, name: str, *arguments: Any) -> None:
        def given(argument: Any) -> Any:
            return self.real(argument) if isinstance(argument, float) else argument.ctypes.data_as(ctypes.c_void_p)

        function = getattr(self.functions, name)
        function.restype = None
        function(*map(given, arguments))


@needs("gcc")
@pytest.mark.parametrize("order", [["W1", "b1", "W2", "b2"], ["b2", "x", "W1", "b1", "W2"]], ids=["alike", "runs"])
@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize("name", ["sgd", "adamw", "nesterov", "rmsprop_momentum"])
def test_steps_by_structs(name: str, double: bool, order: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mlp.c"
    file.write_text(generate(zoo.load("mlp"), "c", order, dims=SIZES, optimizer=OPTIMIZERS[name]))
    gradients = {each: {**PARAMETERS, "x": 20}[each] for each in order}
    made, rng = Library(file, double, gradients), np.random.default_rng(3)
    rule, options = BY_HAND[name]
    exact: dict[str, Any] = {each: rng.standard_normal(size) for each, size in PARAMETERS.items()}
    params, memory = made.array(exact), {each: dict[str, Any]() for each in PARAMETERS}
    states = len(OPTIMIZERS[name].states)
    state = np.full(4 * (states * params.nbytes // 4 + 2) + 16, 77, np.uint8)
    if states:
        made(f"{function_of(name)}_init", state)
    for t in range(1, 6):
        drawn = {each: rng.standard_normal(size) for each, size in gradients.items()}
        grads = made.array(drawn)
        made("mlp_clip", grads, 2.0)
        scaled = clipped({each: drawn[each] for each in PARAMETERS}, 2.0)
        for each, array in made.split(grads, gradients):
            np.testing.assert_allclose(array, scaled.get(each, drawn[each]), rtol=1e-13 if double else 1e-6)
        made(function_of(name), params, grads, *([state] if states else []), 0.01)
        exact = {each: rule(exact[each], scaled[each], memory[each], 0.01, t, **options) for each in PARAMETERS}
    for each, array in made.split(params, PARAMETERS):
        np.testing.assert_allclose(array, exact[each], rtol=1e-12 if double else 2e-5, atol=0 if double else 2e-6)
    assert np.all(state[-16:] == 77)
    if name == "adamw":
        assert state[2 * params.nbytes :][:4].view(np.int32) == 5


@needs("gcc")
@pytest.mark.parametrize("name", ["nesterov", "adamw"])
def test_threads_share_many(name: str, tmp_path: Path) -> None:
    """However many do what one does, to the bit; their functions are called, and no warning is given."""
    net, size = Network("mlp"), 50_001
    i = net.index("i", size)
    net.loss = Sum(net.parameter("w", (size,))[i] ** 2, i)
    file = tmp_path / "mlp.c"
    file.write_text(generate(net, "c", optimizer=OPTIMIZERS[name]))
    found = []
    for flags, threads in (((), 1), *((("-fopenmp",), many) for many in (2, 3, 7))):
        made = Library(file, False, {"w": size}, flags)
        rng, state = np.random.default_rng(1), np.zeros(3 * 4 * size, np.uint8)
        params = rng.standard_normal(size).astype(np.float32)
        if flags:
            ctypes.CDLL("libgomp.so.1").omp_set_num_threads(threads)
        for _ in range(3):
            made(function_of(name), params, rng.standard_normal(size).astype(np.float32), state, 0.01)
        found.append((params, state))
    for params, state in found[1:]:
        assert np.array_equal(found[0][0], params)
        assert np.array_equal(found[0][1], state)


@needs("gcc")
def test_what_is_clipped(tmp_path: Path) -> None:
    """Gradients whose squares are no numbers, infinities, NaN, zeros; in single precision, against double."""
    file, fields = tmp_path / "mlp.c", dict(PARAMETERS)
    file.write_text(generate(zoo.load("mlp"), "c", dims=SIZES, optimizer=optimizers.sgd()))
    made, rng = Library(file, False, fields), np.random.default_rng(5)
    plain = rng.standard_normal(26)
    some = np.arange(26) == 7
    for grads in (plain, 1e-3 * plain, 1e30 * plain, 1e-30 * plain, 0 * plain, np.where(some, np.inf, plain),
                  np.where(some, np.nan, plain), np.where(some, np.nan, 0), np.where(some, -1e38, plain)):  # fmt: skip
        for limit in (0.0, 1e-3, 1.0, 1e20):
            array = grads.astype(np.float32)
            wide = array.astype(np.float64)
            made("mlp_clip", array, limit)
            with np.errstate(invalid="ignore"):
                scale = limit / (np.sqrt(np.sum(wide**2)) + 1e-6)
                expected = wide if scale >= 1 else wide * scale
            np.testing.assert_allclose(array, expected, rtol=2e-6, atol=1e-44)


@needs("gcc")
def test_a_norm_of_many(tmp_path: Path) -> None:
    net = Network("mlp")
    i = net.index("i", 2_000_003)
    w = net.parameter("w", (2_000_003,))
    net.loss = Sum(w[i] ** 2, i)
    file = tmp_path / "mlp.c"
    file.write_text(generate(net, "c", optimizer=optimizers.sgd()))
    made = Library(file, False, {"w": 2_000_003})
    grads = np.random.default_rng(0).uniform(0.5, 1, 2_000_003).astype(np.float32)
    expected = grads.astype(np.float64) / np.linalg.norm(grads.astype(np.float64))
    made("mlp_clip", grads, 1.0)
    np.testing.assert_allclose(grads, expected, rtol=1e-5)


# --- files ---------------------------------------------------------------------------------------------
def test_runs() -> None:
    def tensor(name: str, size: int) -> Tensor:
        return Tensor(name, TensorKind.PARAMETER, (Poly.of(size),), (ZERO,))

    a, b, none, c = tensor("a", 6), tensor("b", 2), tensor("none", 0), tensor("c", 4)
    assert runs_of([a, b], [a, b]) == (Run(8, 0, 0),)
    assert runs_of([a, b], [b, a]) == (Run(6, 0, 2), Run(2, 6, 0))
    assert runs_of([a, none, c], [a, none, c]) == (Run(6, 0, 0), Run(4, 7, 7))
    assert runs_of([none], [none]) == ()
    large = tensor("large", 2**31 - 1)
    assert runs_of([large, b], [large, b]) == (Run(2**31 - 1, 0, 0), Run(2, 2**31 - 1, 2**31 - 1))


@needs("make")
def test_the_module_beside_its_library(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    """It steps; a library of another optimiser is another library."""
    there = folder("momentum_decay")
    subprocess.run(["make", "-s", "python"], cwd=there, check=True, capture_output=True)
    source = (there / "mlp_ctypes.py").read_text()
    module: dict[str, Any] = {"__file__": str(there / "mlp_ctypes.py"), "__name__": "mlp_ctypes"}
    exec(source, module)
    rule, options = BY_HAND["momentum_decay"]
    params = module["init_params"](0, dtype=np.float64)
    state, memory = module["init_optimizer"](params), {each: dict[str, Any]() for each in params}
    exact = {each: array.copy() for each, array in params.items()}
    rng = np.random.default_rng(0)
    for t in range(1, 4):
        grads = {each: rng.standard_normal(array.shape) for each, array in params.items()}
        module["update"](params, grads, state, 0.1)
        exact = {each: rule(exact[each], grads[each], memory[each], 0.1, t, **options) for each in params}
    for each, array in params.items():
        np.testing.assert_allclose(array, exact[each], rtol=1e-13)
    other = generate_files(zoo.load("mlp"), dims=SIZES, optimizer=optimizers.sgd(momentum=0.7, weight_decay=0.04))
    stale: dict[str, Any] = {"__file__": str(there / "mlp_ctypes.py"), "__name__": "mlp_ctypes"}
    exec(other["mlp_ctypes.py"], stale)
    with pytest.raises(OSError, match="build it anew"):
        stale["update"](params, grads, stale["init_optimizer"](params), 0.1)


@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_the_command(name: str, tmp_path: Path) -> None:
    """A file, and all files."""
    optimizer = optimizers.BY_NAME[name]()
    options = ["generate", "mlp", "--backend", "c", "--dims", "N=4,D=5,H=3,C=2", "--optimizer", name, "-o"]
    assert status([*options, str(tmp_path / "one.c")]) == 0
    assert (tmp_path / "one.c").read_text() == generate(zoo.load("mlp"), "c", dims=SIZES, optimizer=optimizer)
    assert status([*options, f"{tmp_path}/all/"]) == 0
    for file, text in generate_files(zoo.load("mlp"), dims=SIZES, optimizer=optimizer).items():
        assert (tmp_path / "all" / file).read_text() == text


def test_what_is_no_optimiser_or_leaves_a_parameter_out() -> None:
    given: list[dict[str, Any]] = [{"optimizer": "adamw"}, {"optimizer": optimizers.adamw}]
    given += [{"optimizer": optimizers.adamw(), "wrt": ["W1"]}]
    for options in given:
        for make in (generate, load):
            with pytest.raises(InvalidArgument, match="optimizer"):
                make(zoo.load("mlp"), backend="c", dims=SIZES, **options)
