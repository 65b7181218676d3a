"""The name and folder of the file that `/test` proposes, by the tests that a project has."""

from __future__ import annotations

import json
import subprocess

import pytest

from e2e.vscode import install
from e2e.vscode.package import CLIENT

pytestmark = pytest.mark.editor

_RUN = """
import { transformSync } from "esbuild";
import { readFileSync } from "node:fs";
const source = transformSync(readFileSync("src/testFileName.ts", "utf8"), { loader: "ts", format: "esm" }).code;
const { testFileFor } = await import("data:text/javascript," + encodeURIComponent(source));
console.log(JSON.stringify(JSON.parse(process.argv[1]).map((each) => testFileFor(...each))));
"""

CASES = [
    # source, the project's tests, the new test
    ("src/shop/cart.py", ["tests/test_order.py"], "tests/test_cart.py"),
    ("src/shop/cart.py", ["src/shop/order_test.py"], "src/shop/cart_test.py"),
    ("src/shop/cart.py", [], "tests/test_cart.py"),
    ("src/shop/cart.py", ["web/cart.test.ts"], "tests/test_cart.py"),
    (
        "packages/a/src/cart.py",
        ["packages/b/tests/test_x.py", "packages/a/tests/test_y.py"],
        "packages/a/tests/test_cart.py",
    ),
    ("web/cart.ts", ["web/order.test.ts"], "web/cart.test.ts"),
    ("web/cart.tsx", ["web/order.spec.ts"], "web/cart.spec.tsx"),
    ("web/deep/cart.ts", ["web/order.test.ts"], "web/deep/cart.test.ts"),
    ("web/cart.ts", ["web/__tests__/order.test.ts"], "web/__tests__/cart.test.ts"),
    ("web/deep/cart.ts", ["web/__tests__/order.test.ts"], "web/deep/__tests__/cart.test.ts"),
    ("web/cart.js", [], "web/cart.test.js"),
    ("cart/cart.go", ["order/order_test.go"], "cart/cart_test.go"),
    ("cart/cart.go", [], "cart/cart_test.go"),
    ("lib/cart.rb", ["spec/order_spec.rb"], "spec/cart_spec.rb"),
    ("lib/cart.rb", [], "spec/cart_spec.rb"),
    ("src/main/java/shop/Cart.java", ["src/test/java/shop/OrderTest.java"], "src/test/java/shop/CartTest.java"),
    ("src/main/java/other/Cart.java", ["src/test/java/shop/OrderTest.java"], "src/test/java/other/CartTest.java"),
    ("src/main/java/shop/Cart.java", [], "src/test/java/shop/CartTest.java"),
    ("src/Cart.cs", ["tests/OrderTests.cs"], "tests/CartTests.cs"),
    ("lib/cart.dart", [], "test/cart_test.dart"),
]


def test_where_new_tests_go() -> None:
    try:
        node = install.toolchain().node
    except install.NotHere as missing:
        pytest.skip(str(missing))
    root = "/project"
    given = [(f"{root}/{source}", [f"{root}/{test}" for test in tests], root) for source, tests, _ in CASES]
    done = subprocess.run(
        [node, "--input-type=module", "-e", _RUN, json.dumps(given)],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [path.removeprefix(f"{root}/") for path in json.loads(done.stdout)]
    assert found == [expected for _, _, expected in CASES]
