"""Answers every GET; takes the options of the real one."""

import argparse
import http.server

parser = argparse.ArgumentParser()
for option in ("--port", "--account-sid", "--auth-token-env", "--webhook-base", "--state"):
    parser.add_argument(option, required=True)
given = parser.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", int(given.port)), Handler).serve_forever()
