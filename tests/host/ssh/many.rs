//! Many hosts at once, within small limits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hoist::host::ssh::{ConnectionLimits, ConnectionPool, SshHost, SshTarget};

use crate::ssh::lab::{Lab, Shows, output, reach, until};
use crate::ssh::processes::matching;
use hoist_test_support::machine::CloudInit;

#[tokio::test]
async fn two_hundred_hosts_share_a_few_connections() {
    const HOSTS: u8 = 200;
    const OPEN: usize = 12;
    let Some(mut lab) = Lab::new() else { return };
    lab.links = Arc::new(ConnectionPool::with_limits(ConnectionLimits { connecting: 4, open: OPEN, asking: 6 }));
    // One sshd for all of them.
    let (_, port) = crate::ssh::lab::free_address();
    let machine = lab.start_at("i-all", "", "0.0.0.0", port, CloudInit::Fast);
    until("the machine listens", || machine.console().contains("Server listening")).await;
    let console = Shows::new(&machine.console());
    let mark = lab.directory.path().to_str().unwrap().to_owned();
    let (most, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let looking = std::thread::spawn({
        let (mark, most, ends) = (mark.clone(), most.clone(), ends.clone());
        move || {
            while !ends.load(Ordering::Relaxed) {
                most.fetch_max(matching(&["ssh", "-F", &mark]).len(), Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    });
    let mut running = tokio::task::JoinSet::new();
    for number in 1..=HOSTS {
        let target = SshTarget {
            address: format!("127.3.0.{number}"),
            machine: Some(format!("i-{number}")),
            service: format!("web-{number}"),
            ..lab.target(&machine)
        };
        let host = SshHost::new(target, lab.keys.clone(), lab.links.clone(), Some(console.clone()));
        running.spawn(async move {
            reach(&host).await.unwrap();
            output(&host, "who", "echo $SSH_CONNECTION").await
        });
    }
    let said: BTreeSet<String> = running.join_all().await.into_iter().collect();
    assert_eq!(said.len(), usize::from(HOSTS));
    ends.store(true, Ordering::Relaxed);
    looking.join().unwrap();
    let most = most.load(Ordering::Relaxed);
    // One that ends is still seen for a moment, and so is the process that becomes one.
    assert!((2..=OPEN + 8).contains(&most), "{most} connections at once");
    lab.links.close().await;
    until("everything is closed", || matching(&["ssh", "-F", &mark]).is_empty()).await;
}
