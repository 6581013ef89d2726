"""The files that a page shows: the tests write them into an empty folder, and directives look at their networks."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from sphinx.util.docutils import SphinxDirective

from symbackprop import Network, zoo

BLOCK = re.compile(r"^```python\n(# (\w+\.py)[\n:].*?)^```$", re.MULTILINE | re.DOTALL)


@contextmanager
def files_of(directive: SphinxDirective) -> Iterator[None]:
    """The blocks of the page that begin `# name.py` can be imported, and are forgotten afterwards."""
    known = set(sys.modules)
    page = Path(directive.env.doc2path(directive.env.docname)).read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        for body, name in BLOCK.findall(page):
            (Path(folder) / name).write_text(body, encoding="utf-8")
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(folder)
            for name in set(sys.modules) - known:
                if Path(getattr(sys.modules[name], "__file__", None) or "").parent == Path(folder):
                    del sys.modules[name]


def module_of(directive: SphinxDirective, name: str) -> ModuleType:
    """A file of the page, imported."""
    with files_of(directive):
        return importlib.import_module(name.removesuffix(".py"))


def made_by(directive: SphinxDirective, *makers: str) -> None:
    """The page is made again where a file that makes a part of it has changed."""
    for maker in makers:
        directive.env.note_dependency(maker)


def network_of(directive: SphinxDirective, name: str) -> Network:
    """That of a file of the page, or of the zoo."""
    return module_of(directive, name).net if name.endswith(".py") else zoo.load(name)
