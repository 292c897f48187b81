"""Sends the logs to a server."""

import json
import warnings
from collections.abc import Mapping

from fastmlp.callbacks.callback import Callback, Logs

_PATIENCE = 10.0  # seconds to wait for an answer: training must not hang on a server


class RemoteMonitor(Callback):
    """Posts the logs of each epoch to a server; where it cannot be reached, a warning says so and training goes on.

    Parameters
    ----------
    root : str
        Where the server is: "http://host:port".
    path : str
        What stands behind it.
    field : str
        Under what name a form holds the logs.
    headers : dict, optional
        More headers of the request.
    send_as_json : bool
        Whether the request is the logs as JSON, or a form with one field, which holds them as JSON.

    Raises
    ------
    ValueError
        If `root` is no address of the web.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"`root` must begin with http:// or https://. Received: root={root!r}")
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Send the epoch's number and logs."""
        from urllib.error import URLError
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        text = json.dumps({"epoch": epoch, **(logs or {})})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urlencode({self.field: text})
        request = Request(self.root + self.path, body.encode(), {"Content-Type": kind, **(self.headers or {})})
        try:
            with urlopen(request, timeout=_PATIENCE) as answer:
                answer.read()
        except (URLError, OSError) as error:
            warnings.warn(f"RemoteMonitor could not reach {self.root}: {error}", stacklevel=2)
