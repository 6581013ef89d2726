"""Passes from a program to an equal, cheaper program."""
