"""Where the file of an import lies: one row a language, as its own resolution works, on paths alone.

Sources: Python's import system (docs.python.org, "The import system"), Node's and TypeScript's module resolution, the rules of
Go, Rust, Java, Lua (`package.path`), Dart, Elixir and others of where a file is. What only a build file knows is in
`build_files`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from posixpath import dirname, join, normpath, splitext

SCRIPT_ENDS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte")
_COMPILED = (".js", ".jsx", ".mjs", ".cjs")
_STYLE_ENDS = (".scss", ".sass", ".css", ".less")


def candidates(module: str, path: str, language: str, roots: Sequence[str]) -> Iterator[str]:
    """The files that `module`, imported in the file `path`, may be, the likeliest first.

    All paths have forward slashes. `roots` are the folders that code may be looked for in; nothing outside of them is given.
    One that ends in `/*` is a folder whose files all belong to the module.
    """
    rule = _RULES.get(language)
    found = rule(module, path, roots) if rule is not None else _by_tails(module, path, language, roots)
    for each in found:
        each = normpath(each)
        if each != path and any(each.startswith(root.rstrip("/") + "/") for root in roots):
            yield each


def tails(module: str, language: str) -> Iterator[str]:
    """How the path of the file of `module` ends, the likeliest first, for modules that do not say from where on.

    >>> list(tails("shop.tax", "lua"))
    ['shop/tax.lua', 'shop/tax/init.lua']
    """
    rule = _TAILS.get(language)
    if language == "shellscript":  # what stood before it is known only when the script runs
        module = module.removeprefix("./")
    if rule is None or module.startswith("."):
        return
    for each in rule(module):
        tail = normpath(each.lstrip("/"))
        if not tail.startswith(".."):
            yield tail


def _by_tails(module: str, path: str, language: str, roots: Sequence[str]) -> Iterator[str]:
    """Beside the importing file and in the folders around it."""
    rule = _TAILS.get(language)
    if rule is None:
        return
    for tail in rule(module):
        tail = tail.lstrip("/")
        yield join(dirname(path), tail)
        if not tail.startswith("."):
            for base in _upwards(path, roots):
                yield join(base, tail)
                yield from (join(base, inside, tail) for inside in _INSIDE.get(language, ()))


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
    elif module.startswith(("@/", "~/", "$lib/")):  # what nearly everybody calls the root of the sources
        inner = "src/lib" if module.startswith("$lib/") else "src"
        rest = module.partition("/")[2]
        bases = [join(base, inside, rest) for base in _upwards(path, roots) for inside in (inner, "")]
    else:
        bases = [join(root, module) for root in roots]
    for base in bases:
        yield from script_files(base)


def script_files(base: str) -> Iterator[str]:
    """The files that a module of ECMAScript may be, which is called `base` by who imports it."""
    stem, end = splitext(base)
    if end in (*SCRIPT_ENDS, *_STYLE_ENDS):
        yield base
        if end in _COMPILED:  # TypeScript imports the file that will be
            yield from (stem + other for other in (".ts", ".tsx"))
    yield from (base + other for other in SCRIPT_ENDS)
    yield from (join(base, "index" + other) for other in SCRIPT_ENDS)


def _go(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    parts = module.split("/")
    # The module's own path, which only go.mod knows, comes before the folder's.
    for root in roots:
        for start in range(len(parts)):
            yield join(root, *parts[start:], "*")


def _rust(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    first, *rest = module.split("::")
    children = dirname(path) if path.endswith(("/mod.rs", "/lib.rs", "/main.rs")) else splitext(path)[0]
    if first == "crate":
        bases = [base for base in _upwards(path, roots) if base.endswith("/src")]
    elif first == "super":
        bases = [dirname(path), dirname(dirname(path))]
        while rest[:1] == ["super"]:
            rest, bases = rest[1:], [dirname(base) for base in bases]
    elif first == "self":
        bases = [children, dirname(path), splitext(path)[0]]
    else:
        bases, rest = [dirname(path), splitext(path)[0]], [first, *rest]
    for base in bases:
        yield from rust_files(base, rest, whole=first in ("crate", "super"))


def rust_files(base: str, parts: Sequence[str], whole: bool = True) -> Iterator[str]:
    """The files of a path of modules below the folder `base`; its last parts may be what they define. `whole`: all of its
    parts may be defined in the folder's own file."""
    for length in range(len(parts), 0, -1):
        yield join(base, *parts[:length]) + ".rs"
        yield join(base, *parts[:length], "mod.rs")
    if whole:
        yield from (join(base, name) for name in ("lib.rs", "main.rs", "mod.rs"))
        yield base + ".rs"


