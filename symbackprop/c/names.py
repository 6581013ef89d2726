"""Names in C: the equations' own where they can stand."""

from __future__ import annotations

import re

from symbackprop.terms.program import fresh_name

KEYWORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm bool true
    false main NULL INFINITY NAN real work params grads buffers next loss_out seed state out at int32_t uint32_t
    uint64_t size_t memcpy memset fabs sqrt floor ceil fabsf sqrtf floorf ceilf exp log sin cos tan pow tanh erf abs
    y0 y1 yn j0 j1 jn gamma signgam time index unix linux""".split()
)


def identifier(name: str) -> str:
    """The name with what C does not take replaced."""
    text = re.sub(r"[^A-Za-z0-9_]", lambda m: f"u{ord(m[0]):x}" if m[0].isalnum() else "_", name)
    text = re.sub(r"^(?=[0-9]|_)", "x", text)
    return text or "x"


class CNames:
    """`prefix`: of all that a file shows to others."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.known: dict[str, str] = {}
        self.taken: set[str] = set(KEYWORDS)

    def __call__(self, name: str) -> str:
        found = self.known.get(name)
        if found is None:
            wanted = identifier(name)
            wanted = f"{wanted}_" if wanted in self.taken else wanted
            found = self.known[name] = fresh_name(wanted, self.taken)
        return found


__all__ = ["CNames", "identifier"]
