"""A receiver of webhooks: verifies, answers at once, drops what it has seen, and notices what it missed.

WEBHOOK_SECRET=whsec_… python webhook_receiver.py        needs: pip install standardwebhooks
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()  # in your system: a table with a unique column, written with what the event changes
newest = 0
turn = Lock()


def take(message_id: str, event: dict[str, Any]) -> str:
    """Your work: here it only says what it heard. One at a time, so that `seen` is right."""
    global newest
    with turn:
        if message_id in seen:
            return "again"
        seen.add(message_id)
        if event.get("test"):
            return "test"
        missed = newest and event["seq"] > newest + 1  # or still on its way, or of a kind that you did not subscribe to
        newest = max(newest, event["seq"])
        return "gap" if missed else "new"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            event = webhook.verify(body, dict(self.headers))  # the raw bytes, before anything reads them
        except WebhookVerificationError:
            self.answer(400)
            return
        what = take(self.headers["webhook-id"], event)
        print(json.dumps({"what": what, "type": event["type"], "seq": event["seq"]}), flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
print(json.dumps({"port": server.server_port}), flush=True)
server.serve_forever()
