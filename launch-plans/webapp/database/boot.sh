#!/bin/sh
# boot.sh ADDRESS PORT: starts a key-value store that speaks HTTP. GET /KEY reads a counter, POST /KEY raises it.
set -eu
command -v python3 >/dev/null || { echo "this plan needs python3, and this machine has none (Debian: apt install python3)" >&2; exit 1; }

cat > database.py <<'PYTHON'
import collections, http.server, sys, threading

counters, lock = collections.Counter(), threading.Lock()

class Store(http.server.BaseHTTPRequestHandler):
    def answer(self, raise_by):
        with lock:
            counters[self.path] += raise_by
            body = str(counters[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(0)

    def do_POST(self):
        self.answer(1)

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Store).serve_forever()
PYTHON

# It may be run again, with other values: what an earlier run started ends first.
if [ -f database.pid ] && kill "$(cat database.pid)" 2> /dev/null; then
    while kill -0 "$(cat database.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid python3 database.py "$1" "$2" > database.log 2>&1 < /dev/null &
echo $! > database.pid
echo "{\"url\": \"http://$1:$2\"}" > bootout.json
echo "the store listens on $1:$2"
