# The first process of a machine: makes a root of its own, runs sshd, and takes everything down with it once the test that
# started it is gone. Its standard input is held open by the test. $1: the machine's directory; $2: the Debian it is a copy
# of; $3: its name.
set -e
root=$1/root
mount --bind "$2" "$root"
mount -o remount,bind,ro "$root"
for own in etc var home root tmp run; do
    mount -t tmpfs -o mode=755 machine "$root/$own"
    cp -a "$2/$own/." "$root/$own/"
done
chmod 1777 "$root/tmp"
mkdir "$root/run/sshd"
cp -r "$1/seed/." "$root/"
chown -R root:root "$root/etc/ssh"
for home in root home/admin; do
    mkdir -p -m 700 "$root/$home/.ssh"
    cp "$1/authorized_keys" "$root/$home/.ssh/"
    chroot "$root" chown -R --reference="/$home" "/$home/.ssh"
done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
hostname "$3"
exec 3<&0 </dev/null
cd "$root"
exec chroot . sh -c '
cd /
/usr/sbin/sshd -D -e &
sshd=$!
{
    read -r _ <&3
    kill -KILL $sshd
} &
exec 3<&-
# Reaps whatever is left to it, too.
while kill -0 $sshd 2>/dev/null; do wait $sshd; done
'
