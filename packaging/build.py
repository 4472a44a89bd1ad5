"""Writes all packages of one binary into a folder: build.py BINARY FOLDER. `bin/package` calls it."""

import hashlib
import os
import sys
from pathlib import Path

import deb
import image
import npm
import sbom
import wheel
from release import GLIBC, Release

MEGA = 10**6
# Most bytes of each kind of file.
LIMITS = {"binary": 30 * MEGA, "wheel": 15 * MEGA, "npm": 15 * MEGA, "deb": 15 * MEGA}


def main(binary, folder):
    release = Release(Path(binary))
    needs = release.glibc()
    if needs > GLIBC:
        sys.exit(f"build.py: the binary needs glibc {needs[0]}.{needs[1]}; the packages promise {GLIBC[0]}.{GLIBC[1]}")
    licences = sbom.third_party_licences()
    bom = sbom.build(release)
    maintainer = os.environ.get("GATEPOST_MAINTAINER", "The Gatepost project <gatepost@localhost>")
    files = [
        ("binary", f"gatepost-{release.version}-x86_64-linux", release.binary),
        ("wheel", wheel.name(release), wheel.build(release, licences, bom)),
        ("npm", npm.name(release), npm.build(release, licences)),
        ("deb", deb.name(release), deb.build(release, licences, maintainer)),
        ("image", image.name(release), image.build(release, licences)),
        ("SBOM", f"gatepost-{release.version}.cdx.json", bom.encode()),
        ("licences", "THIRD-PARTY-LICENSES.txt", licences.encode()),
    ]
    write(Path(folder), files)


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    sums, too_large = [], []
    for kind, name, content in files:
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755 if kind == "binary" else 0o644)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        print(f"{len(content) / MEGA:7.2f} MB  {name}")
        if len(content) > LIMITS.get(kind, len(content)):
            too_large.append(f"{name} has {len(content)} bytes, more than {LIMITS[kind]}")
    (folder / "SHA256SUMS").write_text("".join(sums))
    if too_large:
        sys.exit("build.py: " + "; ".join(too_large))


if __name__ == "__main__":
    main(*sys.argv[1:])
