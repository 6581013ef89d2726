"""Compiled libraries, kept by what they were made from: the same text is compiled once.

A file is called by its key and by its own content, `KEY-DIGEST.so`, and comes to be by one rename: what was cut off, or
written by somebody else, has another content than its name says, and counts as none.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from symbackprop.resources import cache_folder

__all__ = ["VARIABLE", "digest_of", "keep", "kept"]

VARIABLE = "SYMBACKPROP_CACHE"  # of the environment: the folder, in the place of the user's own


def digest_of(*parts: str | bytes) -> str:
    """Of texts, each told apart from the next."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()


def kept(key: str) -> Path | None:
    """The library that was made from what the key is the digest of, if there is one and it is whole."""
    for folder in _folders():
        for file in sorted(folder.glob(f"{key}-*.so")):
            with suppress(OSError):
                if file.name == _name(key, file.read_bytes()):
                    return file
                file.unlink()
    return None


def keep(key: str, content: bytes) -> Path:
    """The library's file, in the first folder that takes it: as a whole, or not at all."""
    for folder in _folders():
        with suppress(OSError):
            return _written(folder, key, content)
    return _written(Path(tempfile.mkdtemp(prefix="symbackprop-")), key, content)


def _written(folder: Path, key: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _name(key, content)
    handle, new = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        os.chmod(new, 0o700)
        os.replace(new, file)
    except OSError:
        os.unlink(new)
        raise
    return file


def _name(key: str, content: bytes) -> str:
    return f"{key}-{digest_of(content)}.so"


def _folders() -> Iterator[Path]:
    """Where libraries are looked for, and kept: the folder that was named, or the user's; one of temporary files."""
    named = os.environ.get(VARIABLE, "")
    own = Path(named) if named else cache_folder()
    if own is not None:
        yield own if named else own / "c"
    passing = _passing()
    if passing is not None:
        yield passing


@lru_cache(maxsize=1)
def _passing() -> Path | None:
    """A folder for temporary files that nobody else can write to; None where somebody has taken its name."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"symbackprop-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o077
    return folder if own or not hasattr(os, "getuid") else None
