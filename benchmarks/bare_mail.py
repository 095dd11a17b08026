"""`python -m benchmarks.bare_mail PORT MAILS FILE`: hand a mail over so often, and print mails per second.

What one could write with aiosmtplib alone: one connection, a loop, a mail that is ready (in FILE). It renders nothing,
asks no database and notes nothing down.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvloop
from aiosmtplib import SMTP


async def send(port: int, mails: int, content: bytes) -> float:
    """Mails per second."""
    async with SMTP(hostname="127.0.0.1", port=port, local_hostname="localhost") as client:
        began = time.perf_counter()
        for number in range(mails):
            await client.sendmail("events@example.org", [f"p{number}@example.org"], content)
        return mails / (time.perf_counter() - began)


if __name__ == "__main__":
    print(uvloop.run(send(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes())))
