//! Values of HTCondor's configuration here.

use std::time::Duration;

use super::command::CondorCommand;
use super::pool::HTCondor;

/// The time limit for reading HTCondor's configuration, which is in files here.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns a value of HTCondor's configuration here, or of the defaults that it has built in.
pub(super) async fn config_value(pool: &HTCondor, name: &'static str) -> Option<String> {
    let doing = format!("read {name} of HTCondor's configuration");
    let mut call = CondorCommand::new("condor_config_val", doing, [name]);
    call.patience = PATIENCE;
    let text = call.run(pool.search_path()).await.ok()?;
    let text = text.trim();
    (!text.is_empty() && !text.starts_with("Not defined")).then(|| text.to_owned())
}
