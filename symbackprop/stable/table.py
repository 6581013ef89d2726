"""The table: every stable form, with what is written for it and why it is taken. Of the rows of a kind the first that
answers counts."""

from __future__ import annotations

from typing import Any

from symbackprop.stable.logarithms import LOGARITHMS
from symbackprop.stable.quotients import QUOTIENTS
from symbackprop.stable.row import Row
from symbackprop.stable.sums import EXPONENTIALS, SUMS

TABLE: tuple[Row[Any], ...] = (*SUMS, *EXPONENTIALS, *QUOTIENTS, *LOGARITHMS)
