"""What the HTTP door answers, for its OpenAPI description: schemas, examples, and the paths that only ask."""

from collections.abc import Mapping
from typing import Any

from shared.events.base import PREFIX
from shared.events.problems import problem

from . import faults as problems
from .history import MOST_CLAIMS, MOST_LINES, OUTCOMES

_SOURCE = "urn:burenbus:partner:omzien"
_ID = "0199a4e1-0001-7000-8000-000000000001"
_INITIATIVE = "0199a4e2-0003-7000-8000-000000000009"
_TYPE = f"{PREFIX}initiative-reported.v1"
_TEXT: Mapping[str, Any] = {"type": "string"}
_MOMENT: Mapping[str, Any] = {"type": "string", "format": "date-time"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


_NAMED: Mapping[str, Any] = {
    "index": {"type": "integer", "minimum": 0, "description": "Its place in the request, from 0."},
    "id": _TEXT,
    "source": _TEXT,
    "type": _TEXT,
}

SCHEMAS: Mapping[str, Any] = {
    "Problem": _object(
        "pointer code nl en documentation",
        pointer={
            **_TEXT,
            "description": "JSON Pointer (RFC 6901) to the fault: in the event, of a refused batch in the list; of a question "
            "the name of the parameter. Empty: the whole.",
        },
        code={**_TEXT, "description": "Stable: a program may act on it."},
        value={"description": "What was there; left out where it may be personal."},
        nl=_TEXT,
        en=_TEXT,
        documentation={"type": "string", "format": "uri"},
    ),
    "ProblemDocument": _object(
        "type title status problems",
        type={"type": "string", "format": "uri-reference"},
        title=_TEXT,
        status={"type": "integer"},
        problems=_list("Problem"),
    ),
    "Received": _object(
        "events",
        events={
            "type": "array",
            "items": _object(
                "index status",
                **_NAMED,
                status={"enum": ["received", "refused"]},
                history={"type": "string", "format": "uri", "description": "Where to ask what became of it."},
                problems=_list("Problem"),
            ),
        },
    ),
    "Validated": _object(
        "valid events",
        valid={"type": "boolean", "description": "Whether nothing would be refused."},
        events={
            "type": "array",
            "items": _object(
                "index status problems warnings",
                **_NAMED,
                status={"enum": ["valid", "refused"]},
                problems=_list("Problem"),
                warnings=_list("Problem"),
            ),
        },
    ),
    "HistoryLine": _object(
        "outcome receivedAt",
        id=_TEXT,
        source=_TEXT,
        type=_TEXT,
        subject={**_TEXT, "description": "What it was about: of a report the externalId."},
        outcome={"enum": list(OUTCOMES), "description": "`underway`: published over HTTP, and not answered yet."},
        receivedAt=_MOMENT,
        answeredAt=_MOMENT,
        initiativeId=_TEXT,
        answerId={**_TEXT, "description": "The id of the answer, as in the feedback queue."},
        problems=_list("Problem"),
        warnings=_list("Problem"),
    ),
    "History": _object(
        "events",
        events=_list("HistoryLine"),
        next={"type": "string", "format": "uri", "description": "The older part, if there is one."},
    ),
    "Claim": _object(
        "externalId initiativeId sha256 saidAt withdrawn",
        externalId=_TEXT,
        initiativeId=_TEXT,
        sha256={**_TEXT, "pattern": "^[0-9a-f]{64}$", "description": "Of all that you last said of it."},
        saidAt=_MOMENT,
        withdrawn={"type": "boolean"},
    ),
    "Claims": _object(
        "partner sources claims",
        partner={**_TEXT, "description": "Whose token was given."},
        sources={"type": "array", "items": _TEXT, "description": "As which it may speak."},
        claims=_list("Claim"),
        next={"type": "string", "format": "uri"},
    ),
}


def _well(text: str, schema: str, example: Any) -> dict[str, Any]:
    return {
        "description": text,
        "content": {"application/json": {"schema": _ref(schema), "examples": {"example": {"value": example}}}},
    }


_KIND = problem("not-in-list", "/data/kind", value="soepclub", known=["zorgcooperatie", "stadsdorp"])
_EVENT = {"index": 0, "id": _ID, "source": _SOURCE, "type": _TYPE}
_MENDED = {**_EVENT, "index": 1, "id": "b-2", "status": "refused", "problems": problems.said([_KIND])}
_LINE = {
    "id": _ID,
    "source": _SOURCE,
    "type": _TYPE,
    "subject": "U-017",
    "outcome": "changed",
    "receivedAt": "2026-09-21T09:30:05Z",
    "answeredAt": "2026-09-21T09:30:05.112Z",
    "initiativeId": _INITIATIVE,
    "warnings": problems.said([problem("unknown-field", "/data/webside")]),
}
_CLAIM = {
    "externalId": "U-017",
    "initiativeId": _INITIATIVE,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "saidAt": "2026-09-21T09:30:05Z",
    "withdrawn": False,
}
RECEIVED = _well(
    "The broker has stored what was received. What was refused stands beside it, with every fault.",
    "Received",
    {
        "events": [
            {**_EVENT, "status": "received", "history": f"https://burenbus.example/partner/history?id={_ID}"},
            _MENDED,
        ]
    },
)
VALIDATED = _well(
    "What the answer would be to each event.",
    "Validated",
    {"valid": True, "events": [{**_EVENT, "status": "valid", "problems": [], "warnings": []}]},
)
_FAULTS = {
    "400": ("Nothing was taken: every fault.", _KIND),
    "401": ("No token, or one that is not valid (any more).", problem("token")),
    "403": ("The source is another's, or you are suspended.", problem("another-identity", "/source", value=_SOURCE)),
    "404": ("No event with this id.", problem("unknown-event", value="b-3")),
    "408": ("The body came too slowly.", problem("too-slow", limit="20")),
    "413": ("The event or the batch is too large.", problem("too-large", size=65537, limit=65536)),
    "415": ("No form that is known, or a compressed body.", problem("content-encoding", value="gzip")),
    "429": (
        "Too fast, or too many requests at once. Others are not hindered.",
        problem("too-fast", limit="100", seconds=3),
    ),
    "503": ("The platform or your queue cannot take it now; send it again, with the same ids.", problem("queue-full")),
}
_RETRY = {
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
}
_CHALLENGE = {"WWW-Authenticate": {"description": "Bearer", "required": True, "schema": _TEXT}}


def faults(*statuses: str) -> dict[str, Any]:
    """The answers with these statuses, as problems."""
    found = {}
    for status in statuses:
        text, example = _FAULTS[status]
        headers = _RETRY if status in ("429", "503") else _CHALLENGE if status == "401" else {}
        body = {"schema": _ref("ProblemDocument"), "example": problems.document(int(status), [example])}
        found[status] = {"description": text, "headers": headers, "content": {problems.MEDIA_TYPE: body}}
    return found


def _asking(name: str, summary: str, text: str, well: Any, statuses: str, *parameters: Any) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "tags": ["history"],
            "summary": summary,
            "description": text,
            "parameters": list(parameters),
            "responses": {"200": well, **faults(*statuses.split())},
        }
    }


