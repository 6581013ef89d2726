"""The templates are found from a checkout and from an installed package."""

import shutil
import subprocess
import sys

import pytest

from symbackprop import resources


def test_checkout():
    assert resources.templates().name == "templates"


@pytest.mark.parametrize("inside", [True, False])
def test_either_place(tmp_path, inside):
    package = tmp_path / "symbackprop"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(resources.__file__, package)
    expected = (package if inside else tmp_path) / "templates"
    expected.mkdir()
    code = "from symbackprop.resources import templates; print(templates())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(expected.resolve())


def test_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "symbackprop" / "resources.py"))
    with pytest.raises(FileNotFoundError, match="no templates: looked in"):
        resources.templates()
