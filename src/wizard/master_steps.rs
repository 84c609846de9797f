//! Notes on the files, and the user's next steps.

use super::answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
use super::launch_plan::plan_name;
use super::program_bundle::{bundle_name, is_copied};
use super::scaler::{CREDENTIALS_FILE, has_role};
use super::worker::has_password;

/// The shell words of the environment's EC2 keys, which the shell's `printf` writes to a file without exposing them.
const KEYS: &str = r#""$EC2_ACCESS_KEY" "$EC2_SECRET_KEY""#;

/// The name of the pool's password in the lint of user data, so that it can be allowed.
pub const PASSWORD_NAME: &str = "htcondor-password:/var/lib/hoist/pool_password";

/// Its name on the local cloud, whose user data is a script.
pub const LOCAL_PASSWORD_NAME: &str = "password:pool_password";

/// Returns notes on these files for the user.
pub(super) fn notes(answers: &Answers) -> Vec<String> {
    let mut notes = Vec::new();
    if let PasswordSource::File(file) = &answers.password {
        notes.push(format!(
            "the pool's password, from {}, is in the user data: keep these files to yourself; on the machines whoever may ask for \
             their user data can read it{}",
            file.display(),
            if answers.cloud == CloudKind::Ec2 { " (kept in a bucket or parameter, only the machines' role could)" } else { "" }
        ));
    }
    if answers.scaler == Scaler::Elastiq {
        let mut lost: Vec<&str> = Vec::new();
        for (what, answer) in [
            ("the subnet", &answers.subnet),
            ("the workers' security group", &answers.worker_group),
            ("the workers' instance profile", &answers.worker_profile),
        ] {
            if answer.is_some() {
                lost.push(what);
            }
        }
        if !lost.is_empty() {
            notes.push(format!(
                "elastiq launches workers where the cloud puts them by itself: it is not told {}",
                lost.join(", ")
            ));
        }
        notes.push(
            "elastiq needs Python 2, which systems of today no longer have: unless the image brings both, nothing starts workers; \
             hoist's own scaler needs neither"
                .to_owned(),
        );
        notes.push(
            "elastiq counts every running machine of the account against its most (the master has its place there), and ends workers without draining them"
                .to_owned(),
        );
    }
    if answers.docker && answers.cloud == CloudKind::Local {
        notes.push(
            "jobs of the Docker universe run here only if you may use this machine's Docker: nothing is installed"
                .to_owned(),
        );
    }
    if answers.os.word == "centos-7" {
        notes
            .push("CentOS 7 has had no security updates since June 2024: keep the machines' network closed".to_owned());
    }
    notes
}

/// Returns the user's next steps, in order.
pub(super) fn next_steps(answers: &Answers, file: &str) -> Vec<String> {
    let plan = format!("{file}.toml");
    let allow = match (&answers.password, answers.cloud) {
        (PasswordSource::File(_), CloudKind::Local) => format!(" --allow-secret {LOCAL_PASSWORD_NAME}"),
        (PasswordSource::File(_), _) => format!(" --allow-secret {PASSWORD_NAME}"),
        (PasswordSource::Kept(_), _) => String::new(),
    };
    if answers.cloud == CloudKind::Local {
        return vec![
            format!("launch the master here: hoist plan boot {plan}{allow}"),
            format!("end it, with its workers: hoist plan terminate {}", plan_name(file)),
        ];
    }
    let text = |answer: &Option<String>| answer.clone().unwrap_or_default();
    let mut steps = Vec::new();
    let mut by_hand =
        format!("a machine of the image {} and the size {}", text(&answers.image), text(&answers.master_type));
    for (what, answer) in [
        ("key pair", &answers.key_name),
        ("subnet", &answers.subnet),
        ("security group", &answers.master_group),
        ("instance profile", &answers.master_profile),
    ] {
        if let Some(answer) = answer {
            by_hand.push_str(&format!(", {what} {answer}"));
        }
    }
    if let Some(role) = role(answers) {
        steps.push(role);
    }
    steps.push(groups(answers));
    let copied = match is_copied(answers) {
        true => {
            let program = bundle_name(file);
            let login = answers.os.login;
            format!(
                ", and then hoist's program: ssh {login}@ADDRESS 'tar -xz && sh {program}/run.sh {login}' < {program}.tar.gz"
            )
        }
        false => String::new(),
    };
    steps.push(format!(
        "launch the master: hoist plan boot {plan}{allow}; or by hand, {by_hand}, with {file} as its user data{copied}"
    ));
    steps.extend(keys(answers));
    steps.push(format!(
        "log in as {} when it is up, some minutes later; its directory pool has jobs to begin with",
        answers.os.login
    ));
    steps
}

