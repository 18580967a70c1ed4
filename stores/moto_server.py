"""Moto's S3 server on a port. It ends when whoever started it does, because standard input ends then."""

import os
import sys
import threading

from moto.server import main


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
