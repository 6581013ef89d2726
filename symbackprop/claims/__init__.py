"""Claims, gradients derived by hand, proved or refuted."""

from symbackprop.claims.check import check_claims
from symbackprop.claims.made import Claims, claims_about
from symbackprop.claims.report import ClaimReport, Row, Verdict

__all__ = ["ClaimReport", "Claims", "Row", "Verdict", "check_claims", "claims_about"]
