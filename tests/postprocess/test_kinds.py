"""What of a good answer stands in the file, kind by kind. `│` is the cursor; text after it stands right of it."""

from __future__ import annotations

import pytest

from picode import postprocess

from .sessions import accept, snapshot_of, suggest

Case = tuple[str, str, str, str]
"""Language, document, answer, document with the suggestion taken."""

KINDS: dict[str, list[Case]] = {
    "what the editor has closed is replaced": [
        ("python", "def area(│)", "w, h):\n    return w * h", "def area(w, h):\n    return w * h"),
        ("python", "while len(│)", "xs) > 0:\n    xs.pop()", "while len(xs) > 0:\n    xs.pop()"),
        ("python", 'port = cfg["│"]\n', 'port"] + 1', 'port = cfg["port"] + 1\n'),
        ("python", 'print("│")\n', 'a", b)', 'print("a", b)\n'),
        ("python", "foo(bar, │)\n", "baz)", "foo(bar, baz)\n"),
        ("python", "x = [f(│)]\n", "a), g(b)]", "x = [f(a), g(b)]\n"),
        ("python", "x = {│}\n", '\n    "a": 1,\n    "b": 2,\n}', 'x = {\n    "a": 1,\n    "b": 2,\n}\n'),
        (
            "python",
            'def f():\n    """│"""\n',
            'Says hello."""\n    print("hello")',
            'def f():\n    """Says hello."""\n',
        ),
        ("shellscript", 'x="$(│)"\n', 'date)"', 'x="$(date)"\n'),
        ("shellscript", 'x="$(│)"\n', "date", 'x="$(date)"\n'),
        ("html", '<a href="│"></a>\n', '/home">Home', '<a href="/home">Home</a>\n'),
        ("html", '<p>\n  <a href="│"></a>\n</p>\n', '/home">Home</a>', '<p>\n  <a href="/home">Home</a>\n</p>\n'),
        ("yaml", "env:\n  TOKEN: ${{ │ }}\n", "secrets.TOKEN }}", "env:\n  TOKEN: ${{ secrets.TOKEN }}\n"),
        ("yaml", "on: [│]\n", "push, pull_request]", "on: [push, pull_request]\n"),
        ("typescriptreact", "const x = <Row │/>;\n", "label={l} />", "const x = <Row label={l} />;\n"),
        ("typescript", "console.log(│);\n", "x);", "console.log(x);\n"),
        ("typescript", "foo(│)\n", "a);\nbar(b);", "foo(a);\n"),
        ("typescript", "const s = `a ${│}`;\n", "name} b`;", "const s = `a ${name} b`;\n"),
        ("javascript", "list.map((x) => {│})\n", "\n  return x + 1;\n});", "list.map((x) => {\n  return x + 1;\n});\n"),
        (
            "rust",
            "fn area(│)\n",
            "w: u32, h: u32) -> u32 {\n    w * h\n}",
            "fn area(w: u32, h: u32) -> u32 {\n    w * h\n}\n",
        ),
        (
            "go",
            "func area(│)\n",
            "w, h int) int {\n\treturn w * h\n}",
            "func area(w, h int) int {\n\treturn w * h\n}\n",
        ),
        ("lua", "print(│)\n", "'a' .. b)", "print('a' .. b)\n"),
        ("css", "a {│}\n", "\n  color: red;\n}", "a {\n  color: red;\n}\n"),
        ("json", '{"a": [│]}\n', "1, 2]", '{"a": [1, 2]}\n'),
        (
            "markdown",
            "See [the guide](│)\n",
            "https://example.org) for more.",
            "See [the guide](https://example.org) for more.\n",
        ),
        ("", "f(│)\n", "a, b)", "f(a, b)\n"),
    ],
    "closers are words": [
        (
            "lua",
            "function f()\n  if x then│\nend\n",
            "\n    a()\n  end",
            "function f()\n  if x then\n    a()\n  end\nend\n",
        ),
        (
            "lua",
            "function f()\n  if x then│\n  end\nend\n",
            "\n    a()\n  end",
            "function f()\n  if x then\n    a()\n  end\nend\n",
        ),
        (
            "lua",
            "function f()\n  if x then│\n  end\nend\n",
            "\n    a()\n  end\nend",
            "function f()\n  if x then\n    a()\n  end\nend\n",
        ),
        ("ruby", "def f\n  if x│\nend\n", "\n    a\n  end", "def f\n  if x\n    a\n  end\nend\n"),
        (
            "ruby",
            "class A\n  def f│\nend\n",
            "\n    if x\n      a\n    else\n      b\n    end\n  end",
            "class A\n  def f\n    if x\n      a\n    else\n      b\n    end\n  end\nend\n",
        ),
        ("ruby", "def f│\nend\n", "\n  a\nend", "def f\n  a\nend\n"),
        (
            "shellscript",
            'f() {\n  if [ -n "$x" ]; then│\n}\n',
            "\n    a\n  fi",
            'f() {\n  if [ -n "$x" ]; then\n    a\n  fi\n}\n',
        ),
        ("shellscript", "for x in a b; do│\ndone\n", "\n  echo $x\ndone", "for x in a b; do\n  echo $x\ndone\n"),
        (
            "shellscript",
            "case $x in│\n",
            "\n  a) echo a ;;\n  *) echo b ;;\nesac",
            "case $x in\n  a) echo a ;;\n  *) echo b ;;\nesac\n",
        ),
        (
            "sql",
            "BEGIN\n  IF x > 1 THEN│\nEND;\n",
            "\n    y := 2;\n  END IF;",
            "BEGIN\n  IF x > 1 THEN\n    y := 2;\n  END IF;\nEND;\n",
        ),
        (
            "sql",
            "BEGIN\n  IF x > 1 THEN│\n  END IF;\nEND;\n",
            "\n    y := 2;\n  END IF;",
            "BEGIN\n  IF x > 1 THEN\n    y := 2;\n  END IF;\nEND;\n",
        ),
        ("cmake", "if(A)│\nendif()\n", "\n  foo()\nendif()", "if(A)\n  foo()\nendif()\n"),
        (
            "cmake",
            "if(A)\n  if(B)│\nendif()\n",
            "\n    foo()\n  endif()",
            "if(A)\n  if(B)\n    foo()\n  endif()\nendif()\n",
        ),
        ("cmake", "if(A)\nif(B)│\nendif()\n", "\nfoo()\nendif()", "if(A)\nif(B)\nfoo()\nendif()\nendif()\n"),
        ("html", "<div>\n  <div>│\n</div>\n", "\n    a\n  </div>", "<div>\n  <div>\n    a\n  </div>\n</div>\n"),
        ("html", "<div>│</div>\n", "\n  <p>a</p>\n</div>", "<div>\n  <p>a</p>\n</div>\n"),
        ("html", "<ul>\n  <li>│</li>\n</ul>\n", "one</li>\n  <li>two</li>", "<ul>\n  <li>one</li>\n</ul>\n"),
        (
            "jinja",
            "{% if a %}\n  {% for x in y %}│\n{% endif %}\n",
            "\n    {{ x }}\n  {% endfor %}",
            "{% if a %}\n  {% for x in y %}\n    {{ x }}\n  {% endfor %}\n{% endif %}\n",
        ),
        ("jinja", "{% if a %}│\n{% endif %}\n", "\n  {{ x }}\n{% endif %}", "{% if a %}\n  {{ x }}\n{% endif %}\n"),
        (
            "elixir",
            "defmodule A do\n  def f(x) do│\nend\n",
            "\n    x + 1\n  end",
            "defmodule A do\n  def f(x) do\n    x + 1\n  end\nend\n",
        ),
        (
            "vim",
            "function! F()\n  if a│\nendfunction\n",
            "\n    echo 1\n  endif",
            "function! F()\n  if a\n    echo 1\n  endif\nendfunction\n",
        ),
        ("makefile", "ifdef A│\nendif\n", "\nB = 1\nendif", "ifdef A\nB = 1\nendif\n"),
    ],
    "closers of what an earlier line has opened": [
        ("typescript", "foo(a,\n  b│\nbar();\n", ", c);", "foo(a,\n  b, c);\nbar();\n"),
        ("python", "x = foo(\n    a,\n    b│\n\ny = 1\n", ", c)", "x = foo(\n    a,\n    b, c)\n\ny = 1\n"),
        ("typescript", "it('works', () => {\n  a();\n│\n", "});", "it('works', () => {\n  a();\n});\n"),
        (
            "typescript",
            "it('works', () => {\n  a();│\n});\n",
            "\n  b();\n});",
            "it('works', () => {\n  a();\n  b();\n});\n",
        ),
        ("clojure", "(defn f [x]\n  (let [y 1]\n    (+ x│\n", " y)))", "(defn f [x]\n  (let [y 1]\n    (+ x y)))\n"),
        ("python", "# Choose: │\n", "1) read 2) write", "# Choose: 1) read 2) write\n"),
        ("markdown", "Choose: │\n", "1) read 2) write", "Choose: 1) read 2) write\n"),
        ("markdown", "Thanks │\n", "a lot :)", "Thanks a lot :)\n"),
        ("python", 's = "smile│\n', ' :)"', 's = "smile :)"\n'),
        ("python", "# in the range │\n", "[0, 1)", "# in the range [0, 1)\n"),
        (
            "shellscript",
            "case $1 in\n  a) echo a ;;\n  │\nesac\n",
            "p) echo p ;;",
            "case $1 in\n  a) echo a ;;\n  p) echo p ;;\nesac\n",
        ),
        ("c", "/* a list: │ */\n", "a) one b) two", "/* a list: a) one b) two */\n"),
    ],
    "bodies behind a head of several lines": [
        (
            "cpp",
            "void f() {\n  if (a &&\n      g(│\n}\n",
            "b) < 0) {\n    h();\n  }",
            "void f() {\n  if (a &&\n      g(b) < 0) {\n    h();\n  }\n}\n",
        ),
        (
            "java",
            "class A {\n  A(\n      float width,\n      float height) {│\n  }\n}\n",
            "\n    super(width);\n    this.height = height;",
            "class A {\n  A(\n      float width,\n      float height) {\n    super(width);\n    this.height = height;\n"
            "  }\n}\n",
        ),
        (
            "python",
            'warn(\n    "a│\n    Warning,\n)\n',
            ' b"\n    " c",',
            'warn(\n    "a b"\n    " c",\n    Warning,\n)\n',
        ),
        (
            "ruby",
            "if a\n  b\nelsif c│\nelse\n  e\nend\n",
            "(1)\n  d",
            "if a\n  b\nelsif c(1)\n  d\nelse\n  e\nend\n",
        ),
        (
            "shellscript",
            "case $1 in\n    -a)\n        a\n        ;;\n    -host│\n    -x)\n        x\n        ;;\nesac\n",
            ")\n        b\n        ;;",
            "case $1 in\n    -a)\n        a\n        ;;\n    -host)\n        b\n        ;;\n"
            "    -x)\n        x\n        ;;\nesac\n",
        ),
        (
            "yaml",
            "a:\n  enum│\n  b: 1\n",
            ":\n    - x\n    - y",
            "a:\n  enum:\n    - x\n    - y\n  b: 1\n",
        ),
        (
            "yaml",
            "a:\n  │\nb: 1\n",
            "type: string\n  enum:\n    - x\n  object: 1",
            "a:\n  type: string\n  enum:\n    - x\n  object: 1\nb: 1\n",
        ),
        (
            "yaml",
            "a:\n  text: 'one│\n  b: 1\n",
            " two\n    three.'",
            "a:\n  text: 'one two\n    three.'\n  b: 1\n",
        ),
    ],
    "bodies as deep as their head": [
        (
            "go",
            "func f(x int) {\n\tswitch x {│\n}\n",
            "\n\tcase 1:\n\t\ta()\n\tdefault:\n\t\tb()\n\t}",
            "func f(x int) {\n\tswitch x {\n\tcase 1:\n\t\ta()\n\tdefault:\n\t\tb()\n\t}\n}\n",
        ),
        (
            "c",
            "void f(int x) {\n  switch (x) {│\n  }\n}\n",
            "\n  case 1:\n    a();\n    break;\n  default:\n    b();",
            "void f(int x) {\n  switch (x) {\n  case 1:\n    a();\n    break;\n  default:\n    b();\n  }\n}\n",
        ),
        ("cpp", "class A {\npublic:│\n};\n", "\n  A();\n  int x;", "class A {\npublic:\n  A();\n  int x;\n};\n"),
        (
            "cpp",
            "class A {\npublic:│\nprivate:\n  int y;\n};\n",
            "\nA();\nint x;",
            "class A {\npublic:\nA();\nint x;\nprivate:\n  int y;\n};\n",
        ),
        (
            "yaml",
            "jobs:\n  a:\n    steps:│\n",
            "\n    - run: make\n    - run: make test",
            "jobs:\n  a:\n    steps:\n    - run: make\n    - run: make test\n",
        ),
        ("yaml", "steps:\n- │\n", "run: make\n- run: make test", "steps:\n- run: make\n"),
        ("yaml", "a:│\n", "\n  b: 1\n  c: 2\nd: 3", "a:\n  b: 1\n  c: 2\n"),
        ("c", "void f() {\nagain:│\n}\n", "\n  a();\n  goto again;", "void f() {\nagain:\n  a();\n  goto again;\n}\n"),
        (
            "csharp",
            "class A\n{\n    void F()│\n}\n",
            "\n    {\n        G();\n    }",
            "class A\n{\n    void F()\n    {\n        G();\n    }\n}\n",
        ),
    ],
    "a sibling is no repetition": [
        (
            "typescript",
            "enum E {\n  │\n  ColorB = 'color-b',\n}\n",
            "ColorA = 'color-a',",
            "enum E {\n  ColorA = 'color-a',\n  ColorB = 'color-b',\n}\n",
        ),
        (
            "python",
            "def test():\n    │\n    assert f(2) == 4\n",
            "assert f(1) == 4",
            "def test():\n    assert f(1) == 4\n    assert f(2) == 4\n",
        ),
        ("python", "│\nimport os.path2\n", "import os.path", "import os.path\nimport os.path2\n"),
        (
            "typescript",
            "│\napp.get('/users', users);\n",
            "app.get('/user', users);",
            "app.get('/user', users);\napp.get('/users', users);\n",
        ),
        ("go", 'import (\n\t│\n\t"strings"\n)\n', '"string"', 'import (\n\t"string"\n\t"strings"\n)\n'),
        (
            "python",
            "a = 1\n│\nreturn_value = compute(a)\n",
            "return_value = compute(b)",
            "a = 1\nreturn_value = compute(b)\nreturn_value = compute(a)\n",
        ),
        ("python", "│\nreturn_value = compute(a)\n", "return_value = compute(a)", "\nreturn_value = compute(a)\n"),
        (
            "html",
            '<main>\n  <div class="│\n  <div class="col">\n    <b>2</b>\n  </div>\n</main>\n',
            'col">\n    <b>1</b>\n  </div>',
            '<main>\n  <div class="col">\n    <b>1</b>\n  </div>\n  <div class="col">\n    <b>2</b>\n  </div>\n</main>\n',
        ),
        (
            "ruby",
            "if a│\nif a\n  c\nend\n",
            "\n  b\nend",
            "if a\n  b\nend\nif a\n  c\nend\n",
        ),
    ],
    "rulers are no loops": [
        (
            "c",
            "void status│\n\nint next(int);\n",
            "(\n  int,\n  bool *,\n  bool *,\n  bool *,\n  char *\n);",
            "void status(\n  int,\n  bool *,\n  bool *,\n  bool *,\n  char *\n);\n\nint next(int);\n",
        ),
        (
            "python",
            "# Title\n│\n",
            "# ---------------------------------",
            "# Title\n# ---------------------------------\n",
        ),
        ("markdown", "Title\n│\n", "=====================", "Title\n=====================\n"),
        (
            "markdown",
            "| a | b |\n│\n",
            "| --- | --- | --- | --- | --- | --- |",
            "| a | b |\n| --- | --- | --- | --- | --- | --- |\n",
        ),
        (
            "c",
            "int m[] = {\n    │\n};\n",
            "0, 0, 0, 0, 0, 0, 0, 0,\n    0, 0, 0, 0, 0, 0, 0, 0,\n    0, 0, 0, 0, 0, 0, 0, 0,",
            "int m[] = {\n    0, 0, 0, 0, 0, 0, 0, 0,\n    0, 0, 0, 0, 0, 0, 0, 0,\n    0, 0, 0, 0, 0, 0, 0, 0,\n};\n",
        ),
        (
            "c",
            "int m[] = {\n    0, 0, 0, 0,\n    │\n    0, 0, 0, 0,\n};\n",
            "0, 0, 0, 0,",
            "int m[] = {\n    0, 0, 0, 0,\n    0, 0, 0, 0,\n    0, 0, 0, 0,\n};\n",
        ),
    ],
    "indentation belongs to the language, then to the block": [
        ("makefile", "all:│\n", "\n    make a\n    make b", "all:\n\tmake a\n\tmake b\n"),
        ("go", "func f() {│\n", "\n    a()\n}", "func f() {\n\ta()\n}\n"),
        (
            "typescript",
            "function f() {\n\tif (x) {│\n\t}\n}\n",
            "\n        a();",
            "function f() {\n\tif (x) {\n\t\ta();\n\t}\n}\n",
        ),
        (
            "typescript",
            "const a = {\n    b: {\n        c: 1,\n    },\n};\n"
            + "\n" * 9
            + "function f() {\n\tg();\n\tif (x) {│\n\t}\n}\n",
            "\n\t\ta();",
            "const a = {\n    b: {\n        c: 1,\n    },\n};\n"
            + "\n" * 9
            + "function f() {\n\tg();\n\tif (x) {\n\t\ta();\n\t}\n}\n",
        ),
    ],
    "joiners between letters, flags and variation selectors are text": [
        ("python", 's = "│\n', 'می\u200cخواهم"', 's = "می\u200cخواهم"\n'),
        ("python", 's = "│\n', 'क\u094d\u200dष"', 's = "क\u094d\u200dष"\n'),
        ("python", 's = "│\n', '👩\u200d👧 ❤\ufe0f"', 's = "👩\u200d👧 ❤\ufe0f"\n'),
        (
            "python",
            's = "│\n',
            '🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"',
            's = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"\n',
        ),
        ("python", 's = "│\n', 'a\u202eb\u2066\u200f"', 's = "ab"\n'),
        ("python", "│\n", "ad\u200cmin = 1", "admin = 1\n"),
        ("python", "│\n", "x\U000e0067 = 1", "x = 1\n"),
    ],
    "white space at the seams": [
        ("python", "ok = result│== 0\n", ".code ", "ok = result.code == 0\n"),
        ("python", "ok = result│ == 0\n", ".code ", "ok = result.code == 0\n"),
        ("python", "ok = f(a │)\n", "+ b", "ok = f(a + b)\n"),
        ("python", "ok = f(a │)\n", " + b", "ok = f(a + b)\n"),
        ("python", "x = │\n", "1   ", "x = 1\n"),
        ("python", "x =│\n", " 1", "x = 1\n"),
        ("typescript", "if (a │) {\n  b();\n}\n", "&& c ", "if (a && c ) {\n  b();\n}\n"),
    ],
    "short answers count where they make the code sound": [
        ("python", "x = │\n", "8", "x = 8\n"),
        ("python", "x = a │ b\n", "*", "x = a * b\n"),
        ("python", "x = f(g(a│\n", "))", "x = f(g(a))\n"),
        ("typescript", "function f() {\n  a();\n│\n", "}", "function f() {\n  a();\n}\n"),
        ("typescript", "const x = f()│\n", ";", "const x = f();\n"),
        ("typescript", "const s = `a │`;\n", "${name}", "const s = `a ${name}`;\n"),
        ("ruby", 's = "a │"\n', "#{x}", 's = "a #{x}"\n'),
        ("python", "x = f(a│\n", ")", "x = f(a\n"),
        ("python", "x = 'a│\n", "'", "x = 'a\n"),
    ],
    "one line or several": [
        (
            "python",
            "config = {│\n",
            '\n    "a": 1,\n    "b": {\n        "c": 2,\n    },\n}\nrun(config)',
            'config = {\n    "a": 1,\n    "b": {\n        "c": 2,\n    },\n}\n',
        ),
        ("python", "x = foo(│\n", "\n    a,\n    b,\n)\ny = 1", "x = foo(\n    a,\n    b,\n)\n"),
        (
            "python",
            'def f():\n    """│\n',
            'Says it.\n\n    Twice.\n    """\n    return 1\n\n\ndef g():\n    pass',
            'def f():\n    """Says it.\n\n    Twice.\n    """\n',
        ),
        (
            "python",
            "def f():\n    │\n",
            "a = 1\n\n    b = 2\n    return a + b\n\n\ndef g():\n    pass",
            "def f():\n    a = 1\n\n    b = 2\n    return a + b\n",
        ),
        ("python", "x = │\n", "1\ny = 2\nz = 3", "x = 1\n"),
        (
            "python",
            "import os\n│\n",
            "import sys\nimport re\n\n\ndef main():\n    pass",
            "import os\nimport sys\nimport re\n",
        ),
        ("python", "│\n", "def f():\n    return 1\n\n\ndef g():\n    return 2", "def f():\n    return 1\n"),
        (
            "rust",
            "match x {\n    │\n}\n",
            "Some(y) => {\n        a(y);\n    }\n    None => b(),",
            "match x {\n    Some(y) => {\n        a(y);\n    }\n    None => b(),\n}\n",
        ),
        (
            "css",
            "a {\n  color: red;\n}\n\n.b │\n",
            "{\n  color: blue;\n  margin: 0;\n}\n\n.c {\n  top: 0;\n}",
            "a {\n  color: red;\n}\n\n.b {\n  color: blue;\n  margin: 0;\n}\n",
        ),
        (
            "typescriptreact",
            "const A = () => (\n  <div>│\n  </div>\n);\n",
            "\n    <b>x</b>\n    <i>y</i>",
            "const A = () => (\n  <div>\n    <b>x</b>\n    <i>y</i>\n  </div>\n);\n",
        ),
        ("python", "total = price│ * count\n", "_of(a)\nother = 1", "total = price_of(a) * count\n"),
        ("python", "if x:│\n    b()\n", "\n    a()", "if x:\n    a()\n    b()\n"),
        (
            "typescript",
            "if (a) {│\n}\n",
            "\n  b();\n} else {\n  c();\n}\nd();",
            "if (a) {\n  b();\n} else {\n  c();\n}\n",
        ),
    ],
    "wherever the cursor stands in a body": [
        ("python", "def f(x):\n│\n", "    return x", "def f(x):\n    return x\n"),
        (
            "python",
            "def f(x):\n    y = 1\n│\n",
            "    return x + y\n\n\ndef g():",
            "def f(x):\n    y = 1\n    return x + y\n",
        ),
        ("python", "def f(x):│\n", "\n    return x", "def f(x):\n    return x\n"),
        ("python", "def f(x):\n    y = 1│\n", "\n    return x + y", "def f(x):\n    y = 1\n    return x + y\n"),
        ("python", "def f(x):\n    y = 1│\n", "\n\n\ndef g():\n    pass", "def f(x):\n    y = 1\n"),
        ("go", "func f() {\n\t│\n}\n", "a()\n\tb()\n}", "func f() {\n\ta()\n\tb()\n}\n"),
        ("python", "def f(x):\r\n    │\r\n", "y = 1\n    return y", "def f(x):\r\n    y = 1\r\n    return y\r\n"),
        ("python", "if x:\r\n    f(│)\r\n", "a)\n    g(b)", "if x:\r\n    f(a)\r\n"),
    ],
    "nothing is said twice": [
        (
            "yaml",
            "openapi: 3│0.3\ninfo:\n  title: A\n",
            ".0.3\ninfo:\n  title: A",
            "openapi: 3.0.3\ninfo:\n  title: A\n",
        ),
        (
            "typescript",
            "if (f(│)) void session?.restart();\n",
            "chosen()) !== x) void session?.restart();\nchosen = x;",
            "if (f(chosen()) !== x) void session?.restart();\n",
        ),
        (
            "python",
            "def f():\n    │\n    return total\n",
            "total = 1\n    return total\n\n\ndef g():",
            "def f():\n    total = 1\n    return total\n",
        ),
        ("typescript", "f(│, b);\n", "a, b);", "f(a, b);\n"),
        ("typescript", "f(│, b);\ng();\n", "a, b);\ng();\nh();", "f(a, b);\ng();\n"),
        ("python", "if ok│:\n    go()\n", " and ready:\n    go()", "if ok and ready:\n    go()\n"),
        ("css", "a {\n  color│: red;\n}\n", ": red;\n}", "a {\n  color: red;\n}\n"),
        ("json", '{\n  "a": │,\n  "b": 2\n}\n', '1,\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 2\n}\n'),
    ],
}


