"""The documentation site: `sphinx-build -W docs build/site`, without network (`nox -s docs` installs what it needs).

Mathematics is MathML, which browsers draw themselves, in the font that the pages of derivations carry; nothing is
loaded from elsewhere. The gallery is made from the zoo while the site is built (`_ext/gallery.py`).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

from symbackprop.resources import templates  # noqa: E402
from symbackprop.version import VERSION  # noqa: E402

project = "symbackprop"
author = "the symbackprop developers"
project_copyright = "the symbackprop developers"
version = release = VERSION

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
    "chinese",
    "mathml",
    "gallery",
    "printed",
    "index_picture",
    "network_picture",
    "plots",
    "docstrings",
]
exclude_patterns = ["_ext", "_build", "**.ipynb_checkpoints"]
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_url_schemes = {"http": None, "https": None}
nb_execution_mode = "off"  # the tests run the notebook, and compare what it shows

html_theme = "pydata_sphinx_theme"
html_title = "symbackprop"
html_static_path = ["_static"]
html_css_files = ["site.css", "picture.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "five_minutes": [], "peers": [], "training": [], "zh": []}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True  # as written: one that is a function would have no form that can be parsed
add_module_names = False
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
suppress_warnings = ["myst.strikethrough"]


def setup(app: object) -> None:
    """The font of the pages of derivations, and the style of their pictures, are the site's as well."""
    for file in ("report/math.woff2", "picture/picture.css"):
        shutil.copyfile(templates() / file, HERE / "_static" / Path(file).name)
