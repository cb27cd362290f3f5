"""A form with a file, read while it comes in and never further than it may go."""

from collections.abc import AsyncGenerator

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

ROUND_IT = 64 * 1024
"""What the form around the file may take."""
HEARD_OUT = 32 * 1024 * 1024
"""Whoever sends too much is listened to so far, and nothing of it kept: a browser shows an answer only when it is done."""


class TooLarge(Exception):
    """More came than may come."""


async def read_file(request: Request, field: str, limit: int) -> tuple[str, bytes]:
    """The name and content of the file in this field; ("", b"") if none was chosen.

    Raises TooLarge, and 400 or 415 for what is no such form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415)
    parser = MultiPartParser(request.headers, _limited(request, limit + ROUND_IT), max_files=1, max_fields=5)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:  # KeyError: no boundary
        raise HTTPException(400) from error
    try:
        file = form.get(field)
        if not isinstance(file, UploadFile) or not file.filename:
            return "", b""
        content = await file.read(limit + 1)
    finally:
        await form.close()
    if len(content) > limit:
        raise TooLarge
    return _plain_name(file.filename), content


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    got = 0
    async for chunk in request.stream():
        got += len(chunk)
        if got <= limit:
            yield chunk
        elif got > HEARD_OUT:
            break
    if got > limit:
        raise TooLarge


def _plain_name(name: str) -> str:
    """Without folders, and without what does not show."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c if c.isprintable() else "_" for c in last)[-120:] or "bestand"