/// Returns the permissions that the master's role needs.
fn role(answers: &Answers) -> Option<String> {
    let profile = answers.master_profile.as_ref().filter(|_| answers.cloud == CloudKind::Ec2)?;
    let mut allowed = Vec::new();
    if let Scaler::Hoist(binary) = &answers.scaler {
        allowed.push("ec2:RunInstances, ec2:CreateTags, ec2:TerminateInstances, ec2:Describe*".to_owned());
        if answers.image.as_deref().is_some_and(|image| image.starts_with("resolve:ssm:")) {
            allowed.push("ssm:GetParameters for the image's name".to_owned());
        }
        if let Some(worker) = &answers.worker_profile {
            allowed.push(format!("iam:PassRole for the role of {worker}"));
        }
        if let Binary::At { source, .. } = binary
            && source.starts_with("s3://")
        {
            allowed.push(format!("s3:GetObject for {source}"));
        }
    }
    let mut step = String::new();
    if let PasswordSource::Kept(place) = &answers.password {
        let (read, write) = if place.starts_with("s3://") {
            ("s3:GetObject", "s3:PutObject")
        } else {
            ("ssm:GetParameter", "ssm:PutParameter")
        };
        allowed.push(format!("{read} and {write} for {place}"));
        if let Some(worker) = answers.worker_profile.as_ref().filter(|_| has_password(answers)) {
            step = format!("; and the role of {worker}: {read} for {place}");
        }
    }
    (!allowed.is_empty()).then(|| format!("let the role of {profile} do this: {}{step}", allowed.join("; ")))
}

fn groups(answers: &Answers) -> String {
    let name = |group: &Option<String>, whose: &str| {
        group
            .as_ref()
            .map_or_else(|| format!("the {whose} security group"), |group| format!("the security group {group}"))
    };
    let you = if answers.key_name.is_some() { "you in on TCP port 22 and " } else { "" };
    format!(
        "see that {} lets {you}the workers in on TCP port 9618, and {} the master on TCP port 9618",
        name(&answers.master_group, "master's"),
        name(&answers.worker_group, "workers'")
    )
}

/// Returns how the scaler gets keys that are not in the user data.
fn keys(answers: &Answers) -> Option<String> {
    let login = answers.os.login;
    let root =
        |command: &str| if login == "root" { format!("'{command}'") } else { format!("'sudo sh -c \"{command}\"'") };
    match answers.scaler {
        Scaler::Hoist(_) if has_role(answers) => None,
        Scaler::Hoist(_) => {
            // Written completely before it gets its name, whose appearance starts the service.
            let store =
                format!("umask 077; cat > {CREDENTIALS_FILE}.new && mv {CREDENTIALS_FILE}.new {CREDENTIALS_FILE}");
            Some(format!(
                "give the scaler its keys once the master is up, with ec2rc.sh read in: printf \
                 'AWS_ACCESS_KEY_ID=%s\\nAWS_SECRET_ACCESS_KEY=%s\\n' {KEYS} | ssh {login}@ADDRESS {}",
                root(&store)
            ))
        }
        Scaler::Elastiq => Some(format!(
            "give elastiq its keys once the master is up and elastiq is installed, with ec2rc.sh read in: printf \
             'aws_access_key_id = %s\\naws_secret_access_key = %s\\n' {KEYS} | ssh {login}@ADDRESS {}",
            root("cat >> /etc/elastiq.conf && service elastiq restart")
        )),
    }
}
