"""What Python's email package reads in the messages of a folder, as JSON by file name. A field that the package cannot
read is null."""

import email
import email.policy
import json
import pathlib
import sys


def read(field):
    try:
        return field()
    except Exception:  # The package raises many types for malformed messages.
        return None


def text(message):
    body = message.get_body(("plain",))
    return body.get_content() if body is not None else None


def recipients(message):
    fields = [field for name in ("to", "cc", "bcc") for field in message.get_all(name, [])]
    return [address.addr_spec for field in fields for address in field.addresses]


def names(message):
    return [part.get_filename() for part in message.walk() if part.get_filename()]


found = {}
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    found[path.name] = {
        "subject": read(lambda: str(message["subject"]) if message["subject"] is not None else ""),
        "from": read(lambda: [address.addr_spec for address in message["from"].addresses]),
        "to": read(lambda: recipients(message)),
        "text": read(lambda: text(message)),
        "names": read(lambda: names(message)),
    }
# Lone surrogates stand for bytes that are not valid text; JSON cannot hold them.
print(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace").decode())
