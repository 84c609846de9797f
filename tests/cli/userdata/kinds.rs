//! Kinds of secrets by the commands and files in which they stand: each found on its line, and what only looks like one
//! is not.

use hoist::diagnostics::Severity;
use hoist::user_data::Finding;

use crate::userdata::lab::{filled, found, secret};

/// A line around `@N@`, a secret of N characters.
const FORMS: &[&str] = &[
    "echo @16@ | docker login -u me --password-stdin",
    "docker login -u me --password-stdin <<< '@16@'",
    "az login --service-principal -u 1111-2222 -p abc8Q~@32@ --tenant t",
    "gitlab-runner register -n -r @20@ --url https://gitlab.example.org",
    "cloudflared service install ey@120@",
    "dsn = \"root:@12@@tcp(127.0.0.1:3306)/x\"",
    "requirepass @20@",
    "masterauth @20@",
    "bindpw @12@",
    "encrypt = \"@43@=\"",
    "//registry.example.org/:_authToken=@36@",
    "mysql -e \"CREATE USER 'app'@'%' IDENTIFIED BY '@12@';\"",
    "psql -c \"CREATE ROLE app LOGIN PASSWORD '@12@'\"",
    "psql -c \"ALTER USER app WITH PASSWORD '@12@';\"",
    "STRIPE=whsec_@32@",
    "echo @20@:@40@ > /etc/passwd-s3fs",
    "$p = ConvertTo-SecureString \"@14@!\" -AsPlainText -Force",
    "net user Administrator @14@ /add",
    "define('DB_PASSWORD', '@16@');",
    "<password>@16@</password>",
    "<add key=\"ClearTextPassword\" value=\"@16@\" />",
    "echo 'root:@12@' | chpasswd",
    "printf 'root:%s' @12@ | chpasswd; PASSWORD=@12@",
    "chpasswd <<< 'root:@12@'",
    "useradd -m -p @16@ app",
    "usermod --password @16@ app",
    "redis-cli -a @16@ ping",
    "curl -H 'X-Vault-Token: @24@' https://vault.example.org/",
    "curl -H 'PRIVATE-TOKEN: @20@' https://gitlab.example.org/",
    "wget --http-password=@12@ https://example.org/",
    "skopeo copy --src-creds me:@16@ docker://a docker://b",
    "helm registry login -u me -p @16@ registry.example.org",
    "htpasswd -cb /etc/x admin @12@",
    "rabbitmqctl add_user app @16@",
    "openssl enc -aes-256-cbc -d -in x -pass pass:@16@",
    "gpg --batch --passphrase @16@ -d x.gpg",
    "smbclient //srv/share -U me%@12@",
    "//srv/share /mnt cifs username=me,password=@12@,uid=0 0 0",
    "ldapadd -x -D cn=admin -w @12@ -f x.ldif",
    "echo @12@ | sudo -S true",
    "echo -n @16@ | cryptsetup luksOpen /dev/vdb data -",
    "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification",
    "docker swarm join --token SWMTKN-1-@50@ 10.0.0.1:2377",
    "export K3S_TOKEN=K10@64@::server:@32@",
    "vault operator unseal @44@",
    "pro attach C1@28@",
    "subscription-manager register --org 1 --activationkey=@16@",
    "netbird up --setup-key @36@",
    "./config.sh --url https://github.com/a --token ABCDEFGHIJKLMNOPQRST123456789",
    "mc alias set store https://s3.example.org @20@ @40@",
    "%any %any : PSK \"@24@\"",
    "  psk=\"@20@\"",
    "key = AQ@38@==",
    "secret \"@43@=\";",
    "rocommunity @16@",
    "[smtp.example.org]:587 me@example.org:@16@",
    "    password: '@16@'",
    "spring.datasource.password=@16@",
    "SECRET_KEY_BASE=@64@",
    "TF_TOKEN_app_terraform_io=@40@",
    "vault_secret_id: @36@",
    "DD_API_KEY=@32@",
    "RABBITMQ_ERLANG_COOKIE=@20@",
    "PULUMI_ACCESS_TOKEN=pul-0123456789abcdef0123456789abcdef01234567",
    "DOPPLER=dp.st.prd.@40@",
    "sonar -Dsonar.login=squ_@40@",
    "gsk: gsk_@48@",
    "LTAI@20@ is the key",
    "curl https://hooks.slack.com/services/T00000000/B00000000/@24@",
    "git clone https://@40@@github.com/a/b",
    "git config --global http.extraheader 'AUTHORIZATION: basic @24@'",
    "restic -r s3:x backup; export RESTIC_PASSWORD=@16@",
    "SSHPASS=@16@ sshpass -e ssh host",
    "ansible_become_pass: @16@",
    "java -Djavax.net.ssl.keyStorePassword=@16@ -jar x.jar",
    "keytool -importkeystore -deststorepass @16@ -srcstorepass changeit",
    "export DB=${DB_PASSWORD:-@16@}",
];

