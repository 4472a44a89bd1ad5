"""The message that the Python clients send, built as in the documentation of the email package."""

import pathlib
from email.headerregistry import Address
from email.message import EmailMessage


def message(file):
    message = EmailMessage()
    message["Subject"] = "Order 42: grüße und 안녕하세요"
    message["From"] = Address("Jörg Sender", "from", "client.test")
    message["To"] = Address("Recipient", "to", "client.test")
    message.set_content("Hello 길동,\n.a line that starts with a dot\n\nBye\n")
    message.add_alternative('<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>\n', subtype="html")
    path = pathlib.Path(file)
    message.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=path.name)
    return message
