//! An HTCondor pool, accessed by HTCondor's own programs.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::literal::literal;
use super::machines::Machines;
use super::schedd::Schedd;
use super::slot::{ATTRIBUTES, Slot};
use crate::classad::{ClassAd, read_ads};
use crate::os::search_path;

/// The variable that names the directory of the user's tokens (`SEC_TOKEN_DIRECTORY`).
pub(super) const TOKEN_DIRECTORY: &str = "_CONDOR_SEC_TOKEN_DIRECTORY";

/// A pool, queried and controlled by HTCondor's own programs with the user's configuration of HTCondor.
#[derive(Clone, Debug)]
pub struct HTCondor {
    search_path: OsString,
    pool: Option<String>,
    /// Whether HTCondor's configuration here is that of this pool, whose name is then only a name.
    is_here: bool,
    /// Environment variables of the programs, which change their configuration.
    variables: Vec<(&'static str, String)>,
    /// The queue that is asked; by default that of HTCondor's configuration here.
    pub(super) schedd: Option<Schedd>,
}

impl HTCondor {
    /// Returns the pool of this collector (a name or an address, optionally with a port), or the one in HTCondor's
    /// local configuration. The programs are looked up on `PATH`, and then where those of the administration are.
    pub fn new(pool: Option<String>) -> Self {
        Self { search_path: search_path(), pool, is_here: false, variables: Vec::new(), schedd: None }
    }

    /// Sets another search path for the programs.
    #[must_use]
    pub fn with_search_path(mut self, search_path: OsString) -> Self {
        self.search_path = search_path;
        self
    }

    /// Lets the programs that give orders use the tokens in this directory instead of the user's own.
    #[must_use]
    pub fn with_tokens_in(mut self, directory: &Path) -> Self {
        self.variables.push((TOKEN_DIRECTORY, directory.display().to_string()));
        self
    }

    /// Returns the environment variables of programs that give orders.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        self.variables.clone()
    }

    pub(super) fn search_path(&self) -> &OsStr {
        &self.search_path
    }

    /// Returns the name or address that the pool was given.
    pub(super) fn given(&self) -> Option<&str> {
        self.pool.as_deref()
    }

    /// Returns the same pool, which HTCondor's configuration here is of.
    pub(super) fn here(&self) -> Self {
        Self { is_here: true, ..self.clone() }
    }

    /// Returns the pool's name for messages.
    pub fn name(&self) -> &str {
        self.pool.as_deref().unwrap_or("HTCondor's configuration here")
    }

    /// Returns the arguments that name the pool.
    pub(super) fn pool_arguments(&self) -> Vec<String> {
        self.pool.iter().filter(|_| !self.is_here).flat_map(|pool| ["-pool".to_owned(), pool.clone()]).collect()
    }

    /// Returns all current slots of these machines.
    ///
    /// # Errors
    /// `condor_status` is missing, reaches no collector, lacks permission to read, or prints unreadable output.
    pub async fn slots(&self, machines: &Machines) -> Result<Vec<Slot>, HTCondorError> {
        let doing = format!("list the slots of {} in the pool of {}", machines.label(), self.name());
        let ads = self.query(doing, &[], machines.requirement(), ATTRIBUTES).await?;
        Ok(ads.iter().map(Slot::of).collect())
    }

    /// Whether a slot of this machine belongs to a job.
    ///
    /// # Errors
    /// As [`HTCondor::slots`].
    pub async fn is_claimed(&self, instance: &str) -> Result<bool, HTCondorError> {
        Ok(self.slots_of(instance).await?.iter().any(Slot::is_claimed))
    }

    /// Returns all attributes of the current slots of these machines, without those that are parts of another.
    ///
    /// # Errors
    /// As [`HTCondor::slots`].
    pub async fn slot_ads(&self, machines: &Machines) -> Result<Vec<ClassAd>, HTCondorError> {
        let doing = format!("list the slots of {} in the pool of {}", machines.label(), self.name());
        let constraint = format!("({}) && SlotType =!= \"Dynamic\"", machines.requirement());
        self.query(doing, &[], &constraint, &[]).await
    }

    /// Returns the slots of one machine.
    pub(super) async fn slots_of(&self, instance: &str) -> Result<Vec<Slot>, HTCondorError> {
        let doing = format!("list the slots of {instance} in the pool of {}", self.name());
        let ads = self.query(doing, &[], &is_instance(instance)?, ATTRIBUTES).await?;
        Ok(ads.iter().map(Slot::of).collect())
    }

    /// Returns the ads of a kind that satisfy `constraint`, with these attributes, or with all if none is named.
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

/// Returns the condition on the ads of one machine.
pub(super) fn is_instance(instance: &str) -> Result<String, HTCondorError> {
    let instance = literal(instance)?;
    Ok(format!("HoistInstance =?= {instance} || EC2InstanceID =?= {instance}"))
}
