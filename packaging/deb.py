"""The Debian package: binary, systemd units, /etc/gatepost/Rocket.toml, manual pages, completions."""

import hashlib
import lzma
import tempfile
from email.utils import formatdate
from pathlib import Path

from release import GLIBC
from tree import Tree, ar, gzipped

# Shell → where its packages look for completions.
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/gatepost",
    "zsh": "usr/share/zsh/vendor-completions/_gatepost",
    "fish": "usr/share/fish/vendor_completions.d/gatepost.fish",
}
CONFIGURATION = "etc/gatepost/Rocket.toml"
SCRIPTS = ("postinst", "prerm", "postrm")


def name(release):
    return f"gatepost_{release.version}_amd64.deb"


def build(release, third_party, maintainer):
    data = contents(release, third_party, maintainer)
    members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", packed(control(release, data, maintainer).tar(release.time, "./"))),
        ("data.tar.xz", packed(data.tar(release.time, "./"))),
    ]
    return ar(members, release.time)


def packed(content):
    # dpkg of Debian 8 and later reads it. One thread, so that the bytes do not depend on the machine.
    return lzma.compress(content, lzma.FORMAT_XZ, preset=6)


def contents(release, third_party, maintainer):
    tree = Tree()
    tree.file("usr/bin/gatepost", release.binary, 0o755)
    for unit in ("gatepost.service", "gatepost.socket"):
        tree.file(f"usr/lib/systemd/system/{unit}", release.text(f"packaging/debian/{unit}"))
    tree.file(CONFIGURATION, release.text("packaging/debian/Rocket.toml"))
    for shell, path in COMPLETIONS.items():
        tree.file(path, release.run("completions", shell))
    with tempfile.TemporaryDirectory() as folder:
        release.run("man", folder)
        for page in sorted(Path(folder).iterdir()):
            tree.file(f"usr/share/man/man1/{page.name}.gz", gzipped(page.read_bytes()))
    documents = "usr/share/doc/gatepost"
    tree.file(f"{documents}/copyright", copyright_file(release))
    tree.file(f"{documents}/THIRD-PARTY-LICENSES.txt.gz", gzipped(third_party.encode()))
    for page in ("install.md", "production.md", "settings.md", "commands.md"):
        tree.file(f"{documents}/{page}.gz", gzipped(release.text(f"docs/{page}").encode()))
    tree.file(f"{documents}/changelog.Debian.gz", gzipped(changelog(release, maintainer).encode()))
    return tree


def changelog(release, maintainer):
    date = formatdate(release.time)
    return f"gatepost ({release.version}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {maintainer}  {date}\n"


def copyright_file(release):
    texts = "\n\n".join(release.text(path) for path in ("LICENSE", "LICENSE-MIT", "LICENSE-APACHE"))
    return f"{texts}\n\nTHIRD-PARTY-LICENSES.txt.gz has the licences of the libraries inside the program.\n"


def control(release, data, maintainer):
    tree = Tree()
    fields = {
        "Package": "gatepost",
        "Version": release.version,
        "Architecture": "amd64",
        "Maintainer": maintainer,
        "Installed-Size": -(-data.size() // 1024),
        "Depends": f"libc6 (>= {GLIBC[0]}.{GLIBC[1]}), adduser",
        "Recommends": "ca-certificates",
        "Suggests": "postgresql, nginx | caddy",
        "Section": "mail",
        "Priority": "optional",
        "Description": f"{release.summary}\n It has pages for signup, login and account, an outbox that delivers by SMTP or "
        "Gmail,\n and an inbox for the mail of programs under development.",
    }
    tree.file("control", "".join(f"{key}: {value}\n" for key, value in fields.items()))
    tree.file("conffiles", f"/{CONFIGURATION}\n")
    files = [(path, entry) for path, entry in sorted(data.entries.items()) if not entry.is_folder]
    sums = (f"{hashlib.md5(entry.content).hexdigest()}  {path}\n" for path, entry in files if path != CONFIGURATION)
    tree.file("md5sums", "".join(sums))
    for script in SCRIPTS:
        tree.file(script, release.text(f"packaging/debian/{script}"), 0o755)
    return tree
