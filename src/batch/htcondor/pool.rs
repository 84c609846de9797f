//! A pool of HTCondor's, by its own programs.

use std::ffi::{OsStr, OsString};

use super::classad::ClassAd;
use super::classad_expr::literal;
use super::classad_read::read_ads;
use super::command::CondorCommand;
use super::error::HTCondorError;
use super::machines::Machines;
use super::slot::{ATTRIBUTES, Slot};

/// A pool that is asked and told things by HTCondor's own programs, as the user's configuration of HTCondor has them.
#[derive(Clone, Debug)]
pub struct HTCondor {
    search_path: OsString,
    pool: Option<String>,
}

impl HTCondor {
    /// The pool of this collector (a name or an address, perhaps with a port), or the one that HTCondor's configuration
    /// here names. The programs are those of `PATH`.
    pub fn new(pool: Option<String>) -> Self {
        Self { search_path: std::env::var_os("PATH").unwrap_or_default(), pool }
    }

    /// The same with programs of another search path.
    #[must_use]
    pub fn with_search_path(mut self, search_path: OsString) -> Self {
        self.search_path = search_path;
        self
    }

    pub(super) fn search_path(&self) -> &OsStr {
        &self.search_path
    }

    /// How a message names the pool.
    pub(super) fn name(&self) -> &str {
        self.pool.as_deref().unwrap_or("HTCondor's configuration here")
    }

    /// The arguments that name the pool.
    pub(super) fn pool_arguments(&self) -> Vec<String> {
        self.pool.iter().flat_map(|pool| ["-pool".to_owned(), pool.clone()]).collect()
    }

    /// The slots that these machines have in the pool now, however many.
    ///
    /// # Errors
    /// `condor_status` is missing, reaches no collector, is not allowed to read, or says what cannot be read.
    pub async fn slots(&self, machines: &Machines) -> Result<Vec<Slot>, HTCondorError> {
        let doing = format!("list the slots of {} in the pool of {}", machines.label(), self.name());
        let ads = self.query(doing, &[], machines.requirement(), ATTRIBUTES).await?;
        Ok(ads.iter().map(Slot::of).collect())
    }

    /// The slots of one machine.
    pub(super) async fn slots_of(&self, instance: &str) -> Result<Vec<Slot>, HTCondorError> {
        let doing = format!("list the slots of {instance} in the pool of {}", self.name());
        let ads = self.query(doing, &[], &is_instance(instance)?, ATTRIBUTES).await?;
        Ok(ads.iter().map(Slot::of).collect())
    }

    /// The ads of a kind that fulfil `constraint`, with these attributes, or all where none is named.
    pub(super) async fn query(
        &self,
        doing: String,
        kind: &[&str],
        constraint: &str,
        attributes: &[&str],
    ) -> Result<Vec<ClassAd>, HTCondorError> {
        let mut arguments = self.pool_arguments();
        arguments.extend(kind.iter().map(|&kind| kind.to_owned()));
        arguments.extend(["-long", "-constraint", constraint].map(str::to_owned));
        if !attributes.is_empty() {
            arguments.extend(["-attributes".to_owned(), attributes.join(",")]);
        }
        let call = CondorCommand::new("condor_status", doing, arguments);
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        read_ads(&ended.output).map_err(|error| call.unreadable(error))
    }
}

/// What is true of the ads of one machine.
pub(super) fn is_instance(instance: &str) -> Result<String, HTCondorError> {
    let instance = literal(instance)?;
    Ok(format!("HoistInstance =?= {instance} || EC2InstanceID =?= {instance}"))
}
