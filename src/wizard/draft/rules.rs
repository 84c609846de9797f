//! The questions that apply to a cluster, and their defaults.

use super::Draft;
use crate::wizard::answers::CloudKind;
use crate::wizard::question::{NEW_GROUP, OWN_PROGRAM, Question};

impl Draft {
    /// Returns the kind of cloud, if known.
    pub fn cloud(&self) -> Option<CloudKind> {
        CloudKind::named(&self.word(Question::Cloud)?)
    }

    /// Whether the question applies, given the answers before it.
    pub fn applies(&self, question: Question) -> bool {
        self.why_not(question).is_none()
    }

    /// Whether the user has to answer it; other questions have their default.
    pub fn is_asked(&self, question: Question) -> bool {
        self.applies(question) && (question != Question::Endpoint || self.cloud() == Some(CloudKind::Compatible))
    }

    /// Returns why the question does not apply, given the answers before it.
    pub(super) fn why_not(&self, question: Question) -> Option<&'static str> {
        let cloud = self.cloud();
        let missing = |meaningful: bool, why: &'static str| (!meaningful).then_some(why);
        let elsewhere = matches!(cloud, Some(CloudKind::Ec2 | CloudKind::Compatible));
        match question {
            Question::Region
            | Question::Endpoint
            | Question::Image
            | Question::WorkerType
            | Question::MasterType
            | Question::KeyName
            | Question::Subnet
            | Question::MasterGroup
            | Question::WorkerGroup
            | Question::Scaler => missing(elsewhere, "the local cloud has none"),
            Question::KeyFile => {
                missing(elsewhere && self.has(Question::KeyName), "there is no key pair that it could be of")
            }
            Question::MasterProfile | Question::WorkerProfile => {
                missing(cloud == Some(CloudKind::Ec2), "only EC2 has instance profiles")
            }
            Question::PasswordFrom => {
                let has_role = self.applies(Question::MasterProfile) && self.has(Question::MasterProfile);
                let is_enough = self.have_tokens() || self.has(Question::WorkerProfile);
                missing(has_role, "only a machine with a role can read it: master_profile is needed").or(missing(
                    is_enough,
                    "these workers need it, too, and can read it only with a role: worker_profile is needed",
                ))
            }
            Question::PasswordFile => {
                let is_kept = self.applies(Question::PasswordFrom) && self.has(Question::PasswordFrom);
                missing(!is_kept, "the password is kept at password_from")
            }
            Question::BinarySource => {
                let needs_it = elsewhere && self.word(Question::Scaler).as_deref() == Some("hoist");
                missing(needs_it, "only a master in a cloud that runs hoist's scaler fetches it")
            }
            Question::BinaryBucket => {
                let is_own = self.applies(Question::BinarySource) && self.is_own_program();
                missing(
                    is_own && cloud == Some(CloudKind::Ec2),
                    "only this program is put into a bucket, and on EC2 only",
                )
            }
            Question::BinarySha256 => {
                let is_elsewhere = self.applies(Question::BinarySource) && !self.is_own_program();
                missing(is_elsewhere, "this program's is known, and a master without hoist's scaler needs none")
            }
            Question::Cloud
            | Question::Os
            | Question::MinWorkers
            | Question::MaxWorkers
            | Question::JobsPerWorker
            | Question::IdleSeconds
            | Question::Pool
            | Question::Docker
            | Question::Lease => None,
        }
    }

    /// Returns the default; an empty text stands for none.
    pub fn default(&self, question: Question) -> Option<String> {
        // Evaluated lazily, since the cloud has a default too.
        let is_compatible = || self.cloud() == Some(CloudKind::Compatible);
        let fixed = |text: &str| Some(text.to_owned());
        match question {
            Question::Cloud => fixed(match (&self.here.ec2_url, self.here.has_ec2) {
                (Some(_), _) => "compatible",
                (None, true) => "ec2",
                (None, false) => "local",
            }),
            Question::Region => self.here.region.clone().or_else(|| is_compatible().then(String::new)),
            Question::Endpoint if is_compatible() => self.here.ec2_url.clone().or_else(|| self.here.endpoint.clone()),
            Question::Endpoint => Some(self.here.endpoint.clone().unwrap_or_default()),
            Question::MasterType => self.text(Question::WorkerType),
            Question::MinWorkers => fixed("0"),
            Question::JobsPerWorker => fixed("1"),
            Question::IdleSeconds => fixed("3600"),
            Question::MasterGroup => fixed(NEW_GROUP),
            // The workers' group must fit the master's, so an existing group of the master has no default here.
            Question::WorkerGroup => {
                self.text(Question::MasterGroup).filter(|text| text == NEW_GROUP || Question::MasterGroup.is_none(text))
            }
            Question::Pool => fixed("hoist.pool"),
            Question::PasswordFrom => Some(format!("ssm:/hoist/{}/password", self.word(Question::Pool)?)),
            Question::PasswordFile => Some(format!("{}.password", self.word(Question::Pool)?)),
            Question::Docker => fixed("false"),
            Question::BinarySource => fixed(OWN_PROGRAM),
            Question::Scaler => fixed("hoist"),
            Question::KeyFile
            | Question::Subnet
            | Question::MasterProfile
            | Question::WorkerProfile
            | Question::BinaryBucket
            | Question::Lease => Some(String::new()),
            Question::Os
            | Question::Image
            | Question::WorkerType
            | Question::MaxWorkers
            | Question::KeyName
            | Question::BinarySha256 => None,
        }
    }

    /// Whether workers get tokens in place of the pool's password.
    fn have_tokens(&self) -> bool {
        self.word(Question::Scaler).as_deref() == Some("hoist") && self.os().is_none_or(|os| os.has_tokens())
    }

    /// Whether the master runs the program that runs here.
    pub(super) fn is_own_program(&self) -> bool {
        self.word(Question::BinarySource).as_deref() == Some(OWN_PROGRAM)
    }

    /// Whether the answer is valid and not "none".
    fn has(&self, question: Question) -> bool {
        self.word(question).is_some()
    }
}
