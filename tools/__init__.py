"""Generators of committed files: schemas, pages of the documentation, the editors' tables. Not part of the wheel."""
