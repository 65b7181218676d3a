"""Where the file of an import lies."""

from __future__ import annotations

import pytest

from picode.assistant.context.modules import candidates

ROOTS = ("/home/ada/shop",)


@pytest.mark.parametrize(
    ("language", "path", "module", "expected"),
    [
        ("python", "cart/total.py", ".prices", "cart/prices.py"),
        ("python", "cart/total.py", ".", "cart/__init__.py"),
        ("python", "cart/deep/total.py", "..prices", "cart/prices.py"),
        ("python", "cart/total.py", "cart.prices", "cart/prices.py"),
        ("python", "cart/total.py", "cart", "cart/__init__.py"),
        ("python", "tests/test_total.py", "cart.prices", "src/cart/prices.py"),
        ("python", "services/api/main.py", "handlers", "services/api/handlers.py"),
        ("python", "cart/total.py", ".types", "cart/types.pyi"),
        ("typescript", "src/total.ts", "./prices", "src/prices.ts"),
        ("typescript", "src/total.ts", "./prices.js", "src/prices.ts"),
        ("typescript", "src/total.ts", "../lib/prices", "lib/prices/index.ts"),
        ("typescriptreact", "src/app/page.tsx", "@/ui/button", "src/ui/button.tsx"),
        ("javascript", "lib/total.js", "./prices.mjs", "lib/prices.mjs"),
        ("go", "cmd/main.go", "example.com/ada/shop/prices", "prices/*"),
        ("rust", "src/cart/total.rs", "crate::cart::prices::Price", "src/cart/prices.rs"),
        ("rust", "src/main.rs", "crate::cart::total", "src/cart/mod.rs"),
        ("rust", "src/cart/total.rs", "super::prices", "src/cart/prices.rs"),
        ("java", "src/main/java/shop/Cart.java", "shop.prices.Price", "src/main/java/shop/prices/Price.java"),
        ("kotlin", "app/src/shop/Cart.kt", "shop.Price", "app/src/shop/Price.java"),
        ("c", "src/cart.c", "prices.h", "src/prices.h"),
        ("cpp", "src/cart.cpp", "shop/prices.hpp", "include/shop/prices.hpp"),
        ("ruby", "lib/cart.rb", "./prices", "lib/prices.rb"),
        ("php", "public/index.php", r"App\Cart\Price", "src/Cart/Price.php"),
    ],
)
def test_an_import_leads_to_a_file(language: str, path: str, module: str, expected: str) -> None:
    found = list(candidates(module, f"/home/ada/shop/{path}", language, ROOTS))
    assert f"/home/ada/shop/{expected}" in found


@pytest.mark.parametrize(
    ("language", "module"),
    [
        ("python", "...." + "etc.passwd"),
        ("typescript", "../../../bob/keys"),
        ("typescript", "/etc/passwd"),
        ("c", "../../../../etc/passwd"),
        ("ruby", "../../../../etc/passwd"),
        ("go", "../../../etc"),
        ("php", r"..\..\..\etc"),
    ],
)
def test_no_import_leads_out_of_the_workspace(language: str, module: str) -> None:
    for found in candidates(module, "/home/ada/shop/src/main.x", language, ROOTS):
        assert found.startswith("/home/ada/shop/")


def test_a_file_does_not_import_itself() -> None:
    path = "/home/ada/shop/cart/cart.py"
    assert path not in list(candidates("cart", path, "python", ROOTS))


def test_a_language_without_rules_has_no_imports() -> None:
    assert list(candidates("x", "/home/ada/shop/a.txt", "plaintext", ROOTS)) == []
