"""What is inside the binary: a CycloneDX list of the crates, and the texts of their licences."""

import hashlib
import json
import re
import subprocess
import tomllib
import uuid
from datetime import datetime, timezone
from pathlib import Path

from release import ROOT

TARGET = "x86_64-unknown-linux-gnu"


def dependencies():
    """The crates that the binary is built from, each with the ids of those that it uses; without build-time crates."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    found, waiting = {}, [root]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found[current] = [dep["pkg"] for dep in nodes[current]["deps"] if is_linked(dep, packages[dep["pkg"]])]
        waiting += found[current]
    return root, {key: (packages[key], uses) for key, uses in found.items()}


def is_linked(dependency, package):
    is_macro = any("proc-macro" in target["kind"] for target in package["targets"])
    return not is_macro and any(kind["kind"] is None for kind in dependency["dep_kinds"])


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, sums):
    entry = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
    }
    if package["license"]:
        # Older crates separate with a slash what SPDX separates with OR.
        entry["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    checksum = sums.get((package["name"], package["version"]))
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


def build(release):
    root, crates = dependencies()
    sums = checksums()
    binary = hashlib.sha256(release.binary).hexdigest()
    main = component(crates[root][0], sums) | {"type": "application", "hashes": [{"alg": "SHA-256", "content": binary}]}
    others = sorted((component(package, sums) for key, (package, _) in crates.items() if key != root), key=by_reference)
    uses = [
        {"ref": purl(package), "dependsOn": sorted({purl(crates[key][0]) for key in used})}
        for package, used in crates.values()
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        # The same release has the same number.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'gatepost:{binary}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(release.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": main,
        },
        "components": others,
        "dependencies": sorted(uses, key=lambda entry: entry["ref"]),
    }
    return json.dumps(document, indent=1) + "\n"


def by_reference(entry):
    return entry["bom-ref"]


def third_party_licences():
    """The licence files of all crates; equal texts once, under the names of the crates that have them."""
    root, crates = dependencies()
    owners, without = {}, []
    for key, (package, _) in crates.items():
        if key == root:
            continue
        texts = licence_texts(Path(package["manifest_path"]).parent)
        title = f"{package['name']} {package['version']} ({package['license'] or 'see its text'})"
        if not texts:
            without.append(title)
        for text in texts:
            owners.setdefault(text, []).append(title)
    parts = ["Gatepost contains these libraries, under these licences.\n"]
    parts += [
        f"{'=' * 78}\n" + "".join(f"{title}\n" for title in sorted(titles)) + f"{'-' * 78}\n{text}\n"
        for text, titles in sorted(owners.items(), key=lambda item: sorted(item[1]))
    ]
    if without:
        listed = "".join(f"{title}\n" for title in sorted(without))
        parts.append(f"{'=' * 78}\nThese come without a text of their own; the texts of their licences are above.\n{listed}")
    return "".join(parts)


def licence_texts(folder):
    files = [path for path in folder.iterdir() if re.match(r"(?i)(licen[cs]e|copying|notice)", path.name)]
    texts = {path.read_text(errors="replace").strip() for path in files if path.is_file()}
    return sorted(text for text in texts if text)
