//! Answers for clusters of every kind.

use std::path::PathBuf;

use hoist::template::Templates;
use hoist::wizard::{Answers, Binary, CloudKind, Cluster, Os, PasswordSource, SYSTEMS, Scaler, WizardError, render};
use secrecy::SecretString;

/// The pool's password where it is in a file.
pub(crate) const PASSWORD: &str = "a \"pool's\" $password \\ with `everything` {{x}} %d";

/// The name of the master's user data.
pub(crate) const FILE: &str = "master-debian-13-20261120-143000";

/// A digest of no program.
pub(crate) const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A cluster on EC2, with hoist's scaler, whose machines have roles.
pub(crate) fn ec2(os: Os) -> Answers {
    let text = |text: &str| Some(text.to_owned());
    Answers {
        cloud: CloudKind::Ec2,
        region: text("eu-west-1"),
        endpoint: None,
        os,
        image: text("ami-0123456789abcdef0"),
        worker_type: text("c5.xlarge"),
        master_type: text("t3.small"),
        min_workers: 1,
        max_workers: 12,
        jobs_per_worker: 4,
        idle_seconds: 3600,
        key_name: text("my key"),
        key_file: Some(PathBuf::from("/home/ann/.ssh/id_ed25519")),
        subnet: text("subnet-0a1b2c3d"),
        master_group: text("sg-0aaaaaaa"),
        worker_group: text("sg-0bbbbbbb"),
        pool: "pool.example.org".to_owned(),
        password: PasswordSource::Kept("s3://bucket/pool/it's key".to_owned()),
        master_profile: text("pool-master"),
        worker_profile: text("pool-worker"),
        docker: false,
        scaler: Scaler::Hoist(Binary::At {
            source: "s3://bucket/programs/hoist".to_owned(),
            sha256: DIGEST.to_owned(),
        }),
        lease: text("12h"),
    }
}

/// The same on a cloud with EC2's interface: no roles.
pub(crate) fn compatible(os: Os) -> Answers {
    Answers {
        cloud: CloudKind::Compatible,
        region: None,
        endpoint: Some("https://cloud.example.org:8788/services/Cloud".to_owned()),
        password: PasswordSource::File(PathBuf::from("pool-password")),
        master_profile: None,
        worker_profile: None,
        subnet: None,
        lease: None,
        scaler: Scaler::Hoist(Binary::At {
            source: "https://downloads.example.org/hoist-0.1.0".to_owned(),
            sha256: DIGEST.to_owned(),
        }),
        ..ec2(os)
    }
}

/// Every kind of cluster, by a name that says which.
pub(crate) fn all() -> Vec<(String, Answers)> {
    let mut all = Vec::new();
    for os in SYSTEMS {
        let file = || PasswordSource::File(PathBuf::from("pool-password"));
        let elastiq = Answers { scaler: Scaler::Elastiq, ..compatible(os) };
        for docker in [false, true] {
            let kinds = [
                ("kept", Answers { docker, ..ec2(os) }),
                ("file", Answers { docker, password: file(), ..ec2(os) }),
                ("compatible", Answers { docker, ..compatible(os) }),
                ("elastiq", Answers { docker, ..elastiq.clone() }),
            ];
            let docker = if docker { "-docker" } else { "" };
            all.extend(kinds.map(|(kind, answers)| (format!("{}-{kind}{docker}", os.word), answers)));
        }
    }
    all
}

/// What follows from answers.
pub(crate) fn try_cluster(answers: &Answers) -> Result<Cluster, WizardError> {
    let password = SecretString::from(PASSWORD);
    let password = matches!(answers.password, PasswordSource::File(_)).then_some(&password);
    render(answers, &Templates::built_in(), password, FILE)
}

/// The same, where it must.
pub(crate) fn cluster(answers: &Answers) -> Cluster {
    try_cluster(answers).unwrap_or_else(|error| panic!("{error}\n{answers:?}"))
}
