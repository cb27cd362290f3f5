"""`docker compose` on a platform of its own, and what an operator and a partner do with it."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def run(*words: str | Path, **more: object) -> str:
    """Runs a command; its output. What went wrong is shown."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT, **more)  # type: ignore[call-overload]
    if done.returncode:
        pytest.fail(f"{shlex.join(map(str, words))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return str(done.stdout)


@dataclass(frozen=True)
class Partner:
    """A partner of the platform in containers: what boarding printed, and what its programs read."""

    name: str
    printed: str
    environment: Mapping[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.environment['BURENBUS_TOKEN']}",
            "Content-Type": "application/cloudevents+json",
        }

    def run(self, *words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A program of this partner, on its own machine: it knows nothing else."""
        env = {"PATH": os.environ["PATH"], "COLUMNS": "200", **self.environment, **environment}
        return subprocess.run(
            [*map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT, env=env, timeout=180
        )


class Compose:
    """`docker compose` on this platform."""

    def __init__(self, environment: dict[str, str], env_file: Path, project: str, url: str) -> None:
        self.environment, self.env_file, self.project, self.url = environment, env_file, project, url

    def __call__(self, *words: str) -> str:
        head = ("docker", "compose", "-f", DEPLOY / "compose.yaml", "--env-file", self.env_file, "-p", self.project)
        return run(*head, *words, env=self.environment)

    def admin(self, *commands: str) -> str:
        """What an operator types over `burenbus`, one after the other; each has to succeed."""
        return self("run", "--rm", "-T", "admin", "sh", "-ec", "\n".join(f"burenbus {each}" for each in commands))

    def container(self, service: str) -> dict[str, Any]:
        [found] = json.loads(run("docker", "inspect", self("ps", "-q", service).strip()))
        inspected: dict[str, Any] = found
        return inspected

    def sql(self, database: str, statement: str) -> str:
        return self("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-Atc", statement)

    def board(self, name: str) -> Partner:
        """A partner that tries things out, as the manual takes it on."""
        printed = self.admin(f"partner add {name} --title 'Netwerk De Proef' --region PV26 --sandbox")
        return Partner(name, printed, self.told(name, printed))

    def told(self, name: str, printed: str) -> dict[str, str]:
        """What boarding or rotation printed, as programs read it."""
        told = dict(re.findall(r"^  (gebruiker|wachtwoord|token|bronnen) +(\S+)$", printed, re.MULTILINE))
        where = next(
            line.partition("//")[2]
            for line in self.env_file.read_text().splitlines()
            if line.startswith("BURENBUS_PARTNER_AMQP_URL=")
        )
        return {
            "BURENBUS_URL": self.url,
            "BURENBUS_TOKEN": told["token"],
            "BURENBUS_PARTNER": name,
            "BURENBUS_SOURCE": told.get("bronnen", f"urn:burenbus:partner:{name}"),
            "BURENBUS_AMQP_URL": f"amqp://{told['gebruiker']}:{told['wachtwoord']}@{where}burenbus",
        }
