"""A mail server in a process of its own that writes down what it took, and can be told to misbehave.

    python -m tests.newsletter.delivery.fake_smtp_server FILE

It prints its port. FILE gets one line for each mail it took: Message-ID and recipient, before it answers. The command
XPLAN tells it, as JSON, how to behave from then on: `{"RCPT": ["451 4.2.0 later"], "END": ["drop-before"]}` answers the
next commands with these lines, one each. Besides lines there are "drop" (hang up), "slow" (after two seconds) and, for
END, the end of the mail, "drop-before" and "drop-after" it is taken. With "PLAIN" it takes one command at a time.
"""

import asyncio
import json
import os
import re
import sys
from typing import Any

from aiosmtpd.smtp import SMTP

_MESSAGE_ID = re.compile(rb"(?im)^message-id: *(\S+)")


class Faulty(SMTP):
    """The server, with a plan for all connections together."""

    plan: dict[str, list[str]] = {}

    @property
    def _line(self) -> Any:
        return self.transport

    async def smtp_XPLAN(self, arg: str) -> None:  # noqa: N802
        """Take a new plan; "XPLAN {}" ends all faults."""
        type(self).plan = json.loads(arg)
        await self.push("250 so be it")

    async def behave(self, verb: str) -> str:
        """What to do now: "" for what is usual, else the line to answer or the name of a fault."""
        fault = (self.plan.get(verb) or [""]).pop(0)
        if fault == "slow":
            await asyncio.sleep(2)
            return ""
        if fault == "drop":
            self._line.abort()
        return fault

    async def push(self, status: Any) -> None:
        """Answer, unless the line was dropped."""
        if not self._line.is_closing():
            await super().push(status)


class Clerk:
    """Writes down what comes in."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, replies: list[str]) -> list[str]:  # noqa: N802
        session.host_name = host
        return replies if "PLAIN" in server.plan else [*replies[:-1], "250-PIPELINING", replies[-1]]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if answer := await server.behave("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if answer := await server.behave("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        fault = await server.behave("END")
        if fault and fault != "drop-after":
            if fault == "drop-before":
                server.transport.abort()
            return fault
        found = _MESSAGE_ID.search(envelope.original_content or b"")
        name = found[1].decode() if found else "none"
        os.write(self._file, f"{name} {envelope.rcpt_tos[0]}\n".encode())
        if fault == "drop-after":
            server.transport.abort()
        return "250 2.0.0 taken"


async def main(path: str) -> None:
    """Serve until killed, or until whoever started it is gone."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Faulty(Clerk(path), hostname="sink", loop=loop), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
