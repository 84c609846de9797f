#!/bin/sh
# ready.sh URL: the server greets.
exec python3 - "$1" <<'PYTHON'
import sys, time, urllib.request

for attempt in range(50):
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=2).read().decode(), end="")
        sys.exit(0)
    except OSError as error:
        reason = error
        time.sleep(0.1)
sys.exit(f"no answer from {sys.argv[1]}: {reason}")
PYTHON