def _query(name: str, text: str, **schema: Any) -> dict[str, Any]:
    kept = schema or {"type": "string", "minLength": 1, "maxLength": 300}
    return {"name": name, "in": "query", "description": text, "schema": kept}


_AFTER = _query("after", "Where the page before ended; `next` holds it.")
PATHS: Mapping[str, Any] = {
    "/partner/history": _asking(
        "history",
        "What you sent, and what became of it",
        "Newest first, by whatever way it came. An event has a line for each answer to it.",
        _well("A page of the history.", "History", {"events": [_LINE]}),
        "400 401 503",
        _query("since", "Received at or after.", **_MOMENT),
        _query("until", "Received before.", **_MOMENT),
        _query("type", "With or without the prefix: `initiative-reported.v1`."),
        _query("outcome", "What became of it.", type="string", enum=list(OUTCOMES)),
        _query("code", "With this fault or warning."),
        _query("id", "The id of the event."),
        _query("source", "Its source."),
        _query("subject", "What it was about: of a report the externalId."),
        _AFTER,
        _query("limit", "How many lines.", type="integer", minimum=1, maximum=MOST_LINES, default=100),
    ),
    "/partner/history/{id}": _asking(
        "historyOfEvent",
        "What became of one event",
        "All answers to the events with this id, newest first.",
        _well("Its answers.", "History", {"events": [_LINE]}),
        "401 404 503",
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
    ),
    "/partner/claims": _asking(
        "claims",
        "What the platform holds as your word",
        "Every initiative that you reported, by its externalId, with a hash of what you last said of it: to see what changed.",
        _well("A page of them.", "Claims", {"partner": "omzien", "sources": [_SOURCE], "claims": [_CLAIM]}),
        "400 401 503",
        _AFTER,
        _query("limit", "How many.", type="integer", minimum=1, maximum=MOST_CLAIMS, default=1000),
    ),
    "/events/openapi.json": {
        "get": {
            "operationId": "openapi",
            "tags": ["events"],
            "summary": "This description",
            "security": [],
            "responses": {
                "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
            },
        }
    },
}
