"""The console: every command reads the settings, does one thing and imports only what that needs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

import click

from events_app.accounts.rules import ROLES, Role
from events_app.kit import settings as process_settings
from events_app.kit.settings import Settings, SettingsError
from events_app.supervisor.errors import SupervisorError

T = TypeVar("T")
COMMAND_POOL_SIZE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clustertreff")
def cli() -> None:
    """Registration, tickets, check-in and matchmaking for the meetings of training clusters."""


def main() -> None:
    """Run a command; what the operator can mend is told in one line and ends with exit code 1."""
    try:
        cli(prog_name="clustertreff")
    except (SettingsError, SupervisorError) as error:
        click.echo(f"clustertreff: {error}", err=True)
        sys.exit(1)


@cli.command()
def up() -> None:
    """Run everything: embedded servers, web, worker and mail catcher, until Ctrl-C."""
    from events_app.supervisor.up import up as run  # noqa: PLC0415 - each command imports only its own

    run(process_settings.current(), click.echo)


@cli.command()
@click.option("--fd", type=int, hidden=True, help="A listening socket handed over by `up`.")
def web(fd: int | None) -> None:
    """Serve HTTP."""
    from events_app.supervisor import serve  # noqa: PLC0415 - same

    if fd is None:
        serve.serve_web(process_settings.current(), click.echo)
    else:
        serve.serve_web_of_up(process_settings.current(), fd)


@cli.command()
def worker() -> None:
    """Send mail and run matching and housekeeping jobs."""
    from events_app.supervisor.serve import serve_worker  # noqa: PLC0415 - same

    serve_worker(process_settings.current())


@cli.command()
@click.option("--quiet", is_flag=True, help="Say nothing if there was nothing to do.")
def migrate(quiet: bool) -> None:  # noqa: FBT001 - click passes by name
    """Bring the database to the current schema."""
    from events_app.kit.migrations import migrate as apply  # noqa: PLC0415 - same

    applied = _with_database("migrate", apply)
    if applied or not quiet:
        click.echo(f"{len(applied)} migrations applied; the schema is current")


@cli.command()
@click.option("--links/--no-links", "links", default=None, help="Only show the log-in links, or only load.")
def demo(links: bool | None) -> None:  # noqa: FBT001 - click passes by name
    """Load the demo clusters, organisations and events, and show the demo log-in links."""
    from events_app.demo import service  # noqa: PLC0415 - same

    async def load_and_link() -> list[tuple[str, str]]:
        if links is not True:
            await service.load()
        return await service.login_links() if links is not False else []

    for label, url in _with_database("demo", load_and_link):
        click.echo(f"  {label}: {url}")


@cli.command()
def doctor() -> None:
    """Check database, queue, SMTP, base URL, clock, secret and disk."""
    from events_app.supervisor.doctor import examine  # noqa: PLC0415 - same

    findings = examine(process_settings.current())
    for finding in findings:
        click.echo(f"{'ok' if finding.ok else 'FAIL':<4}  {finding.name:<8}  {finding.text}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@cli.command()
@click.argument("event", metavar="EVENT_SLUG")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export(event: str, folder: Path) -> None:
    """Write everything about an event into a folder: a CSV for each table, and one XLSX with all of them."""
    from events_app.privacy import export as files  # noqa: PLC0415 - same

    tables = _with_database("export", lambda: files.tables_of(event))
    try:
        written = files.write(tables, event, folder)
    except OSError as error:
        raise click.ClickException(f"the files can't be written: {error}") from error
    for path in written:
        click.echo(path)


@cli.command()
@click.argument("email")
def erase(email: str) -> None:
    """Erase the person with this address everywhere; says what is kept, and why."""
    from events_app.privacy import service  # noqa: PLC0415 - same

    found = _with_database("erase", lambda: service.erase_address(email))
    if found.anything:
        click.echo(f"erased: as contact {found.registrations}, as attendee of others {found.people}")
        click.echo(f"erased from the newsletter: {'yes' if found.newsletter else 'was not there'}")
    else:
        click.echo("nothing is stored about this address")
    for record in found.kept:
        until = f"until {record.until}" if record.until else "with no date set yet"
        click.echo(
            f"kept: name, organisation and day on the attendance record of {record.event}, {until}: the funder may ask"
        )
    if found.account:
        click.echo("kept: the account that logs in with this address")


@cli.command()
@click.argument("problem", type=click.File("rb"), metavar="PROBLEM.json")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=60, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="PLAN.json")
def schedule(problem: BinaryIO, seconds: float, out: Path | None) -> None:
    """Plan a round of meetings from a file; needs no database.

    Exit code 0: a plan; 3: proved that there is none; 4: none found in time; 2: a bad file.
    """
    began = time.monotonic()
    from events_app.matchmaking import plan_file, problem_file  # noqa: PLC0415 - same
    from events_app.matchmaking.rules.schedule.choose import plan  # noqa: PLC0415 - same
    from events_app.matchmaking.rules.schedule.values import Limits  # noqa: PLC0415 - same

    try:
        entered = problem_file.read(problem.read())
    except problem_file.ProblemFileError as error:
        click.echo(f"clustertreff: {problem.name}\n{error}", err=True)
        sys.exit(plan_file.BAD_FILE)
    if out is not None and not out.parent.is_dir():
        raise click.UsageError(f"there is no folder {str(out.parent)!r}")
    found = plan(entered, Limits(seconds=max(seconds - (time.monotonic() - began), 0)))
    written = plan_file.written(found, time.monotonic() - began)
    if out is None:
        click.echo(written, nl=False)
    else:
        out.write_bytes(written)
    sys.exit(plan_file.EXIT_CODES[found.status])


@cli.group()
def account() -> None:
    """People who log in."""


@account.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--cluster", metavar="SLUG", help="The cluster of an agent.")
def account_create(email: str, role: Role, cluster: str | None) -> None:
    """Create an account (or change its role) and print a one-time log-in link."""
    from events_app.accounts import rules, service  # noqa: PLC0415 - same

    async def create() -> str:
        account_id = await service.create_account(email, role, cluster_id=await _cluster_id(role, cluster))
        return (await service.new_login(account_id, rules.PRINTED_LOGIN_LIFETIME)).url

    click.echo(_with_database("account create", create))


@cli.group("api-token")
def api_token() -> None:
    """Keys for scripts."""


@api_token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--cluster", metavar="SLUG", help="The cluster of an agent.")
def api_token_create(name: str, role: Role, cluster: str | None) -> None:
    """Create a token and print it, this once, alone on the last line."""
    from events_app.accounts import service  # noqa: PLC0415 - same

    async def create() -> str:
        return await service.create_api_token(name, role, await _cluster_id(role, cluster))

    click.echo(_with_database("api-token create", create))


async def _cluster_id(role: Role, slug: str | None) -> UUID | None:
    from events_app.organisations import queries  # noqa: PLC0415 - same

    if slug is None:
        if role == "agent":
            raise click.UsageError("an agent needs --cluster SLUG")
        return None
    if role == "admin":
        raise click.UsageError("an admin has all clusters: leave --cluster out")
    found = await queries.cluster_id(slug)
    if found is None:
        raise click.UsageError(f"there is no cluster {slug!r}")
    return found


def _with_database(command: str, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` on the database: that of a living `up`, else one started for as long as it takes."""
    from events_app.supervisor.servers import running  # noqa: PLC0415 - same

    with running(process_settings.current(), command) as settings:
        process_settings.use(settings)
        return asyncio.run(_connected(settings, work))


async def _connected(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    import asyncpg  # noqa: PLC0415 - same

    from events_app.kit import db  # noqa: PLC0415 - same
    from events_app.kit.errors import Refusal  # noqa: PLC0415 - same
    from events_app.kit.migrations import MigrationFailedError  # noqa: PLC0415 - same

    db.use_database(settings.database_url)
    try:
        async with db.pool(size=COMMAND_POOL_SIZE):
            return await work()
    except asyncpg.UndefinedTableError as error:
        raise click.ClickException("the database has no schema yet: run clustertreff migrate first") from error
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise click.ClickException(f"the database can't be used: {error}") from error
    except MigrationFailedError as error:
        raise click.ClickException(f"the migrations did not run: {error}") from error
    except Refusal as error:
        raise click.ClickException("; ".join([str(error), *(field.message for field in error.errors)])) from error
