"""Moto's S3 server with a disk, so that it can be killed: an object is on the disk before its upload is acknowledged.

python -m benchmarks.cluster.s3_server ADDRESS PORT FOLDER BUCKET
"""

import json
import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.test import Client

_HEADERS = ("CONTENT_TYPE", "HTTP_CACHE_CONTROL", "HTTP_CONTENT_DISPOSITION")

type StartResponse = Callable[..., Any]


class PersistentS3:
    """A WSGI application that repeats the uploads of earlier processes at its start."""

    def __init__(self, folder: Path, bucket: str) -> None:
        self.application: Any = DomainDispatcherApplication(create_backend_app)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        client = Client(self.application)
        client.put(f"/{bucket}", base_url="http://127.0.0.1")
        for path in folder.glob("*.json"):
            upload = json.loads(path.read_text())
            body = path.with_suffix(".body").read_bytes()
            client.put(upload["path"], base_url="http://127.0.0.1", data=body, environ_overrides=upload["headers"])

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, and store what an upload or a deletion has changed."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method not in {"PUT", "DELETE"} or environ.get("QUERY_STRING"):
            return self.application(environ, start_response)
        file = self.folder / sha256(path.encode()).hexdigest()
        if method == "DELETE":
            file.with_suffix(".json").unlink(missing_ok=True)
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        file.with_suffix(".body").write_bytes(body)
        headers = {name: environ[name] for name in _HEADERS if name in environ}
        # The name of the complete entry appears last.
        file.with_suffix(".new").write_text(json.dumps({"path": path, "headers": headers}))
        file.with_suffix(".new").rename(file.with_suffix(".json"))
        environ["wsgi.input"] = BytesIO(body)
        return self.application(environ, start_response)


if __name__ == "__main__":
    address, port, folder, bucket = sys.argv[1:]
    run_simple(address, int(port), PersistentS3(Path(folder), bucket), threaded=True)
