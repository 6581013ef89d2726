"""C99: values become loop nests, these share nests and memory, and templates make files of them.

    values ── laid_out ──> values ── open_nests ──> nests ── fuse, shrink ──> nests ── plan ──> text

See docs/inside/targets.md.
"""

from symbackprop.c.files import files as files
from symbackprop.c.files import text as text
from symbackprop.c.layout import laid_out as laid_out
from symbackprop.c.module_text import kit as kit
