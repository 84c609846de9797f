#!/bin/sh
# ready.sh URL NAME…: every named server answers through the proxy.
exec python3 - "$@" <<'PYTHON'
import sys, time, urllib.request

url, wanted, seen = sys.argv[1], set(sys.argv[2:]), set()
reason = "nothing was asked"
for attempt in range(50):
    try:
        seen.add(urllib.request.urlopen(url, timeout=2).headers["X-Served-By"])
        if wanted <= seen:
            print("open", url)
            sys.exit(0)
        continue
    except OSError as error:
        reason = error
        time.sleep(0.1)
sys.exit(f"{url} did not reach {', '.join(sorted(wanted - seen))}: {reason}")
PYTHON
