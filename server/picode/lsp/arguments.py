"""The arguments of the commands of `workspace/executeCommand`: one object each. The schemas are generated from these models.

Imported when a command runs, not when the server starts: pydantic is slow to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pygls.exceptions import JsonRpcInvalidParams

from picode.core.messages import Role


class Arguments(BaseModel):
    """An object whose fields are all known."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        use_attribute_docstrings=True,
    )


class Position(Arguments):
    """LSP's `Position`, in the negotiated encoding."""

    line: Annotated[int, Field(ge=0)]
    character: Annotated[int, Field(ge=0)]


class Range(Arguments):
    """LSP's `Range`."""

    start: Position
    end: Position


class Visible(Arguments):
    """A stretch of a document that the user looks at."""

    uri: str
    """The document; one that is not open, or that no model may see, is left out."""

    range: Range
    """The lines on the screen."""


class PastedImage(Arguments):
    """A picture that goes with a question."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]

    data: Annotated[str, Field(max_length=14_000_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
    """Its bytes, in base64: 10 MB at most."""


class SlashArguments(Arguments):
    """A slash command."""

    text: Annotated[str, Field(max_length=200_000)]
    """What the user typed: `/fix the loop`, or a question."""

    uri: str | None = None
    """The document that it is about."""

    range: Range | None = None
    """The stretch of it; an empty one is a cursor. Without one, the whole document."""

    version: int | None = None
    """The version of the document that `range` speaks of."""

    diagnostics: list[dict[str, Any]] = []
    """LSP diagnostics to go by."""

    unit: Annotated[str, Field(pattern=r"^(\t| {1,16})?$")] = ""
    """One level of indentation in the editor."""

    files: list[str] = []
    """Paths, beside those that `text` names with `#`."""

    visible: Visible | None = None
    """What the user looks at, for a question that is about no selection."""

    attached: Annotated[str, Field(max_length=200_000)] = ""
    """Text to go by, such as what a terminal says."""

    images: Annotated[list[PastedImage], Field(max_length=8)] = []
    """Pictures for the model to look at. No secret in them is found."""

    conversation: str = ""
    """The id of the conversation to go on with."""

    keep: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """Of the conversation, only so many answered questions go on, in a new conversation."""

    provider: str = ""
    """To be asked instead of the usual one."""

    model: str = ""
    """To be asked instead of the usual one."""

    folder: str = ""
    """The folder of the repository, for `/commit`."""

    work_done_token: int | str | None = None
    """The client's own progress token."""


class EditArguments(Arguments):
    """An edit, by the id of its answer."""

    id: str


class DecideEditArguments(EditArguments):
    """An edit that is accepted or discarded."""

    part: Annotated[int, Field(ge=0)] | None = None
    """Only that stretch of its changed lines, which count from 0; without one, all of it."""


class AgainEditArguments(EditArguments):
    """An edit that is to be tried again."""

    work_done_token: int | str | None = None
    """The client's own progress token."""


class SettledEditArguments(EditArguments):
    """What became of an edit that the client handled by itself."""

    accepted: bool


class ProposeEditArguments(Arguments):
    """Code that is to be put into a document, as an edit that the user accepts or discards."""

    code: Annotated[str, Field(min_length=1, max_length=2_000_000)]
    """The code, or a diff of it."""

    uri: str
    """The document, which is open."""

    range: Range
    """What is selected there; an empty one is the cursor."""

    unit: Annotated[str, Field(pattern=r"^(\t| {1,16})?$")] = ""
    """One level of indentation in the editor."""


class SnoozeArguments(Arguments):
    """For how long there are no suggestions."""

    minutes: Annotated[int, Field(ge=0, le=24 * 60)]
    """0: there are some again."""


class KeyArguments(Arguments):
    """A provider's key."""

    provider: str
    """The provider's name in the settings."""


class EnterKeyArguments(KeyArguments):
    """A key that the user has entered."""

    key: Annotated[str, Field(max_length=10_000, repr=False)]
    """The key."""

    model: str = ""
    """To be tried with; empty: the provider's usual one."""


class GiveKeysArguments(Arguments):
    """Keys that the client keeps."""

    keys: Annotated[dict[str, str], Field(repr=False)]
    """By the names that `picode.key.enter` has given them."""


class ListArguments(Arguments):
    """Which conversations to list."""

    search: str = ""
    folder: str = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class ShowArguments(Arguments):
    """A conversation, by its id."""

    id: str
    format: Literal["markdown", "json"] = "markdown"


class ConversationArguments(Arguments):
    """A conversation, by its id."""

    id: str


