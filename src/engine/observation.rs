//! What was seen of a run's services: what their clouds show, and what their ready programs say.

use super::failure::Failure;
use super::standstill::{Standstill, standstill};
use crate::provider::{CloudError, Instance};

/// What was seen of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The service's instance as its cloud shows it; `Absent` when the cloud does not know it.
    pub instance: ObservedInstance,
    /// What its ready program says now.
    pub check: Check,
}

/// What a cloud shows of a service's instance.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedInstance {
    /// The service has no instance.
    None,
    /// The cloud shows this.
    Here(Box<Instance>),
    /// The cloud does not know it.
    Absent,
    /// The cloud could not be asked.
    Unknown(UnknownReason),
}

/// What a ready program says.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It was not run: the service is not up, or has none.
    Skipped,
    /// It succeeded.
    Passed,
    /// It failed, and it is optional.
    Degraded(String),
    /// It failed.
    Failed(Box<Failure>),
    /// Its host is gone.
    Gone(String),
    /// It could not be run, and that is not the service's fault: something is missing on this side. Neither well nor
    /// ill.
    Unknown(UnknownReason),
}

/// Why something could not be asked, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownReason {
    /// What went wrong.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
}

/// The reason, with what to try.
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

    /// Why its machine is not up, where the cloud shows it.
    pub fn standstill(&self) -> Option<Standstill> {
        match &self.instance {
            ObservedInstance::Here(instance) => standstill(instance),
            _ => None,
        }
    }
}

impl ObservedInstance {
    /// Whether it is gone, as far as could be seen.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Here(instance) => instance.state.is_gone(),
            Self::Absent => true,
            Self::None | Self::Unknown(_) => false,
        }
    }

    /// Why nobody can say how it is, and what to try, if that is so.
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

    /// Why the instance `id` is gone, if it is.
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
