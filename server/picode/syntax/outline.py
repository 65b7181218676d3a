"""What a file defines and what it imports: names, and signatures short enough to show to a model.

One row a language: which nodes define something, which hold members, which import. The rest is the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from picode.syntax.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

Kind = Literal["function", "class", "method", "constant"]


@dataclass(frozen=True, slots=True)
class Definition:
    """Something that has a name. `signature` is its header; of a class also those of its members. `line` and `end` count from
    zero, `end` is its last line. `parents` are the names of what it lies in, outermost first."""

    name: str
    kind: Kind
    signature: str
    line: int
    end: int
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `module` is as written, with the dots of a relative one; `names` are those that it makes known here, and
    `originals` what they are called there (`np` for `numpy`)."""

    module: str
    names: tuple[str, ...]
    originals: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """Node types of a grammar. `through` are those that are looked into without being definitions themselves."""

    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    """Shown whole where they are short: types, interfaces, structs."""
    constants: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    through: tuple[str, ...] = ()


_JS = _Row(
    functions=("function_declaration", "generator_function_declaration", "method_definition"),
    classes=("class_declaration", "class"),
    constants=("variable_declarator",),
    fields=("field_definition", "public_field_definition"),
    through=("export_statement", "lexical_declaration", "variable_declaration", "class_body"),
)
_TS = _Row(
    functions=(
        *_JS.functions,
        "function_signature",
        "method_signature",
        "abstract_method_signature",
    ),
    classes=("class_declaration", "abstract_class_declaration", "interface_declaration"),
    whole=("type_alias_declaration", "enum_declaration"),
    constants=_JS.constants,
    fields=("public_field_definition", "property_signature"),
    through=(*_JS.through, "interface_body", "ambient_declaration", "internal_module", "module", "statement_block"),
)
_C = _Row(
    functions=("function_definition", "declaration"),
    classes=("class_specifier",),
    whole=("struct_specifier", "enum_specifier", "type_definition", "preproc_def", "preproc_function_def"),
    fields=("field_declaration",),
    through=(
        "namespace_definition",
        "declaration_list",
        "field_declaration_list",
        "preproc_ifdef",
        "preproc_if",
        "linkage_specification",
        "template_declaration",
    ),
)

_ROWS: dict[str, _Row] = {
    "python": _Row(
        functions=("function_definition",),
        classes=("class_definition",),
        constants=("assignment",),
        fields=("assignment",),
        through=(
            "decorated_definition",
            "expression_statement",
            "block",
            "if_statement",
            "try_statement",
            "else_clause",
            "except_clause",
        ),
    ),
    "javascript": _JS,
    "javascriptreact": _JS,
    "typescript": _TS,
    "typescriptreact": _TS,
    "go": _Row(
        functions=("function_declaration", "method_declaration"),
        whole=("type_declaration",),
        constants=("const_spec", "var_spec"),
        through=("const_declaration", "var_declaration"),
    ),
    "rust": _Row(
        functions=("function_item", "function_signature_item"),
        classes=("impl_item", "trait_item", "mod_item"),
        whole=("struct_item", "enum_item", "type_item", "const_item", "static_item", "macro_definition"),
        through=("declaration_list",),
    ),
    "java": _Row(
        functions=("method_declaration", "constructor_declaration"),
        classes=("class_declaration", "interface_declaration", "record_declaration", "enum_declaration"),
        fields=("field_declaration", "constant_declaration"),
        through=("class_body", "interface_body", "enum_body_declarations"),
    ),
    "c": _C,
    "cpp": _C,
    "csharp": _Row(
        functions=("method_declaration", "constructor_declaration", "property_declaration", "delegate_declaration"),
        classes=("class_declaration", "interface_declaration", "struct_declaration", "record_declaration"),
        whole=("enum_declaration",),
        fields=("field_declaration",),
        through=("namespace_declaration", "file_scoped_namespace_declaration", "declaration_list"),
    ),
    "ruby": _Row(
        functions=("method", "singleton_method"), classes=("class", "module"), through=("body_statement", "program")
    ),
    "php": _Row(
        functions=("function_definition", "method_declaration"),
        classes=("class_declaration", "interface_declaration", "trait_declaration"),
        whole=("enum_declaration",),
        fields=("property_declaration", "const_declaration"),
        through=("namespace_definition", "declaration_list", "compound_statement"),
    ),
    "shellscript": _Row(functions=("function_definition",)),
    "lua": _Row(functions=("function_declaration",)),
    "kotlin": _Row(
        functions=("function_declaration", "secondary_constructor"),
        classes=("class_declaration", "object_declaration"),
        fields=("property_declaration",),
        through=("class_body", "enum_class_body"),
    ),
}

