"""The report: the derivation of a network as one HTML page, beside the code that computes it."""

from symbackprop.report.page import Page, level_of, page

__all__ = ["Page", "level_of", "page"]
