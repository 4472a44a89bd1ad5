"""The Python wheel: the binary as a script. There is no Python code in it, so any Python 3 installs it."""

import base64
import hashlib
import io
import time
import zipfile

from release import GLIBC, LICENCES

PLATFORM = f"manylinux_{GLIBC[0]}_{GLIBC[1]}_x86_64"
# pip knows this tag by two names, and older pips only by the second.
TAG = f"py3-none-{PLATFORM}.manylinux2014_x86_64"


def name(release):
    return f"gatepost-{release.version}-{TAG}.whl"


def build(release, third_party, sbom):
    info = f"gatepost-{release.version}.dist-info"
    files = {
        f"gatepost-{release.version}.data/scripts/gatepost": release.binary,
        f"{info}/METADATA": metadata(release),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: bin/package\nRoot-Is-Purelib: false\n{tags()}",
        f"{info}/sboms/gatepost.cdx.json": sbom,
        f"{info}/licenses/THIRD-PARTY-LICENSES.txt": third_party,
    }
    for licence in LICENCES:
        files[f"{info}/licenses/{licence}"] = release.text(licence)
    return archive(files, f"{info}/RECORD", release.time)


def tags():
    python, abi, platforms = TAG.split("-")
    return "".join(f"Tag: {python}-{abi}-{platform}\n" for platform in platforms.split("."))


def metadata(release):
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", "gatepost"),
        ("Version", release.version),
        ("Summary", release.summary),
        ("License-Expression", release.package["license"]),
        *(("License-File", licence) for licence in (*LICENCES, "THIRD-PARTY-LICENSES.txt")),
        ("Keywords", "mail,smtp,testing,accounts"),
        ("Classifier", "Environment :: Console"),
        ("Classifier", "Operating System :: POSIX :: Linux"),
        ("Classifier", "Topic :: Communications :: Email"),
        ("Requires-Python", ">=3.7"),
        ("Description-Content-Type", "text/markdown"),
    ]
    head = "".join(f"{key}: {value}\n" for key, value in fields)
    return f"{head}\n{release.text('packaging/about.md')}"


def archive(files, record_path, seconds):
    """The zip archive with its RECORD. Times before 1980 do not exist in zip."""
    stamp = max(time.gmtime(seconds)[:6], (1980, 1, 1, 0, 0, 0))
    raw, record = io.BytesIO(), []
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path, content in sorted(files.items()):
            content = content.encode() if isinstance(content, str) else content
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(content)}\n")
            put(out, path, content, stamp)
        record.append(f"{record_path},,\n")
        put(out, record_path, "".join(record).encode(), stamp)
    return raw.getvalue()


def put(out, path, content, stamp):
    info = zipfile.ZipInfo(path, stamp)
    info.create_system = 3
    info.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    out.writestr(info, content, compresslevel=9)
