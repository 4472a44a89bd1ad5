"""aiosmtplib: aiosmtplib_mail.py HOST PORT FILE"""

import asyncio
import sys

import aiosmtplib

from python_message import message

host, port, file = sys.argv[1:]
asyncio.run(aiosmtplib.send(message(file), hostname=host, port=int(port)))
