"""``python -m cortistim`` is the ``cortistim`` command."""

from cortistim.cli import main

if __name__ == "__main__":
    main()
