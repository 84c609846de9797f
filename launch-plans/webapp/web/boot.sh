#!/bin/sh
# boot.sh ADDRESS PORT: starts a web server that greets and counts its visitors in the database. Its settings are in
# bootconf.json, made from config.json.
set -eu
command -v python3 >/dev/null || { echo "this plan needs python3, and this machine has none (Debian: apt install python3)" >&2; exit 1; }

cat > web.py <<'PYTHON'
import http.server, json, sys, urllib.request

config = json.load(open("bootconf.json"))

class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        request = urllib.request.Request(config["database"] + "/visits", method="POST")
        visits = urllib.request.urlopen(request, timeout=5).read().decode()
        body = f"{config['motto']}: visitor {visits}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", config["name"])
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Web).serve_forever()
PYTHON

# It may be run again, with other values: what an earlier run started ends first.
if [ -f web.pid ] && kill "$(cat web.pid)" 2> /dev/null; then
    while kill -0 "$(cat web.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid python3 web.py "$1" "$2" > web.log 2>&1 < /dev/null &
echo $! > web.pid
echo "{\"url\": \"http://$1:$2\"}" > bootout.json
