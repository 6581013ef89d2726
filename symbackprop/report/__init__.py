"""The report: the derivation of a network as one HTML page, beside the code that computes it.

The page, and what each part of it is made by::

    picture_html   the pictures of `symbackprop.picture` that a reader chooses from
    views          parts of the document as HTML: formulas by `formula.mathml`, references as links
    module_code    the module as chunks of lines, each with its equations; `highlight`ed, `code_html` of them
    c_code         the same of the text in C, for a network's sizes; `c_highlight` colours it
    memory_html    the plan of work memory of that text: a picture, and a table
    cost_data      the cost polynomials as data, which a plot is drawn from
    page           all that in the templates of `templates/report`
"""

from symbackprop.report.c_code import TextInC, counterparts
from symbackprop.report.page import Page, level_of, page

__all__ = ["Page", "TextInC", "counterparts", "level_of", "page"]
