"""Whether a process is well, as it says itself at /health/ready."""

import httpx

TIMEOUT_S = 5.0


def ask(address: str) -> tuple[bool, str]:
    """Whether the process at this address is healthy, and that in a few Dutch words with its own reason."""
    try:
        answer = httpx.get(f"{address}/health/ready", timeout=TIMEOUT_S, trust_env=False)
    except httpx.HTTPError:
        return False, "antwoordt niet"
    return (True, "gezond") if answer.is_success else (False, f"niet klaar: {answer.text.strip()[:100]}")
