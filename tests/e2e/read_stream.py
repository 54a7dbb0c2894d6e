#!/usr/bin/env python3
"""Prints what a JetStream stream holds, read by NATS's own protocol and no client library.

    read_stream.py PORT STREAM    "id sequence customer" of every message, in the stream's order
    read_stream.py PORT --request SUBJECT BODY    prints what is answered
"""
import json
import os
import socket
import sys


class Line:
    """A connection to the server on loopback: operations are lines, messages have their sizes in front."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        self.answers, self.messages = f"answers.{os.getpid()}", f"messages.{os.getpid()}"
        self.early = []
        self.file.readline()  # INFO
        self.send('CONNECT {"verbose":false,"headers":true,"no_responders":true}')
        self.send(f"SUB {self.answers} 1")
        self.send(f"SUB {self.messages} 2")

    def send(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def request(self, subject, body=""):
        self.send(f"PUB {subject} {self.answers} {len(body)}\r\n{body}")
        # A new consumer's first messages may come before the answer that it was made.
        while (received := self.receive())[0] != self.answers:
            self.early.append(received)
        answer = json.loads(received[2])
        if "error" in answer:
            sys.exit(f"{subject}: {answer['error']}")
        return answer

    def next_message(self):
        return (self.early.pop(0) if self.early else self.receive())[1:]

    def receive(self):
        while True:
            words = self.file.readline().decode().split()
            if words and words[0] == "PING":
                self.send("PONG")
            elif words and words[0] in ("MSG", "HMSG"):
                break
            elif not words or words[0] == "-ERR":
                sys.exit(f"the server said {words}")
        head_size = int(words[-2]) if words[0] == "HMSG" else 0
        bytes_ = self.file.read(int(words[-1]) + 2)[:-2]
        return words[1], bytes_[:head_size].decode(), bytes_[head_size:]


def main():
    port, stream = int(sys.argv[1]), sys.argv[2]
    line = Line(port)
    if stream == "--request":
        print(json.dumps(line.request(sys.argv[3], sys.argv[4])))
        return
    count = line.request(f"$JS.API.STREAM.INFO.{stream}")["state"]["messages"]
    config = {"deliver_subject": line.messages, "deliver_policy": "all", "ack_policy": "none"}
    line.request(f"$JS.API.CONSUMER.CREATE.{stream}", json.dumps({"stream_name": stream, "config": config}))
    for _ in range(count):
        head, payload = line.next_message()
        fields = dict(field.split(": ", 1) for field in head.split("\r\n")[1:] if field)
        item = json.loads(payload)
        print(fields["Nats-Msg-Id"], item["sequence"], item["event"].get("customer", ""))


if __name__ == "__main__":
    main()
