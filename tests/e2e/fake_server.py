"""A server that is none of ours: answers every call with the bytes of one case, on a port that it prints.

    fake_server.py CASE
"""

import http.server
import sys


def envelope(flags, message):
    return bytes([flags]) + len(message).to_bytes(4, "big") + message


def field(number, content):
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def file_item(path, content):
    return envelope(0, field(4, field(1, path.encode()) + field(2, content)))


DATA = envelope(0, field(3, b"the beginning"))
DONE = envelope(2, b"{}")
CASES = {
    "above": file_item("../escaped", b"x") + DONE,
    "absolute": file_item("/tmp/daybook-escaped", b"x") + DONE,
    "hidden": file_item("a/../../escaped", b"x") + DONE,
    "breaks-off": DATA,
    "half-envelope": DATA + b"\0\0\0",
    "endless": DATA + b"\0\xff\xff\xff\xff",
    "no-answer": DATA + DONE,
    "damaged": DATA + envelope(2, b'{"error":{"code":"data_loss","message":"the journal is damaged"}}'),
    "junk": b"<html>It works!</html>",
    "junk-item": envelope(0, b"\xff\xff\xff") + DONE,
    "junk-end": DATA + envelope(2, b"]["),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = CASES[sys.argv[1]]
        self.send_response(200)
        self.send_header("Content-Type", "application/connect+proto")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.handle_request()
