import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from callback_driver import driven

from fastmlp.callbacks import RemoteMonitor

HISTORY = [{"loss": 0.5, "val_loss": 1.0}, {"loss": 0.25, "val_loss": 2.0}]
SENT = [{"epoch": epoch, **logs} for epoch, logs in enumerate(HISTORY)]


class Server(HTTPServer):
    """Keeps what is posted to it, and answers with `status`."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, dict[str, str], str]] = []

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_form(server: Server) -> None:
    driven(RemoteMonitor(server.root), HISTORY)
    assert [path for path, _, _ in server.received] == ["/publish/epoch/end/"] * 2
    assert [json.loads(parse_qs(body)["data"][0]) for _, _, body in server.received] == SENT


def test_json(server: Server) -> None:
    driven(RemoteMonitor(server.root, "/here", headers={"X-Key": "7"}, send_as_json=True), HISTORY)
    assert [json.loads(body) for _, _, body in server.received] == SENT
    for path, headers, _ in server.received:
        assert path == "/here"
        assert headers["X-Key"] == "7"
        assert headers["Content-Type"] == "application/json"


def test_a_server_that_refuses(server: Server) -> None:
    server.status = 500
    with pytest.warns(UserWarning, match=rf"RemoteMonitor could not reach {server.root}: HTTP Error 500"):
        assert len(driven(RemoteMonitor(server.root), HISTORY).log) == 2


def test_no_server(server: Server) -> None:
    monitor = RemoteMonitor(server.root)
    server.server_close()
    with pytest.warns(UserWarning, match="RemoteMonitor could not reach"):
        assert len(driven(monitor, HISTORY).log) == 2


def test_what_is_no_address() -> None:
    with pytest.raises(ValueError, match=r"`root` must begin with http:// or https://. Received: root='file:///etc'"):
        RemoteMonitor("file:///etc")
