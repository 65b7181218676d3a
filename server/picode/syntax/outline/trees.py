"""What files define, by their trees.

One row a language: which nodes define something, which hold members. The rest is the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from picode.syntax.grammar import parse
from picode.syntax.outline.model import Definition, Kind, shortened

if TYPE_CHECKING:
    from tree_sitter import Node


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
    assignments: tuple[str, ...] = ()
    """Of a function to a member: `exports.f = function…`, `M.f = function…`."""


_JS = _Row(
    functions=("function_declaration", "generator_function_declaration", "method_definition"),
    classes=("class_declaration", "class"),
    constants=("variable_declarator",),
    fields=("field_definition", "public_field_definition"),
    through=("export_statement", "lexical_declaration", "variable_declaration", "class_body"),
    assignments=("expression_statement",),
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
    "lua": _Row(functions=("function_declaration",), assignments=("assignment_statement",)),
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
_MEMBER = 160
_MEMBERS = 40


def definitions_by_tree(text: str, language: str) -> tuple[Definition, ...] | None:
    """What `text`, a whole file, defines; None for a language without a row or a grammar, and for what is too large."""
    row = _ROWS.get(language)
    root = parse(text, language) if row else None
    if row is None or root is None:
        return None
    return tuple(_definitions(root, row, text.encode("utf-8", "replace"), (), 0))


def _definitions(node: Node, row: _Row, data: bytes, parents: tuple[str, ...], depth: int) -> Iterator[Definition]:
    if depth > 12:
        return
    for child in node.named_children:
        kind = child.type
        if kind in row.classes:
            name = _name(child) if kind not in _DECLARABLE or _body(child) is not None else ""
            members = list(_definitions(child, row, data, (*parents, name), depth + 1)) if name else []
            if name:
                yield _class(child, name, members, row, data, parents)
            yield from members
        elif kind in row.functions:
            if (name := _name(child)) and (kind != "declaration" or _is_prototype(child)):
                header = _header(child, data)
                yield Definition(name, "method" if parents else "function", header, *_rows(child), parents)
        elif kind in row.whole:
            if (name := _name(child)) and not (kind == "preproc_def" and child.child_by_field_name("value") is None):
                yield Definition(name, "class", shortened(_text(child, data)), *_rows(child), parents)
        elif kind in row.constants and not parents:
            if name := _name(child):
                value = next((each for each in (child.child_by_field_name("value"),) if each), None)
                function = value is not None and value.type in ("arrow_function", "function_expression", "function")
                header = _header(child, data) if function else shortened(_text(child, data), 120)
                yield Definition(name, "function" if function else "constant", header, *_rows(child), parents)
        elif kind in row.assignments and not parents:
            yield from _assigned(child, data)
        elif kind in row.through:
            yield from _definitions(child, row, data, parents, depth + 1)


_TO_MEMBER = re.compile(rb"(?:[\w$]+[.:])+([\w$]+)\s*=(?!=)")
_EXPORTED = re.compile(rb"(?:module\.)?exports\.")


def _assigned(node: Node, data: bytes) -> Iterator[Definition]:
    text = data[node.start_byte : node.end_byte]
    target = _TO_MEMBER.match(text)
    if target is None:
        return
    value = _innermost_value(node)
    body = value.child_by_field_name("body") if value is not None else None
    header = data[node.start_byte : body.start_byte if body is not None else node.end_byte].decode("utf-8", "replace")
    if body is not None or _EXPORTED.match(text):
        kind: Kind = "function" if body is not None else "constant"
        name = target[1].decode("utf-8", "replace")
        yield Definition(name, kind, shortened(header.rstrip().rstrip("{").rstrip(), 200), *_rows(node))


def _innermost_value(node: Node) -> Node | None:
    """What is assigned in the end: of `a.b = a.c = f`, f."""
    for _ in range(4):
        inner = node.child_by_field_name("right") or (node.named_children[-1] if node.named_children else None)
        if inner is None or not inner.type.endswith(("assignment_expression", "_list", "statement")):
            return inner
        node = inner
    return None


_DECLARABLE = ("class_specifier", "struct_specifier", "enum_specifier")
"""What may be declared without being defined: `class A;`."""


def _is_prototype(node: Node) -> bool:
    """Whether a declaration in C is one of a function."""
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and declarator.type == "pointer_declarator":
        declarator = declarator.child_by_field_name("declarator")
    return declarator is not None and declarator.type == "function_declarator"


def _class(
    node: Node, name: str, members: list[Definition], row: _Row, data: bytes, parents: tuple[str, ...]
) -> Definition:
    """A class with the headers of what it has, without any body."""
    fields = [shortened(_text(field, data), _MEMBER) for field in _fields(node, row)]
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
    if found is None or found.text is None or found.type == "primitive_type":
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
    return shortened(text.rstrip("{").rstrip())


def _text(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _rows(node: Node) -> tuple[int, int]:
    return node.start_point[0], node.end_point[0]
