"""Every setting: its type, its bounds, its default, who may set it, and (in its docstring) what it means to the user.

The schema for the files, the settings of VS Code and `docs/settings.md` are rendered from here. Names are snake_case in
Python and camelCase in files and editors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from picode.settings.advanced import Advanced
from picode.settings.section import (
    Address,
    BaseUrl,
    Failure,
    HeaderName,
    HeaderValue,
    HostName,
    Integral,
    Reach,
    Section,
    Trust,
    VariableName,
    WebOrigin,
    checked_address,
    constrained,
)


class Inline(Section):
    """Suggestions as you type (ghost text)."""

    enabled: Annotated[bool, Trust.NARROWING] = True
    """Show suggestions as you type."""

    languages: Annotated[dict[str, bool], Trust.NARROWING] = {}
    """Where suggestions are shown, by language identifier: `{"markdown": false}`. `"*"` stands for every language that
    is not named; without it, they are shown there too."""

    provider: Annotated[str, Field(min_length=1)] = "embedded"
    """Who is asked for suggestions: `embedded` is the small model that runs on this machine and needs no key; others
    are `openai`, `ollama`, `llamacpp`, `lmstudio`, `vllm`, `openai-compatible`, and those of your own in `providers`."""

    model: str = ""
    """The model that is asked for suggestions. When empty, the provider's usual one."""

    pace: Literal["lively", "metered"] = "lively"
    """How eagerly suggestions are asked for while you type: `lively` keeps one before your eyes most of the time;
    `metered` asks half as often, for providers that bill each request."""

    debounce_ms: Annotated[int, Trust.ANYONE, Field(ge=0, le=5000), Integral] = 25
    """How long typing must pause before a suggestion is asked for in the middle of a line, in milliseconds. A fast typist
    gets one now and then without a pause, and asking for one by hand never waits."""

    prefetch: bool = True
    """Ask for the line after a suggestion before you accept it, so that it is ready by then: a model on this machine at once,
    other models once you type along the suggestion."""

    completion: Annotated[bool, Trust.NARROWING] = False
    """Offer suggestions also in the list of completions, for editors that have no ghost text."""

    multiline: Annotated[Literal["auto", "never"], Trust.ANYONE] = "auto"
    """How long suggestions are: `auto` suggests several lines where the code asks for them, `never` the rest of a line at
    most."""

    max_tokens: Annotated[int, Trust.ANYONE, Field(ge=1, le=4096), Integral] = 256
    """The longest suggestion, in tokens (a token is about four characters). A model is stopped sooner, once what it says is
    complete."""

    timeout_seconds: Annotated[float, Trust.ANYONE, Field(ge=0.5, le=120)] = 30.0
    """How long one suggestion may take altogether before it is given up, in seconds."""

    candidates: Annotated[int, Trust.ANYONE, Field(ge=1, le=5), Integral] = 3
    """The most suggestions to choose from when you ask for one by hand."""

    fallback: list[Annotated[str, Field(min_length=1)]] = []
    """Who is asked when `provider` fails, limits requests or is slow, in this order: names of providers, or provider and
    model as in `mistral/codestral-latest`."""

    strategy: Literal["fallback", "race"] = "fallback"
    """How `fallback` is used: `fallback` asks one after the other; `race` asks the next one as soon as the first is slower
    than usual, and takes the answer that begins first (which costs more requests)."""


class Chat(Section):
    """Questions, edits and conversations."""

    provider: str = ""
    """Who is asked in conversations and for edits. When empty, the provider of `inline`."""

    model: str = ""
    """The model that is asked. When empty, the provider's usual one for conversations, or where none is known, the model of
    `inline`."""

    timeout_seconds: Annotated[float, Field(ge=1, le=3600)] = 600.0
    """How long one answer may take altogether before it is given up, in seconds."""

    fallback: list[Annotated[str, Field(min_length=1)]] = []
    """Who is asked when `provider` fails, limits requests or is slow, in this order: names of providers, or provider and
    model as in `mistral/mistral-large-latest`. A model that was chosen by name is asked alone."""

    strategy: Literal["fallback", "race"] = "fallback"
    """How `fallback` is used: `fallback` asks one after the other; `race` asks the next one as soon as the first is slower
    than usual, and takes the answer that begins first (which costs more requests)."""


