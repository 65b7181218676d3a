"""Where the file of an import lies: one row a language, as its own resolution works, on paths alone.

Sources: Python's import system (docs.python.org, "The import system"), Node's and TypeScript's module resolution, Go's, Rust's
and Java's rules of where a package's files are. What only a build file knows (aliases, generated code) is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from posixpath import dirname, join, normpath, splitext

from picode.core.languages import language_of

_SCRIPT_ENDS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte")


def candidates(module: str, path: str, language: str, roots: Sequence[str]) -> Iterator[str]:
    """The files that `module`, imported in the file `path`, may be, the likeliest first.

    All paths have forward slashes. `roots` are the folders that code may be looked for in; nothing outside of them is given.
    One that ends in `/*` is a folder whose files all belong to the module.
    """
    rule = _RULES.get(language)
    if rule is None:
        return
    for found in rule(module, path, roots):
        found = normpath(found)
        if found != path and any(found.startswith(root.rstrip("/") + "/") for root in roots):
            yield found


def _python(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    bare = module.lstrip(".")
    parts = bare.split(".") if bare else []
    dots = len(module) - len(bare)
    if dots:
        base = dirname(path)
        for _ in range(dots - 1):
            base = dirname(base)
        bases = [base]
    else:
        bases = [*_upwards(path, roots), *(join(root, "src") for root in roots)]
    for base in bases:
        if parts:
            yield join(base, *parts) + ".py"
            yield join(base, *parts) + ".pyi"
        yield join(base, *parts, "__init__.py")


def _script(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    if module.startswith("."):
        bases = [join(dirname(path), module)]
    elif module.startswith(("@/", "~/")):  # what nearly everybody calls the root of the sources
        bases = [join(root, inside, module[2:]) for root in roots for inside in ("src", "")]
    else:
        bases = [join(root, module) for root in roots]
    for base in bases:
        stem, end = splitext(base)
        if end in _SCRIPT_ENDS:
            yield base
            if end in (".js", ".jsx", ".mjs", ".cjs"):  # TypeScript imports the file that will be
                yield from (stem + other for other in (".ts", ".tsx"))
        yield from (base + other for other in _SCRIPT_ENDS)
        yield from (join(base, "index" + other) for other in _SCRIPT_ENDS)


def _go(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    parts = module.split("/")
    # The module's own path, which only go.mod knows, comes before the folder's.
    for root in roots:
        for start in range(len(parts)):
            yield join(root, *parts[start:], "*")


def _rust(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    first, *rest = module.split("::")
    if first == "crate":
        bases = [base for base in _upwards(path, roots) if base.endswith("/src")]
    elif first == "super":
        bases = [dirname(path), dirname(dirname(path))]
    elif first == "self":
        bases = [dirname(path), splitext(path)[0]]
    else:
        bases, rest = [dirname(path), splitext(path)[0]], [first, *rest]
    for base in bases:
        for length in range(len(rest), 0, -1):
            yield join(base, *rest[:length]) + ".rs"
            yield join(base, *rest[:length], "mod.rs")


def _java(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    parts = module.split(".")
    for base in _upwards(path, roots):
        for end in (".java", ".kt"):
            yield join(base, *parts) + end


def _c(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    yield join(dirname(path), module)
    for base in _upwards(path, roots):
        yield join(base, module)
        yield join(base, "include", module)


def _ruby(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    yield join(dirname(path), module) + ".rb"


def _php(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    parts = module.strip("\\").split("\\")
    for root in roots:
        for start in range(len(parts)):
            for inside in ("src", "app", ""):
                yield join(root, inside, *parts[start:]) + ".php"


def _upwards(path: str, roots: Sequence[str]) -> Iterator[str]:
    """The folders around `path`, innermost first, up to the root that it lies in."""
    folder = dirname(path)
    while any((folder + "/").startswith(root.rstrip("/") + "/") for root in roots):
        yield folder
        folder = dirname(folder)


_Rule = Callable[[str, str, Sequence[str]], Iterator[str]]

_RULES: dict[str, _Rule] = {
    "python": _python,
    **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte"), _script),
    "go": _go,
    "rust": _rust,
    "java": _java,
    "kotlin": _java,
    "c": _c,
    "cpp": _c,
    "ruby": _ruby,
    "php": _php,
}


def has_imports(path: str) -> bool:
    """Whether the imports of a file can be resolved, by the language that its extension tells."""
    return language_of(path) in _RULES
