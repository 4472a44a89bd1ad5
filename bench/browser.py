"""Headless Chromium for measurements and pictures, controlled through ChromeDriver with the standard library alone."""
import base64
import http.client
import json
import shutil
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
STARTED = "started successfully on port "


class Browser:
    """One window with an empty profile. `scheme` is `light` or `dark`."""

    def __init__(self, width=1280, height=800, language="en", scheme="light", scripts=True):
        self.profile = tempfile.mkdtemp(prefix="browser-")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = next(line for line in self.driver.stdout if STARTED in line)
        self.port = int(line.split(STARTED)[1].strip().rstrip("."))
        arguments = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                     "--disable-background-networking", "--disable-component-update", f"--window-size={width},{height}",
                     f"--lang={language}", f"--user-data-dir={self.profile}"]
        preferences = {"intl.accept_languages": language,
                       "profile.managed_default_content_settings.javascript": 1 if scripts else 2}
        capabilities = {"goog:chromeOptions": {"args": arguments, "prefs": preferences}}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.command("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(20)
            shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, json.dumps(body or {}) if method == "POST" else None)
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    def command(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def devtools(self, name, **parameters):
        return self.command("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """Runs a script in the page, or in the frame that was entered last."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def all(self, css):
        return self.command("POST", "/elements", {"using": "css selector", "value": css})

    def click(self, element):
        self.command("POST", f"/element/{element[ELEMENT]}/click")

    def enter(self, frame):
        """Enters a frame of the page; `None` goes back to the page."""
        self.command("POST", "/frame", {"id": frame})

    def wait(self, found, seconds=30):
        """Calls `found` until it returns something true; returns that."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            try:
                if value := found():
                    return value
            except RuntimeError as error:
                # A page that is being replaced has no such frame or element for a moment.
                if "no such" not in str(error) and "stale" not in str(error):
                    raise
        raise SystemExit("the page did not show what was expected")

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"]))
