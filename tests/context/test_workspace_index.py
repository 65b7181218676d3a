"""The index of the workspace: what is found, what is not, and that it follows the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from picode.assistant.context import workspace_index
from picode.assistant.context.workspace_index import WorkspaceIndex, nearest
from picode.io.ignore import IgnoreRules
from picode.io.source_files import SourceFiles

Build = Callable[..., WorkspaceIndex]


def write(folder: Path, **files: str) -> None:
    """`a__b_py="..."` is the file a/b.py."""
    for name, text in files.items():
        stem, _, end = name.replace("__", "/").rpartition("_")
        file = folder / f"{stem}.{end}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def indexed(folder: Path, path: str = "main.py", language: str = "python") -> WorkspaceIndex:
    index = WorkspaceIndex(SourceFiles(lambda: (str(folder),), IgnoreRules(lambda: (str(folder),))))
    index.attend(f"{folder}/{path}", language)
    finish(index)
    return index


def finish(index: WorkspaceIndex) -> None:
    while index.advance(1):
        pass


def inside(folder: Path, paths: Sequence[str]) -> list[str]:
    return [os.path.relpath(path, folder) for path in paths]


def test_names_lead_to_their_files(tmp_path: Path) -> None:
    write(tmp_path, shop__tax_py="def with_tax(net): ...\n\nclass Rate:\n    def applied(self): ...\n")
    index = indexed(tmp_path)
    main = f"{tmp_path}/main.py"
    assert inside(tmp_path, index.defining("with_tax", "python", main)) == ["shop/tax.py"]
    assert inside(tmp_path, index.defining("Rate", "python", main)) == ["shop/tax.py"]
    assert index.defining("applied", "python", main) == []  # a member


def test_paths_are_found_by_how_they_end_the_nearest_first(tmp_path: Path) -> None:
    write(tmp_path, a__shop__tax_py="", b__shop__tax_py="", b__tax_py="", b__xshop__tax_py="")
    index = indexed(tmp_path)
    found = index.ending_with("shop/tax.py", f"{tmp_path}/b/main.py")
    assert inside(tmp_path, found) == ["b/shop/tax.py", "a/shop/tax.py"]


def test_packages_are_those_that_files_declare(tmp_path: Path) -> None:
    write(tmp_path, web__Tax_java="package shop;\nclass Tax {}\n", core__Rate_kt="package shop\n\nfun rate() = 1\n")
    index = indexed(tmp_path, "Main.java", "java")
    assert sorted(inside(tmp_path, index.in_package("shop", "java"))) == ["core/Rate.kt", "web/Tax.java"]


def test_only_languages_in_use_are_read(tmp_path: Path) -> None:
    write(tmp_path, tax_py="def with_tax(): ...\n", tax_rb="class Tax\nend\n")
    index = indexed(tmp_path)
    assert index.defining("Tax", "ruby", "") == []
    index.attend(f"{tmp_path}/main.rb", "ruby")
    finish(index)
    assert inside(tmp_path, index.defining("Tax", "ruby", "")) == ["tax.rb"]


@pytest.mark.parametrize("rule", ["secret/", "/secret", "tax.py", "*.py", "secret/tax.*"])
def test_what_is_excluded_is_not_in_it(tmp_path: Path, rule: str) -> None:
    (tmp_path / ".picodeignore").write_text(rule + "\n")
    write(tmp_path, secret__tax_py="def with_tax(): ...\n")
    index = indexed(tmp_path)
    assert index.defining("with_tax", "python", "") == []


@pytest.mark.parametrize("folder", ["node_modules/x", ".git/x", ".venv/lib", "target/debug"])
def test_what_others_wrote_is_not_walked_through(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "tax.py").write_text("def with_tax(): ...\n")
    assert indexed(tmp_path).named("tax.py", "") == []


def test_links_do_not_lead_around_in_circles_or_out(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "tax.py").write_text("def with_tax(): ...\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "again").symlink_to(tmp_path / "shop")
    (tmp_path / "shop" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "shop" / "tax.py").symlink_to(tmp_path / "outside" / "tax.py")
    index = indexed(tmp_path / "shop")
    assert index.defining("with_tax", "python", "") == []


def test_it_follows_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_index, "_FRESH", 0.0)
    monkeypatch.setattr(workspace_index, "_REST", 0.0)
    write(tmp_path, old_py="def first(): ...\n", gone_py="def gone(): ...\n")
    index = indexed(tmp_path)
    (tmp_path / "gone.py").unlink()
    (tmp_path / "old.py").write_text("def second(): ...\n")
    os.utime(tmp_path / "old.py", ns=(1, 1))
    write(tmp_path, new__new_py="def third(): ...\n")
    index.attend(f"{tmp_path}/main.py", "python")
    finish(index)
    found = {name for name in ("first", "gone", "second", "third") if index.defining(name, "python", "")}
    assert found == {"second", "third"}
    assert index.named("gone.py", "") == []


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, tax_py="def first(): ...\n")
    index = indexed(tmp_path)
    write(tmp_path, tax_py="def second(): ...\n")
    index.changed(f"{tmp_path}/tax.py")
    finish(index)
    assert index.defining("second", "python", "")
    assert not index.defining("first", "python", "")


def test_a_name_that_is_defined_everywhere_says_nothing(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path, **{f"p{number}__x_py": f"def main(): ...\n\ndef only{number}(): ...\n"})
    index = indexed(tmp_path)
    assert not index.defining("main", "python", "")
    assert index.defining("only3", "python", "")


def test_it_works_in_slices_and_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_index, "_MOST_READ", 30)
    monkeypatch.setattr(workspace_index, "_MOST_FILES", 80)
    for number in range(100):
        write(tmp_path, **{f"p{number % 10}__f{number}_py": f"def f{number}(): ...\n"})
    index = WorkspaceIndex(SourceFiles(lambda: (str(tmp_path),), IgnoreRules(lambda: (str(tmp_path),))))
    index.attend(f"{tmp_path}/p7/main.py", "python")
    assert not index.complete
    assert index.advance(0)
    finish(index)
    assert index.complete
    assert index.defining("f7", "python", "")  # of the folder that is worked in
    assert sum(bool(index.defining(f"f{number}", "python", "")) for number in range(100)) == 30


def test_nearness_is_folders_in_common() -> None:
    paths = ["/w/shopping/a.py", "/w/shop/b/a.py", "/w/shop/a.py", "/v/a.py"]
    assert nearest(paths, "/w/shop/main.py") == ["/w/shop/a.py", "/w/shop/b/a.py", "/w/shopping/a.py", "/v/a.py"]
