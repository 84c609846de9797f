//! What workers need besides their machines, looked for before any is launched.

use std::path::Path;

use jiff::Timestamp;

use crate::app::elastic::OpenFleet;
use crate::app::{CommandError, Operation};
use crate::batch::{Address, WorkSource};
use crate::diagnostics::{Diagnostic, Place};
use crate::elastic::fleet::FleetFile;
use crate::provider::{InstanceSpec, WorkNeeds};

/// Returns what keeps workers from their work, at `config`, their file: a server that does not answer, objects that the
/// bucket does not have, security groups that are in the way. What cannot be found out is told, and is no problem.
///
/// # Errors
/// The cloud cannot be asked at all.
pub(super) async fn problems(
    operation: Operation<'_>,
    config: &Path,
    opened: &OpenFleet,
    server: Option<&dyn WorkSource>,
    machine: &InstanceSpec,
    needs: &WorkNeeds,
) -> Result<Vec<Diagnostic>, CommandError> {
    let (silence, cloud) = tokio::join!(silence(server), opened.cloud.check_work(machine, needs));
    let findings = cloud?;
    findings.unknown.iter().for_each(|unknown| operation.user.note(unknown));
    let of_cloud = findings.problems.into_iter().map(Diagnostic::from);
    let place = |problem: Diagnostic| problem.at(Place::file(config)).printable();
    Ok(silence.into_iter().chain(of_cloud).map(place).collect())
}

/// Returns the problem of a server that does not answer.
async fn silence(server: Option<&dyn WorkSource>) -> Option<Diagnostic> {
    let error = server?.workers(Timestamp::now().as_second()).await.err()?;
    Some(Diagnostic::error(error.message).hints(error.hint))
}

/// Returns the host and the port of a fleet's server.
pub(super) fn server(file: &FleetFile) -> Option<(String, u16)> {
    let address = Address::parse(file.queue.as_ref()?.url.as_deref()?).ok()?;
    let port = address.port();
    Some((address.host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_that_of_the_queue() {
        let server = |url: &str| {
            let text = format!(
                "[queue]\nkind = \"coalition\"\nurl = \"{url}\"\n[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \
                 \"coalition\"\n"
            );
            super::server(&FleetFile::parse(&text, Path::new("/e.toml")).unwrap()).unwrap()
        };
        assert_eq!(server("http://10.0.0.5:19211"), ("10.0.0.5".to_owned(), 19211));
        assert_eq!(server("https://farm.example.org/"), ("farm.example.org".to_owned(), 443));
        assert_eq!(server("http://[2001:db8::5]:80"), ("2001:db8::5".to_owned(), 80));
        assert_eq!(server("http://[2001:db8::5]"), ("2001:db8::5".to_owned(), 80));
    }
}
