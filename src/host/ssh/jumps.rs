//! Jump hosts, which accept few connections at a time.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::config_file::UserFiles;
use super::users_settings;

/// The number of connections to or through one host that are opened concurrently. By default an SSH server rejects some
/// connections while ten others are not authenticated yet (MaxStartups 10:30:100), and there may be other clients, too.
const AT_ONCE: usize = 6;

/// Limits the number of connections being opened to and through each host.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Jumps {
    /// Waits for permits for one connection through all of these hosts. They must be kept until it is open.
    pub(super) async fn leave(&self, hosts: &BTreeSet<String>) -> Vec<OwnedSemaphorePermit> {
        let mut leave = Vec::with_capacity(hosts.len());
        // In the same order for all callers, to avoid deadlocks.
        for host in hosts {
            let semaphore = {
                let mut known = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(host.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
            };
            // The semaphore is never closed.
            leave.extend(semaphore.acquire_owned().await);
        }
        leave
    }
}

/// Returns the route to a host that is reached directly.
pub(super) fn only(address: &str) -> BTreeSet<String> {
    BTreeSet::from([address.to_ascii_lowercase()])
}

/// Returns the hosts that a connection passes through, including its target, according to ssh for the configuration in
/// `config`. Starts a process.
pub(super) fn on_the_way(config: &Path, address: &str) -> BTreeSet<String> {
    let mut hosts = only(address);
    for (name, value) in users_settings::of_host(config, address) {
        match (name.as_str(), value.as_str()) {
            (_, "none") => {}
            ("hostname", host) => drop(hosts.insert(host.to_ascii_lowercase())),
            ("proxyjump", jumps) => hosts.extend(jumps.split(',').map(|jump| jump.trim().to_ascii_lowercase())),
            ("proxycommand", command) => drop(hosts.insert(command.to_owned())),
            _ => {}
        }
    }
    hosts
}

/// Returns whether the user's configuration may lead through other hosts.
pub(super) fn leads_through_others(user: &UserFiles) -> bool {
    users_settings::may_hold(user, "proxy")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    #[test]
    fn jump_hosts_are_found_in_the_users_configuration() {
        let home = tempfile::tempdir().unwrap();
        let user = UserFiles { directory: Some(home.path().to_owned()) };
        let all = |hosts: &[&str]| hosts.iter().map(|&host| host.to_owned()).collect::<BTreeSet<_>>();
        let config = home.path().join("hoist");
        let write = |text: &str| {
            fs::write(home.path().join("config"), text).unwrap();
            fs::write(&config, format!("Host *\n  Include {}\n", home.path().join("config").display())).unwrap();
        };
        write("# ProxyJump nobody\n");
        assert!(!leads_through_others(&user), "the system's configuration does");
        write("Include other\n");
        assert!(leads_through_others(&user));
        if Command::new("ssh").arg("-V").output().is_err() {
            return;
        }
        write("Host 10.0.0.1\n  HostName db.internal\n  ProxyJump me@Bastion:2222,inner\n");
        assert!(leads_through_others(&user));
        assert_eq!(on_the_way(&config, "10.0.0.1"), all(&["10.0.0.1", "db.internal", "inner", "me@bastion:2222"]));
        assert_eq!(on_the_way(&config, "10.0.0.2"), all(&["10.0.0.2"]));
    }

    #[tokio::test]
    async fn a_host_takes_in_a_few_at_a_time() {
        let jumps = Jumps::default();
        let (bastion, other) = (BTreeSet::from(["bastion".to_owned()]), BTreeSet::from(["other".to_owned()]));
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(jumps.leave(&bastion).await);
        }
        let mut next = std::pin::pin!(jumps.leave(&bastion));
        assert!(at_once(next.as_mut()).await.is_none());
        jumps.leave(&other).await;
        taken.pop();
        next.await;
    }

    /// Polls a future once, and returns its output if it is ready.
    async fn at_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(done) => Some(done),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
