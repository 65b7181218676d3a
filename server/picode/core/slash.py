"""The slash commands: everything that can be asked for by name, in one table.

The server's code actions, the palette of VS Code, the completion of `:PiCode`, the terminal and the page `docs/commands.md` are
all made from it. A user's own commands are rows of the same kind (`picode.io.command_files`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from picode.core.errors import ConfigurationError

Output = Literal["prose", "edit", "message", "names", "local"]
"""What a command's answer is: text to read, code that takes the place of what it was asked about, a commit message, names to
choose from, or nothing that a model is asked for."""

About = Literal["code", "changes", "anything"]
"""What a command is about: code, which it must be given; the changes in a repository; or nothing in particular."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    `title` is how menus call it, `help` one sentence about it. `words` describes what may be typed behind its name, or must be
    (`args_required`), and `example` shows it in use; `choices` are such words for clients with no place to type them.
    `instruction` is what the model is told to do. `kind` is the kind of code action that offers it (LSP, `CodeActionKind`);
    empty where no menu of code does. `model` is asked instead of the usual one, as `provider/model`. `source` is the file of a
    user's own command. `shows` names what of the surroundings its model sees beside the code.
    """

    name: str
    title: str
    help: str
    output: Output = "prose"
    about: About = "code"
    instruction: str = ""
    words: str = ""
    args_required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    kind: str = ""
    model: str = ""
    source: str = ""
    shows: frozenset[str] = frozenset({"file", "open", "problems"})

    @property
    def slash(self) -> str:
        """Its name as it is typed.

        >>> COMMANDS["fix"].slash
        '/fix'
        """
        return f"/{self.name}"

    @property
    def usage(self) -> str:
        """How it is typed: `<required>` or `[optional]` words after its name.

        >>> COMMANDS["ask"].usage, COMMANDS["fix"].usage
        ('/ask <question>', '/fix [what is wrong]')
        """
        if not self.words:
            return self.slash
        return f"{self.slash} <{self.words}>" if self.args_required else f"{self.slash} [{self.words}]"

    def row(self) -> dict[str, object]:
        """The command as clients know it: an element of the result of `picode.commands`."""
        return {
            "name": self.name,
            "title": self.title,
            "help": self.help,
            "words": self.words,
            "mustSay": self.args_required,
            "output": self.output,
            "about": self.about,
            "example": self.example,
            "source": self.source,
        }


SHOWS = ("file", "open", "problems", "diff")
"""What a command can ask to be shown beside the selection: the file around it, what is open or used there, what the editor
reports as wrong, and the changes in the repository."""

_ROWS = (
    Command(
        "ask",
        "Ask…",
        "Answer a question about the code, or about anything.",
        about="anything",
        words="question",
        args_required=True,
        choices=(
            "What is this for, and who uses it?",
            "What can go wrong here?",
            "How is this used? Show an example.",
            "What would make this simpler?",
        ),
        example="/ask why is this loop slow?",
        instruction="Answer the question. Be brief and exact; show code where it says more than words.",
        kind="refactor",
    ),
    Command(
        "explain",
        "Explain",
        "Explain what the code does and why.",
        words="what to look at",
        example="/explain the error handling",
        instruction=(
            "Explain what this code does, how it works and why it is written this way, for a programmer who has just opened "
            "the file. Begin with one sentence that says what it is for. Point out what is surprising. Do not repeat the code."
        ),
        kind="refactor",
    ),
    Command(
        "fix",
        "Fix",
        "Mend what is wrong with the code.",
        output="edit",
        words="what is wrong",
        example="/fix the off-by-one error",
        instruction=(
            "Mend what is wrong with this code: the reported problems first, else the defects that you find. Change as little "
            "as possible, and keep what works as it is."
        ),
        kind="quickfix",
    ),
    Command(
        "doc",
        "Document",
        "Write the documentation of the code into it.",
        output="edit",
        words="what to stress",
        example="/doc for newcomers",
        instruction=(
            "Write the documentation comments (docstrings, JSDoc, rustdoc, …: what this language uses) of this code: what it "
            "is for, its parameters, its result, what can go wrong. Say what the code can't say by itself. Change nothing else."
        ),
        kind="refactor.rewrite",
    ),
    Command(
        "test",
        "Write Tests",
        "Write tests of the code.",
        words="what to test",
        example="/test the edge cases",
        instruction=(
            "Write tests of this code with the test library that the project uses, else the usual one of the language. Test "
            "the normal case, the edges and the failures; a test's name says what must be true. Answer with one file, whole, "
            "in a fenced block, and one line on where it belongs."
        ),
        kind="refactor",
    ),
    Command(
        "refactor",
        "Refactor",
        "Make the code simpler without changing what it does.",
        output="edit",
        words="what to improve",
        example="/refactor into smaller functions",
        instruction=(
            "Make this code simpler and clearer without changing what it does: names, structure, duplication. Keep its "
            "interface, its style and its comments."
        ),
        kind="refactor.rewrite",
    ),
    Command(
        "optimize",
        "Optimize",
        "Make the code faster without changing what it does.",
        output="edit",
        words="what matters",
        example="/optimize memory",
        instruction=(
            "Make this code faster, or less hungry for memory, without changing what it does. Prefer a better algorithm to a "
            "clever trick, and keep it readable."
        ),
        kind="refactor.rewrite",
    ),
    Command(
        "review",
        "Review",
        "Look for defects and weaknesses in the code.",
        words="what to look for",
        example="/review thread safety",
        instruction=(
            "Review this code as a careful colleague: defects first, then what is risky, unclear or missing. For each finding "
            "name the line, say why it matters and how to mend it; order them by weight. Say so if there is nothing to find."
        ),
        kind="refactor",
    ),
    Command(
        "do",
        "Do What This Comment Says",
        "Write the code that a comment asks for.",
        output="edit",
        words="more wishes",
        example="/do",
        instruction=(
            "Write the code that the comment in the selection asks for. Keep the comment if it still tells something about the "
            "code, and put the code behind it."
        ),
        kind="refactor.rewrite",
    ),
    Command(
        "resolve",
        "Resolve Conflict",
        "Merge both sides of a merge conflict.",
        output="edit",
        words="what to prefer",
        example="/resolve keep our names",
        instruction=(
            "The selected code has a merge conflict. Between `<<<<<<<` and `=======` stands our side, between `=======` and "
            "`>>>>>>>` theirs; what both come from stands behind `|||||||`, or is shown as the common ancestor. Find what each "
            "side changes of it, and write the code that does both. Where they contradict each other, follow ours. Write no "
            "marker, and change nothing else."
        ),
        kind="quickfix",
    ),
    Command(
        "rename",
        "Propose Names",
        "Propose better names for what stands at the cursor.",
        output="names",
        words="what it is for",
        example="/rename it counts retries",
        instruction=(
            "Propose up to six better names for what is named in backquotes below, by what the code does with it, in the style "
            "of the names around it. Not the name that it has, none that is taken here, no keyword. Answer with a list, the "
            "best first, each line `name` - why, in a few words; nothing else."
        ),
        kind="refactor",
    ),
    Command(
        "edit",
        "Edit…",
        "Change the code as you say.",
        output="edit",
        words="what to change",
        args_required=True,
        example="/edit use a dataclass",
        instruction="Change this code as the user says, and nothing else.",
        kind="refactor.rewrite",
    ),
    Command(
        "commit",
        "Write Commit Message",
        "Write the message for the staged changes, or for the working tree's if none is staged.",
        output="message",
        about="changes",
        words="what it is about",
        example="/commit",
        instruction=(
            "Write the commit message for these changes. First a subject of at most 72 characters in the imperative, without a "
            "period; then, if there is more to say, a blank line and a body that says why. Follow the style of the earlier "
            "subjects. Answer with the message alone."
        ),
        shows=frozenset({"diff"}),
    ),
    Command(
        "chat",
        "Chat…",
        "Talk with the model; the conversation goes on.",
        about="anything",
        words="message",
        args_required=True,
        example="/chat how do I read a file line by line?",
        instruction="Talk with the user about their code and their craft. Be brief and exact.",
        shows=frozenset(),
    ),
    Command(
        "model",
        "Select Model…",
        "Show the models, or choose the one that is asked.",
        output="local",
        about="anything",
        words="provider/model",
        example="/model ollama/qwen2.5-coder:7b",
        shows=frozenset(),
    ),
    Command(
        "help",
        "Help",
        "Show all slash commands.",
        output="local",
        about="anything",
        words="command",
        example="/help fix",
        shows=frozenset(),
    ),
)

COMMANDS: Mapping[str, Command] = {row.name: row for row in _ROWS}

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""A command's name, as all editors' command lines can take it."""

