"""The report: the derivation of a network as one HTML page, beside the code that computes it.

The page, and what each part of it is made by::

    graph      tensors, what reads them, and the way of the δ; `parts` of it folded, `layout` for it,
               a `picture` of it as SVG (names in it by `symbols`), `pictures` of which a reader chooses
    views      parts of the document as HTML: formulas by `mathml` (letters by `alphabets`), references as links
    code       the module as chunks of lines, each with its equations; `highlight`ed, a `listing` of them
    costs      the cost polynomials as data, which a plot is drawn from
    page       all that in the templates of `templates/report`
"""

from symbackprop.report.page import Page, level_of, page

__all__ = ["Page", "level_of", "page"]
