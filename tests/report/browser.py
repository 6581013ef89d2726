"""A browser for tests: headless Chromium by way of chromedriver, spoken to in the WebDriver protocol (W3C, 2018) over
HTTP. Nothing but the two programs is needed."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from tests.processes import PATIENCE

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Escape": "\ue00c", "ArrowDown": "\ue015", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowLeft": "\ue012",
        "Enter": "\ue007", "Tab": "\ue004", "End": "\ue010", "Home": "\ue011"}  # fmt: skip
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the environment names
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """One window. `with Browser() as browser: browser.open(path)`."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            [DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self._begin()
        except BaseException:
            self._end()
            raise

    def _begin(self):
        port = None
        while port is None:
            line = self.driver.stdout.readline()
            assert line, "chromedriver ended before it said its port"
            port = re.search(r"successfully on port (\d+)", line)
        self.root = f"http://127.0.0.1:{port[1]}"
        options = {"binary": CHROMIUM, "args": [*ARGUMENTS, f"--user-data-dir={self.folder.name}"]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = self._send("POST", "/session", {"capabilities": wanted})["sessionId"]

    def _end(self):
        self.driver.terminate()  # which ends the browser too
        try:
            self.driver.wait(timeout=60)
        finally:
            self.driver.kill()
            self.driver.stdout.close()
            self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._send("DELETE", f"/session/{self.session}")
        finally:
            self._end()

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with DIRECT.open(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def _post(self, path, **body):
        return self._send("POST", f"/session/{self.session}{path}", body)

    # --- what tests do -----------------------------------------------------------------------------
    def open(self, address):
        self._post("/url", url=str(address))

    def run(self, script, *arguments):
        """The value that the script returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def wait(self, script, *arguments):
        """Waits until the script returns something true, twenty seconds at most, and returns that."""
        text = (
            "const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1), start = Date.now();"
            f"const test = function () {{ {script} }};"
            "(function again() { const found = test.apply(null, given);"
            "if (found || Date.now() - start > 20000) done(found || null); else setTimeout(again, 15); })();"
        )
        return self._post("/execute/async", script=text, args=list(arguments))

    def find(self, selector):
        return self._post("/element", using="css selector", value=selector)

    def click(self, selector):
        self._post(f"/element/{self.find(selector)[ELEMENT]}/click")

    def point(self, selector):
        """Moves the mouse to the middle of the element."""
        moves = [{"type": "pointerMove", "duration": 0, "origin": self.find(selector), "x": 0, "y": 0}]
        self._post("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def point_away(self):
        moves = [{"type": "pointerMove", "duration": 0, "origin": "viewport", "x": 1, "y": 1}]
        self._post("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def press(self, *keys):
        """Presses each key and lets it go."""
        codes = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": code} for code in codes for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", cmd=name, params=parameters)

    def resize(self, width, height, phone=False):
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )

    def media(self, **features):
        """`media(prefers_color_scheme="dark")`."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.command("Emulation.setEmulatedMedia", features=listed)

    def complaints(self):
        """What the console has said since the last call: errors, warnings, violated policies."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def screenshot(self):
        return base64.b64decode(self._send("GET", f"/session/{self.session}/screenshot"))

    def pdf(self):
        return base64.b64decode(self._post("/print", background=False))


def in_view(browser, selector, box):
    return browser.wait(
        "const one = document.querySelector(arguments[0]).getBoundingClientRect();"
        "const box = document.getElementById(arguments[1]).getBoundingClientRect();"
        "return one.top >= box.top - 1 && one.top < box.bottom && one.height > 0;",
        selector,
        box,
    )
