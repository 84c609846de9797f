//! Secrets that are recognised by their prefixes, as documented by their issuers.

use std::ops::Range;
use std::sync::LazyLock;

use super::allowlist;
use super::detected_secret::DetectedSecret;

/// The characters of a token after its prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Letters and digits.
    Word,
    /// Lower-case hexadecimal digits.
    Hex,
    /// Upper-case letters and digits.
    Capital,
    /// Letters, digits, `_` and `-`.
    Dashed,
    /// The characters of `Dashed`, and `.`.
    Dotted,
    /// The characters of `Dotted`, and `+`, `/`, `=`, `:`, `%`.
    Any,
}

use Rest::{Any, Capital, Dashed, Dotted, Hex, Word};

/// The rule, its description, the prefixes, the characters of the rest, its minimum length, and its exact length if
/// known.
type TokenForm = (&'static str, &'static str, &'static [&'static str], Rest, usize, Option<usize>);

#[rustfmt::skip]
const FORMS: &[TokenForm] = &[
    ("aws-access-key", "an AWS access key", &["AKIA", "ASIA", "ABIA", "ACCA"], Capital, 16, Some(16)),
    ("aws-api-key", "an AWS Bedrock key", &["ABSKQmVkcm9ja0FQSUtleS"], Any, 60, None),
    ("github-token", "a GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], Word, 30, None),
    ("github-token", "a GitHub token", &["github_pat_"], Dashed, 22, None),
    ("gitlab-token", "a GitLab token",
     &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-", "glwt-", "GR1348941"], Dotted, 20, None),
    ("slack-token", "a Slack token",
     &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"], Dotted, 12, None),
    ("stripe-key", "a Stripe key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"], Word, 16, None),
    ("sendgrid-key", "a SendGrid key", &["SG."], Dotted, 33, None),
    ("mailgun-key", "a Mailgun key", &["key-"], Hex, 32, Some(32)),
    ("twilio-key", "a Twilio key", &["SK"], Hex, 32, Some(32)),
    ("google-key", "a Google key", &["AIza"], Dashed, 35, None),
    ("google-key", "a Google key", &["GOCSPX-", "ya29."], Dashed, 20, None),
    ("google-key", "a Google refresh token", &["1//0"], Dashed, 40, None),
    ("digitalocean-token", "a DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_", "dot_v1_"], Hex, 64, Some(64)),
    ("docker-token", "a Docker token", &["dckr_pat_", "dckr_oat_"], Dashed, 20, None),
    ("docker-swarm-token", "a Docker swarm's token", &["SWMTKN-1-"], Dashed, 50, None),
    ("npm-token", "an npm token", &["npm_"], Word, 36, None),
    ("pypi-token", "a PyPI token", &["pypi-"], Dashed, 50, None),
    ("rubygems-key", "a RubyGems key", &["rubygems_"], Hex, 48, None),
    ("crates-token", "a crates.io token", &["cio"], Word, 32, Some(32)),
    ("vault-token", "a Vault token", &["hvs.", "hvb.", "hvr."], Dashed, 20, None),
    ("vault-token", "a Vault token", &["s.", "b."], Word, 24, Some(24)),
    ("openai-key", "an AI provider's key", &["sk-proj-", "sk-ant-", "sk-svcacct-", "sk-or-", "sk-lf-", "sk-"], Dashed, 20, None),
    ("ai-key", "an AI provider's key", &["gsk_", "xai-", "pplx-", "r8_", "nvapi-", "fw_", "tgp_v1_", "csk-"], Dashed, 24, None),
    ("huggingface-token", "a Hugging Face token", &["hf_", "api_org_"], Word, 30, None),
    ("databricks-token", "a Databricks token", &["dapi"], Hex, 32, None),
    ("grafana-token", "a Grafana token", &["glsa_", "glc_"], Any, 30, None),
    ("new-relic-key", "a New Relic key", &["NRAK-", "NRII-", "NRAL-", "NRIQ-", "NRRA-"], Any, 20, None),
    ("tailscale-key", "a Tailscale key", &["tskey-"], Dashed, 16, None),
    ("shopify-token", "a Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], Word, 32, None),
    ("atlassian-token", "an Atlassian token", &["ATATT3", "ATCTT3", "ATBB"], Any, 24, None),
    ("age-key", "an age key", &["AGE-SECRET-KEY-1", "AGE-PLUGIN-"], Word, 50, None),
    ("terraform-token", "a Terraform token", &["atlasv1."], Any, 60, None),
    ("pulumi-token", "a Pulumi token", &["pul-"], Hex, 40, Some(40)),
    ("doppler-token", "a Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], Dotted, 20, None),
    ("linear-key", "a Linear key", &["lin_api_", "lin_oauth_"], Word, 32, None),
    ("notion-token", "a Notion token", &["ntn_"], Word, 40, None),
    ("postman-key", "a Postman key", &["PMAK-"], Dashed, 50, None),
    ("planetscale-token", "a PlanetScale token", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], Dotted, 30, None),
    ("supabase-token", "a Supabase token", &["sbp_"], Hex, 40, None),
    ("supabase-token", "a Supabase secret key", &["sb_secret_"], Dashed, 20, None),
    ("heroku-key", "a Heroku key", &["HRKU-"], Dashed, 36, None),
    ("fly-token", "a Fly.io token", &["FlyV1 ", "fo1_", "fm1r_", "fm2_"], Any, 32, None),
    ("netlify-token", "a Netlify token", &["nfp_"], Word, 36, None),
    ("buildkite-token", "a Buildkite token", &["bkua_", "bkat_", "bkct_"], Word, 32, None),
    ("circleci-token", "a CircleCI token", &["CCIPAT_", "CCIPRJ_"], Dashed, 32, None),
    ("sonar-token", "a Sonar token", &["sqp_", "squ_", "sqa_"], Word, 40, None),
    ("snyk-token", "a Snyk token", &["snyk_"], Dotted, 32, None),
    ("artifactory-key", "a JFrog key", &["AKCp", "cmVmdGtuOjAx"], Word, 50, None),
    ("prefect-key", "a Prefect key", &["pnu_", "pnb_"], Word, 36, None),
    ("square-token", "a Square token", &["sq0atp-", "sq0csp-", "EAAAE"], Dashed, 22, None),
    ("facebook-token", "a Facebook token", &["EAACEdEose0cBA"], Word, 20, None),
    ("dropbox-token", "a Dropbox token", &["sl.u.", "sl.B"], Dashed, 60, None),
    ("brevo-key", "a Brevo key", &["xkeysib-", "xsmtpsib-"], Dashed, 60, None),
    ("mailchimp-key", "a Mandrill key", &["md-"], Dashed, 22, Some(22)),
    ("resend-key", "a Resend key", &["re_"], Dashed, 32, None),
    ("figma-token", "a Figma token", &["figd_"], Dashed, 36, None),
    ("contentful-token", "a Contentful token", &["CFPAT-"], Dashed, 40, None),
    ("dynatrace-token", "a Dynatrace token", &["dt0c01.", "dt0s01.", "dt0s02."], Dotted, 60, None),
    ("sentry-token", "a Sentry token", &["sntrys_", "sntryu_"], Any, 40, None),
    ("teleport-token", "a boundary token", &["at_1", "s_1"], Word, 60, None),
    ("onepassword-token", "a 1Password token", &["ops_eyJ"], Any, 60, None),
    ("scaleway-key", "a Scaleway key", &["SCWX"], Capital, 16, Some(16)),
    ("alibaba-key", "an Alibaba Cloud key", &["LTAI"], Word, 16, None),
    ("yandex-key", "a Yandex Cloud key", &["AQVN", "y0_", "t1."], Any, 35, None),
    ("ibm-key", "an IBM Cloud key", &["ApiKey-"], Dashed, 36, None),
    ("aiven-token", "an Aiven token", &["aivenv1"], Any, 60, None),
    ("influx-token", "an InfluxDB token", &["apiv3_"], Dashed, 60, None),
    ("clojars-token", "a Clojars token", &["CLOJARS_"], Word, 60, None),
    ("gitea-token", "a Gitea token", &["gta_"], Hex, 40, None),
    ("wandb-key", "a Weights & Biases key", &["wandb_v1_"], Dashed, 30, None),
    ("cloudflare-token", "a Cloudflare key", &["v1.0-"], Dashed, 100, None),
    ("kubernetes-token", "a K3s cluster's token", &["K10"], Any, 64, None),
    ("cloudflare-token", "a Cloudflare tunnel's token", &["eyJhIjoi"], Any, 80, None),
    ("azure-secret", "an Azure client secret", &[], Any, 0, None),
];

/// The forms, by the first byte of their prefixes.
static BY_FIRST: LazyLock<Vec<Vec<(&'static str, &'static TokenForm)>>> = LazyLock::new(|| {
    let mut by_first = vec![Vec::new(); 256];
    for form in FORMS {
        for beginning in form.2 {
            if let Some(&first) = beginning.as_bytes().first() {
                by_first[usize::from(first)].push((*beginning, form));
            }
        }
    }
    // Longest first: `sk-ant-` before `sk-`.
    by_first.iter_mut().for_each(|forms| forms.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len())));
    by_first
});

