"""`picode server`: the HTTP gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from picode.cli.groups import App
from picode.cli.terminal import Yes, examples, print_text, require_yes

if TYPE_CHECKING:
    from picode.settings.model import Gateway

app = App(help="An HTTP API for other programs: PiCode's own, OpenAI's and Anthropic's, in front of all your models.")


@app.callback(invoke_without_command=True, epilog=examples("picode server", "picode server --port 8080 --workers 4"))
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="How many processes serve requests.")] = None,
    expose: Annotated[
        bool, typer.Option("--expose", help="Let other machines reach it, at an address that they can.")
    ] = False,
) -> None:
    """Serve until it is stopped."""
    if context.invoked_subcommand is not None:
        return
    given = {"host": host, "port": port, "workers": workers}
    own = {"gateway": {name: value for name, value in given.items() if value is not None}}
    raise typer.Exit(_serve(own, expose=expose))


def _serve(own: dict[str, Any], *, expose: bool) -> int:
    import asyncio

    from picode.core.errors import ConfigurationError
    from picode.core.origins import is_loopback
    from picode.io import logs
    from picode.io.extras import require

    logs.configure()
    try:
        require("gateway", "The gateway needs a web server, which is not installed.")
        from picode.gateway import serving

        settings = _settings(own)
        if not is_loopback(settings.host) and not expose:
            print_text(
                f"At {settings.host} other machines can reach the gateway. If you mean that, say so with --expose.",
                err=True,
            )
            return 2
        listening = serving.listen(settings.host, settings.port)
        token = asyncio.run(_ensure_token())
    except ConfigurationError as error:
        print_text(str(error), err=True)
        return 1
    port = listening.getsockname()[1]
    _announce(settings, port, token)
    plan = serving.Serving(settings.host, port, settings.workers, settings.drain_seconds, own)
    with _address_written(settings.host, port):
        return serving.serve(plan, listening)


@contextmanager
def _address_written(host: str, port: int) -> Iterator[None]:
    """Has `picode server health` find the gateway. Of several on one machine, it finds the one that started last."""
    from contextlib import suppress

    from picode.cli.health import FILE
    from picode.io.folders import runtime_folder

    file = runtime_folder() / FILE
    text = f"{host} {port}"
    file.write_text(text, "utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text("utf-8") == text:
                file.unlink()


def _settings(own: dict[str, Any]) -> Gateway:
    from picode.cli.session import resolved_here

    return resolved_here(own).settings.gateway


async def _ensure_token() -> str:
    """Where the token is to be found."""
    from picode.io.gateway_tokens import VARIABLE, GatewayTokens

    tokens = GatewayTokens()
    given = await tokens.ensure() not in (await tokens.all()).values()
    return f"the variable {VARIABLE}" if given else str(tokens.file)


def _announce(settings: Gateway, port: int, token: str) -> None:
    from picode.core.origins import is_loopback

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print_text(f"PiCode serves at http://{host}:{port}, for OpenAI's clients at http://{host}:{port}/v1.", err=True)
    print_text(f"The token is in {token}; `picode server token` shows it. Stop with Ctrl-C.", err=True)
    if not is_loopback(settings.host):
        print_text(
            "Other machines can reach it, without encryption: put a proxy with a certificate in front, and name the hosts "
            "it may be called by in picode.gateway.allowedHosts.",
            err=True,
        )


@app.command(epilog=examples("picode server token", "picode server token ada --rotate"))
def token(
    name: Annotated[str, typer.Argument(help="The name of the token; without one, the usual token.")] = "default",
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one. The old one is worth nothing at once.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Make it worth nothing.")] = False,
    yes: Yes = False,
) -> None:
    """Show the token that programs send, or make one: `picode server token ada --rotate` gives Ada her own."""

    import asyncio

    from picode.core.errors import ConfigurationError

    if remove or rotate:
        require_yes(f"the token {name}" + (", and make a new one" if rotate else ""), yes=yes or not _known(name))
    try:
        print_text(asyncio.run(_token(name, rotate=rotate, remove=remove)))
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from error


def _known(name: str) -> bool:
    """Whether there is a token of that name. Making the first one deletes nothing."""
    import asyncio

    from picode.core.errors import ConfigurationError
    from picode.io.gateway_tokens import GatewayTokens

    try:
        return name in asyncio.run(GatewayTokens().all())
    except ConfigurationError:
        return False


async def _token(name: str, *, rotate: bool, remove: bool) -> str:
    from picode.core.errors import ConfigurationError
    from picode.io.gateway_tokens import USUAL, GatewayTokens

    tokens = GatewayTokens()
    if remove:
        gone = await tokens.remove(name)
        return f"The token {name!r} is worth nothing any more." if gone else f"There was no token {name!r}."
    if rotate:
        return await tokens.rotate(name)
    if name == USUAL:
        return await tokens.ensure()
    found = await tokens.all()
    if name not in found:
        known = ", ".join(sorted(found)) or "none yet"
        raise ConfigurationError(f"There is no token {name!r} (there are: {known}).", "Make it with --rotate.")
    return found[name]


@app.command(epilog=examples("picode server health"))
def health(
    host: Annotated[str | None, typer.Option(help="Where it listens.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port.")] = None,
) -> None:
    """Tell whether a gateway answers here, by the exit code: 0 if it does. Without options, the one that started last."""
    from picode.cli.health import ask, check, reachable

    if host is None and port is None:
        raise typer.Exit(check())
    settings = _settings({})
    where, at = reachable(host or settings.host), port or settings.port
    try:
        status = ask(where, at)
    except (OSError, ValueError) as error:
        print_text(f"No answer at {where}:{at} ({error}).", err=True)
        raise typer.Exit(1) from error
    print_text("ok" if status == 200 else f"not ready ({status})")
    raise typer.Exit(0 if status == 200 else 1)
