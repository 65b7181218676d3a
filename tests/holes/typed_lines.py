"""Lines that are typed with auto-closing on, and what VS Code leaves right of the cursor."""

from __future__ import annotations

TYPED = [
    # language, what is typed, what stood right of the cursor, what stands there then
    ("python", "def area(", "", ")"),
    ("python", "def area(w, h)", "", ""),
    ("python", "def area(w, h):", "\n    pass\n", "\n    pass\n"),
    ("python", "foo(bar, [1, {", "", "}])"),
    ("python", "foo(bar, [1, {}", "", "])"),
    ("python", 'print("', "", '")'),
    ("python", 'print("a b', "", '")'),
    ("python", 'print("a b"', "", ")"),
    ("python", "x = f'", "", "'"),
    ("python", "x = '''", "", "'"),
    ("python", "x = ''", "", ""),
    ("javascript", "const s = `", "", "`"),
    ("javascript", "const s = `${", "", "}`"),
    ("javascript", "/**", "", " */"),
    ("css", "a {", "", "}"),
    # only in front of white space and ;:.,=}])>, and of quotes too where the language has no rule of its own
    *(("python", "foo(", right, ")" + right) for right in (" x", ";", ":", ".", ",", "=", "}", "]", ">", "\t", '"')),
    *(("python", "foo(", right, right) for right in ("x", "_", "1", "(", "[", "{", "+", "-", "/", "#")),
    ("javascript", "foo(", "'", "'"),
    ("javascript", "foo(", "`", ")`"),
    ("python", 'x = "', "'", "'"),
    # a quote behind a word is an apostrophe
    ("javascript", "// don'", "", ""),
    ("python", "it'", "", ""),
    ("python", 'it"', "", ""),
    # a quote that is escaped does not end what the editor has closed
    ("python", 'print("a\\"', "", '")'),
    # not every language has every pair
    ("rust", "fn f<'", "", ""),
    ("rust", 'println!("', "", '")'),
    ("java", "x = `", "", ""),
    # what the editor did not insert is not typed over
    ("python", "a)", ")", ")"),
]