#[test]
fn each_is_found_on_its_line_and_not_shown() {
    let mut missed = Vec::new();
    for form in FORMS {
        let (text, shown) = filled(form);
        for (text, line) in [
            (format!("#!/usr/bin/python3\n\n{text}\n"), 3),
            (format!("#cloud-config\nwrite_files:\n- path: /x\n  content: |\n    {text}\n"), 5),
        ] {
            let found = found(&text);
            let alarm = found.iter().find(|finding| finding.check == "secret" && finding.file_line == line);
            if alarm.is_none_or(|alarm| alarm.diagnostic.severity != Severity::Error) {
                missed.push(format!("{text}{found:?}"));
            }
            assert!(!shown.iter().any(|secret| secret.len() > 8 && format!("{found:?}").contains(secret)), "{found:?}");
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn lists_of_several_lines_are_found_line_by_line() {
    let (one, two) = (secret(12), secret(14));
    for (text, lines) in [
        (format!("#!/bin/sh\nchpasswd <<EOF\nroot:{one}\nadmin:{two}\nEOF\necho done:well\n"), vec![3, 4]),
        (format!("#cloud-config\nwrite_files:\n- path: /root/.netrc\n  content: |\n    machine api.example.org\n      login me\n      password {one}\n"), vec![7]),
        (format!("#cloud-config\nwrite_files:\n- path: /etc/rsyncd.secrets\n  content: |\n    backup:{one}\n    other:{two}\n"), vec![5, 6]),
        ("#cloud-config\nwrite_files:\n- path: /etc/nginx/.htpasswd\n  content: |\n    admin:$apr1$tBrmgO6g$rn4yDcaz2YBSoGOsDbjqMV\n".to_owned(), vec![5]),
        ("#cloud-config\nwrite_files:\n- path: /x\n  content: |\n    a:$2y$05$zaVp62BSKLVPA2oQUP44XPSL2oRlPhDBuqOSg5ApYzTTOkq2BEDbN\n".to_owned(), vec![5]),
        ("#!/bin/sh\necho 'root:$6$2AHRQ73l5PuXay1F$6gcqInkTY88mHwg2KDInTEGbOY1xHvAV8DnRlzGW7hUNwOdqryzda' | chpasswd -e\n".to_owned(), vec![2]),
    ] {
        let mut alarms: Vec<u32> =
            found(&text).iter().filter(|finding| finding.check == "secret").map(|finding| finding.file_line).collect();
        alarms.dedup();
        assert_eq!(alarms, lines, "{text}: {:?}", found(&text));
    }
}

#[test]
fn what_only_looks_like_a_secret_is_none() {
    let mut alarms = Vec::new();
    for text in [
        "echo ${DB_PASSWORD:?must be set}",
        "password=${DB_PASSWORD:?must be set}",
        "PASSWORD=${1:?}",
        "TOKEN=${LINE#token=}",
        "TOKEN=${LINE##*token=}",
        "TOKEN=${ALL%%:*}",
        "PASSWORD=${PASSWORD:-$OTHER}",
        "PASSWORD=${PASSWORD:0:5}",
        "PASSWORD=\"$(aws ssm get-parameter --name x --query Parameter.Value --output text)\"",
        "export TOKEN=$(cat /run/secrets/token)",
        "PASSWORD=`pwgen 20 1`",
        "password: {{ password }}",
        "password: <%= password %>",
        "password: ENC[AES256_GCM,data:abc]",
        "echo \"$USER:$PASSWORD\" | chpasswd",
        "mysql -u root -p\"$MYSQL_ROOT_PASSWORD\" -e 'select 1'",
        "mysql -u root -p -e 'select 1'",
        "curl -u \"${USER}:${TOKEN}\" https://example.org/",
        "docker login -u AWS --password-stdin registry.example.org",
        "aws ecr get-login-password | docker login -u AWS --password-stdin registry.example.org",
        "docker run -p 8080:80 nginx",
        "mkdir -p /srv/data/password-store",
        "ssh -p 2222 host",
        "passwd --lock root",
        "passwd -d ubuntu",
        "chpasswd -e < /run/users",
        "useradd -m -s /bin/bash app",
        "PasswordAuthentication no",
        "password required pam_unix.so nullok",
        "token_file: /run/secrets/token",
        "secret_name: my-app/database-credentials",
        "kubectl create secret generic db --from-file=password=/run/password",
        "IDENTITY_TOKEN_URL=https://example.org/token",
        "git clone https://github.com/example/secret-service.git",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "key: value",
        "ssh_authorized_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKk1cPpXYtR5ej0Xh2mJQPgqfYT0bnQx1nQx]",
        "apt-key adv --keyserver keyserver.example.org --recv-keys 0123456789ABCDEF0123456789ABCDEF01234567",
        "image: registry.example.org/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "BINDPW=$LDAP_PASSWORD",
        "wg genkey > /etc/wireguard/private.key",
        "condor_store_cred add -c -f /run/pool_password",
        "read -rsp 'Password: ' password",
        "echo 'Password changed'",
        "# password: see the vault",
        "skip-name-resolve",
        "key-value-store-of-the-configuration-of-the-cluster: true",
        "sk-learn-is-a-library-for-machine-learning",
        "npm_config_cache_directory_of_the_build_user=/x",
    ] {
        let text = format!("#!/usr/bin/python3\n{text}\n");
        let is_secret = |finding: &&Finding| matches!(finding.check, "secret" | "weak-secret");
        alarms.extend(found(&text).iter().filter(is_secret).map(|finding| format!("{text}{finding}")));
    }
    assert!(alarms.is_empty(), "{} alarms:\n{}", alarms.len(), alarms.join("\n"));
}
