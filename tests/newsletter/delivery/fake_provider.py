"""An email provider's HTTP API in its own process, with the formats of Postmark, Resend and Brevo.

    python -m tests.newsletter.delivery.fake_provider FILE

Prints its port. FILE gets a line with Message-ID and recipient per accepted email, FILE.json a JSON object per request.
PUT /plan sets the answers to the next requests as a JSON list, one each: an HTTP status (rejected), "slow" (accepted,
answered after two seconds), "drop-before" and "drop-after" (disconnects before or after accepting), "500-after"
(accepted), "garbage" (accepted, answer is not JSON), "inactive" (Postmark's answer for a suppressed address), "moved"
(redirect), "" (normal). It supports idempotency keys as Resend and Brevo do.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeProvider(BaseHTTPRequestHandler):
    """All providers in one."""

    protocol_version = "HTTP/1.1"
    plan: list[Any] = []
    keys: dict[str, tuple[str, str]] = {}
    accepted = 0
    log_path = ""
    lock = threading.Lock()

    def do_PUT(self) -> None:  # noqa: N802
        type(self).plan = json.loads(self._read_body())
        self._respond(200, {})

    def do_GET(self) -> None:  # noqa: N802
        # The target of the redirect.
        self._respond(200, {"id": "elsewhere"})

    def do_POST(self) -> None:  # noqa: N802
        body = self._read_body()
        email = json.loads(body)
        with self.lock:
            fault = self.plan.pop(0) if self.plan else ""
            self._log(".json", json.dumps({"path": self.path, "headers": dict(self.headers), "body": email}))
        if isinstance(fault, int):
            return self._respond(fault, {"message": f"no, not to {_recipient(email)}", "name": "no"})
        if fault == "drop-before":
            return self._disconnect()
        if fault == "moved":
            return self._respond(307, {}, Location="/elsewhere")
        if fault == "inactive":
            message = f"Found inactive addresses: {_recipient(email)}. Inactive recipients are ones that bounced."
            return self._respond(422, {"ErrorCode": 406, "Message": message})
        status, message_id = self._accept(email, body)
        if fault == "slow":
            time.sleep(2)
        if fault == "drop-after":
            return self._disconnect()
        if fault == "500-after":
            return self._respond(500, {"message": "oops"})
        if fault == "garbage":
            return self._respond(200, None)
        if status == 409:
            return self._respond(409, {"name": "invalid_idempotent_request", "message": message_id})
        formats = {
            "/email": {"ErrorCode": 0, "Message": "OK", "MessageID": message_id, "To": _recipient(email)},
            "/emails": {"id": message_id},
            "/smtp/email": {"messageId": f"<{message_id}@brevo.example>"},
        }
        return self._respond(200, formats[self.path])

    def _accept(self, email: dict[str, Any], body: str) -> tuple[int, str]:
        """Accept the email, once per idempotency key."""
        headers = email.get("headers") or {item["Name"]: item["Value"] for item in email.get("Headers", ())}
        key = headers.get("idempotencyKey") or (self.headers["Idempotency-Key"] if self.path == "/emails" else "")
        with self.lock:
            if key in self.keys:
                earlier_body, message_id = self.keys[key]
                return (200 if earlier_body == body else 409), message_id
            type(self).accepted += 1
            message_id = f"name-{self.accepted}"
            if key:
                self.keys[key] = (body, message_id)
            self._log("", f"{headers.get('Message-ID', 'none')} {_recipient(email)}")
        return 200, message_id

    def _log(self, suffix: str, line: str) -> None:
        file = os.open(self.log_path + suffix, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{line}\n".encode())
        os.close(file)

    def _read_body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def _disconnect(self) -> None:
        self.close_connection = True

    def _respond(self, status: int, content: Any, **headers: str) -> None:
        body = b"<html>" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _recipient(email: dict[str, Any]) -> str:
    to = email.get("To") or email["to"][0]
    return str(to["email"] if isinstance(to, dict) else to)


if __name__ == "__main__":
    FakeProvider.log_path = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeProvider)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)
