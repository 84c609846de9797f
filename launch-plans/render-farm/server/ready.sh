#!/bin/sh
# ready.sh URL: the server tells of its jobs, and the bucket has what workers fetch.
exec python3 - "$1" <<'PYTHON'
import json, sys, time, urllib.request

for attempt in range(50):
    try:
        jobs = json.loads(urllib.request.urlopen(sys.argv[1] + "/api/jobs", timeout=2).read())
        urllib.request.urlopen(sys.argv[1] + "/bucket/srv/worker.py", timeout=2).read()
        print(f"{sys.argv[1]} has {len(jobs)} jobs")
        sys.exit(0)
    except OSError as error:
        reason = error
        time.sleep(0.1)
sys.exit(f"no answer from {sys.argv[1]}: {reason}")
PYTHON
