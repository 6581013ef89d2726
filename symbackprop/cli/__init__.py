"""The command `symbackprop`: one file a command, on click, over the public functions of the package."""
