"""Writes results: to stdout, or to a file that is replaced only once the new text is complete.

Where the result goes is looked at before the work begins (`target`): nobody waits for what cannot be written.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeVar

import click

from symbackprop.cli.interrupt import Ensured

__all__ = ["deliver", "deliver_report", "replace", "say", "target", "temporary_folder", "told", "when_given"]

Read = TypeVar("Read")


def target(text: str) -> Path:
    """The file that `text` names, if it can be written; `-` is stdout. click.BadParameter says why it cannot."""
    if not text:
        raise click.BadParameter("expected the name of a file, found an empty one")
    if text.endswith(("/", os.sep)):
        raise click.BadParameter(f"expected the name of a file, found that of a folder, {text}")
    file = Path(text)
    if text != "-":
        with told(file):
            _behind(file)
    return file


def when_given(read: Callable[[str], Read]) -> Callable[[click.Context, click.Parameter, str | None], Read | None]:
    """The callback of an option whose text is read so."""
    return lambda _context, _parameter, value: None if value is None else read(value)


def deliver(text: str, file: Path | None) -> None:
    """Write `text` to `file`, or to stdout where `file` is None or `-`; UTF-8 and `\\n` on every platform."""
    if file is None or str(file) == "-":
        with told("stdout"):
            if sys.stdout is None:
                raise OSError("it is closed")
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
    else:
        replace(file, text.encode())


def say(text: str, *, err: bool = False) -> None:
    """`text` and the end of its line, on stdout or stderr."""
    if err:
        click.echo(text, err=True)
    else:
        deliver(f"{text}\n", None)


class Report(Protocol):
    """What a check found."""

    @property
    def passed(self) -> bool: ...

    def to_json(self) -> str: ...


def deliver_report(report: Report, json_file: Path | None) -> int:
    """The report as text on stdout, and as JSON into the file; where that is stdout the text goes to stderr. The exit
    status: 1 unless it passed."""
    say(str(report), err=str(json_file) == "-")
    if json_file is not None:
        deliver(report.to_json() + "\n", json_file)
    return 0 if report.passed else 1


def replace(file: Path, data: bytes) -> None:
    """Put `data` in the place of `file` in one step: a reader finds the old bytes or the new ones, never a part."""
    with told(file):
        behind, old = _behind(file)
        if old is not None and not stat.S_ISREG(old.st_mode):
            file.write_bytes(data)  # a device or a pipe, which cannot be replaced
            return
        new = behind.parent / f".symbackprop-{secrets.token_hex(8)}"
        with Ensured(lambda: new.unlink(missing_ok=True)):
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
                stream.write(data)
            if old is not None:
                os.chmod(new, stat.S_IMODE(old.st_mode))
            os.replace(new, behind)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, however this ends."""
    folder = Path(tempfile.gettempdir(), f"symbackprop-{secrets.token_hex(8)}")
    with Ensured(lambda: shutil.rmtree(folder, ignore_errors=True)):
        folder.mkdir(mode=0o700)
        yield folder


def _behind(file: Path) -> tuple[Path, os.stat_result | None]:
    """The file that `file` is or links to, and what is there now. OSError or click.ClickException where none can be."""
    old = None
    with suppress(FileNotFoundError):
        old = os.stat(file)
    behind = Path(os.path.realpath(file))
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise click.ClickException(f"{file} is a folder; expected a file")
    if old is None and not behind.parent.is_dir():
        if file.is_symlink():
            raise click.ClickException(f"{file} is a link to {behind}, and the folder {behind.parent} does not exist")
        raise click.ClickException(f"{file}: the folder {file.parent} does not exist")
    if old is not None and not os.access(behind, os.W_OK):
        raise click.ClickException(f"{file} is read-only; write to another file or allow writing to it")
    if (old is None or stat.S_ISREG(old.st_mode)) and not os.access(behind.parent, os.W_OK):
        raise click.ClickException(f"{file}: the folder {behind.parent} is read-only; write to a file elsewhere")
    return behind, old


@contextmanager
def told(file: object) -> Iterator[None]:
    """What the system says of `file`, with the name that was given."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise click.ClickException(f"{file} cannot be written: {error}") from error
