"""A Firefox for the tests. Playwright drives only a Firefox of its own making, but every Firefox speaks WebDriver BiDi.

    with Firefox() as firefox:
        firefox.open("https://example.org")
        firefox.evaluate("document.title")

The protocol: https://www.w3.org/TR/webdriver-bidi/
"""

import base64
import json
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import websocket

from book.browser import find

# Firefox itself must not talk to anybody: a proxy that is not there stands between it and all but this machine.
PREFERENCES = """\
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
"""


class Firefox:
    """One window of a headless Firefox with a profile of its own; `RuntimeError` if it does not start or obey."""

    def __init__(self, timeout: float = 60) -> None:
        path = find("FIREFOX")
        if not path:
            raise RuntimeError("no Firefox was found: install one, or set FIREFOX to its path")
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        profile = Path(self._folder.name)
        (profile / "user.js").write_text(PREFERENCES)
        command = [path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = self._port(profile / "WebDriverBiDiServer.json", timeout)
            address = f"ws://127.0.0.1:{port}/session"
            self._socket = websocket.create_connection(address, timeout, suppress_origin=True)
            self._commands = 0
            self._send("session.new", capabilities={})
            # The window that it starts with never has the focus, and there a key presses no button.
            self._window = self._send("browsingContext.create", type="window")["context"]
        except BaseException:
            self._end()
            raise

    def open(self, url: str) -> None:
        """Go to the address, and wait until the page has loaded."""
        self._send("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of its promise: anything that JSON can hold."""
        found = self._send(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(value => JSON.stringify(value))",
            target={"context": self._window},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(f"{expression}: {found['exceptionDetails']['text']}")
        return json.loads(found["result"].get("value", "null"))

    def press(self, key: str) -> None:
        """Press a key and let it go: a character, or what WebDriver writes for a key without one."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._send("input.performActions", context=self._window, actions=[source])

    def screenshot(self) -> bytes:
        """What the window shows, as a PNG."""
        return base64.b64decode(self._send("browsingContext.captureScreenshot", context=self._window)["data"])

    def viewport(self, width: int, height: int) -> None:
        """Give the page this size, in CSS pixels."""
        self._send("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()
        self._end()

    def _port(self, file: Path, timeout: float) -> int:
        """Where Firefox listens: it writes this file to its profile once it does."""
        for _ in range(int(timeout * 10)):
            if self._process.poll() is not None:
                raise RuntimeError(f"Firefox ended with status {self._process.returncode} before it listened")
            try:
                return int(json.loads(file.read_text())["ws_port"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.1)
        raise RuntimeError(f"Firefox did not listen within {timeout} s")

    def _send(self, method: str, **parameters: object) -> Any:
        """Send a command, and wait for its result; what else Firefox says is left aside."""
        self._commands += 1
        self._socket.send(json.dumps({"id": self._commands, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._commands:
            pass
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()
