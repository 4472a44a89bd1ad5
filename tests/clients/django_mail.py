"""Django with only EMAIL_HOST and EMAIL_PORT set: django_mail.py HOST PORT FILE"""

import sys

import django
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

host, port, file = sys.argv[1:]
settings.configure(EMAIL_HOST=host, EMAIL_PORT=int(port))
django.setup()

message = EmailMultiAlternatives(
    "Order 42: grüße und 안녕하세요",
    "Hello 길동,\n.a line that starts with a dot\n\nBye\n",
    "Jörg Sender <from@client.test>",
    ["Recipient <to@client.test>"],
    bcc=["blind@client.test"],
)
message.attach_alternative('<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>\n', "text/html")
message.attach_file(file)
assert message.send() == 1
