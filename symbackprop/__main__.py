"""`python -m symbackprop` is the command `symbackprop`."""

from symbackprop.cli.entry import main

if __name__ == "__main__":
    main()
