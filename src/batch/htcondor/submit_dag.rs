//! Submits DAGs whose node jobs may run on some machines only.
//!
//! DAGMan submits the node jobs itself, and DAGMan itself runs beside the queue. So the condition on the machines is in
//! the environment of DAGMan (`condor_submit_dag -insert_env`, which it passes on to the DAGMan of each sub-DAG), as
//! configuration of HTCondor's: `APPEND_REQ_VANILLA` for the requirements and `SUBMIT_ATTRS` for the mark.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::command::CondorCommand;
use super::dag::{DagNode, Description, nodes_of};
use super::dry_run::jobs_of;
use super::error::HTCondorError;
use super::jobs::Jobs;
use super::literal::literal;
use super::queue::RIGHT;
use super::submit::{Submission, TOKEN, UnboundJobs, check};
use super::universe::BESIDE_QUEUE;
use crate::batch::htcondor::pool::HTCondor;
use crate::classad::ClassAd;

/// Signs that may stand between the variables of `-insert_env`.
const SEPARATORS: [char; 6] = ['|', '~', '^', '%', '#', ';'];

impl HTCondor {
    /// Returns the jobs of a DAG's nodes that run in slots, those of one description once. Descriptions that cannot be
    /// read yet, since an earlier node makes them, are left out. Submits nothing.
    ///
    /// # Errors
    /// `condor_submit` is missing, or a DAG file cannot be read; or a job could run on other machines than the
    /// target's.
    pub async fn rehearse_dag(&self, submission: &Submission<'_>) -> Result<Vec<ClassAd>, HTCondorError> {
        let refused = |file: String, why: String| HTCondorError::NotBound { file, why };
        let here = std::env::current_dir()
            .map_err(|error| refused(submission.file.display().to_string(), error.to_string()))?;
        let nodes = nodes_of(submission.file, &here)
            .map_err(|(path, error)| refused(path.display().to_string(), format!("it cannot be read: {error}")))?;
        let (mut known, mut jobs) = (BTreeSet::new(), Vec::new());
        for node in nodes {
            if known.insert((node.description.clone(), node.directory.clone())) {
                jobs.extend(self.rehearse_node(submission, &node).await?);
            }
        }
        Ok(jobs)
    }

    /// Returns the jobs of a node that run in slots.
    async fn rehearse_node(&self, submission: &Submission<'_>, node: &DagNode) -> Result<Vec<ClassAd>, HTCondorError> {
        let clause = submission.target.clause()?;
        let (place, input) = match &node.description {
            Description::File(file) => (OsString::from(file), Vec::new()),
            Description::Text(text) => ("-".into(), text.clone().into_bytes()),
        };
        let mut arguments: Vec<OsString> = ["-dry-run", "-"].map(Into::into).to_vec();
        arguments.push(format!("JOB={}", node.name).into());
        arguments.extend(node.macros.iter().map(Into::into));
        arguments.extend(["-file".into(), place]);
        let mut call = CondorCommand::new("condor_submit", format!("read node {}", node.name), arguments);
        (call.input, call.directory) = (input, Some(node.directory.clone()));
        call.variables = vec![("_CONDOR_APPEND_REQ_VANILLA", self.vanilla_requirements(&clause).await?)];
        if !node.directory.is_dir() {
            return Ok(Vec::new());
        }
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Ok(Vec::new());
        }
        let jobs = jobs_of(&ended.output).map_err(|error| call.unreadable(error))?;
        if jobs.iter().all(|job| job.int("JobUniverse").is_some_and(|universe| BESIDE_QUEUE.contains(&universe))) {
            return Ok(Vec::new());
        }
        match check(&ended.output, &clause) {
            Ok(()) => Ok(jobs),
            Err(why @ (UnboundJobs::NoSlots | UnboundJobs::Unbound | UnboundJobs::NoJobs)) => {
                let file = match &node.description {
                    Description::File(file) => node.directory.join(file).display().to_string(),
                    Description::Text(_) => submission.file.display().to_string(),
                };
                Err(HTCondorError::NotBound { file: format!("node {}: {file}", node.name), why: why.to_string() })
            }
        }
    }

    /// Submits a DAG whose node jobs run on the target's machines only. `submission.arguments` are further ones of
    /// `condor_submit_dag`. Returns the job of DAGMan.
    ///
    /// # Errors
    /// `condor_submit_dag` is missing or refuses the DAG; `condor_submit` reaches no queue.
    pub async fn submit_dag(&self, submission: &Submission<'_>) -> Result<Vec<Jobs>, HTCondorError> {
        let Submission { file, target, token, arguments } = submission;
        let attribute = format!("Target{}", target.attribute);
        let attributes = match self.configured("SUBMIT_ATTRS").await? {
            Some(known) => format!("{known} {attribute}"),
            None => attribute.clone(),
        };
        let environment = [
            format!("_CONDOR_APPEND_REQ_VANILLA={}", self.vanilla_requirements(&target.clause()?).await?),
            format!("_CONDOR_SUBMIT_ATTRS={attributes}"),
            format!("_CONDOR_{attribute}={}", literal(target.value)?),
        ];
        let separator = SEPARATORS.into_iter().find(|sign| environment.iter().all(|text| !text.contains(*sign)));
        let separator = separator.ok_or_else(|| HTCondorError::NotBound {
            file: file.display().to_string(),
            why: "APPEND_REQ_VANILLA or SUBMIT_ATTRS of HTCondor's configuration has all signs that may stand between \
                  variables"
                .to_owned(),
        })?;
        let inserted: String = environment.iter().map(|text| format!("{separator}{text}")).collect();
        let mut options: Vec<OsString> = ["-no_submit", "-update_submit", "-insert_env"].map(Into::into).to_vec();
        options.push(inserted.into());
        options.extend(arguments.iter().cloned());
        options.push(unlike_an_option(file).into());
        let mut call = CondorCommand::new("condor_submit_dag", format!("prepare {}", file.display()), options);
        call.right = RIGHT;
        call.run(self.search_path()).await?;
        let mut made = file.as_os_str().to_owned();
        made.push(".condor.sub");
        let token = format!("MY.{TOKEN} = {}", literal(token)?);
        let arguments: [OsString; 5] = ["-terse".into(), "-append".into(), token.into(), "-file".into(), made];
        let mut call = CondorCommand::new("condor_submit", format!("submit {}", file.display()), arguments);
        call.right = RIGHT;
        self.terse(&call).await
    }

    /// Returns the additions to the requirements of jobs in the vanilla universe: those of the pool's configuration,
    /// and `clause`.
    async fn vanilla_requirements(&self, clause: &str) -> Result<String, HTCondorError> {
        let configured = match self.configured("APPEND_REQ_VANILLA").await? {
            None => self.configured("APPEND_REQUIREMENTS").await?,
            some => some,
        };
        Ok(configured.map_or_else(|| clause.to_owned(), |configured| format!("({configured}) && {clause}")))
    }
}

/// Returns a path that no program takes for an option.
fn unlike_an_option(file: &Path) -> PathBuf {
    if file.to_string_lossy().starts_with('-') { Path::new(".").join(file) } else { file.to_path_buf() }
}
