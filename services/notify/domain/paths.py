"""Where a page may send its reader on to: our own pages, nowhere else."""

from urllib.parse import urlsplit

HOME = "/medewerker"


def onward(path: str | None) -> str | None:
    """The path if it is one of ours, else None. Browsers read a backslash as a slash, and `//` as another host."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return None
    parts = urlsplit(path)
    return None if parts.scheme or parts.netloc else path
