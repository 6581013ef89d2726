"""`python -m symbackprop` is the command `symbackprop`."""

from symbackprop.cli.main import main

if __name__ == "__main__":
    main()
