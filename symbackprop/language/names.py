"""Names of networks, sizes, tensors and indices."""

from __future__ import annotations

import keyword
import unicodedata

from symbackprop.errors import InvalidName

RESERVED = ("params", "rng", "workspace", "buffers", "cache", "dtype", "np")
"""Names that the generated module's functions have for their own arguments."""


def check_name(kind: str, name: object, reserved: tuple[str, ...] = RESERVED) -> str:
    """The name, which must be a Python identifier, no keyword and not reserved."""
    subject = f"{kind} {name!r}"
    if not isinstance(name, str) or not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        raise InvalidName(
            subject,
            expected="a Python identifier",
            found=repr(name),
            remedy="names become names in the generated module: letters, digits and underscores",
        )
    if keyword.iskeyword(name):
        raise InvalidName(subject, expected="a name", found="a keyword of Python", remedy=f"call it {name}_")
    if name in reserved:
        raise InvalidName(
            subject,
            expected="a name of your own",
            found="one that the generated module's functions use themselves",
            remedy=f"call it {name}_; reserved are {', '.join(reserved)}",
        )
    return name


def split_names(kind: str, names: object) -> tuple[str, ...]:
    """`"N D H"` or `"N, D, H"` as its names."""
    if not isinstance(names, str):
        raise InvalidName(f"{kind} {names!r}", expected='names in one string, as in "N D H"', found=repr(names))
    found = tuple(names.replace(",", " ").split())
    if not found:
        raise InvalidName(f"{kind} {names!r}", expected='names, as in "N D H"', found="none")
    return found