@pytest.mark.parametrize(
    ("kind", "language", "marked", "answer", "after"),
    [(kind, *case) for kind, cases in KINDS.items() for case in cases],
)
def test_kinds(kind: str, language: str, marked: str, answer: str, after: str) -> None:
    assert accept(marked, answer, language) == after, kind


CHAT: dict[str, list[Case]] = {
    "fences within a fence are a part of it": [
        ("markdown", "# Use\n\n│\n", "```markdown\nRun it:\n\n```sh\nmake\n```\n```", "# Use\n\nRun it:\n"),
        (
            "python",
            'def f():\n    """Says it.\n\n    │\n    """\n',
            "```python\nExample:\n\n    ```python\n    f()\n    ```\n```",
            'def f():\n    """Says it.\n\n    Example:\n\n    ```python\n    f()\n    ```\n    """\n',
        ),
        ("markdown", "Run it:\n\n│\n", "```sh\nmake\n```", "Run it:\n\n```sh\nmake\n```\n"),
        ("javascript", "x = │\n", "~~~js\n1 + 1;\n~~~", "x = 1 + 1;\n"),
        ("javascript", "x = │\n", "````js\n1 + 1;\n````", "x = 1 + 1;\n"),
    ],
    "an opening in any language is no code": [
        ("python", "x = │\n", "Voici le code :\n1 + 1", "x = 1 + 1\n"),
        ("python", "x = │\n", "Voici le code :\n\n```python\n1 + 1\n```", "x = 1 + 1\n"),
        ("python", "x = │\n", "Hier ist der fehlende Code:\n1 + 1", "x = 1 + 1\n"),
        ("python", "x = │\n", "以下は 補完された コードです：\n1 + 1", "x = 1 + 1\n"),
        ("python", "x = │\n", "Вот дополненный код:\n1 + 1", "x = 1 + 1\n"),
        ("python", "│\n", "for x in y:\n    f(x)", "for x in y:\n    f(x)\n"),
        (
            "python",
            "│\n",
            "Point = namedtuple('Point', 'x y')\nf(Point)",
            "Point = namedtuple('Point', 'x y')\nf(Point)\n",
        ),
    ],
    "the fence that comes late": [
        (
            "python",
            "x = │\n",
            "The line needs a sum.\nI would write it so.\n\n```python\n1 + 1\n```\nThat is all.",
            "x = 1 + 1\n",
        ),
    ],
    "reasoning is never text": [
        ("python", "x = │\n", "<think>1? 2?</think>1", "x = 1\n"),
        ("python", "x = │\n", "1? 2?\nIt must be 1.\n</think>\n\n1", "x = 1\n"),
        ("python", "x = │\n", "<thought>1? 2?</thought>1", "x = 1\n"),
        ("python", "x = │\n", "[THINK]1? 2?[/THINK]1", "x = 1\n"),
        ("python", "x = │\n", "<reasoning>1? 2?", "x = \n"),
        (
            "python",
            "x = │\n",
            "<|channel|>analysis<|message|>1? 2?<|end|><|start|>assistant<|channel|>final<|message|>1<|return|>",
            "x = 1\n",
        ),
        ("html", "<think>a</think>\n│\n", "<think>b</think>", "<think>a</think>\n<think>b</think>\n"),
    ],
    "as deep as the place": [
        ("python", "def f():\n    │\n", "if x:\n    a()\n    b()", "def f():\n    if x:\n        a()\n        b()\n"),
        (
            "typescript",
            "function f() {\n  │\n}\n",
            "if (x) {\n  a();\n}",
            "function f() {\n  if (x) {\n    a();\n  }\n}\n",
        ),
        (
            "python",
            "class A:\n    def f(│\n",
            "def f(self):\n    return 1",
            "class A:\n    def f(self):\n        return 1\n",
        ),
        ("python", "def f():\n    if x:│\n", "if x:\n    a()", "def f():\n    if x:\n        a()\n"),
        ("go", "import (\n\t│\n\nvar a\n", '"a"\n"b"\n)', 'import (\n\t"a"\n\t"b"\n)\n\nvar a\n'),
        ("go", "import (\n\t│\n\nvar a\n", '"a"\n\t"b"\n)', 'import (\n\t"a"\n\t"b"\n)\n\nvar a\n'),
        (
            "cpp",
            "void f() {\n  if (a &&\n      g(│\n}\n",
            "      g(b) < 0) {\n    h();\n  }",
            "void f() {\n  if (a &&\n      g(b) < 0) {\n    h();\n  }\n}\n",
        ),
        (
            "c",
            "int f() {\n    fail(│\n}\n",
            'fail(error,\n     "why");',
            'int f() {\n    fail(error,\n         "why");\n}\n',
        ),
        (
            "c",
            "int f() {\n    if (a) {\n        b();\n    } else if (c│\n}\n",
            "} else if (c > 1) {\n    d();\n}",
            "int f() {\n    if (a) {\n        b();\n    } else if (c > 1) {\n        d();\n    }\n}\n",
        ),
        (
            "ruby",
            "def f\n  a << b\n  xs.each do |x│\nend\n",
            "xs.each do |x|\n  g(x)\nend",
            "def f\n  a << b\n  xs.each do |x|\n    g(x)\n  end\nend\n",
        ),
        (
            "kotlin",
            "class A {\n  fun f(│\n}\n",
            "fun f(a: Int) =\n  g(a)",
            "class A {\n  fun f(a: Int) =\n    g(a)\n}\n",
        ),
    ],
    "the line so far is written again, be it one character": [
        ("typescript", "if (a) {\n  b();\n}│{\n  c();\n}\n", "} else ", "if (a) {\n  b();\n} else {\n  c();\n}\n"),
        ("html", "<p>\n  a\n<│\n", "</p>", "<p>\n  a\n</p>\n"),
        ("python", "r│\n", "return_value = 1", "return_value = 1\n"),
    ],
    "what a line above says may be meant again": [
        (
            "css",
            "a {\n  color: black\n}\nb {\n  │\n",
            "color: black\n}",
            "a {\n  color: black\n}\nb {\n  color: black\n}\n",
        ),
        (
            "c",
            "int f() {\n  int a = g();\n  return a;\n}\n\nint h() {\n  │\n}\n",
            "int a = g();\n  return a + 1;",
            "int f() {\n  int a = g();\n  return a;\n}\n\nint h() {\n  int a = g();\n  return a + 1;\n}\n",
        ),
    ],
}