_BODIES = (
    "block",
    "compound_statement",
    "statement_block",
    "field_declaration_list",
    "declaration_list",
    "class_body",
    "enum_class_body",
    "function_body",
    "body_statement",
)
_SHORT = 400
_MEMBER = 160
_MEMBERS = 40


def outline(text: str, language: str) -> Outline:
    """What `text`, a whole file, defines and imports. Empty for a language without a grammar."""
    row = _ROWS.get(language)
    root = parse(text, language) if row else None
    if row is None or root is None:
        return Outline()
    data = text.encode("utf-8", "replace")
    definitions = tuple(_definitions(root, row, data, (), 0))
    return Outline(definitions, tuple(_imports(text, language)))


def _definitions(node: Node, row: _Row, data: bytes, parents: tuple[str, ...], depth: int) -> Iterator[Definition]:
    if depth > 12:
        return
    for child in node.named_children:
        kind = child.type
        if kind in row.classes:
            name = _name(child)
            members = list(_definitions(child, row, data, (*parents, name), depth + 1)) if name else []
            if name:
                yield _class(child, name, members, row, data, parents)
            yield from members
        elif kind in row.functions:
            if (name := _name(child)) and (kind != "declaration" or b"(" in data[child.start_byte : child.end_byte]):
                header = _header(child, data)
                yield Definition(name, "method" if parents else "function", header, *_rows(child), parents)
        elif kind in row.whole:
            if name := _name(child):
                yield Definition(name, "class", _short(_text(child, data)), *_rows(child), parents)
        elif kind in row.constants and not parents:
            if name := _name(child):
                value = next((each for each in (child.child_by_field_name("value"),) if each), None)
                function = value is not None and value.type in ("arrow_function", "function_expression", "function")
                header = _header(child, data) if function else _short(_text(child, data), 120)
                yield Definition(name, "function" if function else "constant", header, *_rows(child), parents)
        elif kind in row.through:
            yield from _definitions(child, row, data, parents, depth + 1)


def _class(
    node: Node, name: str, members: list[Definition], row: _Row, data: bytes, parents: tuple[str, ...]
) -> Definition:
    """A class with the headers of what it has, without any body."""
    fields = [_short(_text(field, data), _MEMBER) for field in _fields(node, row)]
    methods = [
        re.sub(r"\s+", " ", member.signature)[:_MEMBER] for member in members if len(member.parents) == len(parents) + 1
    ]
    inside = [f"    {line}" for line in (*fields, *methods)][:_MEMBERS]
    return Definition(name, "class", "\n".join((_header(node, data), *inside)), *_rows(node), parents)


def _fields(node: Node, row: _Row) -> Iterator[Node]:
    body = _body(node)
    for child in body.named_children if body is not None else ():
        inner = child.named_children[0] if child.type == "expression_statement" and child.named_children else child
        if inner.type in row.fields:
            yield inner


def _name(node: Node) -> str:
    """The name that a node gives to something; empty where it gives none."""
    found = node.child_by_field_name("name") or node.child_by_field_name("left")
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and found is None:
        found = declarator if "identifier" in declarator.type else declarator.child_by_field_name("name")
        declarator = declarator.child_by_field_name("declarator")
    found = found or node.child_by_field_name("type")
    if found is None:
        found = next((c for c in node.named_children if "identifier" in c.type or c.type.endswith("_spec")), None)
        if found is not None and found.type.endswith("_spec"):
            return _name(found)
    if found is None or found.text is None:
        return ""
    name = found.text.decode("utf-8", "replace")
    return name if re.fullmatch(r"[\w.:$~<>*& ]{1,80}", name) else ""


def _body(node: Node) -> Node | None:
    body = node.child_by_field_name("body")
    if body is None:
        value = node.child_by_field_name("value")
        body = value.child_by_field_name("body") if value is not None else None
    if body is None:
        body = next((child for child in node.named_children if child.type in _BODIES), None)
    return body


def _header(node: Node, data: bytes) -> str:
    """Everything before the body, decorators included, in as few lines as it has."""
    start = node.parent if node.parent is not None and node.parent.type == "decorated_definition" else node
    body = _body(node)
    end = body.start_byte if body is not None else node.end_byte
    text = data[start.start_byte : end].decode("utf-8", "replace").rstrip()
    return _short(text.rstrip("{").rstrip())


