"""An aiosmtpd server that follows a script: it prints its port, stores what it receives and each QUIT, ends when standard
input does.

    scripted_smtp.py FOLDER '{"greylist": true}'

Keys, all optional: greylist (each recipient is put off once), leave_at (MAIL, RCPT or DATA: 421 and close), login
([name, password]), mechanisms (what is offered of PLAIN, LOGIN, CRAM-MD5), auth_in_clear, size, tls ("starttls" or
"implicit") with certificate and key, refuse ({address: reply}), reply_after (seconds that a mail which is kept already
waits for its 250), judge (the reply to a mail, which is not kept), smtputf8 (false: not offered).
"""

import asyncio
import hashlib
import hmac
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, plan = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
put_off, received = set(), 0


class Handler:
    async def leaves(self, server, at):
        if plan.get("leave_at") != at:
            return False
        asyncio.get_running_loop().call_later(0.05, server.transport.close)
        return True

    async def handle_MAIL(self, server, session, envelope, address, options):
        if await self.leaves(server, "MAIL"):
            return "421 4.3.2 shutting down"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if await self.leaves(server, "RCPT"):
            return "421 4.3.2 shutting down"
        if address in plan.get("refuse", {}):
            return plan["refuse"][address]
        if plan.get("greylist") and address not in put_off:
            put_off.add(address)
            return "451 4.7.1 Greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        global received
        if await self.leaves(server, "DATA"):
            return "421 4.3.2 shutting down"
        if "judge" in plan:
            return plan["judge"]
        received += 1
        (folder / f"{received:04}.part").write_bytes(envelope.original_content)
        (folder / f"{received:04}.part").rename(folder / f"{received:04}.eml")
        await asyncio.sleep(plan.get("reply_after", 0))
        return f"250 2.0.0 Ok: queued as SCRIPT{received:04}"

    async def handle_QUIT(self, server, session, envelope):
        with (folder / "goodbyes.log").open("a") as log:
            log.write("QUIT\n")
        return "221 2.0.0 bye"

    async def auth_CRAM__MD5(self, server, args):
        challenge = b"<1896.697170952@scripted.test>"
        answer = await server.challenge_auth(challenge)
        name, _, digest = answer.decode().partition(" ")
        expected = hmac.new(plan["login"][1].encode(), challenge, hashlib.md5).hexdigest()
        return AuthResult(success=name == plan["login"][0] and digest == expected, handled=False)


def authenticate(server, session, envelope, mechanism, data):
    good = [data.login.decode(), data.password.decode()] == plan["login"]
    return AuthResult(success=good, handled=False)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(plan["certificate"], plan["key"])
    return made


def protocol():
    options = {"enable_SMTPUTF8": plan.get("smtputf8", True), "ident": "scripted", "hostname": "scripted.test"}
    if plan.get("tls") == "starttls":
        options["tls_context"] = context()
    if "size" in plan:
        options["data_size_limit"] = plan["size"]
    if "login" in plan:
        offered = plan.get("mechanisms", ["PLAIN", "LOGIN"])
        excluded = [name for name in ["PLAIN", "LOGIN", "CRAM-MD5"] if name not in offered]
        # Behind implicit TLS aiosmtpd sees no TLS of its own.
        clear = plan.get("auth_in_clear", False) or plan.get("tls") == "implicit"
        options.update(authenticator=authenticate, auth_exclude_mechanism=excluded, auth_require_tls=not clear)
    return SMTP(Handler(), **options)


async def main():
    loop = asyncio.get_running_loop()
    tls = context() if plan.get("tls") == "implicit" else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