@pytest.mark.parametrize(
    ("kind", "language", "marked", "answer", "after"), [(kind, *case) for kind, cases in CHAT.items() for case in cases]
)
def test_kinds_of_chat_models(kind: str, language: str, marked: str, answer: str, after: str) -> None:
    assert accept(marked, answer, language, chat=True) == after, kind


READ_ON = [
    # language, document, what has arrived, whether more could not change what is shown
    ("go", "x := │\n", "1\n", True),
    ("python", "x = │\n", "1\n", True),
    ("python", 'warn(\n    "a│\n', ' b"\n', False),
    ("ruby", "x = │\n", "1\n", True),
    ("ruby", "if a\n  b\nelsif c│\n", "(1)\n", False),
    ("ruby", "case a\nwhen │\n", "1, 2\n", False),
    ("lua", "if a then\n  b()\nelse│\n", "if c\n", False),
    ("shellscript", "x=│\n", "1\n", True),
    ("shellscript", "case $1 in\n    -host│\n", ")\n", False),
    ("makefile", "all│\n", ": a b\n", False),
    ("makefile", "CC │\n", ":= gcc\n", True),
    ("yaml", "- name: a│\n", "b\n", False),
    ("yaml", "- name: a│\nb: 1\n", "b\n  key: 1\nb: 1\n", True),
    ("python", 'def f():\n    """│\n', "a\n\n", False),
    ("python", "│\nadd(\n    2,\n)\n", "add(\n", False),
    ("python", "│\nadd(\n    2,\n)\n", "add(\n    2,\n)\n", True),
]


