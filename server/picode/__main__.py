"""`picode`, and `python -m picode`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line. `picode lsp` takes a short cut past the packages that only a terminal needs, and so does a
    container's health check."""
    if sys.argv[1:] in (["lsp"], ["lsp", "--stdio"]):
        from picode.cli.lsp import serve

        sys.exit(serve())
    if sys.argv[1:] == ["server", "health"]:
        from picode.cli.health import check

        sys.exit(check())
    from picode.cli.app import run

    run()


if __name__ == "__main__":
    main()
