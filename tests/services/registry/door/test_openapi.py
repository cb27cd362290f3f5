"""The description of the HTTP door says what it does: everything that may be asked, and everything that may be answered."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from services.registry.api.openapi import openapi

from .conftest import Open
from .house import House

pytestmark = pytest.mark.stack

EXAMPLES = 15
"""Requests that are tried at random of each kind and path."""
NOT_OURS = (
    "positive_data_acceptance",  # the schema cannot say which source is this partner's, nor which postcodes exist
    "negative_data_rejection",  # a field that is not known is accepted with a warning; a type is told before its schema
)


def described() -> dict[str, Any]:
    return openapi("https://burenbus.example")


async def test_the_description_is_served_without_a_token(door: House) -> None:
    """And names the address at which it is served."""
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as client:
        answer = await client.get("/events/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == openapi(door.url)


def test_every_example_keeps_to_its_schema() -> None:
    """Of requests and answers alike."""
    document = described()
    tried = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for content in body.get("content", {}).values():
                    schema = {**content["schema"], "components": document["components"]}
                    examples = [e["value"] for e in content.get("examples", {}).values()]
                    for example in [*examples, *([content["example"]] if "example" in content else [])]:
                        jsonschema.Draft202012Validator(schema).validate(example)
                        tried += 1
            assert operation["summary"], path
    assert tried > 30


@pytest.mark.parametrize(
    ("with_token", "phases", "most_s"),
    [(True, "examples,coverage,fuzzing", 45), (False, "examples,fuzzing", 8)],
    ids=["with-token", "without-token"],
)
async def test_what_is_asked_at_random_is_answered_as_described(
    open_door: Open, tmp_path: Path, with_token: bool, phases: str, most_s: int
) -> None:
    """Whatever is asked, no answer is a server's error, and each keeps to the description (schemathesis, derandomised)."""
    door = await open_door(door_events_per_second=100_000, door_burst_events=1_000_000)
    partner = await door.sender()
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{door.url}/events/openapi.json",
        "--generation-deterministic", f"--max-examples={EXAMPLES}",
        f"--phases={phases}", f"--max-time={most_s}", "--no-shrink", "--no-color", "--continue-on-failure",
        "--checks=all", f"--exclude-checks={','.join(NOT_OURS)}", "--suppress-health-check=all", "--warnings=off",
        *(["--header", f"Authorization: Bearer {partner.token}"] if with_token else []),
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
