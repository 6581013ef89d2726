"""A derivation as something to read: sections of text, tables and formulas, and its printed forms."""
