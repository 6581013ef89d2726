"""Interning: equal constructor arguments give the same object, so that comparing and hashing need not look inside."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar


class Interned(type):
    """The metaclass of what is interned. `_finish` is called once on each new object, to work out what it keeps."""

    table: ClassVar[weakref.WeakValueDictionary[tuple[Any, ...], Any]] = weakref.WeakValueDictionary()

    def __call__(cls, *args: Any) -> Any:
        found = Interned.table.get((cls, *args))
        if found is None:
            new = super().__call__(*args)  # with what the arguments left out
            found = Interned.table.setdefault((cls, *(getattr(new, name) for name in new.__match_args__)), new)
            if found is new:
                new._finish()
        return found
