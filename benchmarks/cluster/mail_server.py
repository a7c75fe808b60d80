"""A mail server that writes down each email before it accepts it.

    python -m benchmarks.cluster.mail_server ADDRESS PORT FILE

A line of FILE is JSON: the time, the recipient, the Message-ID, and the first link to confirm a subscription.
"""

import asyncio
import json
import os
import re
import sys
import time
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.smtp import SMTP

_CONFIRM = re.compile(r"https?://\S+/newsletter/confirm/[^\s\"<>]+")


class RecordingHandler:
    """Appends a line for each email and each recipient."""

    def __init__(self, path: str) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Record the email, then accept it."""
        message: Any = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        link = _CONFIRM.search(body.get_content() if body else "")
        for recipient in envelope.rcpt_tos:
            line = {
                "at": time.time(),
                "to": recipient,
                "id": str(message["Message-ID"]).strip(),
                "confirm": link[0] if link else "",
            }
            os.write(self._log, f"{json.dumps(line)}\n".encode())
        return "250 2.0.0 accepted"


async def main(address: str, port: str, path: str) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(RecordingHandler(path), hostname="mail.example.org", loop=loop), address, int(port)
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