class RenameArguments(Arguments):
    """A conversation's new title."""

    id: str
    title: Annotated[str, Field(min_length=1, max_length=200)]


class TextPart(Arguments):
    """Words."""

    type: Literal["text"]
    text: str


class DataPart(Arguments):
    """A file or picture of a message: an image, or text of any kind."""

    type: Literal["data"]
    media_type: str

    data: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
    """Its bytes, in base64."""


class CallPart(Arguments):
    """A call of a tool that the model has made."""

    type: Literal["call"]
    id: str
    name: str

    arguments: str
    """A JSON object, as its text."""


class ResultPart(Arguments):
    """What a call gave."""

    type: Literal["result"]

    call: str
    """The call's id."""

    parts: list[Annotated[TextPart | DataPart, Field(discriminator="type")]]

    error: bool = False
    """The tool failed."""


class ReasoningPart(Arguments):
    """What the model has thought, or the proof of it that its provider wants back, as `picode/response` gave it."""

    type: Literal["reasoning"]
    text: str = ""
    whole: str = ""
    signature: str = ""
    encrypted: str = ""
    id: str = ""


Part = Annotated[TextPart | DataPart | CallPart | ResultPart | ReasoningPart, Field(discriminator="type")]


class LanguageModelMessage(Arguments):
    """A message of a conversation between a program and a model."""

    role: Role
    parts: list[Part]


class ToolDefinition(Arguments):
    """A tool that the model may have called."""

    name: Annotated[str, Field(min_length=1)]
    description: str = ""

    parameters: dict[str, Any] | None = None
    """The JSON Schema of its arguments; without one, it takes none."""


class ModelConversation(Arguments):
    """A conversation with a language model."""

    provider: str
    """The provider's name in the settings."""

    model: str

    messages: Annotated[list[LanguageModelMessage], Field(max_length=10_000)]
    tools: Annotated[list[ToolDefinition], Field(max_length=1_000)] = []


class ResponseOptions(Arguments):
    """How to answer. What is not given is left to the provider."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    stop: Annotated[list[str], Field(max_length=16)] | None = None
    seed: int | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    reasoning_effort: str | None = None


class RespondArguments(ModelConversation):
    """A conversation whose next message is the model's."""

    response: str
    """A name for the response, by which `picode/response` tells of it."""

    must_call: bool = False
    """One of the tools has to be called."""

    options: ResponseOptions = ResponseOptions()


class ListModelsArguments(Arguments):
    """Which language models to list."""

    refresh: bool = False
    """Providers are asked anew."""


COMMANDS: dict[str, type[Arguments]] = {
    "picode.slash": SlashArguments,
    "picode.edit.accept": DecideEditArguments,
    "picode.edit.discard": DecideEditArguments,
    "picode.edit.settled": SettledEditArguments,
    "picode.edit.keep": EditArguments,
    "picode.edit.undo": EditArguments,
    "picode.edit.again": AgainEditArguments,
    "picode.edit.compare": EditArguments,
    "picode.edit.propose": ProposeEditArguments,
    "picode.key": KeyArguments,
    "picode.key.enter": EnterKeyArguments,
    "picode.key.give": GiveKeysArguments,
    "picode.languageModels": ListModelsArguments,
    "picode.languageModels.countTokens": ModelConversation,
    "picode.languageModels.respond": RespondArguments,
    "picode.snooze": SnoozeArguments,
    "picode.conversations": ListArguments,
    "picode.conversation": ShowArguments,
    "picode.conversation.rename": RenameArguments,
    "picode.conversation.delete": ConversationArguments,
}

T = TypeVar("T", bound=Arguments)


def read(model: type[T], command: str, arguments: Sequence[Any]) -> T:
    """The arguments of `command`. Raises `JsonRpcInvalidParams`, which names the field that is wrong."""
    if len(arguments) > 1 or (arguments and not isinstance(arguments[0], dict)):
        raise JsonRpcInvalidParams(f"{command} takes one object as its only argument.")
    try:
        return model.model_validate(dict(arguments[0]) if arguments else {}, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        problem = (
            "is not a field of it"
            if first["type"] == "extra_forbidden"
            else first["msg"][:1].lower() + first["msg"][1:]
        )
        raise JsonRpcInvalidParams(f"{command}: {field}: {problem}.") from None


def schema() -> dict[str, Any]:
    """JSON Schema of the arguments of all commands."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Arguments of PiCode's commands",
        "type": "object",
        "properties": {name: model.model_json_schema(by_alias=True) for name, model in COMMANDS.items()},
    }
