"""The supervisor with small stand-ins for the product's processes: `python -m tests.stand_ins HOME PORT [MODE]`.

Each stand-in makes a file ``NAME.ready``, and writes its name to ``ended.txt`` when it is asked to end. MODE
`stubborn` has a web server that does not listen to anybody, `hopeless` a relay that ends at once.
"""

import sys
from pathlib import Path

from retail_saas.data_folder import StackError
from retail_saas.services import PYTHON, Product, Service
from retail_saas.supervisor import Supervisor, say

SHOPS = '{"shops": [{"name": "Demo", "url_host": "demo.localhost", "logins": []}]}'
PREPARE = f"print('looking'); print('{SHOPS}')"
ON_TERM = """
import os, pathlib, signal, sys
home, name = pathlib.Path(os.environ["DATA_DIR"]), sys.argv[1]
def end(*_):
    with (home / "ended.txt").open("a") as file:
        file.write(name + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, {handler})
(home / f"{name}.ready").touch()
"""
WAIT = "signal.pause()"
SERVE = """
import http.server
class Alive(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Alive).serve_forever()
"""


def stand_ins(mode: str) -> Product:
    """Four processes with the names and the order of the real ones."""

    def process(name: str, ends_by: float, work: str, handler: str = "end") -> Service:
        return Service(name, (PYTHON, "-c", ON_TERM.replace("{handler}", handler) + work, name), ends_by)

    return Product(
        prepare=Service("prepare", (PYTHON, "-c", PREPARE)),
        static=Service("static", (PYTHON, "-c", "")),
        services=(
            process("web", 2, SERVE, handler="signal.SIG_IGN" if mode == "stubborn" else "end"),
            process("scheduler", 3, WAIT),
            process("relay", 4, "sys.exit('no work today')" if mode == "hopeless" else WAIT),
            process("worker", 5, WAIT),
        ),
    )


if __name__ == "__main__":
    data, port, *mode = sys.argv[1:]
    try:
        sys.exit(Supervisor(Path(data), int(port), stand_ins("".join(mode))).run())
    except StackError as problem:
        say(str(problem))
        sys.exit(1)