@pytest.mark.parametrize(("language", "marked", "arrived", "complete"), READ_ON)
def test_a_stream_is_read_as_far_as_it_belongs_there(language: str, marked: str, arrived: str, complete: bool) -> None:
    place = postprocess.describe(snapshot_of(marked, language), healed="")
    assert postprocess.is_complete(postprocess.normalize(arrived, place, ended=False), place) == complete


@pytest.mark.parametrize("fence", ["", "```python\n"])
def test_a_stream_that_echoes_the_code_above_is_read_on(fence: str) -> None:
    above, answer = "import os\n\ndef f():\n    x = 1\n    ", "return x"
    place = postprocess.describe(snapshot_of(f"{above}│\n", "python"), chat=True)
    for size in range(len(above)):
        arrived = postprocess.normalize(fence + above[:size], place, ended=False)
        assert not postprocess.is_complete(arrived, place), above[:size]
    assert postprocess.normalize(fence + above + answer, place) == answer


def test_the_line_that_is_being_written_is_no_part_of_what_was_complete() -> None:
    assert postprocess.whole_lines("a()\n  b") == "a()\n"
    assert postprocess.whole_lines("a()\r\n  b\r") == "a()\r\n  b\r"
    assert postprocess.whole_lines("a") == ""


def test_several_definitions_are_offered_to_whoever_asks() -> None:
    answer = "def f():\n    return 1\n\n\ndef g():\n    return 2"
    assert accept("│\n", answer, "python", explicit=True) == answer + "\n"


@pytest.mark.parametrize("typed", range(1, 24))
def test_what_is_left_while_it_is_typed_is_its_rest(typed: int) -> None:
    shown = suggest("def area(│)\n", "w, h):\n    return w * h", "python")
    assert shown.replaced_after == 1
    rest = suggest(f"def area({shown.text[:typed]}│)\n", shown.text[typed:], "python")
    before_closer = typed <= shown.text.index(")")
    assert not before_closer or (rest.text, rest.replaced_after) == (shown.text[typed:], 1)
