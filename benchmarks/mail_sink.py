"""`python -m benchmarks.mail_sink PORT`: a mail server that takes every mail and keeps none."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Taker:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 taken"


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = partial(SMTP, _Taker(), enable_SMTPUTF8=True, hostname="localhost", loop=loop)
    async with await loop.create_server(server, "127.0.0.1", port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
