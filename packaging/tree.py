"""A tree of files in memory, and the archives that hold one: tar and ar.

The same content gives the same bytes: entries are sorted, times are SOURCE_DATE_EPOCH, owners are numbers.
"""

import gzip
import io
import tarfile
from dataclasses import dataclass


@dataclass
class Entry:
    mode: int
    content: bytes = b""
    link: str = ""
    owner: int = 0
    group: int = 0
    is_folder: bool = False


class Tree:
    """Paths without a leading slash. The folders above a file are added with mode 0755."""

    def __init__(self):
        self.entries = {}

    def folder(self, path, mode=0o755, owner=0, group=0):
        self._above(path)
        self.entries[path] = Entry(mode, owner=owner, group=group, is_folder=True)

    def file(self, path, content, mode=0o644):
        if isinstance(content, str):
            content = content.encode()
        self._above(path)
        self.entries[path] = Entry(mode, content)

    def link(self, path, target):
        self._above(path)
        self.entries[path] = Entry(0o777, link=target)

    def _above(self, path):
        parts = path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:count]), Entry(0o755, is_folder=True))

    def size(self):
        """Bytes of all files."""
        return sum(len(entry.content) for entry in self.entries.values())

    def tar(self, time, prefix="", with_folders=True):
        """An uncompressed tar archive; times are in seconds since 1970."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path, entry in sorted(self.entries.items()):
                if entry.is_folder and not with_folders:
                    continue
                info = tarfile.TarInfo(prefix + path)
                info.mode, info.mtime = entry.mode, time
                info.uid, info.gid = entry.owner, entry.group
                if entry.is_folder:
                    info.type = tarfile.DIRTYPE
                elif entry.link:
                    info.type, info.linkname = tarfile.SYMTYPE, entry.link
                else:
                    info.size = len(entry.content)
                archive.addfile(info, io.BytesIO(entry.content))
        return raw.getvalue()


def gzipped(content):
    """Without a time and a file name in its header."""
    return gzip.compress(content, 9, mtime=0)


def ar(members, time):
    """An ar archive of (name, content) pairs, as dpkg reads it."""
    parts = [b"!<arch>\n"]
    for name, content in members:
        header = f"{name:<16}{time:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        parts += [header.encode(), content, b"\n" if len(content) % 2 else b""]
    return b"".join(parts)
