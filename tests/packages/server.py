"""Runs a Gatepost that was installed from a package, sends it mail and asks its API. For the tests beside this file."""

import json
import os
import queue
import re
import signal
import smtplib
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = Path(os.environ.get("GATEPOST_DIST", ROOT / "dist")).resolve()
# How long anything may take on a busy machine before a test fails.
PATIENCE = 30
# From the end of an installation to the first message.
FIRST_MESSAGE = 3


def artefact(pattern):
    """The one file of dist/ with this name."""
    found = list(DIST.glob(pattern))
    if len(found) != 1:
        raise AssertionError(f"{DIST} has {len(found)} files {pattern}; run bin/package")
    return found[0]


def clean_environment(**more):
    """Only what the test adds configures the program."""
    kept = {key: value for key, value in os.environ.items() if not re.match("GATEPOST_|ROCKET_|MP_|TEST_", key)}
    return {**kept, **more}


def run(*command, **options):
    """Runs a command to its end; what it printed, with its exit code."""
    options.setdefault("env", clean_environment())
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)
    return done.returncode, done.stdout + done.stderr


class Server:
    """A running server; stopped at the end of the `with` block. It prints its addresses or `[http] accessible via`."""

    def __init__(self, command, **options):
        options.setdefault("env", clean_environment())
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # npx does not pass SIGTERM on, so all of its processes get it, as from Ctrl-C at a terminal.
            start_new_session=True,
            **options,
        )
        self.said, self.lines = "", queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._signal(signal.SIGTERM)
        self.reader.join(PATIENCE)
        self._signal(signal.SIGKILL)
        self.reader.join(PATIENCE)
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def _signal(self, sent):
        try:
            os.killpg(self.process.pid, sent)
        except ProcessLookupError:
            pass

    def prints(self, text):
        """Waits for a line with this text."""
        end = time.monotonic() + PATIENCE
        while text not in self.said:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise AssertionError(f"it did not print {text!r}:\n{self.said}") from None
            if line is None:
                raise AssertionError(f"it ended without {text!r}:\n{self.said}")
            self.said += line

    def ends(self):
        """Waits for its end; exit code and all that it printed."""
        code = self.process.wait(PATIENCE)
        while (line := self.lines.get(timeout=PATIENCE)) is not None:
            self.said += line
        return code, self.said

    def child(self):
        """The program below a wrapper such as bwrap."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def stop_child(self, sent=signal.SIGTERM):
        os.kill(self.child(), sent)


def send(subject, port=1025):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "app@example.com", "kim@example.com", subject
    message.set_content("hello")
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.send_message(message)


def get(url):
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def subjects(base):
    """The subjects of the captured messages, by the API below `base`."""
    return [message["Subject"] for message in json.loads(get(f"{base}/api/v1/messages")[1])["messages"]]


class PackageTest(unittest.TestCase):
    def first_message(self, command, **options):
        """Starts `gatepost dev`, sends one message and reads it by the API within the promised time."""
        started = time.monotonic()
        with Server([*command, "dev"], **options) as server:
            server.prints("transport")
            send("first")
            self.assertEqual(subjects("http://127.0.0.1:8000/dev/inbox"), ["first"])
            took = time.monotonic() - started
            self.assertLessEqual(took, FIRST_MESSAGE, "seconds from the installation to the first message")
        print(f"  {self.id().rpartition('.')[2]}: first message after {took:.2f} s")
