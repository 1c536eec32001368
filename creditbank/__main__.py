"""`python -m creditbank`: the same as the `creditbank` command."""

from creditbank.cli import main

if __name__ == "__main__":
    main()