def _text(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _short(text: str, most: int = _SHORT) -> str:
    text = re.sub(r"\n\s*\n", "\n", text.strip())
    if len(text) <= most:
        return text
    return text[:most].rstrip() + " …"


def _rows(node: Node) -> tuple[int, int]:
    return node.start_point[0], node.end_point[0]


# ------------------------------------------------------------------------------------------------- imports

_PYTHON = re.compile(
    r"^(?:from[ \t]++([\w.]+)[ \t]++import[ \t]++(\([^)]{0,2000}\)|[^\n#;]+)|import[ \t]+([^\n#;]+))", re.M
)
_FROM = re.compile(r"""\b(?:from|(import))\s{0,20}['"]([^'"\n]{1,400})['"]""")
_KEYWORD = re.compile(r"\b(?:import|export)\s")
_REQUIRE = re.compile(r"""=\s{0,20}(require)\(\s{0,20}['"]([^'"\n]{1,400})['"]""")
_DECLARED = re.compile(r"\b(?:const|let|var)\s")
_OTHER = {
    "go": re.compile(r'^[ \t]*+(?:import[ \t]++)?(?:([\w.]+)[ \t]++)?"([^"\n]+)"', re.M),
    "rust": re.compile(r"^[ \t]*+(?:pub[ \t]++)?use[ \t]++()([\w:]+)", re.M),
    "java": re.compile(r"^import\s+(?:static\s+)?()([\w.]+)", re.M),
    "kotlin": re.compile(r"^import\s+()([\w.]+)", re.M),
    "c": re.compile(r'^[ \t]*+#[ \t]*+include[ \t]++()"([^"\n]+)"', re.M),
    "cpp": re.compile(r'^[ \t]*+#[ \t]*+include[ \t]++()"([^"\n]+)"', re.M),
    "ruby": re.compile(r"^require_relative\s+()['\"]([^'\"\n]+)['\"]", re.M),
    "php": re.compile(r"^use\s+()([\w\\]+)", re.M),
}


def imports_of(text: str, language: str) -> list[Import]:
    """What `text` imports, in order."""
    return list(_imports(text, language))


def _imports(text: str, language: str) -> Iterator[Import]:
    """By pattern and not by tree: while somebody types, an import has to be found in the middle of errors too."""
    lines = _Rows(text)
    if language == "python":
        for found in _PYTHON.finditer(text):
            line = lines.of(found.start())
            if found[3]:
                for original, name in _pairs(found[3]):
                    yield Import(original, (name.partition(".")[0],), (original,), line)
            else:
                pairs = _pairs(found[2].strip("()"))
                yield Import(found[1], tuple(name for _, name in pairs), tuple(each for each, _ in pairs), line)
    elif language.startswith(("javascript", "typescript")):
        for names, module, at in (*_from(text), *_required(text)):
            pairs = _pairs(re.sub(r"[{}]|\btype\s", ",", names).replace(":", " as "))
            yield Import(module, tuple(name for _, name in pairs), tuple(each for each, _ in pairs), lines.of(at))
    elif language in _OTHER:
        for found in _OTHER[language].finditer(text):
            name = found[1] or re.split(r"[./:\\]+", found[2])[-1]
            yield Import(found[2], (name,), (name,), lines.of(found.start()))


def _from(text: str) -> Iterator[tuple[str, str, int]]:
    """What is imported from where in JavaScript, and the offset: `import a, { b } from "c"`, `import "c"`."""
    last = 0
    for found in _FROM.finditer(text):
        keyword = max(_KEYWORD.finditer(text, last, found.start()), key=re.Match.start, default=None)
        last = found.end()
        if found[1]:
            yield "", found[2], found.start()
        elif keyword is not None and not any(mark in text[keyword.end() : found.start()] for mark in "'\";="):
            yield text[keyword.end() : found.start()], found[2], keyword.start()


def _required(text: str) -> Iterator[tuple[str, str, int]]:
    """The same of `const { a } = require("b")`."""
    last = 0
    for found in _REQUIRE.finditer(text):
        keyword = max(_DECLARED.finditer(text, last, found.start()), key=re.Match.start, default=None)
        last = found.end()
        if keyword is not None and not any(mark in text[keyword.end() : found.start()] for mark in "=;\n"):
            yield text[keyword.end() : found.start()], found[2], keyword.start()


class _Rows:
    """Counts rows at offsets that grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._row = 0

    def of(self, offset: int) -> int:
        """The row of `offset`, from 0."""
        if offset < self._at:
            self._at = self._row = 0
        self._row += self._text.count("\n", self._at, offset)
        self._at = offset
        return self._row


def _pairs(text: str) -> list[tuple[str, str]]:
    """`a, b as c` is (a, a), (b, c)."""
    found = []
    for part in re.sub(r"#[^\n]*|\\\n", "", text).split(","):
        words = part.split()
        if words and re.fullmatch(r"[\w.$*]+", words[0]):
            found.append((words[0], words[2] if len(words) == 3 and words[1] == "as" else words[0]))
    return found
