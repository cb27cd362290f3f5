"""The contract as documents: schemas, examples, AsyncAPI, code lists, questionnaires, and a list of all of them.

A schema lies at the path of its `$id`. Anybody may read them, from any site; who has one asks again with its ETag.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request, Response

from shared.bus import asyncapi
from shared.events.base import Event
from shared.events.catalogue import by_type
from shared.events.codelists import codelist, codelists
from shared.events.envelope import EVENT_JSON
from shared.events.questionnaire import versions
from shared.events.schema import BASE_URL, schema_of, text_of

router = APIRouter(prefix="/contract")

BASE = urlsplit(BASE_URL).path.removesuffix("/schemas")
"""Where all of this lies, on whatever host: as in the `$id` of the schemas."""
JSON, SCHEMA, ASYNCAPI = (
    "application/json",
    "application/schema+json",
    "application/vnd.aai.asyncapi+json;version=3.0.0",
)
_HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class Document:
    """What is served under one path."""

    body: bytes
    media_type: str

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@cache
def documents() -> Mapping[str, Document]:
    """Every document, by its path below `/contract`."""
    found = {path: Document(text.encode(), media_type) for path, media_type, text in _texts()}
    return {**found, "versions.json": Document(_dump(_versions()).encode(), JSON)}


def _texts() -> Iterator[tuple[str, str, str]]:
    yield "asyncapi.json", ASYNCAPI, asyncapi.FILE.read_text("utf-8")
    for name, kind in by_type().items():
        yield f"schemas/{name}.json", SCHEMA, text_of(schema_of(kind))
        yield f"examples/{name}.json", EVENT_JSON, text_of_example(kind)
    yield "codelists.json", JSON, _dump({name: _codes(name) for name in codelists()})
    for name in codelists():
        yield f"codelists/{name}.json", JSON, _dump(_codes(name))
    for version in versions():
        yield f"questionnaires/{version}.json", JSON, _questionnaire(version)


def text_of_example(kind: type[Event]) -> str:
    """The example of a type, as text."""
    return _dump(asyncapi.example(kind))


def _questionnaire(version: str) -> str:
    return files("shared.events").joinpath(f"data/questionnaires/{version}.json").read_text("utf-8")


def _codes(name: str) -> list[dict[str, str]]:
    return [{"code": code, "nl": label.nl, "en": label.en} for code, label in codelist(name).items()]


def _versions() -> dict[str, Any]:
    """What there is, and in which version: the paths are those on this host."""
    return {
        "asyncapi": {"version": asyncapi.VERSION, "url": f"{BASE}/asyncapi.json"},
        "openapi": {"url": "/events/openapi.json"},
        "types": [
            {
                "type": kind.wire_type(),
                "version": int(name.rpartition(".v")[2]),
                "owner": kind.owner,
                "schema": f"{BASE}/schemas/{name}.json",
                "example": f"{BASE}/examples/{name}.json",
            }
            for name, kind in by_type().items()
        ],
        "codelists": [{"name": name, "url": f"{BASE}/codelists/{name}.json"} for name in codelists()],
        "questionnaires": [{"version": v, "url": f"{BASE}/questionnaires/{v}.json"} for v in versions()],
    }


def _dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


@router.api_route("/{path:path}.json", methods=["GET", "HEAD"], include_in_schema=False)
async def document(request: Request, path: str) -> Response:
    """One document; 304 for who has it already."""
    found = documents().get(f"{path}.json")
    if found is None:
        raise HTTPException(404)
    headers = {**_HEADERS, "ETag": found.etag}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if found.etag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)
