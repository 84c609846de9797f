//! Secrets that are recognised by their command, line or format.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex_lite::Regex;

use super::command_form::CommandForm;
use super::detected_secret::DetectedSecret;
use super::value::{is_issued, is_random, is_varied};
use super::{allowlist, weighed};

#[rustfmt::skip]
const FORMS: &[CommandForm] = &[
    ("aws-secret-key", "an AWS secret key", &["aws"],
     r#"(?i)aws.{0,24}(?:secret|key).{0,24}?[=:\s"'> ]+([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#),
    ("slack-webhook", "the address of a Slack webhook", &["hooks.slack.com"], r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{20,})"),
    ("discord-webhook", "the address of a Discord webhook", &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/[0-9]+/([A-Za-z0-9_-]{30,})"),
    ("teams-webhook", "the address of a Teams webhook", &["webhook.office.com", "logic.azure.com"], r"((?:webhook\.office\.com/webhookb2/[A-Za-z0-9@-]{36,}|logic\.azure\.com[^\s]*[?&]sig=[A-Za-z0-9_%-]{20,})[^\s]*)"),
    ("discord-token", "a Discord bot's token", &["discord"], r"\b([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})"),
    ("azure-key", "an Azure key", &["key="], r"(?i)(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})"),
    ("azure-key", "an Azure access signature", &["sig="], r"[?&]sig=([A-Za-z0-9%+/]{40,})"),
    ("aws-presigned-url", "a presigned address", &["x-amz-signature="], r"(?i)X-Amz-Signature=([0-9a-f]{64})"),
    ("google-signed-url", "a signed address", &["x-goog-signature="], r"(?i)X-Goog-Signature=([0-9a-f]{64,})"),
    ("terraform-token", "a Terraform token", &[".atlasv1."], r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,})"),
    ("wireguard-key", "a WireGuard key", &["privatekey", "presharedkey", "preshared-key"], r"(?i)\b(?:PrivateKey|PresharedKey|preshared-key)\s*[=:]?\s*([A-Za-z0-9+/]{43}=)"),
    ("basic-auth-url", "an address with a password", &["://"], r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\[\]"'<>]*:([^\s/@"'<>]+)@[A-Za-z0-9\[$_{]"#),
    ("basic-auth-url", "an address with a token", &["://"], r#"\bhttps?://([A-Za-z0-9_-]{20,})@[A-Za-z0-9\[$_{]"#),
    ("database-url", "a database's password", &["@tcp(", "@unix(", "@udp("], r"[A-Za-z0-9_.-]+:([^\s:@/]+)@(?:tcp|unix|udp)\("),
    ("database-url", "a database's password", &["/"], r"(?i)\b(?:sqlplus|sqlldr|expdp|impdp)\b.*?\s[A-Za-z0-9_]+/([^\s@/]+)@"),
    ("authorization-header", "the value of an Authorization header", &["authorization"], r#"(?i)authorization["']?\s*[:=\s]\s*["']?(?:(?:bearer|basic|token|digest|negotiate|apikey|splunk|genie\w*)\s+)([A-Za-z0-9+/=._~-]{8,})"#),
    ("authorization-header", "the value of an authorization header", &["x-auth", "x-api", "x-vault", "private-token", "x-token", "x-honeycomb", "api-key", "x-consul"],
     r#"(?i)\b(?:x-auth-(?:token|key)|x-api-key|x-vault-token|private-token|x-token|x-honeycomb-team|api-key|x-consul-token|dd-api-key)["']?\s*[:=]\s*["']?([A-Za-z0-9+/=._~-]{8,})"#),
    ("command-password", "a password of a command", &["curl"], r#"\bcurl\b.*?\s(?:-u|--user|--proxy-user|-U)[ =]?["']?[^\s:"'$]+:["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["wget"], r#"\bwget\b.*?\s--(?:http-|ftp-|proxy-)?password[ =]["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["sshpass"], r#"\bsshpass\s+-p\s*["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["mysql", "mariadb"], r#"\b(?:mysql|mysqladmin|mysqldump|mariadb|mariadb-admin|mariadb-dump)\b.*?\s-p([^\s"']+|["'][^"']+["'])"#),
    ("command-password", "a password of a command", &["mysqladmin"], r#"\bmysqladmin\b.*?\bpassword\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["login"], r#"\b(?:docker|podman|helm|buildah|skopeo|nerdctl|crane|oras|regctl|az|oc|cf|gcloud|ibmcloud|argocd|heroku)\b.*\slogin\b.*?\s(?:-p|--password)[ =]["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["login"], r#"\baz\s+login\b.*?\s(?:-p|--password)[ =]["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["--password-stdin", "-stdin", "--with-token", "auth login"], r#"\b(?:echo|printf)\s+(?:-[nes]+\s+|["']?%s(?:\\n)?["']?\s+)*["']?([^\s"'|$`]+)["']?\s*\|\s*(?:sudo\s+)?[a-z./-]+\s.*(?:--password-stdin|-stdin|--with-token|auth\s+login)"#),
    ("command-password", "a password of a command", &["--password-stdin", "--with-token"], r#"(?:--password-stdin|--with-token)\b.*<<<\s*["']?([^\s"'$`]+)"#),
    ("command-password", "credentials of a command", &["--creds", "--src-creds", "--dest-creds"], r#"--(?:src-|dest-)?creds[ =]["']?[^\s:"'$]+:([^\s"']+)"#),
    ("command-password", "a password of a command", &["redis-cli"], r#"\bredis-cli\b.*?\s(?:-a|--pass)[ =]["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["mongo"], r#"\b(?:mongo|mongosh|mongodump|mongorestore)\b.*?\s-p\s+["']?([^\s"'-][^\s"']*)"#),
    ("command-password", "a password of a command", &["htpasswd"], r#"\bhtpasswd\b.*?\s-[a-zA-Z]*b[a-zA-Z]*\s+\S+\s+\S+\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["mosquitto_passwd"], r#"\bmosquitto_passwd\b.*?\s-[a-zA-Z]*b[a-zA-Z]*\s+\S+\s+\S+\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["rabbitmqctl"], r#"\brabbitmqctl\s+(?:add_user|change_password|authenticate_user)\s+\S+\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["openssl"], r#"\bopenssl\b.*?\s(?:-pass(?:in|out)?\s+["']?pass:|-k\s+|passwd\s+(?:-[0-9a-z]+\s+(?:-salt\s+\S+\s+)?)+)["']?([^\s"'-][^\s"']*)"#),
    ("command-password", "a password of a command", &["gpg", "borg", "restic", "duplicity"], r#"\bgpg2?\b.*?--passphrase[ =]["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["zip ", "7z "], r#"\b(?:zip|unzip)\b.*?\s-P\s*["']?([^\s"']+)|\b7za?\b.*?\s-p([^\s"']+)"#),
    ("command-password", "a password of a command", &["smbclient", "rpcclient", "net ads", "net rpc", "smbget"], r#"\b(?:smbclient|rpcclient|net|smbget)\b.*?\s(?:-U|--user)[ =]?["']?[^\s%"']+%([^\s"']+)"#),
    ("command-password", "a password of a command", &["ldap"], r#"\bldap(?:add|modify|search|delete|passwd|whoami)\b.*?\s-w\s*["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["kinit", "realm ", "adcli", "sudo -s", "sudo --stdin", "cryptsetup", "smbpasswd", "vncpasswd", "ecryptfs", "veracrypt", "kadmin"],
     r#"\b(?:echo|printf)\s+(?:-[ne]+\s+|["']?%s(?:\\n)?["']?\s+)*["']?([^\s"'|$`]+)["']?\s*\|\s*(?:sudo\s+(?:-[A-Za-z]+\s+)*)?(?:kinit|realm|adcli|sudo\s+-S|sudo\s+--stdin|cryptsetup|smbpasswd|vncpasswd|veracrypt|kadmin)"#),
    ("command-password", "a password of a command", &["sudo -s"], r#"\becho\s+(?:-n\s+)?["']?([^\s"'|$`]+)["']?\s*\|\s*sudo\s+-S"#),
    ("command-password", "a password of a command", &["kadmin", "addprinc"], r#"\b(?:addprinc|change_password|cpw|kadmin)\b.*?\s-(?:pw|w)\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["ipmitool", "racadm"], r#"\b(?:ipmitool|racadm)\b.*?\s(?:-P|-p)\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["keytool", "storepass"], r#"-(?:store|key|src)(?:store)?pass\s+["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["lftp", "ncftp", "curlftpfs"], r#"\b(?:lftp|ncftpput|ncftpget|curlftpfs)\b.*?(?:-u\s+["']?[^\s,"']+,|-p\s+["']?|user=[^\s:]+:)([^\s"']+)"#),
    ("command-password", "a password of a command", &["x11vnc", "xfreerdp", "rdesktop"], r#"\b(?:x11vnc\b.*?\s-passwd\s+|xfreerdp\b.*?/p:|rdesktop\b.*?\s-p\s+)["']?([^\s"']+)"#),
    ("command-password", "a password of a command", &["svn ", "hg ", "p4 "], r#"\bsvn\b.*?--password[ =]["']?([^\s"']+)"#),
    ("command-password", "keys of a command", &["mc alias", "mc config", "mc admin"], r#"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+["']?([^\s"']+)"#),
    ("command-token", "a token of a command", &["gitlab-runner", "gitlab-ci-multi"], r#"\bgitlab-(?:ci-multi-)?runner\b.*?\s(?:-r|-t|--registration-token|--token)[ =]["']?([A-Za-z0-9_.-]{12,})"#),
    ("command-token", "a token of a command", &["cloudflared"], r#"\bcloudflared\b.*?(?:service\s+install|--token|\srun)\s+["']?([A-Za-z0-9+/=_.-]{40,})"#),
    ("command-token", "a token of a command", &["kubeadm", "k3s", "rke2"], r#"\b(?:kubeadm|k3s|rke2|k3sup)\b.*?--(?:token|certificate-key|agent-token)[ =]["']?([A-Za-z0-9.:]{16,})"#),
    ("command-token", "a Kubernetes bootstrap token", &["token"], r#"(?i)token["']?\s*[:= ]\s*["']?([a-z0-9]{6}\.[a-z0-9]{16})\b"#),
    ("command-token", "a token of a command", &["vault ", "consul ", "nomad ", "boundary "], r#"\bvault\s+(?:login|operator\s+unseal|unseal)\s+(?:-[a-z-]+(?:=\S+)?\s+)*["']?([A-Za-z0-9+/=._-]{16,})"#),
    ("command-token", "a token of a command", &["pro attach", "ua attach", "ubuntu-advantage attach", "advantage attach"], r#"\b(?:pro|ua|ubuntu-advantage)\s+attach\s+["']?([A-Za-z0-9]{20,})"#),
    ("command-token", "a key of a command", &["subscription-manager", "rhc "], r#"\b(?:subscription-manager|rhc)\b.*?--(?:activationkey|activation-key)[ =]["']?([^\s"']{6,})"#),
    ("command-token", "a key of a command", &["netbird", "zerotier", "twingate", "teleport"], r#"\b(?:netbird|twingate|teleport)\b.*?--(?:setup-key|token|auth-token|service-key)[ =]["']?([A-Za-z0-9.-]{16,})"#),
    ("command-token", "a token of a command", &["config.sh", "actions-runner"], r#"\bconfig\.sh\b.*?--token\s+["']?([A-Z0-9]{20,})"#),
    ("command-token", "a token of a command", &["flyctl", "doctl", "vercel", "netlify", "railway", "snyk", "codecov", "buildkite"], r#"\b(?:flyctl|doctl|vercel|netlify|railway|snyk|codecov|buildkite-agent)\b.*?\s(?:-t|--token|--auth|auth)[ =]["']?([A-Za-z0-9_.-]{20,})"#),
    ("chpasswd", "a user's password", &["chpasswd"], r#"\b(?:echo|printf)\s+(?:-[ne]+\s+|["']?%s(?:\\n)?["']?\s+)*["']?[A-Za-z0-9_.$-]+:([^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?(?:/usr/sbin/)?chpasswd\b"#),
    ("chpasswd", "a user's password", &["chpasswd"], r#"\bchpasswd\b.*<<<\s*["']?[A-Za-z0-9_.-]+:([^\s"']+)"#),
    ("chpasswd", "a user's password", &["passwd"], r#"\b(?:echo|printf)\s+(?:-[ne]+\s+)*["']?([^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?(?:/usr/bin/)?passwd\s+(?:\S+\s+)?--stdin"#),
    ("chpasswd", "a user's password", &["passwd"], r#"\b(?:echo|printf)\s+(?:-[ne]+\s+)*["']([^\s"'|\\$]+)\\n[^|]*\|\s*(?:sudo\s+)?(?:/usr/bin/)?(?:passwd|smbpasswd)\b"#),
    ("chpasswd", "a user's password", &["useradd", "usermod"], r#"\buser(?:add|mod)\b.*?\s(?:-p|--password)[ =]["']?([^\s"'$(`][^\s"']*)"#),
    ("windows-password", "a Windows password", &["convertto-securestring"], r#"(?i)ConvertTo-SecureString\s+(?:-AsPlainText\s+|-Force\s+|-String\s+)*["']([^"'$]+)["']"#),
    ("windows-password", "a Windows password", &["setpassword"], r#"(?i)SetPassword["']?\s*[,(]\s*["']?([^"'\s$)]+)"#),
    ("windows-password", "a Windows password", &["net user", "net.exe user", "net  user"], r#"(?i)\bnet(?:\.exe)?\s+user\s+(?:"[^"]+"|\S+)\s+["']?([^\s"'/*$%][^\s"']*)"#),
    ("windows-password", "a Windows password", &["cmdkey", "net use", "schtasks", "sc.exe", "psexec"], r#"(?i)(?:/pass:|/rp\s+|\bpassword=\s+|/user:\S+\s+|\s-p\s+)["']?([^\s"'/$%*][^\s"']*)"#),
    ("windows-password", "a Windows password", &["<value>"], r"(?i)password>\s*<value>([^<]+)<"),
    ("htcondor-password", "the password of an HTCondor pool", &["condor_store_cred"], r#"\bcondor_store_cred\b.*?\s-p(?:assword)?[ =]?["']?([^\s"']+)"#),
    ("htcondor-password", "the password of an HTCondor pool", &["pool_password", "passwords.d/", "condor_store_cred", "condor_credential"],
     r#"\b(?:echo|printf)\b\s+(?:-[ne]+\s+|["']?%s["']?\s+)?["']?([^\s"'|>;]+)["']?\s*(?:\||>).*(?:pool_password|passwords\.d/|condor_store_cred|condor_credential)"#),
    ("netrc", "a password as .netrc has it", &["password", "passwd"], r"\b(?:machine\s+\S+|default)\s+(?:login\s+\S+\s+)?(?:account\s+\S+\s+)?(?:password|passwd)\s+(\S+)"),
    ("netrc", "a password as .netrc has it", &["login"], r"^\s*login\s+\S+\s+password\s+(\S+)"),
    ("pgpass", "a password as .pgpass has it", &[":"], r"^\s*[A-Za-z0-9_.*-]+:(?:[0-9]{2,5}|\*):[A-Za-z0-9_*-]+:[A-Za-z0-9_.*-]+:([^\s:]+)\s*$"),
    ("docker-auth", "a registry's credentials", &["auth\""], r#"\\?"auth\\?"\s*:\s*\\?"([A-Za-z0-9+/]{12,}={0,2})\\?""#),
    ("kubeconfig-key", "a key of a kubeconfig", &["client-key-data"], r#"client-key-data["']?\s*:\s*["']?([A-Za-z0-9+/]{60,}={0,2})"#),
    ("htpasswd", "the password hash of a web server's user", &["$apr1$", "$2y$", "$2a$", "$2b$", "{sha}", "{ssha}"], r#"(?:^|[\s"'])[A-Za-z0-9_.@-]+:((?:\$apr1\$|\$2[aby]\$|\{S?SHA\})[A-Za-z0-9./$+=]{20,})"#),
    ("shadow", "the password hash of a user", &[":$"], r#"(?:^|[\s"'])[a-z_][a-z0-9_-]*:(\$(?:1|5|6|7|y|gy)\$[A-Za-z0-9./$=,]{20,})"#),
    ("s3fs-key", "the keys of a bucket", &["passwd-s3fs", "s3fs"], r#"(?:echo|printf)\s+(?:-[ne]+\s+)?["']?(?:[A-Za-z0-9._-]+:)?[A-Za-z0-9+/_-]{8,}:([A-Za-z0-9+/_=-]{16,})["']?\s*(?:>|\||\))"#),
    ("sql-password", "a password in SQL", &["identified"], r#"(?i)\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?\\?["']([^"'\\]+)"#),
    ("sql-password", "a password in SQL", &["password"], r#"(?i)\b(?:create|alter)\s+(?:user|role|login)\b.*?\bpassword\s*(?:=\s*)?N?\\?["']([^"'\\]+)"#),
    ("sql-password", "a password in SQL", &["password("], r#"(?i)\bpassword\s*\(\s*\\?["']([^"'\\]+)"#),
    ("sql-password", "a password in SQL", &["createuser", "db.auth", "createrole"], r#"(?i)\bpwd["']?\s*:\s*["']([^"']+)"#),
    ("ipsec-psk", "a shared key of IPsec", &[": psk", ":psk", ": xauth", ": eap"], r#":\s*(?:PSK|XAUTH|EAP)\s+["']([^"']+)["']"#),
    ("ppp-secret", "a secret as PPP has it", &["chap-secrets", "pap-secrets"], r#"echo\s+.*?\s["']([^"'\s]+)["']\s.*(?:chap|pap)-secrets"#),
    ("wifi-psk", "a wireless network's password", &["psk", "wpa_passphrase", "wpa-psk"], r#"(?i)\b(?:psk|wpa_passphrase|wpa-psk|wifi-sec\.psk)\s*[= ]\s*["']?([^\s"']{8,})"#),
    ("dns-key", "a key of a name server", &["secret"], r#"\bsecret\s+"([A-Za-z0-9+/]{16,}={0,2})"\s*;"#),
    ("snmp-community", "a community or user of SNMP", &["createuser", "rwcommunity", "rocommunity"], r#"\b(?:createUser\s+\S+\s+\S+\s+|r[wo]community6?\s+)["']?([^\s"']+)"#),
    ("ceph-key", "a key of Ceph", &["key"], r"\bkey\s*=\s*(AQ[A-Za-z0-9+/]{36,}={0,2})"),
    ("postfix-password", "a mail server's password", &["sasl_passwd", ":587", ":465"], r#"^\s*(?:echo\s+)?["']?\[?[A-Za-z0-9.-]+\]?(?::[0-9]+)?\s+[^\s:"']+:([^\s"']+)["']?"#),
    ("element-password", "a value named as a secret", &["key=\"", "name=\""], r#"(?i)(?:key|name)="[^"]*(?:password|passwd|secret|token|apikey)"\s+value="([^"]+)""#),
    ("splunk-token", "a Splunk token", &["splunk"], r"(?i)\bsplunk\b.*?\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"),
    ("phrase", "a password in a sentence of a command", &["here-string"], r#"--pass(?:word|phrase)?-?fd\s+0\s+<<<\s*["']?([^\s"'$]+)"#),
];

/// A pattern, compiled on first use: most texts need few.
struct Rule {
    form: &'static CommandForm,
    /// Whether the value must also look like a secret.
    is_weighed: bool,
    compiled: OnceLock<Regex>,
}

impl Rule {
    fn regex(&self) -> &Regex {
        let form = self.form.3;
        // The patterns are constants that a test compiles, so no input can cause this.
        self.compiled.get_or_init(|| Regex::new(form).unwrap_or_else(|error| unreachable!("{form}: {error}")))
    }
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let sure = FORMS.iter().chain(weighed::SURE).map(|form| (form, false));
    let all = sure.chain(weighed::FORMS.iter().map(|form| (form, true)));
    all.map(|(form, is_weighed)| Rule { form, is_weighed, compiled: OnceLock::new() }).collect()
});

/// The maximum number of positions in a long line that are examined for one rule.
const PLACES: usize = 64;

/// The number of bytes of a long line that are examined before and after a rule's word.
const AROUND: (usize, usize) = (256, 1024);

/// Returns the names of the rules.
pub(super) fn rules() -> impl Iterator<Item = &'static str> {
    FORMS.iter().chain(weighed::SURE).chain(weighed::FORMS).map(|form| form.0)
}

/// The rules that apply to a text, according to their words.
pub(super) struct Wanted(Vec<&'static Rule>);

impl Wanted {
    /// Returns the rules for a text in lower case.
    pub(super) fn of(lower: &str) -> Self {
        let grams = Grams::of(lower);
        let is_there = |word: &&str| grams.may_have(word) && lower.contains(*word);
        Self(RULES.iter().filter(|rule| rule.form.2.iter().any(is_there)).collect())
    }

    /// Finds the secrets of a line, with their positions.
    pub(super) fn scan(&self, line: &str, lower: &str, number: usize, found: &mut Vec<(Range<usize>, DetectedSecret)>) {
        for rule in &self.0 {
            let form = rule.form;
            for window in windows(line, lower, form.2) {
                for captures in rule.regex().captures_iter(&line[window.clone()]) {
                    let Some(value) = captures.iter().skip(1).flatten().next() else { continue };
                    let range = window.start + value.start()..window.start + value.end();
                    let text = value.as_str().trim_matches(['"', '\'']);
                    let is_none = allowlist::is_placeholder(text)
                        || form.0 == "s3fs-key" && !is_random(text)
                        || rule.is_weighed && !is_varied(text) && !is_issued(text);
                    if is_none || found.iter().any(|(taken, _)| taken.start < range.end && range.start < taken.end) {
                        continue;
                    }
                    found.push((range, DetectedSecret::new(number, form.0, form.1)));
                }
            }
        }
    }
}

/// The trigrams of a text, so that it is searched for few words only.
struct Grams(Vec<u64>);

impl Grams {
    const BITS: usize = 1 << 16;

    fn of(text: &str) -> Self {
        let mut grams = vec![0_u64; Self::BITS / 64];
        for gram in text.as_bytes().windows(3) {
            let bit = Self::bit(gram);
            grams[bit / 64] |= 1 << (bit % 64);
        }
        Self(grams)
    }

    /// Returns false if the word does not occur, and true if it may.
    fn may_have(&self, word: &str) -> bool {
        word.as_bytes().windows(3).all(|gram| {
            let bit = Self::bit(gram);
            self.0[bit / 64] >> (bit % 64) & 1 == 1
        })
    }

    fn bit(gram: &[u8]) -> usize {
        let byte = |at: usize| gram.get(at).copied().map_or(0, usize::from);
        (byte(0) << 11 ^ byte(1) << 5 ^ byte(2)) % Self::BITS
    }
}

/// Returns the examined ranges of a line: all of it or, if it is long, the surroundings of the words.
fn windows(line: &str, lower: &str, words: &[&str]) -> Vec<Range<usize>> {
    if line.len() <= AROUND.0 + AROUND.1 {
        let is_wanted = words.iter().any(|word| lower.contains(word));
        return is_wanted.then_some(0..line.len()).into_iter().collect();
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words {
        let mut from = 0;
        while let Some(at) = lower.get(from..).and_then(|rest| rest.find(word)).map(|at| from + at) {
            let (mut start, mut end) = (at.saturating_sub(AROUND.0), (at + AROUND.1).min(line.len()));
            while !line.is_char_boundary(start) {
                start -= 1;
            }
            while !line.is_char_boundary(end) {
                end += 1;
            }
            found.push(start..end);
            from = end;
            if found.len() >= PLACES {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_has_its_words() {
        for rule in RULES.iter() {
            let form = rule.form;
            assert!(rule.regex().captures_len() >= 2, "{}: its group is the secret", form.3);
            assert!(form.2.iter().all(|word| !word.is_empty() && *word == word.to_ascii_lowercase()), "{form:?}");
        }
    }
}
