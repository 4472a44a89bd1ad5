"""Python's smtplib: smtplib_mail.py HOST PORT FILE"""

import smtplib
import sys

from python_message import message

host, port, file = sys.argv[1:]
with smtplib.SMTP(host, int(port)) as server:
    server.send_message(message(file))
