"""`symbackprop generate`: the module of one network, or those of the whole zoo, written or compared."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

import symbackprop
from symbackprop import optimizers, zoo
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver, replace, say, target, told
from symbackprop.cli.options import dims_option, shard_option, wrt_option
from symbackprop.cli.progress import Progress
from symbackprop.pipeline import generate_files
from symbackprop.sources import BACKENDS, refuse_options

__all__ = ["generate_command"]

DIFF_LINES = 20  # of each module that differs
_DOCUMENTS = {".tex": "latex", ".pdf": "latex", ".md": "latex", ".html": "report"}


@click.command("generate")
@click.argument("network", required=False)
@click.option("-o", "--output", help="The file (with --all, the folder) to write.")
@click.option("--backend", type=click.Choice(BACKENDS), default="numpy", show_default=True,
              help="The library that the module is written for.")  # fmt: skip
@click.option("--style", type=click.Choice(["fast", "plain"]), default="fast", show_default=True,
              help="A module to run, or one function to read: an expression an equation.")  # fmt: skip
@dims_option("Write the module for these sizes; the others stay symbolic.")
@wrt_option
@click.option(
    "--optimizer",
    type=click.Choice(list(optimizers.BY_NAME)),
    help="Add init_optimizer and update to the module of NETWORK, so that it trains by itself.",
)
@click.option("--memory", metavar="200MB", help="The most that a step may take: backward computes values once more "
              "until it fits, and which is told. Every size is a number then.")  # fmt: skip
@shard_option("With --backend jax: split these indices over the axes of a mesh of devices.")
@click.option("--all", "everything", is_flag=True, help="Write the module of each network of the zoo into -o DIR.")
@click.option(
    "--check",
    metavar="DIR",
    help="Regenerate the zoo and compare: exit 1 on a change.",
)
@debug_option
def generate_command(
    network: str | None,
    output: str | None,
    backend: str,
    style: str,
    dims: dict[str, int] | None,
    wrt: tuple[str, ...] | None,
    optimizer: str | None,
    memory: str | None,
    shard: dict[str, str] | None,
    everything: bool,
    check: str | None,
) -> int:
    """Write the standalone module of NETWORK (to stdout without -o)."""
    if sum((network is not None, everything, check is not None)) != 1:
        raise click.UsageError("expected exactly one of NETWORK, --all and --check DIR")
    _refuse_beside_the_zoo(bool(everything or check), {
        "--dims": (dims, "the modules of the zoo are for any sizes"),
        "--wrt": (wrt, "the zoo is differentiated by every parameter"),
        "--optimizer": (optimizer, "the modules of the zoo have none"),
        "--memory": (memory, "whose sizes are numbers"),
        "--shard": (shard, "whose indices it names"),
    })  # fmt: skip
    if shard and backend != "jax":
        raise click.UsageError("--shard is for --backend jax: devices are JAX's alone")
    if backend == "c" and (everything or check):
        raise click.UsageError("--backend c is for one NETWORK: its sizes are numbers, which --dims gives")
    if style == "plain" and memory:
        raise click.UsageError("--memory is for --style fast: a plain module plans none")
    if style == "plain" and optimizer:
        raise click.UsageError("--optimizer is for --style fast: a plain module has one function alone")
    if check is not None:
        if output is not None:
            raise click.UsageError("--check writes nothing, so it takes no -o")
        if not check:
            raise click.UsageError("expected the name of a folder after --check, found an empty one")
        return _compare(Path(check), backend, style)
    if everything:
        if output is None:
            raise click.UsageError("--all needs -o DIR")
        return _write(_folder(output), backend, style)
    assert network is not None
    if backend == "c" and output is not None and not output.endswith(".c"):
        return _write_kit(network, output, dims, wrt, style, optimizer, memory)
    file = None if output is None else _module(output, backend)
    with Progress("generating", network):
        made = optimizers.BY_NAME[optimizer]() if optimizer else None
        source = symbackprop.generate(
            networks.find(network), backend, wrt, dims=dims, style=style, optimizer=made, memory=memory, shard=shard
        )
    deliver(source, file)
    if memory is not None:  # which the last paragraph of the module's docstring tells
        said = ast.get_docstring(ast.parse(source)) or ""
        say(said.split("\n\n")[-1].replace("\n", " "), err=True)
    return 0


def _refuse_beside_the_zoo(zoo_wanted: bool, options: Mapping[str, tuple[object, str]]) -> None:
    """UsageError for an option of one network where the whole zoo is meant."""
    for name, (value, why) in options.items():
        if zoo_wanted and value:
            raise click.UsageError(f"{name} belongs to one NETWORK{',' if why.startswith('whose') else ';'} {why}")


def _write_kit(
    network: str, output: str, dims: dict[str, int] | None, wrt: tuple[str, ...] | None, style: str,
    optimizer: str | None, memory: str | None,
) -> int:  # fmt: skip
    """All files of the network in C, each complete before it takes the place of an old one."""
    if not output.endswith("/") and not Path(output).is_dir():
        raise click.UsageError(f"expected a .c file or a folder after -o, as in -o {output}/, found {output}")
    refuse_options("c", style, optimizer, memory)
    with Progress("generating", network):
        made = optimizers.BY_NAME[optimizer]() if optimizer else None
        files = generate_files(networks.find(network), wrt, dims=dims, optimizer=made)
    folder = _folder(output)
    for name, text in files.items():
        replace(folder / name, text.encode())
    return 0


def _module(text: str, backend: str) -> Path:
    """The file to write the module to; documents are written by other commands."""
    file, wanted = target(text), "c" if backend == "c" else "py"
    command = _DOCUMENTS.get(file.suffix)
    if command is not None:
        raise click.UsageError(
            f"expected a .{wanted} file to write a module to, found {file}; `symbackprop {command} … -o {file}` writes "
            f"that"
        )
    return file


def _folder(text: str) -> Path:
    """The folder to write the zoo into, made if need be."""
    folder = Path(text)
    if not text or (folder.exists() and not folder.is_dir()):
        what = f"{folder}, a file" if text else "an empty name"
        raise click.UsageError(f"--all writes into a folder: expected the name of one after -o, found {what}")
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _modules(backend: str, style: str) -> Iterator[tuple[str, str]]:
    """The file name and the source of each network of the zoo, in order."""
    with Progress("generating", total=len(zoo.names())) as progress:
        for name in zoo.names():
            progress.step(name)
            yield f"{name}.py", symbackprop.generate(zoo.load(name), backend, style=style)


def _write(folder: Path, backend: str, style: str) -> int:
    for file, source in _modules(backend, style):
        replace(folder / file, source.encode())
    return 0


def _compare(folder: Path, backend: str, style: str) -> int:
    """Say on stdout what differs between `folder` and the zoo as it generates now; 1 if anything does."""
    if not folder.is_dir():
        raise click.ClickException(f"{folder} is no folder" if folder.exists() else f"{folder}: no such folder")
    left = {file.name for file in folder.glob("*.py") if not file.name.startswith("_")}
    findings: list[str] = []
    for file, source in _modules(backend, style):
        if file not in left:
            findings.append(f"{file}: missing")
            continue
        left.remove(file)
        found = (folder / file).read_bytes()
        if found != source.encode():
            findings.append(f"{file}: differs\n{_difference(file, found.decode(errors='replace'), source)}".rstrip())
    findings += [f"{file}: no network of the zoo generates it" for file in sorted(left)]
    for finding in findings:
        say(finding)
    if findings:
        again = f"symbackprop generate --all -o {folder}"
        say(f"{folder}: {len(findings)} of its modules differ; regenerate with `{again}`")
        return 1
    say(f"{folder}: {len(zoo.names())} modules, as the zoo generates them")
    return 0


def _difference(file: str, found: str, expected: str) -> str:
    lines = list(
        difflib.unified_diff(
            found.splitlines(), expected.splitlines(), f"{file} (found)", f"{file} (generated)", lineterm="", n=1
        )
    )
    more = [f"… {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
    return "\n".join(f"    {line}" for line in lines[:DIFF_LINES] + more)
