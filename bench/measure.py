"""Runs one command and says what it took: python measure.py COMMAND...

The last line printed is: wall seconds, user CPU seconds, system CPU seconds, peak resident KiB. What the command
prints is left out, except for its errors. The kernel counts this small process's own few MiB as the least peak of
anything it starts.
"""

import os
import sys
import time

silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
begun = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - begun
if status != 0:
    sys.exit(f"{sys.argv[1]} ended with {os.waitstatus_to_exitcode(status)}")
peak = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
print(wall, used.ru_utime, used.ru_stime, peak)
