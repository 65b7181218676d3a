"""Who may import whom (ARCHITECTURE.md), and how large a module, a function and a parameter list may grow. The contracts
between layers are in pyproject.toml."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest
import typer
from importlinter.application.use_cases import SUCCESS, lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server" / "picode"
MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 6


def test_imports_go_downward_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exhaustive: a new top-level module that no layer names fails too."""
    monkeypatch.chdir(ROOT)
    configure()
    passed = lint_imports(config_filename="pyproject.toml", cache_dir=None) == SUCCESS
    assert passed, capsys.readouterr().out


def test_no_module_imports_itself_through_others() -> None:
    """In no package is there a circle of imports, those inside functions and under `TYPE_CHECKING` included."""
    graph = grimp.build_graph("picode", cache_dir=None, exclude_type_checking_imports=False)
    imports = {module: sorted(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}
    assert sum(map(len, imports.values())) > 1000
    assert "picode.bootstrap" in imports["picode.lsp.session"], "an import under TYPE_CHECKING is not in the graph"
    assert "picode.bootstrap" in imports["picode.lsp.server"], "an import inside a function is not in the graph"
    circle = shortest_circle(imports)
    assert circle is None, "a circle of imports: " + " -> ".join(circle or ())


def shortest_circle(imports: dict[str, list[str]]) -> list[str] | None:
    """A circle of as few modules as possible, which begins and ends with the same one; None where there is none."""
    found: list[str] | None = None
    for start in imports:
        paths, seen = [[start]], {start}
        while paths and (found is None or len(paths[0]) < len(found) - 1):
            path = paths.pop(0)
            for target in imports[path[-1]]:
                if target == start:
                    found, paths = [*path, start], []
                    break
                if target not in seen:
                    seen.add(target)
                    paths.append([*path, target])
    return found


@pytest.mark.parametrize(
    ("imports", "circle"),
    [
        ({"a": ["b", "c"], "b": ["c"], "c": []}, None),
        ({"a": ["b"], "b": ["a"]}, ["a", "b", "a"]),
        ({"a": ["b"], "b": ["c"], "c": ["d", "a"], "d": ["c"]}, ["c", "d", "c"]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c", "b"]),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
    ],
)
def test_a_circle_is_found_where_there_is_one(imports: dict[str, list[str]], circle: list[str] | None) -> None:
    assert shortest_circle(imports) == circle


def test_every_module_keeps_to_one_job() -> None:
    sizes = {path.relative_to(SERVER): len(path.read_text("utf-8").splitlines()) for path in SERVER.rglob("*.py")}
    assert len(sizes) > 30
    assert not {path: size for path, size in sizes.items() if size > MODULE_LINES}


# -------------------------------------------------------------------------------------------------- functions


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the server. `parameters` does not count `self` and `cls`. `reasons` are the kinds of the reasons that are
    written as comments in its header: `# long: reason`, `# parameters: reason`."""

    name: str
    lines: int
    parameters: int
    reasons: frozenset[str]


def test_functions_are_short_or_say_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    too_long = {function.name: function for function in functions() if function.lines > FUNCTION_LINES}
    allowed = {name for name, function in too_long.items() if "long" in function.reasons}
    with capsys.disabled():
        longest = max(functions(), key=lambda function: function.lines)
        print(f"\nlongest function: {longest.name}, {longest.lines} lines; {len(allowed)} with a written reason")
        print("".join(f"  {name}: {too_long[name].lines} lines\n" for name in sorted(allowed)), end="")
    assert not set(too_long) - allowed


def test_parameter_lists_are_short_or_say_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    crowded = {function.name: function for function in functions() if function.parameters > PARAMETERS}
    commands = set(crowded) & typer_commands()
    allowed = {name for name, function in crowded.items() if "parameters" in function.reasons}
    with capsys.disabled():
        print(
            f"\nover {PARAMETERS} parameters: {len(allowed)} with a written reason, {len(commands)} commands of typer's"
        )
        print("".join(f"  {name}: {crowded[name].parameters}\n" for name in sorted(allowed | commands)), end="")
    assert not set(crowded) - allowed - commands


def typer_commands() -> set[str]:
    """The commands of the command line, whose parameters are its options."""
    from picode.cli.app import ROWS, app

    def walk(level: typer.Typer) -> Iterator[Any]:
        yield from (command.callback for command in level.registered_commands)
        if level.registered_callback is not None:
            yield level.registered_callback.callback
        for group in level.registered_groups:
            assert group.typer_instance is not None
            yield from walk(group.typer_instance)

    callbacks = list(walk(app))
    for row in ROWS.values():
        module, _, name = row.target.partition(":")
        target = getattr(importlib.import_module(module), name)
        callbacks += walk(target) if isinstance(target, typer.Typer) else [target]
    found = {f"{each.__module__}.{each.__qualname__}" for each in callbacks}
    assert len(found) > 20
    return {f"{'/'.join(name.split('.')[1:-1])}.py:{name.rpartition('.')[2]}" for name in found}


@cache
def functions() -> tuple[Function, ...]:
    """All functions and methods of the server."""
    found = tuple(
        function
        for path in sorted(SERVER.rglob("*.py"))
        for function in functions_in(path.read_text("utf-8"), path.relative_to(SERVER).as_posix())
    )
    assert len(found) > 1000
    return found


def functions_in(source: str, file: str) -> Iterator[Function]:
    lines = source.splitlines()

    def walk(node: ast.AST, names: tuple[str, ...]) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                path = (*names, child.name)
                if not isinstance(child, ast.ClassDef):
                    yield function_of(child, f"{file}:{'.'.join(path)}", lines, in_class=isinstance(node, ast.ClassDef))
                yield from walk(child, path)
            else:
                yield from walk(child, names)

    yield from walk(ast.parse(source), ())


def function_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, lines: list[str], *, in_class: bool
) -> Function:
    arguments, decorators = node.args, [ast.unparse(each) for each in node.decorator_list]
    count = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
    count += (arguments.vararg is not None) + (arguments.kwarg is not None)
    bound = in_class and "staticmethod" not in decorators
    reasons = {
        kind
        for kind in ("long", "parameters")
        if any(f"# {kind}: " in line for line in lines[node.lineno - 1 : max(node.lineno, node.body[0].lineno - 1)])
    }
    return Function(name, node.end_lineno - node.lineno + 1, count - bound, frozenset(reasons))  # type: ignore[operator]


def test_functions_are_counted_rightly() -> None:
    source = '''\
class C:
    def m(self, a, *b, c, **d):
        def inner(x):  # long: for the sake of it
            return x
    @staticmethod
    def s(a): ...
async def command(  # parameters: they are options
    cls, *, b
):
    """# long: no reason"""
'''
    found = {each.name: (each.lines, each.parameters, set(each.reasons)) for each in functions_in(source, "f.py")}
    assert found == {
        "f.py:C.m": (3, 4, set()),
        "f.py:C.m.inner": (2, 1, {"long"}),
        "f.py:C.s": (1, 1, set()),
        "f.py:command": (4, 2, {"parameters"}),
    }


GLOSSARY = re.compile(r"^\| [^|]+ \| `([\w.]+)` \|", re.MULTILINE)
OLD_NAMES = frozenset(
    """Ask Question Drafts soonest several Streams Generation Recall Tag held ahead reluctance patience linger arrive trim
    Link Plan Terms Try briefing Briefing Brief keeping Keeper Inquiry inquiry must_say Order Reply survey trial sift complaints
    tallies stretch SIGN _Told harmless""".split()
)
"""What parts were called before the field's own words replaced it. A local variable may still be called so."""


def test_the_glossary_names_what_exists() -> None:
    """At most 25 terms, each with its place in the code."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    places = GLOSSARY.findall(text[text.index("## Glossary") : text.index("## A keystroke")])
    assert 10 < len(places) <= 25
    for place in places:
        module, _, name = place.rpartition(".")
        assert hasattr(importlib.import_module(f"picode.{module}"), name), place


def test_the_old_names_are_gone() -> None:
    """No module, class, function, parameter or field has one."""
    found = {f"{path.stem} is a module" for path in SERVER.rglob("*.py") if path.stem in OLD_NAMES}
    for path in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [
                getattr(node, "name", None)
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                else None,
                node.arg if isinstance(node, ast.arg) else None,
                node.target.id if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else None,
            ]
            found |= {f"{path.relative_to(SERVER)}: {name}" for name in names if name in OLD_NAMES}
    assert not found
