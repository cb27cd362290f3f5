"""What may be personal, shown without showing it: the shape of an event stays, the words that people typed go."""

import json
import re
from typing import Any

_ADDRESS = re.compile(r"[^\s\"'<>,;:=]+@[^\s\"'<>,;)]+")
_DIGITS = re.compile(r"\+?\d[\d \-]{6,}\d")
_QUOTED = re.compile(r"(['\"‘“]).{4,}?['\"’”]")
_LAST_LINE = re.compile(r"^\S*(?:Error|Exception|Failed|Warning)\b.*|^\S+: .*", re.MULTILINE)


def masked(body: bytes) -> str:
    """An event as it came in, with every text in its data hidden; unreadable bytes are hidden altogether."""
    try:
        content = json.loads(body)
    except ValueError:
        return f"({len(body)} bytes, geen JSON)"
    if isinstance(content, dict) and "data" in content:
        content = {**content, "data": _masked(content["data"])}
    else:
        content = _masked(content)
    return json.dumps(content, ensure_ascii=False, indent=2)


def masked_text(text: str) -> str:
    """A traceback, without what messages quote: addresses, telephone numbers, and values."""
    shown = _LAST_LINE.sub(lambda line: _QUOTED.sub(r"\1…\1", line[0]), text)
    return _DIGITS.sub("…", _ADDRESS.sub("…@…", shown))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_masked(inside) for inside in value]
    if isinstance(value, str):
        return f"({len(value)} tekens)"
    return "(getal)" if isinstance(value, (int, float)) and not isinstance(value, bool) else value
