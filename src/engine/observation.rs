//! Observations of a run's services: instances according to their clouds, and results of ready programs.

use super::failure::Failure;
use super::standstill::{Standstill, standstill};
use crate::provider::{CloudError, Instance};

/// The observation of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The service's instance according to its cloud; `Absent` if the cloud does not know it.
    pub instance: ObservedInstance,
    /// The present result of its ready program.
    pub check: Check,
}

/// A service's instance according to its cloud.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedInstance {
    /// The service has no instance.
    None,
    /// The cloud shows this instance.
    Here(Box<Instance>),
    /// The cloud does not know it.
    Absent,
    /// The cloud could not be asked.
    Unknown(UnknownReason),
}

/// The result of a ready program.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It was not run: the service is not up, or has no ready program.
    Skipped,
    /// It succeeded.
    Passed,
    /// It failed, and it is optional.
    Degraded(String),
    /// It failed.
    Failed(Box<Failure>),
    /// Its host is gone.
    Gone(String),
    /// It could not be run for a local reason, which says nothing about the service's health.
    Unknown(UnknownReason),
}

/// Why a state is unknown, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownReason {
    /// The problem.
    pub reason: String,
    /// A suggested remedy.
    pub hint: Option<String>,
}

/// The reason, with the hint.
impl std::fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; try: {hint}"))
    }
}

impl From<Failure> for UnknownReason {
    fn from(Failure { reason, hint, .. }: Failure) -> Self {
        Self { reason, hint }
    }
}

impl From<&CloudError> for UnknownReason {
    fn from(CloudError { message, hint, .. }: &CloudError) -> Self {
        Self { reason: message.clone(), hint: hint.clone() }
    }
}

impl Observation {
    /// Whether the instance is gone, as far as could be seen.
    pub fn instance_is_gone(&self) -> bool {
        self.instance.is_gone()
    }

    /// Returns why the instance is not up, if the cloud shows it.
    pub fn standstill(&self) -> Option<Standstill> {
        match &self.instance {
            ObservedInstance::Here(instance) => standstill(instance),
            _ => None,
        }
    }
}

impl ObservedInstance {
    /// Whether the instance is gone, as far as could be seen.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Here(instance) => instance.state.is_gone(),
            Self::Absent => true,
            Self::None | Self::Unknown(_) => false,
        }
    }

    /// Returns why the instance's state is unknown, with a hint, if it is.
    pub fn doubt(&self) -> Option<UnknownReason> {
        match self {
            Self::Unknown(silence) => Some(silence.clone()),
            Self::Here(instance) => {
                let (hint, what) = (instance.unsure()?, instance.finding().unwrap_or("it does not answer"));
                Some(UnknownReason { reason: format!("{}: {what}", instance.id), hint: Some(hint.to_owned()) })
            }
            Self::None | Self::Absent => None,
        }
    }

    /// Returns why the instance `id` is gone, if it is.
    pub fn loss(&self, id: &str) -> Option<String> {
        match self {
            Self::Absent => Some(format!("{id}: the cloud no longer knows it")),
            Self::Here(instance) if instance.state.is_gone() => {
                let reason = instance.reason.as_deref().unwrap_or("the cloud shows it as terminated");
                Some(format!("{id}: {reason}"))
            }
            _ => None,
        }
    }
}
