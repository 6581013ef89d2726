"""Interning: equal constructor arguments give the same object, so that comparing and hashing need not look inside."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar
from weakref import ref

__all__ = ["ByIdentity", "Interned", "Living"]

V = TypeVar("V")
I = TypeVar("I", bound="Interned")
_FEWEST = 2**14


class Living(Generic[V]):
    """What is alive, by what it was made of.

    Nothing is called when a value dies, of which there are very many: those that did are looked for when there are
    twice as many entries as were left the last time.
    """

    __slots__ = ("_most", "references")

    def __init__(self) -> None:
        self.references: dict[tuple[Any, ...], ref[V]] = {}
        self._most = _FEWEST

    def setdefault(self, key: tuple[Any, ...], value: V) -> V:
        """The value with that key: the one that is alive, else this one from now on."""
        own = ref(value)
        found = self.references.setdefault(key, own)()
        if found is None:
            self.references[key], found = own, value
        if len(self.references) > self._most:
            self._sweep()
        return found

    def _sweep(self) -> None:
        """Last ones first: the key of one holds what it was made of, which came before it."""
        for key, found in reversed(list(self.references.items())):
            if found() is None and self.references.get(key) is found:
                del self.references[key]
        self._most = max(_FEWEST, 2 * len(self.references))


class ByIdentity(Enum):
    """An enumeration whose members, one object each, hash as objects do: their names need not be looked at."""

    __hash__ = object.__hash__


_living: Living[Any] = Living()
_references = _living.references


class Interned:
    """The base of frozen dataclasses with slots of which equal ones are one object. `_finish` is called once on each
    new object, to work out what it keeps.

    No metaclass: of classes that have one `isinstance` and `match`, which terms are told apart by, are slow.
    """

    __slots__ = ("__weakref__",)
    __match_args__: ClassVar[tuple[str, ...]]
    _fill: ClassVar[Callable[..., None]]

    def __init_subclass__(cls) -> None:
        """The dataclass's own `__init__` is called on new objects alone."""
        own = cls.__dict__.get("__init__")
        if own is not None:
            cls._fill = own
            type.__setattr__(cls, "__init__", object.__init__)

    def __new__(cls: type[I], *args: Any) -> I:
        key = (cls, *args)
        known = _references.get(key)
        found = None if known is None else known()
        if found is None:
            new = object.__new__(cls)
            cls._fill(new, *args)
            names = cls.__match_args__
            if len(args) != len(names):  # with what the arguments left out
                key = (cls, *[getattr(new, name) for name in names])
            found = _living.setdefault(key, new)
            if found is new:
                new._finish()
        return found

    def _finish(self) -> None:
        """Nothing more is kept."""

    def __reduce__(self) -> Any:
        return type(self), tuple([getattr(self, name) for name in self.__match_args__])
