"""What every package needs to know of a release: names, version, time, texts, the binary and what is inside it."""

import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The newest glibc that the binary may ask for. The platform tags of the packages promise it.
GLIBC = (2, 17)


@dataclass(frozen=True)
class Release:
    binary_path: Path

    @cached_property
    def package(self):
        return tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]

    @property
    def version(self):
        return self.package["version"]

    @property
    def summary(self):
        return self.package["description"]

    @cached_property
    def time(self):
        """SOURCE_DATE_EPOCH, or the time of the last commit; in seconds."""
        given = os.environ.get("SOURCE_DATE_EPOCH")
        if given:
            return int(given)
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    @cached_property
    def binary(self):
        return self.binary_path.read_bytes()

    def text(self, path):
        return (ROOT / path).read_text()

    def run(self, *arguments):
        """What the binary prints; it runs on the machine that packs it."""
        command = [str(self.binary_path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def glibc(self):
        """The newest version of glibc's symbols that the binary asks for."""
        found = re.findall(rb"GLIBC_(\d+)\.(\d+)", self.binary)
        return max((int(major), int(minor)) for major, minor in found)


LICENCES = ("LICENSE", "LICENSE-APACHE", "LICENSE-MIT")
