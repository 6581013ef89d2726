"""C text to a shared library, by the compiler that the machine has."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from symbackprop.c.compiled_cache import digest_of, keep, kept
from symbackprop.errors import CompilationFailed, CompilerNotFound

__all__ = ["Compiler", "found_compiler", "shared_library"]

_USUAL = ("cc", "gcc", "clang")
_ALWAYS = ("-std=c99", "-O3", "-fPIC", "-shared")
# What no result needs: each is asked for where the compiler takes it. No flag here lets it assume that numbers are
# finite, as -ffast-math does: masks are made of infinities.
_FASTER = ("-march=native", "-fno-math-errno", "-fno-trapping-math")
_SHOWN = 12  # lines of what a compiler says
_PATIENCE = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Compiler:
    """`command`: the program, and options that are always given; `version`: what it says of itself."""

    command: tuple[str, ...]
    version: str

    @property
    def title(self) -> str:
        return " ".join(self.command)


def found_compiler() -> Compiler:
    """The compiler that `$CC` names, options and all, else `cc`. Raises CompilerNotFound."""
    named = os.environ.get("CC", "").strip()
    try:
        command = tuple(shlex.split(named)) if named else next(((name,) for name in _USUAL if shutil.which(name)), ())
    except ValueError as error:
        raise _not_found(f"CC={named}: {error}") from None
    if not command:
        raise _not_found("neither $CC nor " + " nor ".join(_USUAL))
    program = shutil.which(command[0])
    if program is None:
        raise _not_found(f"CC={named}, and no program {command[0]}")
    return Compiler(command, _version(command, program))


def _not_found(found: str) -> CompilerNotFound:
    return CompilerNotFound(
        "C compiler", expected="one that takes C99, as gcc or clang", found=found,
        remedy="install one (apt install gcc, dnf install gcc, xcode-select --install), or set CC to its command",
    )  # fmt: skip


@lru_cache(maxsize=16)
def _version(command: tuple[str, ...], program: str) -> str:
    """What tells one compiler from another. `program`: its file."""
    try:
        done = subprocess.run(
            [*command, "--version"], capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False
        )
    except OSError as error:
        raise _not_found(f"CC={shlex.join(command)}: {error}") from None
    return f"{program} {done.stdout.decode(errors='replace')}"


def shared_library(
    files: Mapping[str, str], prefix: str, *, double: bool, threads: bool = False, contract: str = "fast",
    compiler: Compiler | None = None,
) -> Path:  # fmt: skip
    """The shared library of C texts, each the content of a file by its name, with the entries that take pointers.

    `prefix`: that of their public names and macros; `double`: whether they compute in double precision; `threads`:
    whether loops run on several (OpenMP); `contract`: whether a·b + c may be rounded once ("fast") or not ("off").
    It is kept, and found where the same was compiled by the same compiler on such a machine before. Raises
    CompilerNotFound and CompilationFailed.
    """
    compiler = compiler or found_compiler()
    wanted = (*_FASTER, f"-ffp-contract={contract}", *(["-fopenmp"] if threads else []))
    defined = (f"-D{prefix}_POINTERS", *([f"-D{prefix}_DOUBLE"] if double else []))
    names = sorted(files)
    said = [text for name in names for text in (name, files[name])]
    key = digest_of(compiler.title, compiler.version, _machine(), *_ALWAYS, *wanted, *defined, *said)
    found = kept(key)
    if found is not None:
        return found
    flags = [flag for flag in wanted if _takes(compiler, flag)]
    if _takes(compiler, "-fopenmp-simd"):
        flags += ["-fopenmp-simd", f"-D{prefix}_SIMD"]
    return keep(key, _compiled(compiler, files, [*flags, *defined]))


def _compiled(compiler: Compiler, files: Mapping[str, str], flags: Sequence[str]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="symbackprop-") as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        sources = sorted(name for name in files if name.endswith(".c"))
        said = _run(compiler, [*_ALWAYS, *flags, *sources, "-o", "library.so", "-lm"], folder)
        library = Path(folder, "library.so")
        if said is not None or not library.exists():
            raise CompilationFailed(
                f"C compiler {compiler.title}", expected=f"that it compiles {', '.join(sources)}",
                found=said or "no library", remedy="set CC to another compiler, which takes C99",
            )  # fmt: skip
        return library.read_bytes()


@lru_cache(maxsize=64)
def _takes(compiler: Compiler, flag: str) -> bool:
    """Whether it compiles with the flag, and does not as much as warn of it."""
    with tempfile.TemporaryDirectory(prefix="symbackprop-") as folder:
        Path(folder, "empty.c").write_text("int symbackprop_empty;\n", encoding="utf-8")
        return _run(compiler, [flag, "-Werror", *_ALWAYS, "empty.c", "-o", "empty.so"], folder) is None


def _run(compiler: Compiler, arguments: Sequence[str], folder: str) -> str | None:
    """None, or the first lines of what a compiler said that failed."""
    try:
        done = subprocess.run(
            [*compiler.command, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except OSError as error:
        return str(error)
    if not done.returncode:
        return None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    more = [f"... and {len(lines) - _SHOWN} lines more"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more]) or f"status {done.returncode}"


@lru_cache(maxsize=1)
def _machine() -> str:
    """What -march=native may stand for: a library made for one processor need not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = ("model name", "flags", "Features", "CPU implementer", "CPU part", "isa")
    found = sorted({line for line in lines if line.startswith(told)})
    return "\n".join([platform.platform(), platform.machine(), platform.processor(), *found])
