//! Sessions for somebody at a terminal.

use std::sync::Arc;

use async_trait::async_trait;
use hoist::host::ssh::{Console, SshHost};
use hoist::provider::CloudError;

use crate::ssh::lab::{Lab, reach, until};
use hoist_test_support::machine::Machine;

/// What the machine itself shows.
struct Shown(String);

#[async_trait]
impl Console for Shown {
    async fn text(&self) -> Result<String, CloudError> {
        Ok(self.0.clone())
    }
}

async fn host(lab: &Lab, machine: &Machine) -> SshHost {
    until("the machine shows its keys", || machine.console().contains("END SSH HOST KEY KEYS")).await;
    let console: Arc<dyn Console> = Arc::new(Shown(machine.console()));
    let host = SshHost::new(lab.target(machine), lab.keys.clone(), lab.links.clone(), Some(console));
    reach(&host).await.unwrap();
    host
}

#[tokio::test]
async fn a_command_runs_word_for_word_and_its_exit_code_is_the_sessions() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let host = host(&lab, &machine).await;
    let terminal = host.terminal().await.unwrap();
    let words = ["sh", "-c", "printf '%s|' \"$@\" > /tmp/words; exit 7", "sh", "it's $HOME", "", "a b"];
    let words = words.map(str::to_owned);
    let ended = terminal.start(&words, false).unwrap().wait().await.unwrap();
    assert_eq!(ended.code(), Some(7));
    assert_eq!(std::fs::read_to_string(machine.file("/tmp/words")).unwrap(), "it's $HOME||a b|");
    // A command's own 255 is none of the connection's.
    let own = ["sh", "-c", "exit 255"].map(str::to_owned);
    assert_eq!(terminal.start(&own, false).unwrap().wait().await.unwrap().code(), Some(255));
    assert!(terminal.broken().is_none());
    lab.links.close().await;
    assert!(terminal.broken().is_some_and(|error| error.to_string().contains("broke")));
}