class Edits(Section):
    """Edits that a model makes of the code."""

    show: Literal["live", "preview", "apply"] = "live"
    """What happens to an edit: `live` shows it in the text while it is written, and asks whether to take it (in editors that
    can; the others do as for `preview`); `preview` has the editor ask before it is applied, where it can; `apply` applies it
    at once. It can always be undone in one step."""


class CodeLens(Section):
    """Commands above definitions in the text."""

    enabled: Annotated[bool, Trust.NARROWING] = False
    """Show "Explain", "Document" and "Write tests" above functions and classes, in editors that have code lenses."""


class ProviderSettings(Section):
    """A provider of your own, or changes to one that PiCode knows. What is absent stays as PiCode knows it."""

    dialect: Annotated[str, Field(min_length=1)] | None = None
    """The wire format of its chat endpoint, such as `openai_chat`."""

    fill: str | None = None
    """The wire format for suggestions, such as `openai_completions`. When empty, suggestions are asked for through
    chat."""

    base_url: Annotated[BaseUrl | None, Failure.CLOSED] = None
    """The address that its paths are added to, such as `http://127.0.0.1:8080/v1`. It holds no user name and no
    password. The address of an endpoint, such as Azure's "target URI", does as well. A known provider at another address than
    its own is sent no key until `keyEnv` names one, or one is stored."""

    key_env: Annotated[VariableName | None, Failure.CLOSED] = None
    """The name of the environment variable that holds its key. The key itself never belongs in a settings file."""

    model: str | None = None
    """The model to ask when no other is named."""

    headers: dict[HeaderName, HeaderValue] = {}
    """Headers to send with every request."""

    query: (
        Annotated[str, constrained(r"^[A-Za-z0-9._~=&%+-]*$", "should be parameters such as `api-version=2024-10-21`")]
        | None
    ) = None
    """Parameters to add to every address, such as `api-version=2024-10-21` for Azure."""

    daily_tokens: Annotated[Annotated[int, Field(ge=0, le=1_000_000_000_000), Integral] | None, Failure.CLOSED] = None
    """The most tokens, in and out, that this provider may be used for in a day (until midnight, by this machine's clock)
    by all of your editors. It is asked nothing more when they are used up."""

    daily_cost: Annotated[Annotated[float, Field(ge=0, le=1_000_000)] | None, Failure.CLOSED] = None
    """The most that this provider may cost in a day, in US dollars by its published prices. It is asked nothing more when
    that is used up."""


class Embedded(Section):
    """The model that PiCode runs itself, one for all windows."""

    model_path: Annotated[str, Reach.MACHINE] = ""
    """A GGUF file to use instead of the model that PiCode brings, or the name of one that `picode models pull` has fetched.
    When empty, the one that `inline.model` names if `inline.provider` is `embedded`, else PiCode's own."""


class Network(Section):
    """How PiCode reaches providers. Servers on this machine are always reached directly."""

    proxy: Annotated[
        str,
        Reach.MACHINE,
        Failure.CLOSED,
        constrained(
            r"^((https?|socks5h?)://[^\s/?#@\\]+/?)?$",
            "should be an address such as http://proxy.example:8080, without user name and password",
        ),
        AfterValidator(checked_address),
    ] = ""
    """The HTTP or SOCKS 5 proxy between here and the providers, such as `http://proxy.example:8080` or
    `socks5://127.0.0.1:1080`. When empty, the one that `HTTPS_PROXY`, `ALL_PROXY` and their like name, where a user name and a
    password may be part of it (`http://USER:PASSWORD@proxy.example:8080`); `NO_PROXY` names exceptions to those. While it is
    not a valid address, no request leaves this machine."""

    ca_file: Annotated[str, Reach.MACHINE] = ""
    """A file of certificates (PEM) to trust in addition to the system's, for a proxy that decrypts connections."""

    allowed_origins: Annotated[list[Address], Reach.MACHINE] = []
    """Servers beyond this machine that may be reached without encryption, such as `http://192.168.1.20:11434`."""


