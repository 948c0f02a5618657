"""A headless Chromium, spoken to over its DevTools protocol through a pair of pipes.

Debian's package ``chromium`` brings it (``apt-get install -y chromium``). Messages are JSON, each
ended by a zero byte: file descriptors 3 and 4 of the browser, as ``--remote-debugging-pipe`` says.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time

REASON = "needs Chromium: apt-get install -y chromium (see CONTRIBUTING.md)"
_SECONDS = 120
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # it is run by root in containers, where there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def found():
    """Where Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One tab; what it logs and asks of the network is kept."""

    def __init__(self, profile):
        to_it, self._write = os.pipe()
        self._read, from_it = os.pipe()
        command = [found(), *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        redirected = 'exec "$@" 3<&"$TO" 4>&"$FROM"'
        self._process = subprocess.Popen(
            ["bash", "-c", redirected, "bash", *command],
            pass_fds=(to_it, from_it),
            env={**os.environ, "TO": str(to_it), "FROM": str(from_it)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_it)
        os.close(from_it)
        self._last, self._buffer, self.events, self._session = 0, b"", [], None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """Call a method and return its result; events that come meanwhile are kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        end = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            assert ready, "Chromium does not answer"
            more = os.read(self._read, 1 << 20)
            assert more, "Chromium ended"
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path, wide=1280, high=900, scheme="light"):
        """Open a file in a window of some size, and wait until its script has run."""
        self.ask("Emulation.setDeviceMetricsOverride", **_metrics(wide, high))
        self.emulate(scheme)
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def emulate(self, scheme="light", media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)

    def value(self, expression):
        """What a JavaScript expression gives."""
        given = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in given, given["exceptionDetails"]
        return given["result"].get("value")

    def wait_for(self, expression):
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + _SECONDS
        while not self.value(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def point_at(self, selector, *, click=False):
        """Move the mouse to the middle of an element, and press it there if wanted."""
        place = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        mouse = {"x": place[0], "y": place[1]}
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", **mouse)
        for kind in ("mousePressed", "mouseReleased") if click else ():
            self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **mouse)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, whole=False):
        """The window, or the whole page, as PNG."""
        clip = {}
        if whole:
            box = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {**box, "scale": 1}, "captureBeyondViewport": True}
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png", **clip)["data"])

    def faults(self):
        """What was logged as a warning or error, or thrown."""
        self.value("0")  # whatever happened before has been told by then
        bad = {"error", "warning", "assert"}
        found = []
        for event in self.events:
            method, given = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(given["exceptionDetails"])
            if method == "Runtime.consoleAPICalled" and given["type"] in bad:
                found.append(given)
            if method == "Log.entryAdded" and given["entry"]["level"] in bad:
                found.append(given["entry"])
        return found

    def requests(self):
        """Every address that was asked for."""
        sent = "Network.requestWillBeSent"
        return [one["params"]["request"]["url"] for one in self.events if one.get("method") == sent]

    def close(self):
        self._session = None
        self.ask("Browser.close")
        self._process.wait(_SECONDS)
        os.close(self._write)
        os.close(self._read)


def _metrics(wide, high):
    return {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": wide < 500}
