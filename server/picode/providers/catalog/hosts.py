"""Providers that serve models of other companies."""

from __future__ import annotations

from picode.providers.catalog.provider import Listing, Provider

_AZURE = "https://learn.microsoft.com/azure/ai-foundry/openai"

HOSTS = (
    Provider(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_names=("OPENROUTER_API_KEY",),
        key_page="https://openrouter.ai/settings/keys",
        model="openai/gpt-4.1",
        inline_model="openai/gpt-4.1-mini",
        # How OpenRouter asks applications to name themselves (https://openrouter.ai/docs/app-attribution).
        headers={"X-Title": "PiCode"},
        listing=Listing(
            only={"architecture.output_modalities": "text"},
            tools={"supported_parameters": "tools"},
            images={"architecture.input_modalities": "image"},
            window="context_length",
            input_price="pricing.prompt",
            output_price="pricing.completion",
            documentation="https://openrouter.ai/docs/api-reference/list-available-models",
        ),
        documentation="https://openrouter.ai/docs/api-reference/chat-completion",
    ),
    Provider(
        name="groq",
        title="Groq",
        base_url="https://api.groq.com/openai/v1",
        key_names=("GROQ_API_KEY",),
        key_page="https://console.groq.com/keys",
        model="openai/gpt-oss-120b",
        inline_model="openai/gpt-oss-20b",
        listing=Listing(
            only={"active": True},
            window="context_window",
            documentation="https://console.groq.com/docs/api-reference#models-list",
        ),
        documentation="https://console.groq.com/docs/api-reference#chat-create",
    ),
    Provider(
        name="together",
        title="Together AI",
        base_url="https://api.together.xyz/v1",
        key_names=("TOGETHER_API_KEY",),
        key_page="https://api.together.ai/settings/api-keys",
        model="openai/gpt-oss-120b",
        inline_model="openai/gpt-oss-20b",
        listing=Listing(
            rows="",
            only={"type": "chat"},
            window="context_length",
            input_price="pricing.input",
            output_price="pricing.output",
            price_unit=1_000_000,
            documentation="https://docs.together.ai/reference/models",
        ),
        documentation="https://docs.together.ai/reference/chat-completions-1",
    ),
    Provider(
        name="fireworks",
        title="Fireworks AI",
        base_url="https://api.fireworks.ai/inference/v1",
        key_names=("FIREWORKS_API_KEY",),
        key_page="https://fireworks.ai/account/api-keys",
        model="accounts/fireworks/models/gpt-oss-120b",
        inline_model="accounts/fireworks/models/gpt-oss-20b",
        listing=Listing(
            window="context_length", documentation="https://docs.fireworks.ai/tools-sdks/openai-compatibility"
        ),
        documentation="https://docs.fireworks.ai/api-reference/post-chatcompletions",
    ),
    Provider(
        name="huggingface",
        title="Hugging Face",
        base_url="https://router.huggingface.co/v1",
        key_names=("HF_TOKEN",),
        key_page="https://huggingface.co/settings/tokens",
        model="openai/gpt-oss-120b",
        inline_model="openai/gpt-oss-20b",
        listing=Listing(documentation="https://huggingface.co/docs/inference-providers/hub-api"),
        documentation="https://huggingface.co/docs/inference-providers/tasks/chat-completion",
    ),
    # Under an organisation: https://models.github.ai/orgs/NAME.
    Provider(
        name="github",
        title="GitHub Models",
        base_url="https://models.github.ai",
        at={"openai_chat": "/inference"},
        key_names=("GITHUB_TOKEN",),
        key_page="https://github.com/settings/tokens",
        model="openai/gpt-4.1",
        inline_model="openai/gpt-4.1-mini",
        headers={"X-GitHub-Api-Version": "2022-11-28"},
        listing=Listing(
            path="/catalog/models",
            rows="",
            only={"supported_output_modalities": "text"},
            tools={"capabilities": "tool-calling"},
            images={"supported_input_modalities": "image"},
            window="limits.max_input_tokens",
            documentation="https://docs.github.com/en/rest/models/catalog",
        ),
        documentation="https://docs.github.com/en/rest/models/inference",
    ),
    # A model's name is that of a deployment. The API lists models that could be deployed, not those that are.
    Provider(
        name="azure",
        title="Azure OpenAI",
        base_url="",  # the user's: https://RESOURCE.openai.azure.com/openai/v1
        key_names=("AZURE_OPENAI_API_KEY",),
        key_page="https://portal.azure.com",
        key_header="api-key: {key}",
        listing=Listing(path=""),
        documentation=f"{_AZURE}/api-version-lifecycle",
    ),
    Provider(
        name="azure-deployments",
        title="Azure OpenAI, dated API",
        base_url="",  # the user's: https://RESOURCE.openai.azure.com/openai
        at={"openai_chat": "/deployments/{model}"},
        query="api-version=2024-10-21",
        key_names=("AZURE_OPENAI_API_KEY",),
        key_page="https://portal.azure.com",
        key_header="api-key: {key}",
        listing=Listing(path=""),
        documentation=f"{_AZURE}/reference",
    ),
)
