//! `/etc/elastiq.conf`, after elastiq's own example (elastiq 1.0, `etc/elastiq.conf.example`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::answers::Answers;
use super::render_error::WizardError;

/// Returns the whole file, with every key that elastiq knows; `user_data` is the workers' and is stored in base64. The
/// cloud's credentials are left out: its last section is the one that they belong to, so that they can be appended.
///
/// # Errors
/// A text that elastiq would parse differently.
pub(super) fn elastiq_conf(answers: &Answers, user_data: &str) -> Result<String, WizardError> {
    let Answers { min_workers, max_workers, jobs_per_worker, idle_seconds, .. } = answers;
    let text = |question, value: &Option<String>| line(question, value.as_deref().unwrap_or_default());
    let api_url = match (&answers.endpoint, &answers.region) {
        (Some(endpoint), _) => line("endpoint", endpoint)?,
        (None, Some(region)) => line("region", &format!("https://ec2.{region}.amazonaws.com"))?,
        (None, None) => return Err(WizardError::answer("endpoint", "elastiq needs the address of the cloud's API")),
    };
    let key_name = text("key name", &answers.key_name)?;
    let flavour = text("worker type", &answers.worker_type)?;
    let image = text("image", &answers.image)?;
    // elastiq counts every running instance of the account, including the master.
    let most = max_workers.saturating_add(1);
    Ok(format!(
        "\
# elastiq starts and ends the workers of this pool. After a change: service elastiq restart
# elastiq runs with Python 2 only, which systems of today no longer have: it needs a python2 of your own.
[elastiq]
sleep_s = 5
check_queue_every_s = 15
check_vms_every_s = 45
check_vms_in_error_every_s = 20
# More jobs than this must have waited for so many seconds before workers are started.
waiting_jobs_threshold = 0
waiting_jobs_time_s = 40
n_jobs_per_vm = {jobs_per_worker}
# After so many seconds without a job a worker ends.
idle_for_time_s = {idle_seconds}
# A worker that has not joined the pool after so many seconds is ended.
estimated_vm_deploy_time_s = 1200
batch_plugin = htcondor
log_level = 0

[debug]
dry_run_shutdown_vms = 0
dry_run_boot_vms = 0

[quota]
min_vms = {min_workers}
# {max_workers} workers, and the master, which elastiq counts, too.
max_vms = {most}

# What stands for %ipv4%, %ipv6% and %fqdn% in the workers' user data; unless given, elastiq finds out.
[substitute]
# ipv4 =
# ipv6 =
# fqdn =

[ec2]
api_url = {api_url}
# api_version =
image_id = {image}
key_name = {key_name}
flavour = {flavour}
user_data_b64 = {}
# What whoever reads this user data must not get is added here, at the end, on the machine:
# aws_access_key_id =
# aws_secret_access_key =
",
        STANDARD.encode(user_data)
    ))
}

/// Formats a value such that elastiq parses it back: it uses Python 2's `SafeConfigParser`, in which `%` begins a
/// reference and ` ;` a comment, and treats every value that Python parses as a number as a number.
fn line(question: &'static str, value: &str) -> Result<String, WizardError> {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    let refuse = |what: &str| {
        let why = format!("elastiq's configuration cannot hold {value:?}: {what}; take another, or hoist's own scaler");
        Err(WizardError::answer(question, why))
    };
    if !value.chars().all(plain) {
        return refuse("it is one line of plain characters");
    }
    if value != value.trim() {
        return refuse("spaces at its ends are lost");
    }
    if value.contains(" ;") {
        return refuse("what follows \" ;\" is a comment");
    }
    if value == "\"\"" {
        return refuse("it is read as nothing");
    }
    if is_number(value) {
        return refuse("it is read as a number");
    }
    Ok(value.replace('%', "%%"))
}

/// Whether Python's `float` accepts it.
fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_elastiq_would_misread_is_refused() {
        assert_eq!(line("key name", "my key 100%").unwrap(), "my key 100%%");
        for (value, why) in [
            ("a\nb", "one line"),
            ("é", "plain characters"),
            (" a", "spaces"),
            ("a ;b", "comment"),
            ("1e3", "number"),
            ("-Infinity", "number"),
            ("nan", "number"),
            ("\"\"", "nothing"),
        ] {
            let error = line("key name", value).unwrap_err().to_string();
            assert!(error.starts_with("key name: ") && error.contains(why), "{error}");
        }
    }
}