/// Returns the names of the rules.
pub(super) fn rules() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.0).chain(["telegram-token", "jwt"])
}

/// Finds the secrets of a line, with their positions.
pub(super) fn scan(line: &str, number: usize, found: &mut Vec<(Range<usize>, DetectedSecret)>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let is_start = at == 0 || !is_word(bytes[at - 1]);
        if !is_start || !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        match token(line, at) {
            Some((end, name, what)) => {
                found.push((at..end, DetectedSecret::new(number, name, what)));
                at = end;
            }
            None => at += 1,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the token that begins there: its end, its rule, and its description.
fn token(line: &str, at: usize) -> Option<(usize, &'static str, &'static str)> {
    let rest = &line.as_bytes()[at..];
    for (beginning, (name, what, _, kind, least, exact)) in &BY_FIRST[usize::from(rest[0])] {
        if !rest.starts_with(beginning.as_bytes()) {
            continue;
        }
        let body = &rest[beginning.len()..];
        let length = length_of(body, *kind, exact.map_or(usize::MAX, |exact| exact + 1));
        let fits = match exact {
            Some(exact) => length == *exact && body.get(length).is_none_or(|byte| !is_word(*byte)),
            None => length >= *least,
        };
        let end = at + beginning.len() + length;
        if fits && is_no_word(&line[at + beginning.len()..end]) {
            return Some((end, name, what));
        }
    }
    jwt(line, at).or_else(|| telegram(line, at)).or_else(|| azure(line, at))
}

fn length_of(body: &[u8], kind: Rest, most: usize) -> usize {
    let fits = |byte: &u8| match kind {
        Word => byte.is_ascii_alphanumeric(),
        Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
        Capital => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        Dashed => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        Any => byte.is_ascii_alphanumeric() || b"_-.+/=:%".contains(byte),
    };
    body.iter().take(most).take_while(|byte| fits(byte)).count()
}

/// Returns whether this is a token rather than a name with the same prefix: issued tokens have digits or upper-case
/// letters, whereas names that people choose are words.
fn is_no_word(body: &str) -> bool {
    let head = &body.as_bytes()[..body.len().min(64)];
    (head.iter().any(u8::is_ascii_digit)
        || head.iter().any(u8::is_ascii_uppercase) && head.iter().any(u8::is_ascii_lowercase))
        && !allowlist::is_placeholder(body)
}

/// Matches a JSON web token.
fn jwt(line: &str, at: usize) -> Option<(usize, &'static str, &'static str)> {
    let rest = line[at..].strip_prefix("eyJ")?;
    let part = |text: &str| length_of(text.as_bytes(), Dashed, usize::MAX);
    let header = part(rest);
    let payload = rest.get(header..)?.strip_prefix('.')?;
    let body = part(payload);
    let signed = payload.get(body..)?.strip_prefix('.')?;
    let end = line.len() - signed.len() + part(signed);
    (header >= 8 && body >= 8 && payload.starts_with("eyJ")).then_some((end, "jwt", "a JSON web token"))
}

/// Matches a Telegram bot's token: its number, a colon, and its key.
fn telegram(line: &str, at: usize) -> Option<(usize, &'static str, &'static str)> {
    // In a URL of the bot API, the number follows the word `bot`.
    let at = at + if line.as_bytes()[at..].starts_with(b"bot") { 3 } else { 0 };
    let digits = line.as_bytes()[at..].iter().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let key = (8..=10).contains(&digits).then(|| line.get(at + digits..))??.strip_prefix(":AA")?;
    let length = length_of(key.as_bytes(), Dashed, 40);
    (length >= 33).then(|| (at + digits + 3 + length, "telegram-token", "a Telegram bot's token"))
}

/// Matches a client secret of Azure: three characters, a digit, `Q~`, and 31 to 34 more.
fn azure(line: &str, at: usize) -> Option<(usize, &'static str, &'static str)> {
    const MARK: Range<usize> = 3..6;
    let rest = line.as_bytes().get(at..)?;
    let mark = rest.get(MARK)?;
    let is_mark = mark[0].is_ascii_digit() && mark[1] == b'Q' && mark[2] == b'~';
    let body = rest.get(MARK.end..)?;
    let length = body.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || b"_.~-".contains(byte)).count();
    (is_mark && (28..=36).contains(&length)).then_some((
        at + MARK.end + length,
        "azure-secret",
        "an Azure client secret",
    ))
}
