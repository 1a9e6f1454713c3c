"""A page in a real browser, told what to do over a pipe by the Chrome DevTools Protocol."""

import fcntl
import json
import os
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = next((found for found in map(shutil.which, NAMES) if found), None)
MISSING = f"none of {', '.join(NAMES)} is installed"
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
READS, WRITES = 3, 4  # where a browser with this option expects the pipes
SECONDS = 30


class Browser:
    """One page of it; `errors` are what the page has complained of.

    Args:
        url: The page.
        folder: Where the browser may keep its files.
    """

    def __init__(self, url, folder):
        (reads, self._out), (self._in, writes) = _pipe(), _pipe()

        def connect():
            os.dup2(reads, READS)
            os.dup2(writes, WRITES)

        command = [PROGRAM, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, preexec_fn=connect, close_fds=False, **quiet)
        os.close(reads)
        os.close(writes)
        self.errors, self._rest, self._count, self._session = [], b"", 0, {}
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Runtime", "Log"):
            self._call(f"{domain}.enable")
        self._call("Page.navigate", url=url)
        end = time.monotonic() + SECONDS
        while self.value("document.readyState + location.protocol") != "completefile:":
            assert time.monotonic() < end

    def close(self):
        self._process.terminate()
        self._process.wait(SECONDS)
        os.close(self._in)
        os.close(self._out)

    def value(self, expression):
        """What JavaScript makes of an expression."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key, times=1):
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp") * times:
            typed = {"text": text} if text and kind == "keyDown" else {}
            self._call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **typed)

    def width(self, pixels):
        """Makes the window as wide as that."""
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)

    def _call(self, method, **parameters):
        """The answer to a command; what the page complains of on the way is kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters, **self._session}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(answer["params"])

    def _next(self):
        """The next message."""
        while b"\0" not in self._rest:
            read = os.read(self._in, 2**16)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


def _pipe():
    """Both ends, neither where the browser's are to be."""
    return [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, WRITES + 1) for end in os.pipe()]
