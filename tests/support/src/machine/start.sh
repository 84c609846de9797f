# The first process of a test's machine: mounts what is its own, runs sshd, and takes everything down with it once the
# test that started it is gone. Its standard input is held open by the test. $1: the directory of the machine; $2: how
# user data is run.
if [ "$2" = real ]; then
    # Where cloud-init writes the host keys.
    mkfifo "$1/dev-console"
    [ ! -e /dev/console ] || mount --bind "$1/dev-console" /dev/console
    # Opened here: a process of its own may come too late, when /tmp is another one.
    exec 4<>"$1/dev-console"
    cat <&4 &
    exec 4<&-
fi
mount -a -T "$1/fstab" || exit
exec 3<&0 </dev/null
cd /
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
if [ "$2" = real ]; then
    cloud-init init --local
    cloud-init init
fi
/usr/sbin/sshd -D -e &
sshd=$!
{
    read -r _ <&3
    kill -KILL $sshd
} &
if [ "$2" = real ]; then
    {
        cloud-init modules --mode=config
        cloud-init modules --mode=final
    } 3<&- &
else
    { [ ! -e /var/lib/cloud/user-data.sh ] || sh /var/lib/cloud/user-data.sh; } 3<&- &
fi
# Reaps whatever is left to it, too.
while kill -0 $sshd; do wait $sshd; done
