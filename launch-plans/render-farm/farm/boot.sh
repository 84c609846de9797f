#!/bin/sh
# boot.sh HOIST SERVER WORKERS: runs the scaler of a fleet of at most so many workers, which take jobs of the server.
set -eu
hoist=$1 server=$2 workers=$3
[ -x "$hoist" ] || { echo "there is no hoist at $hoist: --var hoist=PATH says where it is, with its whole path" >&2; exit 1; }

# What a worker does when it starts: it fetches its program from the bucket, as coalition's do.
cat > worker.sh <<SCRIPT
#!/bin/sh
cd "\$HOME"
python3 -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=10).read())' \\
    "$server/bucket/srv/worker.py" > worker.py
exec python3 worker.py "\$HOIST_INSTANCE" "$server"
SCRIPT

cat > farm.toml <<TOML
name = "render"

[workers]
max = $workers

[queue]
kind = "coalition"
url = "$server"

[cloud]
provider = "local"

[machine]
user_data = "worker.sh"

[engine]
name = "coalition"
start_delay = "0s"
minimum_lifetime = "1m"
TOML

# It may be run again, with other values: what an earlier run started ends first.
if [ -f scaler.pid ] && kill "$(cat scaler.pid)" 2> /dev/null; then
    while kill -0 "$(cat scaler.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid "$hoist" --state "$PWD/fleets.db" elastic run --config farm.toml > scaler.log 2>&1 < /dev/null &
echo $! > scaler.pid
for _ in $(seq 100); do
    grep -q " served on " scaler.log && exit 0
    kill -0 "$(cat scaler.pid)" 2> /dev/null || break
    sleep 0.1
done
cat scaler.log >&2
exit 1
