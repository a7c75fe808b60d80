"""The HTTP API of a mail provider in a process of its own: the shapes of Postmark (/email), Resend (/emails), Brevo.

    python -m tests.newsletter.delivery.fake_provider FILE

It prints its port. FILE gets one line for each mail it took: Message-ID and recipient; FILE.json what was asked, a JSON
object a line. PUT /plan tells it, as a JSON list, how to answer the next requests, one each: a status (refused), "slow"
(taken, answered after two seconds), "drop-before" and "drop-after" (it hangs up before or after it has taken the mail),
"500-after" (taken), "garbage" (taken; no JSON), "inactive" (Postmark's word for an address it does not write to),
"moved" (a redirect), "" (as usual). It heeds keys as Resend and Brevo do.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Provider(BaseHTTPRequestHandler):
    """All providers in one."""

    protocol_version = "HTTP/1.1"
    plan: list[Any] = []
    keys: dict[str, tuple[str, str]] = {}
    taken = 0
    path_of_list = ""
    lock = threading.Lock()

    def do_PUT(self) -> None:  # noqa: N802
        type(self).plan = json.loads(self._body())
        self._answer(200, {})

    def do_GET(self) -> None:  # noqa: N802
        # Where a redirect would lead.
        self._answer(200, {"id": "elsewhere"})

    def do_POST(self) -> None:  # noqa: N802
        body = self._body()
        asked = json.loads(body)
        with self.lock:
            fault = self.plan.pop(0) if self.plan else ""
            self._note(".json", json.dumps({"path": self.path, "headers": dict(self.headers), "body": asked}))
        if isinstance(fault, int):
            address = _recipient(asked)
            return self._answer(fault, {"message": f"no, not to {address}", "name": "no"})
        if fault == "drop-before":
            return self._hang_up()
        if fault == "moved":
            return self._answer(307, {}, Location="/elsewhere")
        if fault == "inactive":
            words = f"Found inactive addresses: {_recipient(asked)}. Inactive recipients are ones that bounced."
            return self._answer(422, {"ErrorCode": 406, "Message": words})
        status, name = self._take(asked, body)
        if fault == "slow":
            time.sleep(2)
        if fault == "drop-after":
            return self._hang_up()
        if fault == "500-after":
            return self._answer(500, {"message": "oops"})
        if fault == "garbage":
            return self._answer(200, None)
        if status == 409:
            return self._answer(409, {"name": "invalid_idempotent_request", "message": name})
        shapes = {
            "/email": {"ErrorCode": 0, "Message": "OK", "MessageID": name, "To": _recipient(asked)},
            "/emails": {"id": name},
            "/smtp/email": {"messageId": f"<{name}@brevo.example>"},
        }
        return self._answer(200, shapes[self.path])

    def _take(self, asked: dict[str, Any], body: str) -> tuple[int, str]:
        """Take the mail, once under each key."""
        headers = asked.get("headers") or {item["Name"]: item["Value"] for item in asked.get("Headers", ())}
        key = headers.get("idempotencyKey") or (self.headers["Idempotency-Key"] if self.path == "/emails" else "")
        with self.lock:
            if key in self.keys:
                earlier, name = self.keys[key]
                return (200 if earlier == body else 409), name
            type(self).taken += 1
            name = f"name-{self.taken}"
            if key:
                self.keys[key] = (body, name)
            self._note("", f"{headers.get('Message-ID', 'none')} {_recipient(asked)}")
        return 200, name

    def _note(self, suffix: str, line: str) -> None:
        file = os.open(self.path_of_list + suffix, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{line}\n".encode())
        os.close(file)

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def _hang_up(self) -> None:
        self.close_connection = True

    def _answer(self, status: int, words: Any, **headers: str) -> None:
        body = b"<html>" if words is None else json.dumps(words).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _recipient(asked: dict[str, Any]) -> str:
    to = asked.get("To") or asked["to"][0]
    return str(to["email"] if isinstance(to, dict) else to)


if __name__ == "__main__":
    Provider.path_of_list = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)