def _java(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    parts = module.split(".")
    for base in _upwards(path, roots):
        for end in (".java", ".kt", ".scala", ".groovy"):
            yield join(base, *parts) + end


def _c(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    yield join(dirname(path), module)
    for base in _upwards(path, roots):
        yield join(base, module)
        yield join(base, "include", module)


def _ruby(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    module = module.removesuffix(".rb")
    yield join(dirname(path), module) + ".rb"
    if not module.startswith("."):
        for base in _upwards(path, roots):
            yield join(base, "lib", module) + ".rb"


def _php(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    if module.endswith(".php"):
        yield join(dirname(path), module)
        yield from (join(root, module) for root in roots)
        return
    parts = module.strip("\\").split("\\")
    for root in roots:
        for start in range(len(parts)):
            for inside in ("src", "app", ""):
                yield join(root, inside, *parts[start:]) + ".php"


def _shell(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    yield join(dirname(path), module)
    if not module.startswith(("./../", "../")):
        for base in _upwards(path, roots):
            yield join(base, module)


def _html(module: str, path: str, roots: Sequence[str]) -> Iterator[str]:
    yield join(dirname(path), module.lstrip("/"))
    for base in _upwards(path, roots):
        for inside in ("", "public", "static", "assets", "src"):
            yield join(base, inside, module.lstrip("/"))


def _upwards(path: str, roots: Sequence[str]) -> Iterator[str]:
    """The folders around `path`, innermost first, up to the root that it lies in."""
    folder = dirname(path)
    while any((folder + "/").startswith(root.rstrip("/") + "/") for root in roots):
        yield folder
        folder = dirname(folder)


def _styles(module: str) -> Iterator[str]:
    folder, _, name = module.rpartition("/")
    names = [name] if splitext(name)[1] in _STYLE_ENDS else [name + end for end in _STYLE_ENDS]
    for each in names:
        yield join(folder, each)
        yield join(folder, "_" + each)
    yield from (join(module, inner + end) for inner in ("_index", "index") for end in _STYLE_ENDS[:2])


def _dotted(*ends: str) -> Callable[[str], Iterator[str]]:
    """`a.b` is the file a/b with one of `ends`."""
    return lambda module: (module.replace(".", "/").replace("::", "/") + end for end in ends)


def _clojure(module: str) -> Iterator[str]:
    base = module.replace(".", "/").replace("-", "_")
    yield from (base + end for end in (".clj", ".cljc", ".cljs"))


def _ocaml(module: str) -> Iterator[str]:
    name = module.rpartition(".")[2]
    yield from (name[:1].lower() + name[1:] + end for end in (".mli", ".ml"))


def _dart(module: str) -> Iterator[str]:
    yield re.sub(r"^package:[^/]*/", "lib/", module)


def _as_written(module: str) -> Iterator[str]:
    yield re.sub(r"^\w+:/+", "", module)


_Rule = Callable[[str, str, Sequence[str]], Iterator[str]]

_RULES: dict[str, _Rule] = {
    "python": _python,
    **dict.fromkeys(
        ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro"), _script
    ),
    "go": _go,
    "rust": _rust,
    **dict.fromkeys(("java", "kotlin", "scala", "groovy"), _java),
    **dict.fromkeys(("c", "cpp", "objective-c"), _c),
    "ruby": _ruby,
    "php": _php,
    "shellscript": _shell,
    "html": _html,
}

_TAILS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": _dotted(".py", "/__init__.py", ".pyi"),
    **dict.fromkeys(("java", "kotlin", "scala", "groovy"), _dotted(".java", ".kt", ".scala", ".groovy")),
    **dict.fromkeys(("c", "cpp", "objective-c", "html", "shellscript"), _as_written),
    **dict.fromkeys(("proto", "thrift", "graphql", "sql", "r", "julia", "zig", "erlang", "solidity"), _as_written),
    **dict.fromkeys(("powershell", "gdscript"), _as_written),
    "ruby": lambda module: iter([module.removesuffix(".rb") + ".rb"]),
    "php": lambda module: iter([module.strip("\\").replace("\\", "/").removesuffix(".php") + ".php"]),
    "lua": lambda module: iter(module.replace(".", "/") + end for end in (".lua", "/init.lua")),
    "dart": _dart,
    "haskell": _dotted(".hs"),
    "perl": _dotted(".pm"),
    "clojure": _clojure,
    "ocaml": _ocaml,
    "nim": lambda module: iter([module.replace(".", "/") + ".nim"]),
    **dict.fromkeys(("css", "scss", "sass", "less"), _styles),
}
_INSIDE = {
    "lua": ("lua", "src"),
    "proto": ("proto", "protos"),
    "haskell": ("src", "lib"),
    "perl": ("lib",),
    "clojure": ("src",),
}
"""Folders that are looked into at each level above the importing file, beside that level's own."""
