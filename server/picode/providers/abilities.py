"""What models take and do beside text, by their names: for those whose provider or server does not tell.

Sources: the vendors' lists of models (https://platform.openai.com/docs/models, https://docs.claude.com/en/docs/about-claude/models,
https://ai.google.dev/gemini-api/docs/models, https://docs.mistral.ai/getting-started/models, https://docs.x.ai/docs/models,
https://docs.perplexity.ai/getting-started/models) and the model cards of open models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Abilities:
    """`tools`: the model calls tools. `images`: it looks at images."""

    tools: bool = True
    images: bool = False


_TAKES_IMAGES = re.compile(
    # The small o-models, GPT-4 before its Turbo, and open weights (gpt-oss) read text alone.
    r"(?:chat)?gpt-(?:4o|4-turbo|4\.[15]|[5-9])|\bo1(?:-pro)?(?:-\d{4}|$)|\bo3(?!-mini)|\bo4"
    r"|claude-(?!2|instant|3-5-haiku)|gemini|gemma-?3(?!.{0,60}\b(?:270m|1b)\b)|gemma-?(?:3n|4)"
    r"|pixtral|mistral-(?:large-(?:3|latest|25[1-9])|medium-(?:3|latest|25)|small-(?:3\.[1-9]|[4-9]|latest|25))"
    r"|grok-(?:[4-9]|2-vision)|llama-?4|llama-?3\.2-?(?:11b|90b|vision)|command-a-vision|kimi-k2\.[5-9]"
    r"|glm-\d(?:\.\d)?v|phi-?4-multimodal|llava|moondream|minicpm-[vo]|internvl|smolvlm|molmo|qvq"
    r"|\bvision\b|-vl\b|\d-?vl\b"
)

_CALLS_NO_TOOLS = re.compile(
    r"\bo1-(?:mini|preview)|gpt-3\.5-turbo-instruct|claude-(?:2|instant)|sonar|gemma(?!-?4)|smollm|smolvlm|llama-?2|code-?llama"
    r"|stable-?code|starcoder|santacoder|deepseek-?coder(?!-?v2)|codegemma|codegeex|mellum|seed-?coder|granite.{0,60}code|wizard"
    r"|phi-?[123]|phi-?4(?!-mini|-multimodal)|llava|moondream|minicpm-v|molmo|qvq|vicuna|orca|tinyllama"
)


@lru_cache(maxsize=1024)
def abilities_of(model: str) -> Abilities:
    """The abilities of the family that `model` belongs to by its name. A model of an unknown name is taken to call tools, as
    most do that hold conversations, and to look at no images."""
    name = re.sub(r"[_\s]", "-", model[-200:].lower())
    return Abilities(tools=_CALLS_NO_TOOLS.search(name) is None, images=_TAKES_IMAGES.search(name) is not None)