class Cache(Section):
    """Answers of models that are kept on this machine, to be used again."""

    enabled: Annotated[bool, Reach.MACHINE] = True
    """Keep finished answers on the disk, so that they are there after a restart and without a network."""

    size_mb: Annotated[int, Reach.MACHINE, Field(ge=1, le=10_000), Integral] = 64
    """The most space that they may take, in megabytes. The longest unused go first."""

    days: Annotated[float, Reach.MACHINE, Field(ge=0.01, le=3650)] = 30.0
    """How long one is kept, in days."""

    url: Annotated[
        str,
        Reach.MACHINE,
        constrained(
            r"^(rediss?://[^\s/?#@\\]+(/\d{1,4})?)?$",
            "should be an address such as redis://127.0.0.1:6379/0, without user name and password "
            "(PICODE_REDIS_USERNAME and PICODE_REDIS_PASSWORD hold those)",
        ),
        AfterValidator(checked_address),
    ] = ""
    """A Redis or Valkey server that several machines or processes share: answers, what was used today, limits of the gateway,
    and which models fail. Such as `rediss://cache.example.org:6379/0`; `picode[redis]` must be installed. When empty, or
    while it can't be reached, each is on its own."""


class Gateway(Section):
    """The HTTP API for other programs, which `picode server` runs."""

    host: Annotated[str, Reach.MACHINE, Field(min_length=1)] = "127.0.0.1"
    """The address to listen at. One that other machines reach needs `--expose` on the command line too."""

    port: Annotated[int, Reach.MACHINE, Field(ge=0, le=65_535), Integral] = 7426
    """The port to listen at. 0 takes any that is free."""

    workers: Annotated[int, Reach.MACHINE, Field(ge=1, le=64), Integral] = 1
    """How many processes serve requests."""

    allowed_hosts: Annotated[list[HostName], Reach.MACHINE] = []
    """The names under which programs may reach it beside its own address, such as `gateway.example.org`, with a port where
    only that one counts. Requests for other names are refused."""

    allowed_origins: Annotated[list[WebOrigin], Reach.MACHINE] = []
    """Web pages that may use it, by their origin, such as `https://tools.example.org`. All others are refused."""

    aliases: Annotated[
        dict[Annotated[str, Field(min_length=1)], Annotated[str, Field(min_length=1)]], Reach.MACHINE
    ] = {}
    """Other names for models, for programs that ask for a fixed one: `{"claude-*": "mistral/devstral-latest"}`. A `*` stands
    for any characters; the model is named as in `inline.fallback`, or `default`."""

    reuse: Annotated[Literal["deterministic", "always", "never"], Reach.MACHINE] = "deterministic"
    """Which answers are kept and given again to the same request: those asked for with temperature 0, all, or none."""

    share_answers: Annotated[bool, Reach.MACHINE] = False
    """Give an answer that is kept from one token's request to the same request of every other token. When off, a token gets
    only what was answered to it: the time that an answer takes does not reveal what other tokens asked."""

    requests_per_minute: Annotated[int, Reach.MACHINE, Field(ge=0, le=1_000_000), Integral] = 600
    """The most requests in a minute for each token. 0 sets no limit."""

    concurrency: Annotated[int, Reach.MACHINE, Field(ge=1, le=100_000), Integral] = 256
    """The most requests that each process answers at a time."""

    body_mb: Annotated[float, Reach.MACHINE, Field(gt=0, le=256)] = 8.0
    """The largest request, in megabytes."""

    drain_seconds: Annotated[float, Reach.MACHINE, Field(ge=0, le=3600)] = 30.0
    """How long answers in flight may still take when it is stopped, in seconds."""


