"""`python audited.py lsp`: PiCode, with a line in the file `PICODE_TEST_AUDIT` for each process that it starts and each address
that it connects to.

Python itself reports them (PEP 578), before they happen and whatever library asks for them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

STARTING = frozenset(
    "subprocess.Popen os.exec os.posix_spawn os.spawn os.fork os.forkpty os.system pty.spawn os.startfile".split()
)
CONNECTING = frozenset("socket.connect socket.sendto socket.sendmsg socket.getaddrinfo socket.gethostbyname".split())


def main() -> None:
    log = os.open(os.environ["PICODE_TEST_AUDIT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STARTING or event in CONNECTING:
            os.write(log, f"{event} {arguments!r}".replace("\n", " ").encode() + b"\n")

    sys.addaudithook(hear)
    sys.argv[0] = "picode"
    from picode.__main__ import main as picode

    picode()


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))  # PiCode imports nothing of the tests
    sys.path[:] = [folder for folder in sys.path if folder != here]
    main()
