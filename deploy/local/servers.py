"""A private PostgreSQL and RabbitMQ together: for the local stack, and on their own to run tests against.

`python -m deploy.local.servers up --dir DIR` starts a pair that several test runs can share, `env` prints what to
export for that, `down` stops it.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import DeployError
from deploy.local import rabbitmq
from deploy.local.account import state_home, unprivileged
from deploy.local.packages import Say
from deploy.local.postgres import Postgres
from deploy.local.process import Pid
from deploy.local.rabbitmq import RabbitMQ

BOTH = ("postgres", "rabbitmq")


def _quiet(_: str) -> None:
    """Say nothing."""


class Servers:
    """Both servers with their state under one directory."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        account = unprivileged()
        self.home = state_home(directory, account)
        self.rabbitmq = RabbitMQ(account.own(self.home / "rabbitmq"), account)
        self.postgres = Postgres(account.own(self.home / "postgres"), account, durable=durable)

    def start(self, names: Sequence[str] = BOTH, say: Say = _quiet) -> None:
        """Install what is missing and start what is not running, both at once. Raises DeployError."""
        if "rabbitmq" in names:
            rabbitmq.ensure_installed(say)
        if stopped := [name for name in names if not getattr(self, name).running]:
            say("Eigen servers starten, op vrije poorten: " + ", ".join(stopped))
        with ThreadPoolExecutor() as pool:
            for started in [pool.submit(getattr(self, name).start) for name in names]:
                started.result()

    def stop(self) -> None:
        """Stop both; nothing of them is left running."""
        with ThreadPoolExecutor() as pool:
            for stopped in [pool.submit(self.postgres.stop), pool.submit(self.rabbitmq.stop)]:
                stopped.result()

    @property
    def pids(self) -> list[Pid]:
        """Every process that was started."""
        return self.postgres.pids + self.rabbitmq.pids

    def test_environment(self) -> dict[str, str]:
        """What makes the tests use these servers instead of a pair of their own."""
        return {
            "BURENBUS_TEST_POSTGRES": self.postgres.dsn,
            "BURENBUS_TEST_AMQP": self.rabbitmq.amqp_url,
            "BURENBUS_TEST_RABBITMQ_API": self.rabbitmq.api_url,
            "BURENBUS_TEST_RABBITMQCTL": self.rabbitmq.rabbitmqctl,
        }


app = typer.Typer(help=__doc__, no_args_is_help=True)
Directory = Annotated[Path, typer.Option("--dir", help="Where the servers keep their state.")]


@app.command()
def up(
    directory: Directory,
    durable: Annotated[bool, typer.Option(help="Survive a crash of the machine; slower.")] = False,
) -> None:
    """Start the pair, for tests unless --durable, and print what to export."""
    servers = Servers(directory, durable=durable)
    servers.start(say=lambda text: print(text, file=sys.stderr))
    _print_exports(servers)


@app.command()
def down(directory: Directory) -> None:
    """Stop the pair. Its state stays in the directory."""
    Servers(directory).stop()


@app.command("env")
def environment(directory: Directory) -> None:
    """Print what to export so that the tests use this pair."""
    _print_exports(Servers(directory))


def _print_exports(servers: Servers) -> None:
    for name, value in servers.test_environment().items():
        print(f"export {name}='{value}'")


if __name__ == "__main__":
    try:
        app()
    except DeployError as error:
        raise SystemExit(f"burenbus: {error}") from None
