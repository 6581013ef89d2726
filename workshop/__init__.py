"""Tools of those who work on symbackprop, which what is installed does not hold: see README.md beside this file."""
