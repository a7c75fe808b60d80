"""A mail server in its own process that logs the emails it accepts and misbehaves on request.

    python -m tests.newsletter.delivery.fake_smtp_server FILE

Prints its port. Before it accepts an email, it appends a line with Message-ID and recipient to FILE. The command XPLAN
sets faults as JSON: `{"RCPT": ["451 4.2.0 later"], "END": ["drop-before"]}` answers the next commands with these lines,
one each. Other faults are "drop" (disconnect), "slow" (wait two seconds) and, for END (the end of the message),
"drop-before" and "drop-after" accepting it. With "PLAIN" it does not offer pipelining.
"""

import asyncio
import json
import os
import re
import sys
from typing import Any

from aiosmtpd.smtp import SMTP

_MESSAGE_ID = re.compile(rb"(?im)^message-id: *(\S+)")


class FaultySMTP(SMTP):
    """The server. All connections share the planned faults."""

    faults: dict[str, list[str]] = {}

    @property
    def _connection(self) -> Any:
        return self.transport

    async def smtp_XPLAN(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Set the faults; "XPLAN {}" removes all."""
        type(self).faults = json.loads(arg)
        await self.push("250 ok")

    async def next_fault(self, verb: str) -> str:
        """Return the fault for this command: "" for none, else the reply or the name of a fault."""
        fault = (self.faults.get(verb) or [""]).pop(0)
        if fault == "slow":
            await asyncio.sleep(2)
            return ""
        if fault == "drop":
            self._connection.abort()
        return fault

    async def push(self, status: Any) -> None:
        """Reply, unless the connection was dropped."""
        if not self._connection.is_closing():
            await super().push(status)


class LoggingHandler:
    """Logs accepted emails."""

    def __init__(self, path: str) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, replies: list[str]) -> list[str]:  # noqa: N802
        session.host_name = host
        return replies if "PLAIN" in server.faults else [*replies[:-1], "250-PIPELINING", replies[-1]]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if reply := await server.next_fault("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if reply := await server.next_fault("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        fault = await server.next_fault("END")
        if fault and fault != "drop-after":
            if fault == "drop-before":
                server.transport.abort()
            return fault
        match = _MESSAGE_ID.search(envelope.original_content or b"")
        message_id = match[1].decode() if match else "none"
        os.write(self._log, f"{message_id} {envelope.rcpt_tos[0]}\n".encode())
        if fault == "drop-after":
            server.transport.abort()
        return "250 2.0.0 accepted"


async def main(path: str) -> None:
    """Serve until killed or until the parent process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: FaultySMTP(LoggingHandler(path), hostname="sink", loop=loop), "127.0.0.1", 0
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
