"""A PiCode server, as far as the embedded model is concerned: `python holder.py OPTIONS`, a JSON object.

For each line on standard input it asks for the endpoint and prints a line of JSON about it; at the end it lets go.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from picode.core.errors import PiCodeError
from picode.io.embedded.options import EmbeddedOptions
from picode.io.embedded.shared import EmbeddedModel


async def ask(model: EmbeddedModel) -> dict[str, Any]:
    try:
        endpoint = await model.endpoint()
    except PiCodeError as error:
        return {"error": type(error).__name__, "problem": error.problem, "remedy": error.remedy}
    return {"pid": model.pid, "base_url": endpoint.base_url, "key": endpoint.key}


async def main() -> None:
    options = EmbeddedOptions(**json.loads(sys.argv[1]))
    model = EmbeddedModel(lambda: options, lambda progress: None)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await ask(model)), flush=True)
    await model.close()


if __name__ == "__main__":
    asyncio.run(main())
