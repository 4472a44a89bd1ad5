"""The container image: its root file system runs under an unprivileged user in a namespace, as an engine runs it."""

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
import unittest
from io import BytesIO
from pathlib import Path

from server import PackageTest, Server, artefact, get, run, send, subjects

# Nobody on this machine.
OUTSIDE = 54321
INBOX = "http://127.0.0.1:8025"
ENV_FILE = """
GATEPOST_SECRET_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
GATEPOST_PUBLIC_URL="https://id.example.com"
GATEPOST_MAIL__TRANSPORT=smtp
GATEPOST_MAIL__FROM='Example <no-reply@example.com>'
GATEPOST_MAIL__SMTP__HOST="127.0.0.1"
GATEPOST_MAIL__SMTP__PORT=9
GATEPOST_MAIL__SMTP__SECURITY=none
"""


class Image:
    """The OCI archive, its digests checked and its layers unpacked into `folder`."""

    def __init__(self, folder):
        self.root = folder / "root"
        with tarfile.open(artefact("*-oci.tar")) as archive:
            read = lambda name: archive.extractfile(name).read()  # noqa: E731
            self.layout = json.loads(read("oci-layout"))

            def blob(described):
                content = read(described["digest"].replace("sha256:", "blobs/sha256/"))
                assert hashlib.sha256(content).hexdigest() == described["digest"][7:], "a digest that does not fit"
                assert len(content) == described["size"]
                return content

            manifest = json.loads(blob(json.loads(read("index.json"))["manifests"][0]))
            document = json.loads(blob(manifest["config"]))
            self.config, self.entries = document["config"], {}
            for layer in manifest["layers"]:
                with tarfile.open(fileobj=BytesIO(blob(layer))) as files:
                    self.entries.update({entry.name: entry for entry in files})
                    files.extractall(self.root)
        self.environment = dict(pair.split("=", 1) for pair in self.config["Env"])

    def command(self, arguments=None, data=None, user=(10001, 0), options=()):
        """The default command, or `arguments` of the program: read-only root, `/data` of its own, process 1."""
        mount = ["--bind", data, "/data"] if data else ["--tmpfs", "/data"]
        isolation = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--as-pid-1", "--cap-drop", "ALL"]
        ids = ["--uid", user[0], "--gid", user[1]]
        files = ["--ro-bind", self.root, "/", "--proc", "/proc", "--dev", "/dev", *mount, *options]
        program = [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        # By their paths: the environment is the image's.
        outside = [shutil.which("setpriv"), f"--reuid={OUTSIDE}", f"--regid={OUTSIDE}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*outside, shutil.which("bwrap"), *isolation, *ids, *files, "--chdir", "/data", "--die-with-parent", *program]


class MemoryLimit:
    """A memory cgroup of either version."""

    def __init__(self, mebibytes):
        self.size, self.folder = mebibytes << 20, None
        for base, name in ((Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"), (Path("/sys/fs/cgroup"), "memory.max")):
            folder = base / f"gatepost-test-{os.getpid()}"
            try:
                folder.mkdir()
                (folder / name).write_text(str(self.size))
                self.folder = folder
                return
            except OSError:
                if folder.exists():
                    folder.rmdir()

    def enter(self):
        """In the child, before it becomes the program."""
        (self.folder / "cgroup.procs").write_text("0")

    def most_used(self):
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            if (self.folder / name).exists():
                return int((self.folder / name).read_text())
        return 0

    def remove(self):
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.05)


class Container(PackageTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.folder.chmod(0o755)
        cls.image = Image(cls.folder)

    def data(self):
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        if os.geteuid() == 0:
            os.chown(folder, OUTSIDE, OUTSIDE)
        return folder

    def start(self, *arguments, env=(), preexec=None, **how):
        environment = {**self.image.environment, **dict(env)}
        return Server(self.image.command(list(arguments), **how), env=environment, preexec_fn=preexec)

    def test_without_any_setting_it_is_an_inbox_on_the_ports_of_mailpit(self):
        with self.start() as server:
            server.prints("[http] accessible via")
            send("first")
            self.assertEqual(subjects(INBOX), ["first"])
            server.stop_child()
            self.assertEqual(server.ends()[0], 0, "SIGTERM stops process 1 in order")

    def test_the_health_check_passes_while_it_runs(self):
        check = self.image.config["Healthcheck"]["Test"]
        self.assertEqual(check[0], "CMD")
        self.assertEqual(check[1], self.image.config["Entrypoint"][0])
        ask = self.image.command(check[2:])
        with self.start() as server:
            server.prints("[http] accessible via")
            self.assertEqual(run(*ask, env=self.image.environment), (0, "ready\n"))
            also = self.image.command(["readyz"])
            also[also.index(self.image.config["Entrypoint"][0])] = "/mailpit"
            self.assertEqual(run(*also, env=self.image.environment)[0], 0, "/mailpit readyz, as Supabase asks")
        self.assertEqual(run(*ask, env=self.image.environment)[0], 1)

    def test_a_user_without_an_entry_in_etc_passwd_keeps_its_mail_in_the_volume(self):
        data = self.data()
        for expected in (["kept"], ["again", "kept"]):
            with self.start(data=data, user=(OUTSIDE + 1, 0)) as server:
                server.prints("[http] accessible via")
                send(expected[0])
                self.assertEqual(subjects(INBOX), expected)
        entry = self.image.entries["data"]
        self.assertEqual((entry.mode, entry.uid, entry.gid), (0o770, 10001, 0))

    def test_the_inbox_is_listed_exported_and_backed_up_without_any_setting(self):
        data = self.data()
        with self.start(data=data) as server:
            server.prints("[http] accessible via")
            send("kept")
            for arguments in (["inbox", "list"], ["inbox", "export", "/data/out"], ["backup", "/data/backup.tar"]):
                code, said = run(*self.image.command(arguments, data=data), env=self.image.environment)
                self.assertEqual(code, 0, said)
        with tarfile.open(data / "backup.tar") as archive:
            self.assertEqual(archive.getnames(), ["inbox.db"])
        self.assertFalse((data / "secret_key").exists(), "a command makes no key")

    def test_64_mebibytes_are_enough_for_mail(self):
        limit = MemoryLimit(64)
        if not limit.folder:
            self.skipTest("no memory cgroup can be made here")
        self.addCleanup(limit.remove)
        with self.start(preexec=limit.enter) as server:
            server.prints("[http] accessible via")
            for number in range(200):
                send(f"message {number}")
            self.assertEqual(len(subjects(INBOX)), 50)
            self.assertEqual(json.loads(get(f"{INBOX}/api/v1/info")[1])["Messages"], 200)
            server.stop_child()
            self.assertEqual(server.ends()[0], 0)
        print(f"  at most {limit.most_used() / (1 << 20):.0f} MiB in use")

    def test_accounts_run_by_variables_alone_also_with_quotes_as_env_file_leaves_them(self):
        # Docker takes everything behind `=`, quotes too.
        env = dict(line.split("=", 1) for line in ENV_FILE.strip().splitlines())
        with self.start("serve", env=env) as server:
            server.prints("listening http://0.0.0.0:8000")
            self.assertEqual(get("http://127.0.0.1:8000/healthz")[0], 200)
            code, said = run(*self.image.command(["readyz"]), env=self.image.environment)
            self.assertEqual(code, 0, said)
            server.stop_child()
            self.assertEqual(server.ends()[0], 0)
        code, said = run(*self.image.command(["settings", "--json"]), env={**self.image.environment, **env})
        values = {row["key"]: row["value"] for row in json.loads(said)}
        self.assertEqual(values["public_url"], "https://id.example.com")
        self.assertEqual(values["mail.from"], "Example <no-reply@example.com>")

    def test_missing_settings_of_accounts_are_named_on_one_line(self):
        code, said = run(*self.image.command(["serve"]), env=self.image.environment)
        self.assertEqual((code, len(said.splitlines())), (1, 1), said)
        self.assertTrue("secret_key" in said or "public_url" in said, said)

    def fails_naming(self, text, command):
        code, said = run(*command, env=self.image.environment)
        self.assertEqual((code, len(said.splitlines())), (1, 1), said)
        self.assertIn(text, said)
        return said

    def test_a_folder_without_write_permission_is_named(self):
        data = self.data()
        data.chmod(0o500)
        self.fails_naming("/data", self.image.command(data=data))

    def test_a_single_file_as_the_volume_is_named_with_the_cure(self):
        data, other = self.data(), self.data()
        for folder in (data, other):
            (folder / "inbox.db").touch()
            if os.geteuid() == 0:
                os.chown(folder / "inbox.db", OUTSIDE, OUTSIDE)
        command = self.image.command(data=data, options=["--bind", other / "inbox.db", "/data/inbox.db"])
        said = self.fails_naming("/data/inbox.db", command)
        self.assertIn("mount its folder", said)

    def test_data_of_a_newer_version_is_refused_and_left_alone(self):
        data = self.data()
        with self.start(data=data) as server:
            server.prints("[http] accessible via")
        with sqlite3.connect(data / "inbox.db") as database:
            database.execute("pragma user_version = 9999")
        self.fails_naming("newer version", self.image.command(data=data))
        with sqlite3.connect(data / "inbox.db") as database:
            self.assertEqual(database.execute("pragma user_version").fetchone(), (9999,))

    def test_the_archive_is_one_that_other_tools_read(self):
        self.assertEqual(self.image.layout, {"imageLayoutVersion": "1.0.0"})
        config = self.image.config
        self.assertEqual((config["User"], set(config["Volumes"])), ("10001:0", {"/data"}))
        self.assertLessEqual({"1025/tcp", "8025/tcp"}, set(config["ExposedPorts"]))
        if not shutil.which("skopeo"):
            self.skipTest("no skopeo here")
        code, said = run("skopeo", "inspect", f"oci-archive:{artefact('*-oci.tar')}")
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
