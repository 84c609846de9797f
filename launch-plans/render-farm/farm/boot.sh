#!/bin/sh
# boot.sh SERVER WORKERS: runs the scaler of a fleet of at most so many workers, which take jobs of the server.
set -eu
server=$1 workers=$2

# A machine of the local cloud was started by hoist, of which the scaler has a copy: it may lie where the machine does
# not see it.
process=$$
while [ "$(basename "$(readlink "/proc/$process/exe")")" != hoist ]; do
    process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
    [ "$process" != 0 ] || { echo "no hoist has started this program, so none is known" >&2; exit 1; }
done
cp "/proc/$process/exe" hoist.new
mv hoist.new hoist

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
setsid "$PWD/hoist" --state "$PWD/fleets.db" elastic run --config farm.toml > scaler.log 2>&1 < /dev/null &
echo $! > scaler.pid
for _ in $(seq 100); do
    grep -q " served on " scaler.log && exit 0
    kill -0 "$(cat scaler.pid)" 2> /dev/null || break
    sleep 0.1
done
cat scaler.log >&2
exit 1
