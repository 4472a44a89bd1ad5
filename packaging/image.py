"""The container image as an OCI archive, without a container engine.

Its configuration is what the last stage of the Dockerfile says. Its files are the binary, and of Debian's packages glibc,
root certificates and time zones.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path

from release import LICENCES
from tree import Tree, gzipped

PACKAGES = ("ca-certificates", "libc6", "tzdata")
LIBRARIES = re.compile(r"\./(usr/)?lib/x86_64-linux-gnu/(ld-linux-x86-64|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files))\.so\.\d$")
USER, GROUP = 10001, 0


def name(release):
    return f"gatepost-{release.version}-oci.tar"


def build(release, third_party):
    base, program = Tree(), Tree()
    add_debian(base)
    add_accounts(base)
    program.file("usr/local/bin/gatepost", release.binary, 0o755)
    program.link("mailpit", "usr/local/bin/gatepost")
    program.link("usr/local/bin/mailpit", "gatepost")
    program.link("usr/sbin/sendmail", "../local/bin/gatepost")
    for licence in LICENCES:
        program.file(f"usr/share/doc/gatepost/{licence}", release.text(licence))
    program.file("usr/share/doc/gatepost/THIRD-PARTY-LICENSES.txt", third_party)
    layers = [tree.tar(release.time) for tree in (base, program)]
    return archive(release, layers)


def add_debian(tree):
    """The files of PACKAGES that a program needs, and their copyright files."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *PACKAGES], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        certificates = []
        for package in sorted(Path(folder).glob("*.deb")):
            content = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
            with tarfile.open(fileobj=BytesIO(content)) as files:
                for member in files.getmembers():
                    if member.name.startswith("./usr/share/ca-certificates/") and member.isfile():
                        certificates.append((member.name, files.extractfile(member).read()))
                    elif is_wanted(member.name):
                        add_member(tree, files, member)
        bundle = b"".join(content.rstrip() + b"\n" for _, content in sorted(certificates))
        tree.file("etc/ssl/certs/ca-certificates.crt", bundle)


def is_wanted(path):
    zones = path.startswith("./usr/share/zoneinfo/") and not re.search(r"/(right|posix)(/|$)", path)
    return zones or bool(LIBRARIES.match(path)) or path in {f"./usr/share/doc/{name}/copyright" for name in PACKAGES}


def add_member(tree, files, member):
    path = member.name.removeprefix("./")
    # /lib is a folder of its own here: nothing else of Debian's layout is.
    path = re.sub(r"^usr/lib/x86_64", "lib/x86_64", path)
    if member.isfile():
        tree.file(path, files.extractfile(member).read(), member.mode & 0o777)
    elif member.issym():
        tree.link(path, member.linkname)
    elif member.islnk():
        tree.file(path, files.extractfile(member).read(), member.mode & 0o777)


def add_accounts(tree):
    tree.link("lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    tree.file("etc/passwd", f"root:x:0:0:root:/:/sbin/nologin\ngatepost:x:{USER}:{GROUP}::/data:/sbin/nologin\n")
    tree.file("etc/group", "root:x:0:\n")
    tree.file("etc/nsswitch.conf", "hosts: files dns\n")
    # Container engines put these over the image.
    for path in ("etc/hosts", "etc/hostname", "etc/resolv.conf"):
        tree.file(path, "")
    for path in ("dev", "proc", "sys"):
        tree.folder(path)
    tree.folder("tmp", 0o1777)
    # An engine starts a user without an entry in /etc/passwd in group 0, which may write too.
    tree.folder("data", 0o770, USER, GROUP)


def configuration(dockerfile):
    """What the instructions of the last stage set, as the image's configuration has it."""
    stage = re.split(r"(?m)^FROM .*$", dockerfile)[-1].replace("\\\n", " ")
    config = {"Env": ["PATH=/usr/local/bin"], "ExposedPorts": {}, "Volumes": {}, "Labels": {}}
    for line in stage.splitlines():
        instruction, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        match instruction:
            case "ENV":
                config["Env"] += rest.split()
            case "EXPOSE":
                config["ExposedPorts"].update({f"{port}/tcp": {} for port in rest.split()})
            case "VOLUME":
                config["Volumes"][rest] = {}
            case "LABEL":
                key, _, value = rest.partition("=")
                config["Labels"][key] = value.strip('"')
            case "USER":
                config["User"] = rest
            case "WORKDIR":
                config["WorkingDir"] = rest
            case "STOPSIGNAL":
                config["StopSignal"] = rest
            case "ENTRYPOINT":
                config["Entrypoint"] = json.loads(rest)
            case "CMD":
                config["Cmd"] = json.loads(rest)
            case "HEALTHCHECK":
                config["Healthcheck"] = health_check(rest)
    return config


def health_check(rest):
    options, _, command = rest.partition("CMD ")
    seconds = dict(re.findall(r"--([a-z-]+)=(\d+)s", options))
    check = {"Test": ["CMD", *json.loads(command)]}
    keys = {"interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod"}
    check.update({keys[key]: int(value) * 10**9 for key, value in seconds.items()})
    return check


def archive(release, layers):
    """The layout of OCI's image specification as one tar archive."""
    tree = Tree()

    def blob(media, content):
        digest = hashlib.sha256(content).hexdigest()
        tree.file(f"blobs/sha256/{digest}", content)
        return {"mediaType": f"application/vnd.oci.image.{media}", "digest": f"sha256:{digest}", "size": len(content)}

    created = datetime.fromtimestamp(release.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": configuration(release.text("Dockerfile")),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]},
        "history": [{"created": created, "created_by": f"bin/package, layer {n + 1}"} for n in range(len(layers))],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("config.v1+json", json.dumps(config).encode()),
        "layers": [blob("layer.v1.tar+gzip", gzipped(layer)) for layer in layers],
    }
    described = blob("manifest.v1+json", json.dumps(manifest).encode())
    described["platform"] = {"architecture": "amd64", "os": "linux"}
    described["annotations"] = {"org.opencontainers.image.ref.name": release.version}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}
    tree.file("index.json", json.dumps(index))
    tree.file("oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}))
    return tree.tar(release.time)
