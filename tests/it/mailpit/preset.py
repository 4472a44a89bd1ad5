"""Plays one preset inside a network namespace: starts the server as the preset does, waits as it does, sends a message
by SMTP and reads it by the API and the page, under each of the preset's host names."""

import http.client
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import threading
import time
from email.message import EmailMessage

PATIENCE = 60


def resolve_here(hosts):
    """Gives every name to this namespace, as a container network or a published port would."""
    with open("hosts", "w") as file:
        file.write("127.0.0.1 localhost " + " ".join(hosts) + "\n")
    subprocess.run(["mount", "--bind", "hosts", "/etc/hosts"], check=True)


def start(plan):
    os.makedirs("data", exist_ok=True)
    environment = {"PATH": os.environ["PATH"], **plan["variables"]}
    command = [plan["program"], *plan["arguments"]]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = []

    def read():
        for line in server.stdout:
            log.append(line.rstrip("\n"))

    threading.Thread(target=read, daemon=True).start()
    return server, log, environment


def get(host, path):
    connection = http.client.HTTPConnection(host, 8025, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def accepts(port):
    try:
        socket.create_connection(("localhost", port), timeout=5).close()
        return True
    except OSError:
        return False


def is_ready(rule, value, log, environment):
    if rule == "ports":
        return accepts(1025) and accepts(8025)
    if rule == "http":
        try:
            return get("localhost", value)[0] == 200
        except OSError:
            return False
    if rule == "log":
        return any(re.fullmatch(value, line) for line in log)
    return subprocess.run(value, env=environment, capture_output=True).returncode == 0


def send(host, login, subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "app@example.com", "kim@example.com", subject
    message.set_content("hello")
    with smtplib.SMTP(host, 1025, timeout=10) as smtp:
        if login:
            smtp.login(*login)
        smtp.send_message(message)


def main():
    plan = json.load(open(sys.argv[1]))
    resolve_here(plan["hosts"])
    server, log, environment = start(plan)
    try:
        deadline = time.monotonic() + PATIENCE
        while not is_ready(*plan["wait"], log, environment):
            assert server.poll() is None, "\n".join(log)
            assert time.monotonic() < deadline, "not ready:\n" + "\n".join(log)
            time.sleep(0.05)
        for host in plan["hosts"]:
            send(host, plan["login"], f"to {host}")
            status, body = get(host, f"{plan['path']}/api/v1/messages")
            assert status == 200, (host, status, body)
            assert json.loads(body)["messages"][0]["Subject"] == f"to {host}", body
            status, page = get(host, f"{plan['path']}/")
            assert status == 200 and f"to {host}".encode() in page, (host, status)
        # Any name that public DNS could lead here is refused.
        connection = http.client.HTTPConnection("127.0.0.1", 8025, timeout=10)
        connection.request("GET", f"{plan['path']}/api/v1/messages", headers={"Host": "evil.example:8025"})
        assert connection.getresponse().status == 421
        server.terminate()
        assert server.wait(timeout=PATIENCE) == 0, "\n".join(log)
        warnings = [line for line in log if "WARN" in line or "no effect" in line]
        assert not warnings, warnings
        print("preset ok")
    finally:
        server.kill()


main()
