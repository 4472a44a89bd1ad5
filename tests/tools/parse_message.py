"""What Python's email package makes of the message on standard input, as JSON; any defect is a failure."""

import email
import email.policy
import json
import sys

message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = []
for part in message.walk():
    defects += [f"{part.get_content_type()}: {defect!r}" for defect in part.defects]
    for name, value in part.items():
        defects += [f"{name}: {defect!r}" for defect in value.defects]
if defects:
    sys.exit("\n".join(defects))


def content(kind):
    body = message.get_body((kind,))
    return body.get_content() if body is not None else None


print(json.dumps({
    "subject": message["subject"],
    "from": [address.addr_spec for address in message["from"].addresses],
    "to": [str(address) for address in message["to"].addresses],
    "message_id": message["message-id"],
    "text": content("plain"),
    "html": content("html"),
    "attachments": [
        {"name": part.get_filename(), "kind": part.get_content_type(), "bytes": list(part.get_payload(decode=True))}
        for part in message.iter_attachments()
    ],
}))
