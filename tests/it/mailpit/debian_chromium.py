"""A pytest plugin: Playwright starts the system's Chromium instead of a downloaded one."""

from playwright.sync_api import BrowserType

_launch = BrowserType.launch


def launch(self, **options):
    return _launch(self, executable_path="/usr/bin/chromium", args=["--no-sandbox"], **options)


BrowserType.launch = launch
