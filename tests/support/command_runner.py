"""Runs command lines of `picode` one after another, each in a forked process, so that the packages are imported once.

All modules of PiCode are imported before the first fork, and so are the libraries that commands import when they need
them. Reads arguments and variables of the environment as JSON, a line each; writes the exit code and all output.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile

import picode
from picode.__main__ import main


def run(arguments: list[str], environ: dict[str, str]) -> tuple[int, str]:
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            sys.argv[1:] = arguments
            os.environ.update(environ)
            code = 70
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        return os.waitstatus_to_exitcode(status), out.read().decode("utf-8", "backslashreplace")


def import_all() -> None:
    for module in pkgutil.walk_packages(picode.__path__, "picode."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for library in ("httpx2", "rich.live", "rich.markdown", "rich.progress", "rich.syntax", "rich.table"):
        importlib.import_module(library)


if __name__ == "__main__":
    import_all()
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)
