#!/bin/sh
# boot.sh ADDRESS PORT BACKEND…: starts a proxy that gives each request to the next backend.
set -eu
command -v python3 >/dev/null || { echo "this plan needs python3, and this machine has none (Debian: apt install python3)" >&2; exit 1; }

cat > proxy.py <<'PYTHON'
import http.server, itertools, sys, urllib.request

backends = itertools.cycle(sys.argv[3:])

class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with urllib.request.urlopen(next(backends) + self.path, timeout=5) as answer:
            body = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Served-By", answer.headers["X-Served-By"])
            self.end_headers()
            self.wfile.write(body)

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Proxy).serve_forever()
PYTHON

# It may be run again, with other values: what an earlier run started ends first.
if [ -f proxy.pid ] && kill "$(cat proxy.pid)" 2> /dev/null; then
    while kill -0 "$(cat proxy.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid python3 proxy.py "$@" > proxy.log 2>&1 < /dev/null &
echo $! > proxy.pid
echo "{\"url\": \"http://$1:$2\"}" > bootout.json
