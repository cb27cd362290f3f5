"""The yardstick for mails: aiosmtplib in a loop, over so many connections, with nothing around it.

`python -m deploy.bench.bare_mail PORT CONNECTIONS COUNT BYTES` hands over so many mails whose bytes were made before.
"""

import asyncio
import sys
from collections.abc import Iterator
from email.message import EmailMessage

import aiosmtplib

FROM = "meting@burenbus.example"


def a_mail(size: int) -> bytes:
    """A mail of about so many bytes."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = FROM, "iemand@burenbus.example", "Meting"
    message.set_content("Dit is een regel van een mail die nergens aankomt.\n" * (size // 51))
    return message.as_bytes()


async def hand_over(port: int, content: bytes, numbers: Iterator[int]) -> None:
    """One connection's share: whatever is left."""
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
        for number in numbers:
            await smtp.mail(FROM)
            await smtp.rcpt(f"iemand{number}@burenbus.example")
            await smtp.data(content)


async def main(port: int, connections: int, count: int, size: int) -> None:
    numbers = iter(range(count))
    content = a_mail(size)
    await asyncio.gather(*(hand_over(port, content, numbers) for _ in range(connections)))
    print("ready", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
