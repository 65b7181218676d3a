"""What is known of open documents, and that it follows them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from time import monotonic

from picode.assistant.context.open_files import OpenFiles, Text


class Files:
    """Implements what `OpenFiles` needs of `picode.assistant.ports.Sources`."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()

    def roots(self, path: str) -> Sequence[str]:
        return ("/w",)

    def stamp(self, path: str) -> Hashable | None:
        return None

    def read(self, path: str) -> str | None:
        return None

    def resolve(self, name: str, folder: str = "") -> Sequence[str]:
        return ()

    def siblings(self, folder: str) -> Sequence[str]:
        return ()

    def entries(self, folder: str) -> tuple[Sequence[str], Sequence[tuple[str, int]]]:
        return (), ()

    def excluded(self, path: str) -> bool:
        return path in self.hidden


TAX = "def with_tax(net, rate):\n    total = net * rate\n    return total\n\ndef _hidden(): ...\n\nclass Rate: ...\n"


def text(name: str, content: str, version: int = 1) -> Text:
    return Text(f"file:///w/{name}", f"/w/{name}", "python", version, content.splitlines(keepends=True))


def taken_in(files: Files, *texts: Text) -> OpenFiles:
    found = OpenFiles(files)
    found.tell(texts)
    found.work(monotonic() + 60)
    return found


def names(found: OpenFiles, name: str) -> list[str]:
    return [path for _, (path, _) in found.named(name)]


def test_names_lead_to_the_documents_that_define_them() -> None:
    found = taken_in(Files(), text("tax.py", TAX), text("rate.py", "class Rate: ...\n"))
    assert names(found, "with_tax") == ["/w/tax.py"]
    assert sorted(names(found, "Rate")) == ["/w/rate.py", "/w/tax.py"]
    assert names(found, "_hidden") == []
    assert found.beginning("with") == ["with_tax"]


def test_a_change_replaces_what_was_known() -> None:
    found = taken_in(Files(), text("tax.py", TAX))
    found.tell([text("tax.py", "def without_tax(gross): ...\n", 2)])
    assert found.stamps["file:///w/tax.py"] == 2
    assert not found.idle
    found.work(monotonic() + 60)
    assert names(found, "with_tax") == []
    assert names(found, "without_tax") == ["/w/tax.py"]
    assert found.pieces.like(TAX, "python") == []


def test_a_file_is_known_at_once_by_its_path() -> None:
    found = OpenFiles(Files())
    found.tell([text("tax.py", TAX)])
    file = found.at("/w/tax.py")
    assert file is not None
    assert [each.name for each in file.outline.definitions] == ["with_tax", "_hidden", "Rate"]


def test_a_forgotten_document_is_gone() -> None:
    found = taken_in(Files(), text("tax.py", TAX))
    found.tell((), ["file:///w/tax.py"])
    found.work(monotonic() + 60)
    assert names(found, "with_tax") == []
    assert found.at("/w/tax.py") is None
    assert found.pieces.like(TAX, "python") == []


def test_what_is_excluded_later_disappears() -> None:
    files = Files()
    found = taken_in(files, text("tax.py", TAX))
    files.hidden.add("/w/tax.py")
    found.work(monotonic() + 60)
    assert names(found, "with_tax") == []
    assert found.at("/w/tax.py") is None
    assert found.pieces.like(TAX, "python") == []


def test_what_is_excluded_is_never_known() -> None:
    files = Files()
    files.hidden.add("/w/tax.py")
    found = taken_in(files, text("tax.py", TAX))
    assert names(found, "with_tax") == []
    assert found.at("/w/tax.py") is None


def test_the_document_that_is_typed_in_is_taken_in_around_the_cursor() -> None:
    long = "".join(f"def function_{number}(value):\n    one = value\n    return one\n\n" for number in range(2000))
    found = OpenFiles(Files())
    found.around(text("long.py", long), 7000)
    [(_, piece), *_] = found.pieces.like("def function_1750(value):\n    one = value\n", "python")
    assert piece.line > 4000
    found.around(text("long.py", long, 2), 0)
    assert all(piece.line < 3000 for _, piece in found.pieces.like("function_1750 value one", "python"))
