"""What a shell offers for an argument, beside commands and options. Nothing here asks a server, and nothing fails."""

from __future__ import annotations


def settings(incomplete: str) -> list[tuple[str, str]]:
    """Names of settings, and what they mean."""
    from picode.settings.shape import all_settings, schema_at

    found = [(setting.name, str(schema_at(setting.path).get("description", ""))) for setting in all_settings()]
    return [(name, meaning.partition(". ")[0]) for name, meaning in found if name.startswith(incomplete)]


def providers(incomplete: str) -> list[tuple[str, str]]:
    """Names of the providers that PiCode knows, and those of the settings that are in force here."""
    from picode.assistant.routing.route import providers as rows
    from picode.cli.session import resolved_here

    found = rows(resolved_here().settings).values()
    return [(row.name, row.title) for row in found if row.name.startswith(incomplete)]


def pulled(incomplete: str) -> list[str]:
    """Names of the models that were pulled."""
    from picode.io.embedded import pulled_models

    return [each.name for each in pulled_models.all_of_them() if each.name.startswith(incomplete)]


def packaged(incomplete: str) -> list[str]:
    """Names of the models that can be fetched by name."""
    from picode.io.embedded.model_file import PACKAGED

    return [name for name in PACKAGED if name.startswith(incomplete)]
