//! The end of a lease, enforced by the instance itself.

use jiff::Timestamp;

use crate::provider::TAG_EXPIRES;
use crate::user_data::Part;

/// Returns a boot hook that powers the instance off at the end of its lease; with "terminate" as its shutdown
/// behaviour, EC2 then terminates it.
///
/// cloud-init runs boot hooks at every start, early and on every init system. The end is absolute, so neither a restart
/// nor a later change of the clock moves it, and two copies do no harm. A shutdown that hangs is forced. The end is in
/// the file /run/hoist/lease, for programs that have to stop before it.
pub(super) fn part(expires_at: Timestamp) -> Part {
    boot_hook(fixed(expires_at))
}

fn boot_hook(text: String) -> Part {
    Part::new("text/cloud-boothook", "hoist-lease", "lease", text.into_bytes())
}

fn fixed(expires_at: Timestamp) -> String {
    format!(
        r#"#cloud-boothook
#!/bin/sh
# The lease of this machine ends at {expires_at}; then it powers itself off.
end={seconds}
lock=/run/hoist-lease-$end
[ -d "$lock" ] && exit 0
mkdir "$lock" 2>/dev/null
mkdir -p /run/hoist && echo {expires_at} >/run/hoist/lease
(
  trap '' HUP
  while [ "$(date +%s)" -lt "$end" ]; do sleep 20; done
  logger -t hoist "the lease has ended" 2>/dev/null
  shutdown -h now || poweroff || halt -p
  sleep 120
  poweroff -f || {{ echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; }}
) </dev/null >/dev/null 2>&1 &
exit 0
"#,
        expires_at = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds = expires_at.as_second(),
    )
}

/// The rest of the boot hook of [`renewed_part`].
const FOLLOW_TAG: &str = include_str!("renewed-lease.sh");

/// Returns a boot hook that powers the instance off at the end of its lease, which is `expires_at` unless the tag
/// [`TAG_EXPIRES`] tells another time. The hook reads it from the metadata service every 20 seconds, and keeps the
/// present end in the file /run/hoist/lease.
///
/// If the service does not answer, the last known end holds, and at that end the hook waits for an answer until there
/// has been none for ten minutes.
pub(in crate::cloud) fn renewed_part(expires_at: Timestamp) -> Part {
    boot_hook(renewed(expires_at))
}

fn renewed(expires_at: Timestamp) -> String {
    format!(
        r#"#cloud-boothook
#!/bin/sh
# The lease of this machine ends at {expires_at}, or when its tag tells; then it powers itself off.
end={seconds}
patience=600
run=/run/hoist
metadata=http://169.254.169.254
tag=latest/meta-data/tags/instance/{TAG_EXPIRES}
{FOLLOW_TAG}"#,
        expires_at = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds = expires_at.as_second(),
    )
}

#[cfg(test)]
mod tests;
