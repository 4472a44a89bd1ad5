"""The wheel, the npm package and the binary: installed as a new user does, up to the first message."""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from server import DIST, PackageTest, artefact, run


class Installed(PackageTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def succeeds(self, *command, **options):
        code, said = run(*command, **options)
        self.assertEqual(code, 0, said)
        return said

    def test_a_wheel_in_a_new_environment_shows_the_first_message_at_once(self):
        self.succeeds(sys.executable, "-m", "venv", self.folder / "venv")
        pip = self.folder / "venv/bin/pip"
        self.succeeds(pip, "install", "--no-index", "--no-cache-dir", artefact("*.whl"))
        self.first_message([self.folder / "venv/bin/gatepost"], cwd=self.folder)
        self.succeeds(pip, "uninstall", "--yes", "gatepost")
        self.assertFalse((self.folder / "venv/bin/gatepost").exists())

    def test_pip_finds_no_wheel_for_musl(self):
        where = ["--no-index", "--find-links", DIST, "--dest", self.folder, "--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", *where, "gatepost", "--platform"]
        code, said = run(*command, "musllinux_1_2_x86_64")
        self.assertNotEqual(code, 0)
        self.assertIn("No matching distribution found for gatepost", said)
        self.succeeds(*command, "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64")

    def test_an_npm_package_in_a_new_folder_shows_the_first_message_at_once(self):
        self.succeeds("npm", "install", "--offline", "--no-audit", "--no-fund", artefact("*.tgz"), cwd=self.folder)
        self.first_message(["npx", "--offline", "gatepost"], cwd=self.folder)

    def test_npm_refuses_musl(self):
        # npm looks for the name of the libc in ldd.
        ldd = self.folder / "ldd"
        ldd.write_text("#!/bin/sh\n# musl libc\n")
        musl = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", ldd, "/usr/bin/ldd"]
        command = ["npm", "install", "--offline", "--no-audit", "--no-fund", artefact("*.tgz")]
        code, said = run(*musl, *command, cwd=self.folder)
        self.assertNotEqual(code, 0)
        self.assertIn("EBADPLATFORM", said)

    def test_the_binary_alone_shows_the_first_message_at_once(self):
        binary = self.folder / "gatepost"
        shutil.copy(artefact("*-x86_64-linux"), binary)
        self.first_message([binary], cwd=self.folder)

    def test_the_sums_are_those_of_the_files_and_the_list_of_libraries_names_the_binary(self):
        lines = (DIST / "SHA256SUMS").read_text().splitlines()
        for line in lines:
            digest, name = line.split("  ")
            self.assertEqual(hashlib.sha256((DIST / name).read_bytes()).hexdigest(), digest, name)
        names = {path.name for path in DIST.iterdir()} - {"SHA256SUMS"}
        self.assertEqual({line.split("  ")[1] for line in lines}, names)
        bom = json.loads(artefact("*.cdx.json").read_text())
        binary = hashlib.sha256(artefact("*-x86_64-linux").read_bytes()).hexdigest()
        self.assertEqual(bom["metadata"]["component"]["hashes"][0]["content"], binary)
        libraries = {component["name"] for component in bom["components"]}
        self.assertTrue({"rocket", "rustls", "tokio"} <= libraries and "reqwest" not in libraries, libraries)
        known = {component["bom-ref"] for component in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
        used = {ref for entry in bom["dependencies"] for ref in [entry["ref"], *entry["dependsOn"]]}
        self.assertEqual(used, known)
