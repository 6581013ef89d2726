"""Without PyTorch the group is skipped, and its files are not read for doctests either."""

from importlib.util import find_spec

if find_spec("torch") is None:
    collect_ignore = ["compare.py", "losses.py", "recurrent.py", "transformers.py", "twins.py"]
