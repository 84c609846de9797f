#!/bin/sh
# ready.sh URL: the store answers.
exec python3 - "$1" <<'PYTHON'
import sys, time, urllib.request

for attempt in range(50):
    try:
        print("visits so far:", urllib.request.urlopen(sys.argv[1] + "/visits", timeout=2).read().decode())
        sys.exit(0)
    except OSError as error:
        reason = error
        time.sleep(0.1)
sys.exit(f"no answer from {sys.argv[1]}: {reason}")
PYTHON