_LINE = re.compile(r"\s*/([A-Za-z][\w-]*)(?:\s+|$)(.*)", re.DOTALL)


class UnknownCommand(ConfigurationError):
    """No command of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = get_close_matches(name, known, n=2)
        names = " or ".join(f"/{each}" for each in near) if near else ", ".join(f"/{each}" for each in known)
        super().__init__(f"There is no command /{name}.", f"Did you mean {names}?" if near else f"There are {names}.")


def parse(text: str, commands: Mapping[str, Command] = COMMANDS) -> tuple[Command, str]:
    """The command that `text` begins with, and the words behind it; text without one is a question.

    Raises `UnknownCommand`. A path (`/usr/bin/env`) is no command.

    >>> parse("/fix the loop")[0].name, parse("/fix the loop")[1]
    ('fix', 'the loop')
    >>> parse("why?")[0].name
    'ask'
    """
    found = _LINE.fullmatch(text)
    if found is None:
        return commands["ask"], text.strip()
    name = found[1].lower()
    if name not in commands:
        raise UnknownCommand(name, commands)
    return commands[name], found[2].strip()


_FILE = re.compile(r"""(?:^|(?<=\s))#(?:"([^"\n]+)"|((?:[^\s"#`]*[\w/])))""")


def named_files(words: str) -> tuple[str, ...]:
    """The files that `words` name with a number sign: `#src/app.py`, or `#"my file.py"`.

    Only what looks like a file counts, with a dot or a slash in it: `#3` and `#heading` are words.

    >>> named_files('compare #core/a.py with #"b c.py", see #12')
    ('core/a.py', 'b c.py')
    """
    found = (quoted or plain for quoted, plain in _FILE.findall(words))
    return tuple(dict.fromkeys(name for name in found if "." in name or "/" in name))
