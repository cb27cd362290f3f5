"""What the documents show can be run, and what they point to exists."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from deploy.cli import build

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "shared/**/README.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts and "node_modules" not in path.parts
)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every line of a shell block, by document."""
    for document in DOCUMENTS:
        for block in re.findall(r"```sh\n(.*?)```", document.read_text("utf-8"), re.DOTALL):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield str(document.relative_to(ROOT)), words


COMMANDS = list(commands())


@pytest.mark.parametrize(
    ("document", "words"), COMMANDS, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_command_in_a_document_exists(document: str, words: list[str]) -> None:
    """make's targets, burenbus's commands with their options, and scripts are there under the names that are shown."""
    assert document
    match words[0]:
        case "make":
            targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
            assert next(w for w in words[1:] if "=" not in w) in targets
        case "burenbus":
            arguments = [w for w in words[1:] if not w.startswith("-")]
            options = [w.split("=")[0] for w in words[1:] if w.startswith("--")]
            path = _command_path(arguments)
            result = CliRunner().invoke(build(), [*path, "--help"], env={"COLUMNS": "200"})
            assert result.exit_code == 0
            assert [o for o in options if o not in result.output] == []
        case "sh":
            assert (ROOT / words[1]).is_file()
        case "python" | "node":
            assert [file for file in words[1:] if not (ROOT / file).is_file()] == []
        case "pip":
            assert words[1:3] == ["install", "-r"]
            assert (ROOT / words[3]).is_file()
        case "npm":
            assert words[1:3] == ["ci", "--prefix"]
            assert (ROOT / words[3] / "package-lock.json").is_file()
        case "docker":
            assert words[:4] == ["docker", "compose", "-f", "deploy/compose.yaml"]
        case "git" | "cd":
            pass
        case other:
            pytest.fail(f"{other} is not known here")


def _command_path(words: list[str]) -> list[str]:
    """The words that name a command; what follows are its arguments."""
    command, path = typer.main.get_command(build()), []
    for word in words:
        inside = getattr(command, "commands", {})
        if word not in inside:
            break
        command = inside[word]
        path.append(word)
    assert path or not words
    return path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_leads_somewhere(document: Path) -> None:
    """Every relative link names a file or folder of the tree, and a heading in it where it says so."""
    lost = []
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", document.read_text("utf-8")):
        file = document.parent / target if target else document
        if "://" in target or not file.exists():
            lost += [] if "://" in target else [target]
        elif anchor and anchor not in _anchors(file):
            lost.append(f"{target}#{anchor}")
    assert lost == []


def _anchors(document: Path) -> set[str]:
    """The names under which headings are reached, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_new_env_gives_every_setting_that_compose_needs_a_secret_of_its_own() -> None:
    """No secret is empty or used twice, and each required variable of compose.yaml is set."""
    made = subprocess.run(["sh", ROOT / "deploy/new-env"], capture_output=True, text=True, check=True).stdout
    values = dict(line.split("=", 1) for line in made.splitlines() if "=" in line and not line.startswith("#"))
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "deploy/compose.yaml").read_text("utf-8")))
    assert [name for name in sorted(required) if not values.get(name)] == []
    secrets = [value for name, value in values.items() if "PASSWORD" in name or "SECRET" in name]
    assert len(set(secrets)) == len(secrets)
    assert min(map(len, secrets)) >= 32


def test_without_its_own_env_compose_has_no_secret_that_works() -> None:
    """The example itself leaves every secret empty."""
    lines = (ROOT / "deploy/.env.example").read_text("utf-8").splitlines()
    assert [line for line in lines if re.match(r"^[A-Z_]*(PASSWORD|SECRET)[A-Z_]*=.+", line)] == []


def test_the_command_line_answers_quickly_and_without_heavy_libraries() -> None:
    """`burenbus --help` imports neither charts nor the web framework."""
    code = "import sys, deploy.cli; deploy.cli.build(); print([m for m in ('matplotlib', 'fastapi', 'aio_pika') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.strip() == "[]"
