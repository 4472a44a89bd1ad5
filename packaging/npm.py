"""The npm package: `bin` is the binary itself, without a script that starts it or downloads anything."""

import json

from release import LICENCES
from tree import Tree, gzipped


def name(release):
    return f"gatepost-{release.version}.tgz"


def build(release, third_party):
    tree = Tree()
    manifest = {
        "name": "gatepost",
        "version": release.version,
        "description": release.summary,
        "keywords": ["mail", "smtp", "testing", "accounts"],
        "license": release.package["license"],
        "bin": {"gatepost": "bin/gatepost"},
        "files": ["bin", *LICENCES, "THIRD-PARTY-LICENSES.txt"],
        # npm refuses to install it elsewhere. On musl (Alpine) it says EBADPLATFORM.
        "os": ["linux"],
        "cpu": ["x64"],
        "libc": ["glibc"],
    }
    tree.file("package.json", json.dumps(manifest, indent=2) + "\n")
    tree.file("README.md", release.text("packaging/about.md"))
    tree.file("bin/gatepost", release.binary, 0o755)
    tree.file("THIRD-PARTY-LICENSES.txt", third_party)
    for licence in LICENCES:
        tree.file(licence, release.text(licence))
    # npm packs files only.
    return gzipped(tree.tar(release.time, "package/", with_folders=False))
