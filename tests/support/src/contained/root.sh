# The first process of a machine: makes a root of its own. What follows runs there, and takes everything down with it once the
# test that started it is gone; its standard input is held open by the test. $1: the machine's directory; $2: the Debian it is a
# copy of; $3: its name.
set -e

# Where several machines are made at once, the kernel may call a mount busy that is not a moment later.
attach() {
    tries=0
    until mount "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || exit 1
        sleep 0.1
    done
}

root=$1/root
attach --bind "$2" "$root"
attach -o remount,bind,ro "$root"
for own in etc var home root tmp run usr/local; do
    attach -t tmpfs -o mode=755 machine "$root/$own"
    cp -a "$2/$own/." "$root/$own/"
done
chmod 1777 "$root/tmp"
cp -r "$1/seed/." "$root/"
attach -t proc proc "$root/proc"
attach --rbind /dev "$root/dev"
hostname "$3"
exec 3<&0 </dev/null
cd "$root"
