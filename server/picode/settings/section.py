"""What sections of settings are made of: who may set a value, where it makes sense, and the types that several have."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Trust(Enum):
    """What the settings file of a folder that the user has not trusted may do to a setting.

    A setting without a mark is `USER`: forgetting the mark must not open a door.
    """

    USER = "user"
    """Nothing. Whatever decides where code and keys go, and what is run or read."""
    NARROWING = "narrowing"
    """Turn it off, and never on against the user's own settings."""
    ANYONE = "anyone"
    """Set it."""


class Reach(Enum):
    """Where a setting makes sense, for editors that run on one machine and edit on another."""

    WINDOW = "window"
    """Wherever the user works: it may be synchronised, and a trusted folder's editor settings may change it."""
    MACHINE = "machine"
    """On one machine only, as paths and addresses do."""


class Failure(Enum):
    """What becomes of a wrong value. A setting without a mark is `OPEN`."""

    OPEN = "open"
    """What weaker layers say counts, or the default."""
    CLOSED = "closed"
    """Nothing else counts: what needs the setting is refused (`picode.settings.refused`). For settings that decide where
    requests go, as whom, and how many."""


class Section(BaseModel):
    """A table of settings. Strict: `"75"` is no number and `1` is no truth value, as in the schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


def _integral(value: Any) -> Any:
    """75.0 is an integer in JSON Schema, and what some editors send for 75."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def checked_address(value: str) -> str:
    """`value`. Raises `ValueError` where its port is not a valid one."""
    _ = urlsplit(value).port  # raises for a port or an IPv6 address that is none
    return value


def constrained(pattern: str, demand: str) -> Any:
    """A constraint on text. `patternErrorMessage` is what VS Code shows in its settings editor, and we in a problem."""
    return Field(pattern=pattern, json_schema_extra={"patternErrorMessage": demand})


Integral = BeforeValidator(_integral)
Address = Annotated[
    str,
    constrained(
        r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?$",
        "should be an address that begins with http:// or https://, without user name, password and query",
    ),
    AfterValidator(checked_address),
]
BaseUrl = Annotated[
    str,
    constrained(
        r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?(\?api-version=[A-Za-z0-9.-]+)?$",
        "should be an address that begins with http:// or https://, without user name, password and query",
    ),
    AfterValidator(checked_address),
]
WebOrigin = Annotated[
    str, constrained(r"^[a-z][a-z0-9+.-]*://[^\s/?#@\\]+$", "should be an origin such as https://tools.example.org")
]
HostName = Annotated[
    str,
    constrained(
        r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$",
        "should be a host's name, with a port or without, such as gateway.example.org",
    ),
]
VariableName = Annotated[
    str,
    constrained(
        r"^[A-Za-z_][A-Za-z0-9_]*$", "should be the name of an environment variable (the name, not the key itself)"
    ),
]
# RFC 9110, section 5: what a header's name and value may consist of, without the obsolete forms.
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, constrained(r"^[\t -~]*$", "should be text of one line in ASCII")]
