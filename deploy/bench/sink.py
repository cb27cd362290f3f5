"""A mail server that takes everything and keeps nothing: a line for each mail, with when it had it and how large it was.

`python -m deploy.bench.sink PORT`.
"""

import asyncio
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Says when a mail was complete."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        print(f"{time.time():.6f} {len(envelope.content or b'')}", flush=True)
        return "250 OK"


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
