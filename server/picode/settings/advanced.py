"""The settings of the table `advanced`: those that earlier releases had without it, see `picode.settings.moved`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from picode.settings.section import Integral, Reach, Section, Trust


class AdvancedInline(Section):
    """Suggestions as you type (ghost text)."""

    adapt: Annotated[bool, Trust.ANYONE] = True
    """Ask less often in a language in which you have accepted no suggestion for a long time; accepting one ends that."""

    context_tokens: Annotated[int, Field(ge=0, le=32_768), Integral] = 1024
    """How much a model is shown beside the code around the cursor: definitions of what is used there, recent edits, similar
    code of open files. In tokens; 0 shows it none."""

    retries: Annotated[int, Field(ge=0, le=3), Integral] = 1
    """How often a provider is asked again for one suggestion after a temporary failure, within three seconds."""


class AdvancedChat(Section):
    """Questions, edits and conversations."""

    max_tokens: Annotated[int, Field(ge=1, le=131_072), Integral] = 4096
    """The longest answer, in tokens (a token is about four characters)."""

    context_tokens: Annotated[int, Field(ge=256, le=1_000_000), Integral] = 12_000
    """The most that a model is shown with one question: the selection, the code around it, other files and the conversation so
    far. In tokens; a model's own window counts where that is smaller."""

    retries: Annotated[int, Field(ge=0, le=5), Integral] = 2
    """How often a provider is asked again for one answer after a temporary failure, within a minute."""


class AdvancedEmbedded(Section):
    """The model that PiCode runs itself."""

    idle_minutes: Annotated[float, Reach.MACHINE, Field(ge=0.1, le=1440)] = 10.0
    """How long the model stays in memory without being asked, in minutes."""

    threads: Annotated[int, Reach.MACHINE, Field(ge=0, le=256), Integral] = 0
    """How many threads the model computes with. 0 leaves the choice to PiCode."""


class AdvancedLog(Section):
    """What PiCode writes to its log."""

    format: Annotated[Literal["human", "json"], Reach.MACHINE] = "human"
    """How messages look on standard error: `human` is a line of text each, `json` a line of JSON, for programs that collect
    logs."""

    file_mb: Annotated[int, Reach.MACHINE, Field(ge=1, le=1000), Integral] = 5
    """How large the log file may become, in megabytes, before another one is begun."""

    files: Annotated[int, Reach.MACHINE, Field(ge=1, le=100), Integral] = 3
    """How many log files are kept, the newest among them."""


class Advanced(Section):
    """Limits and trade-offs that hardly need to be changed: their defaults were measured."""

    inline: AdvancedInline = Field(default_factory=AdvancedInline)

    chat: AdvancedChat = Field(default_factory=AdvancedChat)

    embedded: AdvancedEmbedded = Field(default_factory=AdvancedEmbedded)

    log: AdvancedLog = Field(default_factory=AdvancedLog)
