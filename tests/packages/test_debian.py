"""The Debian package, installed with dpkg over a copy of this machine's files that is thrown away."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from server import PackageTest, Server, artefact, clean_environment, get, run

# A tmpfs over the machine's files, in a mount namespace of its own. The last command is the test's.
OVERLAY = """set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/all"
mount --bind /proc "$1/all/proc"
mount --bind /dev "$1/all/dev"
cp "$2" "$1/all/tmp/gatepost.deb"
exec chroot "$1/all" sh -e -c "$3"
"""
SETTINGS = """
[release]
public_url = "https://id.example.com"
secret_key_file = "/var/lib/gatepost/secret_key"
[release.databases.gatepost]
url = "sqlite:/var/lib/gatepost/gatepost.db"
[release.inbox]
path = "/var/lib/gatepost/inbox.db"
[release.mail]
transport = "smtp"
from = "Example <no-reply@example.com>"
[release.mail.smtp]
host = "127.0.0.1"
port = 9
security = "none"
"""
# The service as its unit starts it: as its user, on a socket that was opened before, with the unit's variables.
SERVE = """
printf '%s' "$SETTINGS" >/etc/gatepost/Rocket.toml
cd /var/lib/gatepost
exec runuser -u gatepost -- systemd-socket-activate -l 127.0.0.1:8000 \
  -E ROCKET_PROFILE=release -E ROCKET_CONFIG=/etc/gatepost/Rocket.toml /usr/bin/gatepost serve
"""


def package():
    return artefact("*.deb")


@unittest.skipUnless(shutil.which("dpkg-deb"), "needs dpkg-deb")
class Unpacked(PackageTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        code, said = run("dpkg-deb", "-x", package(), self.folder)
        self.assertEqual(code, 0, said)

    def test_a_developer_sees_the_first_message_at_once(self):
        self.first_message([self.folder / "usr/bin/gatepost"], cwd=self.folder)

    def test_manual_pages_and_completions_are_where_their_readers_look(self):
        for path in ("man/man1/gatepost.1.gz", "man/man1/gatepost-mail-send.1.gz", "doc/gatepost/copyright"):
            self.assertTrue((self.folder / "usr/share" / path).is_file(), path)
        code, said = run("man", "--local-file", self.folder / "usr/share/man/man1/gatepost-dev.1.gz")
        self.assertTrue(code != 0 or "profile" in said, said)
        completions = self.folder / "usr/share/bash-completion/completions/gatepost"
        self.assertEqual(run("bash", "-n", completions), (0, ""))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
    def test_systemd_finds_no_fault_in_the_units_and_little_exposure(self):
        units = [self.folder / f"usr/lib/systemd/system/gatepost.{kind}" for kind in ("service", "socket")]
        # The program is not installed here, and verify asks whether it can be run.
        text = units[0].read_text().replace("/usr/bin/gatepost", str(self.folder / "usr/bin/gatepost"))
        units[0].write_text(text)
        code, said = run("systemd-analyze", "verify", "--man=no", *units)
        self.assertEqual((code, said.replace("\n", "")), (0, ""))
        code, said = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", units[0])
        self.assertEqual(code, 0, said)
        print(f"  {said.strip().splitlines()[-1]}")


@unittest.skipUnless(os.geteuid() == 0, "needs root, for a mount namespace")
class InstalledWithDpkg(PackageTest):
    def command(self, script):
        folder = tempfile.mkdtemp()
        self.addCleanup(lambda: os.rmdir(folder))
        return ["unshare", "--mount", "sh", "-c", OVERLAY, "sh", folder, package(), script]

    def succeeds(self, script):
        code, said = run(*self.command(script), env=clean_environment(SETTINGS=SETTINGS))
        self.assertEqual(code, 0, said)
        return said

    def test_the_package_creates_a_user_a_private_folder_and_a_key_and_starts_nothing(self):
        said = self.succeeds(
            """
            dpkg -i /tmp/gatepost.deb
            stat -c '%U %a %n' /var/lib/gatepost /var/lib/gatepost/secret_key
            wc -c </var/lib/gatepost/secret_key
            getent passwd gatepost
            """
        )
        self.assertIn("gatepost 700 /var/lib/gatepost\ngatepost 600 /var/lib/gatepost/secret_key\n45\n", said)
        self.assertIn("systemctl enable --now gatepost.socket gatepost.service", said)
        self.assertRegex(said, r"gatepost:x:\d+:\d+:Gatepost,*:/var/lib/gatepost:/usr/sbin/nologin")

    def test_settings_and_key_survive_an_upgrade_and_accounts_even_a_purge(self):
        said = self.succeeds(
            """
            dpkg -i /tmp/gatepost.deb
            echo '# mine' >>/etc/gatepost/Rocket.toml
            touch /var/lib/gatepost/gatepost.db
            sum=$(sha256sum /var/lib/gatepost/secret_key)
            dpkg --force-confold -i /tmp/gatepost.deb
            test "$sum" = "$(sha256sum /var/lib/gatepost/secret_key)" && grep '# mine' /etc/gatepost/Rocket.toml
            dpkg -r gatepost
            test -e /etc/gatepost/Rocket.toml && test ! -e /usr/bin/gatepost
            dpkg -P gatepost
            test ! -e /etc/gatepost/Rocket.toml && test -e /var/lib/gatepost/gatepost.db && echo kept
            """
        )
        self.assertTrue(said.endswith("kept\n"), said)

    def test_the_settings_as_installed_say_what_is_missing(self):
        said = self.succeeds(
            """
            dpkg -i /tmp/gatepost.deb >/dev/null
            cd /etc/gatepost
            runuser -u gatepost -- gatepost check && exit 1 || true
            """
        )
        self.assertIn("public_url", said)

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "needs systemd-socket-activate")
    def test_the_service_answers_on_the_socket_of_its_unit(self):
        script = f"dpkg -i /tmp/gatepost.deb >/dev/null; {SERVE}"
        with Server(self.command(script), env=clean_environment(SETTINGS=SETTINGS)) as server:
            server.prints("Listening on 127.0.0.1:8000")
            self.assertEqual(get("http://127.0.0.1:8000/healthz")[0], 200)
            server.prints("listening http://127.0.0.1:8000")


