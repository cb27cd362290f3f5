"""Excel and OpenDocument files unpacked with care: a few kilobytes can hold gigabytes.

Sizes are first those that the archive says, then those that come out. What is read of a file is told by us and by the
spreadsheet library in the same way, or the file is refused.
"""

import struct
import zipfile
import zlib
from io import BytesIO

from shared.events.codelists import Label
from shared.events.problems import problem

from .model import SheetFault
from .table import damaged

MOST_UNPACKED_BYTES = 120 * 1024 * 1024
MOST_FILES = 1_000
MOST_TIMES_LARGER = 200
"""Real worksheets are 5 to 40 times larger when they are unpacked."""
SMALL_BYTES = 2 * 1024 * 1024
"""Below this a file may be any times larger: an empty sheet with styles compresses well."""
_CHUNK = 64 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def is_archive(content: bytes) -> bool:
    return content[:4] == b"PK\x03\x04"


def refuse_old(content: bytes) -> None:
    """Files of Excel before 2007, and encrypted ones, which look the same from outside. Raises SheetFault."""
    if content[:8] == _OLE:
        if _ENCRYPTED in content:
            raise SheetFault(problem("file-password"))
        detail = Label(
            "een oud Excel-bestand (.xls); sla het op als .xlsx", "an old Excel file (.xls); save it as .xlsx"
        )
        raise SheetFault(problem("file-kind", detail=detail))


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files in the archive, by their names in lower case (that is how they are looked for). Raises SheetFault when it is no archive, or unpacks to too much."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError, UnicodeError) as error:
        raise damaged() from error
    declared = sum(e.file_size for e in entries)
    if len(entries) > MOST_FILES or declared > MOST_UNPACKED_BYTES:
        raise SheetFault(problem("file-unpacks"))
    if any(e.file_size > max(SMALL_BYTES, MOST_TIMES_LARGER * e.compress_size) for e in entries):
        raise SheetFault(problem("file-unpacks"))
    if any(e.flag_bits & 0x1 for e in entries):
        raise SheetFault(problem("file-password"))
    files = {e.filename.lower(): _inflated(content, e) for e in entries}
    kinds = files.keys() & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
    if len(files) < len(entries) or len(kinds) > 1:  # then it depends on the reader what is read
        raise damaged()
    return files


def _inflated(content: bytes, entry: zipfile.ZipInfo) -> bytes:
    """One file of the archive, stopped as soon as it is larger than the archive says."""
    head = content[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise damaged()
    start = entry.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
    packed = content[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        return packed
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged()
    inflate, out, size = zlib.decompressobj(-zlib.MAX_WBITS), [], 0
    try:
        while packed and not inflate.eof:
            piece = inflate.decompress(packed, _CHUNK)
            packed = inflate.unconsumed_tail
            size += len(piece)
            if size > entry.file_size:
                raise SheetFault(problem("file-unpacks"))
            out.append(piece)
    except zlib.error as error:
        raise damaged() from error
    return b"".join(out)
