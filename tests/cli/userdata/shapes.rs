//! Secrets by their shapes: what is fed to commands, set by name, written to files that are named for them, and what
//! stands where a password does; and what has the same shapes and is none.

use hoist::diagnostics::Severity;
use hoist::user_data::Finding;

use crate::userdata::lab::{base64, filled, found};

/// Lines around `@N@`, a secret of N characters; `\n` is a line break.
const FORMS: &[&str] = &[
    // Set by name, with a space between.
    "aws configure set default.aws_session_token @120@",
    "npm config set //registry.npmjs.org/:_authToken @36@",
    "yarn config set npmAuthToken @40@",
    "ngrok config add-authtoken @49@",
    "grafana-cli admin reset-admin-password @12@",
    "mssql-conf set-sa-password <<< '@12@'",
    "neo4j-admin dbms set-initial-password @12@",
    "wandb login @40@",
    "cargo login @32@",
    "cscli console enroll @25@",
    "canonical-livepatch enable @32@",
    // Fed to a command.
    "echo \"@12@\" | docker secret create db_password -",
    "printf '%s' '@12@' | podman secret create pw -",
    "echo @12@ | gpg --batch --passphrase-fd 0 -d x",
    "echo -e \"@12@\\\\n@12@\" | passwd ubuntu",
    "printf '%s\\\\n%s\\\\n' '@12@' '@12@' | sudo passwd root",
    "(echo @12@; echo @12@) | smbpasswd -a -s me",
    "yes @12@ | passwd root",
    "passwd root <<EOF\n@12@\n@12@\nEOF",
    "echo '@12@' | sshpass ssh host",
    "cryptsetup luksFormat /dev/vdb <<< @12@",
    "kinit admin <<< @12@",
    "echo @12@ | voms-proxy-init -pwstdin -voms x",
    "echo \"@12@\" | bin/elasticsearch-keystore add -x bootstrap.password",
    "ftp -n host <<EOF\nuser me @12@\nget x\nEOF",
    // Written to a file that is named for it.
    "echo '@12@' > /root/.vault_pass",
    "echo @12@ > /etc/restic/password",
    "echo \"@43@=\" > /etc/wireguard/privatekey",
    "echo @44@ | sudo tee /etc/wireguard/private.key",
    "echo \"@64@\" > /etc/zabbix/agent.psk",
    "echo \"db.example.org:5432:app:app:@12@\" > ~/.pgpass",
    // Beside a user's name.
    "cqlsh -u cassandra -p @12@ host",
    "twine upload -u me -p @12@ dist/x",
    "rabbitmqadmin -u me -p @12@ list queues",
    "mosquitto_pub -h host -u me -P @12@ -t x",
    "sqlcmd -S db -U sa -P '@12@' -Q 'select 1'",
    "etcdctl --user root:@12@ get x",
    "splunk add forward-server x:9997 -auth admin:@12@",
    "ttyd -c me:@12@ bash",
    "transmission-remote -n me:@12@ -l",
    "neighbor 192.0.2.1 password @12@",
    "user admin insecure-password @12@",
    "stats auth admin:@12@",
    "nmcli dev wifi connect ssid password @12@",
    "poll host proto imap user \"me\" password \"@12@\"",
    "cache_peer parent.example.org parent 3128 0 login=me:@12@",
    "user default on >@16@ ~* +@all",
    "jdbc:oracle:thin:app/@12@@//db:1521/x",
    "MySQLdb.connect(\"localhost\", \"root\", \"@12@\", \"db\")",
    "DBI->connect(\"dbi:mysql:x\",\"root\",\"@12@\")",
    "requests.get(u, auth=(\"me\", \"@12@\"))",
    "debconf-set-selections <<< \"mysql-server mysql-server/root_password password @12@\"",
    // Directives.
    "AuthLDAPBindPassword \"@12@\"",
    "rcon_password \"@12@\"",
    "Password @12@",
    "auth_pass @8@",
    // Names.
    "HONEYCOMB_KEY=0123456789abcdef0123456789abcdef",
    "define('NONCE_SALT', '@64@');",
    "curl -b \"session=@40@\" https://x.example.org/",
    "dbpwd=@12@",
    "pass_phrase=@12@",
    "certificateKey: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "{\"username\":\"me\",\"key\":\"0123456789abcdef0123456789abcdef\"}",
    "InstrumentationKey=01234567-89ab-cdef-0123-456789abcdef;IngestionEndpoint=https://x",
    "vault kv put secret/app key=@32@",
    // Commands and files of their own.
    "useradd -m me -p '$6$saltsalt$@40@'",
    "useradd -p $(perl -e 'print crypt(\"@12@\",\"sa\")') me",
    "expect \"Password:\"\nsend \"@12@\\\\r\"",
    "smbclient //server/share @12@ -U me",
    "curl \"https://api.telegram.org/bot1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX/sendMessage\"",
    "MAILCHIMP=0123456789abcdef0123456789abcdef-us5",
    "curl -s https://0123456789abcdef0123456789abcdef0123456789abcdef:@packagecloud.io/install/x",
    "nsupdate -y hmac-sha256:name:@43@=",
    "microk8s join 10.0.0.1:25000/0123456789abcdef0123456789abcdef/0123456789ab",
    "com2sec local localhost @10@",
    "apiVersion: v1\nkind: Secret\ntype: Opaque\ndata:\n  db: @32@==",
    "kind: Secret\nstringData:\n  db: @12@",
];

#[test]
fn each_is_found_however_it_is_embedded() {
    let mut missed = Vec::new();
    for form in FORMS {
        let (text, shown) = filled(&form.replace("\\\\", "\\"));
        let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
        for text in [
            format!("#!/usr/bin/python3\n\n{text}\n"),
            format!("#cloud-config\nwrite_files:\n- path: /x\n  content: |\n{indented}"),
            format!("#!/usr/bin/python3\nx={}\n", base64(&format!("#!/usr/bin/python3\n{text}\n"))),
            format!("#!/usr/bin/python3\ncat > /x <<'END'\n{text}\nEND\n"),
        ] {
            let found = found(&text);
            if !found.iter().any(|finding| finding.check == "secret" && finding.diagnostic.severity == Severity::Error)
            {
                missed.push(format!("{text}{found:?}"));
            }
            assert!(!shown.iter().any(|secret| secret.len() > 8 && format!("{found:?}").contains(secret)), "{found:?}");
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn files_named_for_a_secret_hold_one() {
    for path in ["/etc/app/db_password", "/etc/app/api.token", "/etc/zabbix/agent.psk", "/etc/davfs2/secrets"] {
        let (text, _) = filled(&format!("#cloud-config\nwrite_files:\n- {{path: {path}, content: '@24@'}}\n"));
        assert!(found(&text).iter().any(|finding| finding.check == "secret"), "{text}");
        let text = format!("#cloud-config\nwrite_files:\n- {{path: {path}, content: '${{PASSWORD}}'}}\n");
        assert!(!found(&text).iter().any(|finding| finding.check == "secret"), "{text}");
    }
}

#[test]
fn what_has_the_shape_and_is_none_is_left_alone() {
    let mut alarms = Vec::new();
    for text in [
        "password: @@PASSWORD@@",
        "password: '{{resolve:secretsmanager:MySecret:SecretString:password}}'",
        "password: ~",
        "passwd: files systemd",
        "PWD=/root",
        "sed -i \"s/^password=.*/password=$PW/\" /etc/x",
        "const token = process.env.TOKEN;",
        "def login(user, password=None):",
        "$Password = $env:PASSWORD",
        "$secret = (Get-SECSecretValue -SecretId x).SecretString",
        "password = random_password.db.result",
        "password = var.db_password",
        "curl \"https://x.example.org/api?token=${TOKEN}&x=y\"",
        "/usr/bin/passwd: setuid",
        "passwd root",
        "passwd User1",
        "proxy_pass http://127.0.0.1:8080;",
        "uwsgi_pass 127.0.0.1:3031;",
        "fastcgi_pass unix:/run/php/php8.2-fpm.sock;",
        "apt-get install -y libpam-passwd libx11-6",
        "docker run -u 1000:1000 -p 127.0.0.1:8080:80 nginx",
        "mysql -P 3306 -u root -h db1",
        "sudo -u app mkdir -p /srv/Data1",
        "echo \"$PASSWORD\" | docker secret create db_password -",
        "echo ok | tee /var/log/passwd-changes",
        "echo yes | realm join example.org",
        "cat >> /etc/passwd <<EOF\napp:x:1000:1000::/srv:/bin/sh\nEOF",
        "echo 'app:x:1000:' >> /etc/group",
        "key: AAAAC3NzaC1lZDI1NTE5AAAAIKk1cPpXYtR5ej0Xh2mJQPgqfYT0bnQx1nQx",
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "cache_key: v1-linux-Node18-0123456789abcdef0123456789abcdef",
        "key = \"prod/Network1/terraform.tfstate\"",
        "systemctl enable amazon-cloudwatch-agent.service",
        "systemctl enable --now Docker2.service",
        "token_secret: AES256-GCM",
        "kind: ConfigMap\ndata:\n  db: b3duZXI=",
        "kind: SecretProviderClass\ndata:\n  db: b3duZXI=",
        "send \"yes\\r\"",
        "user admin on host1.example.org",
        "rootpw {{ hash }}",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ] {
        let text = format!("#!/usr/bin/python3\n{text}\n");
        let is_secret = |finding: &&Finding| matches!(finding.check, "secret" | "weak-secret");
        alarms.extend(found(&text).iter().filter(is_secret).map(|finding| format!("{text}{finding}")));
    }
    assert!(alarms.is_empty(), "{} alarms:\n{}", alarms.len(), alarms.join("\n"));
}
