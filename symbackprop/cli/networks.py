"""Finds the network that NETWORK names: one of the zoo, a Python file, or FILE.py:NAME."""

from __future__ import annotations

import difflib
import runpy
import signal
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from symbackprop import Network, zoo

__all__ = ["find", "find_anew", "run"]


def find(text: str) -> Network:
    """The network that `text` names; click.ClickException, in one line, where there is none or more than one.

    Where a file leaves one network alone, which has no description of its own, the file's docstring describes it.
    """
    if text in zoo.names():
        return zoo.load(text)
    file, name = _split(text)
    if not text or file.is_dir():
        found = f"the folder {text}" if text else "an empty name"
        raise click.ClickException(f"expected a network of the zoo or a Python file, found {found}")
    if file.suffix != ".py" and not file.is_file():
        near = difflib.get_close_matches(text, zoo.names(), n=1)
        hint = f"did you mean {near[0]}?" if near else "`symbackprop list` shows the zoo"
        raise click.ClickException(f"{text}: neither a network of the zoo nor a Python file ({hint})")
    if not file.is_file():
        raise click.ClickException(f"{file}: no such file")
    return _choose(file, name, run(file))


def find_anew(text: str) -> Network:
    """`find`, with a network of the zoo made once more, so that what is added to it stays with this one."""
    return find(str(zoo.path(text)) if text in zoo.names() else text)


def _split(text: str) -> tuple[Path, str | None]:
    """FILE.py:NAME in its parts; a colon belongs to the path where what stands before it is no Python file."""
    before, colon, after = text.rpartition(":")
    if colon and before.endswith(".py"):
        return Path(before), after
    return Path(text), None


def run(file: Path, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The module-level names that `file` leaves, its own folder being importable while it runs. `names` are there
    from the start. What it prints goes to stderr, since stdout has the command's own result. click.ClickException, in
    one line with the file and line, for whatever it raises."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            return runpy.run_path(str(file), dict(names or {}), run_name=file.stem)
    except BaseException as error:  # the user's own code: whatever it raises is bad input, told in one line
        if isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            raise  # an interruption of the program that runs the command; the command itself raises none
        raise click.ClickException(f"{_place(file, error)}: {_said(error)}") from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _said(error: BaseException) -> str:
    """What `error` says, as the last line of its traceback would."""
    try:
        text = str(error)
    except Exception:  # of a class of the user's own
        text = "(it cannot say what)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(file: Path, error: BaseException) -> str:
    """`file:line` of the last line of `file` that led to `error`."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}:{lines[-1]}" if lines else str(file)


def _choose(file: Path, name: str | None, names: dict[str, Any]) -> Network:
    networks = {key: value for key, value in names.items() if isinstance(value, Network)}
    different = {id(network): network for network in networks.values()}
    if len(different) == 1:
        (network,) = different.values()
        network.description = network.description or names.get("__doc__") or ""
    listed = ", ".join(sorted(networks))
    if name is not None:
        if name in networks:
            return networks[name]
        if name in names:
            raise click.ClickException(f"{file}:{name} is a {type(names[name]).__name__}, not a Network")
        found = f"its networks are {listed}" if networks else "it leaves no Network in a module-level name"
        raise click.ClickException(f"{file} has no name {name!r}: {found}")
    if not networks:
        raise click.ClickException(f"{file} leaves no Network in a module-level name")
    if len(different) > 1:
        raise click.ClickException(f"{file} holds several networks ({listed}): name one, as in {file}:{min(networks)}")
    return next(iter(networks.values()))