class Conversations(Section):
    """What you asked and what was answered, kept on this machine."""

    enabled: Annotated[bool, Reach.MACHINE] = True
    """Keep conversations on the disk, so that they can be gone on with, searched and exported. When off, they are
    forgotten when PiCode ends; those that are there stay until you delete them."""

    days: Annotated[float, Reach.MACHINE, Field(ge=0, le=36_500)] = 90.0
    """How long a conversation is kept after its last turn, in days. 0 keeps it for ever."""


class Statistics(Section):
    """What PiCode counts on this machine. It is never sent anywhere."""

    enabled: Annotated[bool, Reach.MACHINE] = True
    """Count which suggestions were shown and taken, and how long they took, for `picode stats` and for the pace of
    suggestions. No code is kept."""


class Privacy(Section):
    """What leaves this machine, and what is written down of it."""

    redact_secrets: Annotated[bool, Reach.MACHINE] = True
    """Replace keys, tokens and passwords in what is sent to a provider by placeholders, and put them back in its answer.
    A model on this machine sees them."""

    allow: Annotated[list[str], Reach.MACHINE] = []
    """Files that models may see although a built-in rule or an ignore file keeps them private: paths, or patterns as in a
    `.gitignore`. Only your own settings count, never those of a folder, trusted or not."""

    audit: Annotated[bool, Reach.MACHINE] = True
    """Write down what was sent to whom and when, for `picode audit`: names and figures, and no text."""


class Log(Section):
    """What PiCode writes to its log. Keys are never in it."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important messages that are still written. The environment variable `PICODE_LOG` counts more, and can tell
    modules apart: `PICODE_LOG=picode.io=debug,info`."""

    file: Annotated[str, Reach.MACHINE] = ""
    """A file that messages are also written to, as lines of JSON. A name without a folder lies in PiCode's state folder. When
    empty, none."""


class Tracing(Section):
    """Traces of requests to models, for a collector of your own (OpenTelemetry). They hold names, times and counts, and no
    code."""

    endpoint: Annotated[
        str,
        Reach.MACHINE,
        constrained(r"^(https?://[^\s?#@\\]+)?$", "should be an address such as http://127.0.0.1:4318"),
        AfterValidator(checked_address),
    ] = ""
    """The address of a collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`. When empty, no traces are made.
    Needs `picode[tracing]`."""


class Settings(Section):
    """Settings of PiCode."""

    enabled: Annotated[bool, Trust.NARROWING] = True
    """Turn the assistant on."""

    inline: Inline = Field(default_factory=Inline)

    chat: Chat = Field(default_factory=Chat)

    edits: Edits = Field(default_factory=Edits)

    code_lens: CodeLens = Field(default_factory=CodeLens)

    providers: Annotated[dict[Annotated[str, Field(min_length=1)], ProviderSettings], Reach.MACHINE] = {}
    """Providers of your own, and changes to those that PiCode knows, by name."""

    embedded: Embedded = Field(default_factory=Embedded)

    network: Network = Field(default_factory=Network)

    cache: Cache = Field(default_factory=Cache)

    privacy: Privacy = Field(default_factory=Privacy)

    conversations: Conversations = Field(default_factory=Conversations)

    gateway: Gateway = Field(default_factory=Gateway)

    statistics: Statistics = Field(default_factory=Statistics)

    log: Log = Field(default_factory=Log)

    tracing: Tracing = Field(default_factory=Tracing)

    advanced: Advanced = Field(default_factory=Advanced)


def read(values: dict[str, Any]) -> Settings:
    """Settings from the names that files and editors use. Raises `pydantic.ValidationError`."""
    return Settings.model_validate(values, by_alias=True, by_name=False)
