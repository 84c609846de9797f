//! Secrets that are known by their form, as those who issue them document it.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Secret, known};

/// Name, what it is, and its form; where the form has a group, the group is the secret.
const RULES: &[(&str, &str, &str)] = &[
    ("aws-access-key", "an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    (
        "aws-secret-key",
        "an AWS secret key",
        r#"(?i)aws.{0,24}(?:secret|key).{0,24}?[=:\s"'> ]+([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
    ),
    ("github-token", "a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("gitlab-token", "a GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas|wt)-[A-Za-z0-9_.-]{20,}"),
    ("gitlab-token", "a GitLab runner's token", r"\bGR1348941[A-Za-z0-9_-]{20,}"),
    ("slack-token", "a Slack token", r"\bxox[abcdeoprs](?:-[0-9])?-[A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{10,}"),
    ("slack-webhook", "the address of a Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}"),
    (
        "discord-webhook",
        "the address of a Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{30,}",
    ),
    ("telegram-token", "a Telegram bot's token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("stripe-key", "a Stripe key", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("sendgrid-key", "a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("mailgun-key", "a Mailgun key", r"\bkey-[0-9a-f]{32}\b"),
    ("twilio-key", "a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("google-key", "a Google key", r"\bAIza[A-Za-z0-9_-]{35}|\bGOCSPX-[A-Za-z0-9_-]{20,}|\bya29\.[A-Za-z0-9_-]{20,}"),
    ("azure-key", "an Azure storage key", r"(?i)(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}"),
    ("azure-key", "an Azure access signature", r"[?&]sig=[A-Za-z0-9%+/]{40,}"),
    ("aws-presigned-url", "a presigned address", r"X-Amz-Signature=[0-9a-f]{64}"),
    ("digitalocean-token", "a DigitalOcean token", r"\bdo[oprt]_v1_[a-f0-9]{64}"),
    ("docker-token", "a Docker token", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    ("npm-token", "an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("pypi-token", "a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("rubygems-key", "a RubyGems key", r"\brubygems_[a-f0-9]{48}"),
    ("vault-token", "a Vault token", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}|\bs\.[A-Za-z0-9]{24}\b"),
    ("terraform-token", "a Terraform token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    ("openai-key", "an AI provider's key", r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{20,}"),
    ("huggingface-token", "a Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("databricks-token", "a Databricks token", r"\bdapi[0-9a-f]{32}\b"),
    ("grafana-token", "a Grafana token", r"\bgl(?:sa|c)_[A-Za-z0-9+/_=]{30,}"),
    ("new-relic-key", "a New Relic key", r"\bNRAK-[A-Z0-9]{27}"),
    ("tailscale-key", "a Tailscale key", r"\btskey-[a-z]+-[A-Za-z0-9-]{16,}"),
    ("shopify-token", "a Shopify token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("atlassian-token", "an Atlassian token", r"\bATATT3[A-Za-z0-9_=-]{50,}"),
    ("age-key", "an age key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("wireguard-key", "a WireGuard key", r"(?i)\b(?:PrivateKey|PresharedKey)\s*=\s*([A-Za-z0-9+/]{43}=)"),
    ("jwt", "a JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    (
        "basic-auth-url",
        "an address with a password",
        r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\[\]"'<>]*:([^\s/@"'<>]+)@[A-Za-z0-9\[$_{]"#,
    ),
    (
        "authorization-header",
        "the value of an Authorization header",
        r#"(?i)authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate)\s+)([A-Za-z0-9+/=._~-]{8,})"#,
    ),
    (
        "command-password",
        "a password of a command",
        r#"\bcurl\b.*?\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'$]+:([^\s"']+)"#,
    ),
    ("command-password", "a password of a command", r#"\bsshpass\s+-p\s*["']?([^\s"']+)"#),
    (
        "command-password",
        "a password of a command",
        r#"\b(?:mysql|mysqladmin|mysqldump|mariadb)\b.*?\s-p([^\s"']+|["'][^"']+["'])"#,
    ),
    (
        "command-password",
        "a password of a command",
        r#"\b(?:docker|podman|helm|buildah)\b.*\slogin\b.*\s(?:-p|--password)[ =]["']?([^\s"']+)"#,
    ),
    (
        "chpasswd",
        "a user's password",
        r#"\becho\s+(?:-[ne]+\s+)?["']?[A-Za-z0-9_.-]+:([^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?(?:/usr/sbin/)?chpasswd\b"#,
    ),
    (
        "chpasswd",
        "a user's password",
        r#"\becho\s+(?:-[ne]+\s+)?["']?([^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?passwd\s+(?:\S+\s+)?--stdin"#,
    ),
    (
        "htcondor-password",
        "the password of an HTCondor pool",
        r#"\bcondor_store_cred\b.*?\s-p(?:assword)?[ =]?["']?([^\s"']+)"#,
    ),
    (
        "htcondor-password",
        "the password of an HTCondor pool",
        r#"\b(?:echo|printf)\b\s+(?:-[ne]+\s+|["']?%s["']?\s+)?["']?([^\s"'|>;]+)["']?\s*(?:\||>).*(?:pool_password|passwords\.d/|condor_store_cred|condor_credential)"#,
    ),
    ("netrc", "a password as .netrc has it", r"\b(?:machine\s+\S+|default)\s+(?:login\s+\S+\s+)?password\s+(\S+)"),
    (
        "pgpass",
        "a password as .pgpass has it",
        r"^\s*[A-Za-z0-9_.*-]+:(?:[0-9]{2,5}|\*):[A-Za-z0-9_*-]+:[A-Za-z0-9_.-]+:([^\s:]+)\s*$",
    ),
    ("docker-auth", "a registry's credentials", r#""auth"\s*:\s*"([A-Za-z0-9+/]{12,}={0,2})""#),
];

static COMPILED: LazyLock<Vec<(&str, &str, Regex)>> = LazyLock::new(|| {
    // The forms stand above, and a test compiles each; no input makes them.
    let compile = |form: &str| Regex::new(form).unwrap_or_else(|error| unreachable!("{form}: {error}"));
    RULES.iter().map(|(name, what, form)| (*name, *what, compile(form))).collect()
});

/// The secrets of a line, and where in it they are.
pub(super) fn scan(line: &str, number: usize) -> Vec<(Range<usize>, Secret)> {
    let mut found: Vec<(Range<usize>, Secret)> = Vec::new();
    for (name, what, form) in COMPILED.iter() {
        for captures in form.captures_iter(line) {
            let Some(value) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            let is_known = known::is_placeholder(value.as_str().trim_matches(['"', '\'']));
            if is_known || found.iter().any(|(taken, _)| taken.start < value.end() && value.start() < taken.end) {
                continue;
            }
            found.push((value.range(), Secret::new(number, *name, *what)));
        }
    }
    found
}
