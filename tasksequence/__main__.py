"""`python -m tasksequence`."""

from tasksequence.cli import main

if __name__ == "__main__":
    main()
