"""Writes results: to stdout, or to a file that is replaced only once the new text is complete."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

__all__ = ["deliver", "replace"]


def deliver(text: str, file: Path | None) -> None:
    """Write `text` to `file`, or to stdout where `file` is None or `-`; UTF-8 and `\\n` on every platform."""
    if file is None or str(file) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        replace(file, text.encode())


def replace(file: Path, data: bytes) -> None:
    """Put `data` in the place of `file` in one step: a reader finds the old bytes or the new ones, never a part."""
    if file.exists() and not file.is_file():
        if file.is_dir():
            raise click.ClickException(f"{file} is a folder; expected a file")
        file.write_bytes(data)  # a device or a pipe, which cannot be replaced
        return
    target = file.resolve()  # through a link, to the file behind it
    if not target.parent.is_dir():
        raise click.ClickException(f"{file}: the folder {file.parent} does not exist")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
