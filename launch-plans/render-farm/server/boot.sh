#!/bin/sh
# boot.sh ADDRESS PORT: starts a job server that speaks coalition's REST interface, with a bucket.
set -eu
command -v python3 >/dev/null || { echo "this plan needs python3, and this machine has none (Debian: apt install python3)" >&2; exit 1; }

mkdir -p bucket/srv bucket/frames
cat > bucket/srv/worker.py <<'PYTHON'
"""worker.py NAME SERVER: asks for frames, renders them into the bucket, and stops when its lease ends."""
import datetime, json, os, sys, time, urllib.request

name, server = sys.argv[1:]

def call(path, body, method="POST"):
    request = urllib.request.Request(server + path, data=body, method=method)
    return json.loads(urllib.request.urlopen(request, timeout=5).read() or "null")

def leased():
    end = open(os.environ["HOIST_LEASE_FILE"]).read().strip().replace("Z", "+00:00")
    return datetime.datetime.now(datetime.timezone.utc) < datetime.datetime.fromisoformat(end)

while leased():
    try:
        job = call("/worker/ask", json.dumps({"name": name}).encode())
        if job:
            # Rendering takes its time.
            time.sleep(0.5)
            call(f"/bucket/frames/{job}", f"frame {job} by {name}\n".encode(), "PUT")
            call("/worker/done", json.dumps({"name": name, "job": job}).encode())
            continue
    except OSError as error:
        print(f"the server does not answer: {error}", flush=True)
    time.sleep(0.2)
PYTHON

cat > server.py <<'PYTHON'
"""server.py ADDRESS PORT: jobs and workers as coalition's server has them, and a bucket."""
import http.server, json, os, sys, threading, time

jobs, workers, lock = {}, {}, threading.Lock()

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, value, code=200):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def bucket(self):
        """The file of the bucket that is asked for; nothing outside of it."""
        root = os.path.realpath("bucket")
        path = os.path.realpath(root + self.path.removeprefix("/bucket"))
        return path if path.startswith(root + os.sep) else None

    def do_GET(self):
        with lock:
            if self.path == "/api/jobs":
                return self.answer(list(jobs.values()))
            if self.path == "/api/workers":
                return self.answer(list(workers.values()))
        path = self.path.startswith("/bucket/") and self.bucket()
        if path and os.path.isfile(path):
            return self.answer(open(path, "rb").read())
        self.answer("there is nothing here", 404)

    def do_PUT(self):
        content, path = self.body(), self.path.startswith("/bucket/") and self.bucket()
        if not path:
            return self.answer("only the bucket can be written", 404)
        open(path + ".new", "wb").write(content)
        os.replace(path + ".new", path)
        self.answer(1)

    def do_DELETE(self):
        names = json.loads(self.body())
        with lock:
            [workers.pop(name, None) for name in names]
        self.answer(1)

    def do_POST(self):
        asked = json.loads(self.body())
        with lock:
            answer = self.post(asked)
        self.answer(answer, 404 if answer is None else 200)

    def post(self, asked):
        if self.path == "/api/jobs":
            for _ in range(asked["frames"]):
                number = len(jobs) + 1
                jobs[number] = {"id": number, "title": f"frame {number}", "command": "render", "state": "WAITING",
                                "affinity": "", "worker": "", "h_paused": 0}
            return len(jobs)
        if self.path == "/api/workers":
            for name, values in asked.items():
                if name in workers:
                    workers[name].update(values)
            return 1
        if self.path == "/api/stopworkers":
            for name in asked:
                if name in workers:
                    workers[name]["active"] = 0
                    self.give_back(name)
            return 1
        if self.path == "/worker/ask":
            return self.ask(asked["name"])
        if self.path == "/worker/done":
            worker, job = workers.get(asked["name"]), jobs[asked["job"]]
            job["state"] = "FINISHED"
            if worker:
                worker.update(state="WAITING", finished=worker["finished"] + 1)
            return 1
        return None

    def ask(self, name):
        worker = workers.setdefault(name, {"name": name, "state": "WAITING", "active": 1, "affinity": "", "last_job": -1,
                                           "finished": 0, "error": 0})
        worker.update(ip=self.client_address[0], ping_time=int(time.time()))
        # It has lost a job that it asked another for.
        self.give_back(name)
        worker["state"] = "WAITING"
        job = next((job for job in jobs.values() if job["state"] == "WAITING"), None)
        if job is None or not worker["active"]:
            return 0
        job.update(state="WORKING", worker=name)
        worker.update(state="WORKING", last_job=job["id"])
        return job["id"]

    def give_back(self, name):
        for job in jobs.values():
            if job["state"] == "WORKING" and job["worker"] == name:
                job["state"] = "WAITING"

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Server).serve_forever()
PYTHON

# It may be run again, with other values: what an earlier run started ends first.
if [ -f server.pid ] && kill "$(cat server.pid)" 2> /dev/null; then
    while kill -0 "$(cat server.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid python3 server.py "$1" "$2" > server.log 2>&1 < /dev/null &
echo $! > server.pid
echo "{\"url\": \"http://$1:$2\"}" > bootout.json
