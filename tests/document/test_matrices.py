"""A matrix form that is not that of its equation is no part of a document."""

from dataclasses import replace

import pytest

from symbackprop import derive, zoo
from symbackprop.document import matrices
from symbackprop.document.matrices import WrongMatrixForm
from symbackprop.verify.exact import Difference
from symbackprop.verify.matrix import check_matrix_forms


@pytest.mark.parametrize(
    ("difference", "found"),
    [
        (Difference("z1", False, (1, 2), 3.0, 4.0), r"found another at \[1, 2\] of z"),
        (Difference("z1", False, failure="x[7] lies outside x[0..6]"), r"found x\[7\] lies outside"),
    ],
)
def test_a_wrong_form_is_not_printed(monkeypatch, difference, found):
    def one_wrong(derived, also):
        first, *rest = check_matrix_forms(derived, also=also)
        return replace(first, difference=difference), *rest

    monkeypatch.setattr(matrices, "check_matrix_forms", one_wrong)
    derivation = derive(zoo.load("mlp"))
    assert derivation.latex()
    with pytest.raises(WrongMatrixForm, match=found):
        derivation.latex(form="matrix")
