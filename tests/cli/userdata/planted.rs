//! Forty planted secrets, each found where it stands, and none of them shown.

use hoist::diagnostics::Severity;
use hoist::user_data::{LintOptions, lint};

use crate::userdata::lab::{base64, found};

/// A text around `@`, and the secret that stands there, in pieces so that no scanner of source takes it for a leak.
const PLANTED: &[(&str, &[&str])] = &[
    ("export AWS_ACCESS_KEY_ID=@", &["AK", "IAIOSFODNN7EXAMPLE"]),
    ("aws_session: @", &["AS", "IAQ7XJ4M2N5P6R7S8T"]),
    ("aws_secret_access_key = @", &["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"]),
    ("git clone https://x-access-token:@@github.com/a/b", &["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"]),
    ("token @", &["github", "_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789"]),
    ("echo @ | gh auth login --with-token", &["gh", "o_16C7e42F292c6912E7710c838347Ae178B4a"]),
    ("registration_token: @", &["gl", "pat-Zk3xPq9Lw2Rt7Yv5Bn1M"]),
    ("gitlab-runner register --token @", &["gl", "rt-t1_Zk3xPq9Lw2Rt7Yv5Bn1M"]),
    ("slack: @", &["xo", "xb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"]),
    ("curl -d x https://@", &["hooks.slack", ".com/services/T00000000/B00000000/XXXXXXXXXXXXabcdefghijkl"]),
    ("stripe @", &["sk", "_live_4eC39HqLyjWDarjtT1zdp7dc"]),
    ("mail: @", &["S", "G.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"]),
    ("maps=@", &["AI", "zaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe"]),
    (
        "DefaultEndpointsProtocol=https;AccountName=a;@",
        &["Account", "Key=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYg=="],
    ),
    ("//registry.npmjs.org/:_authToken=@", &["np", "m_abcdefghijklmnopqrstuvwxyz0123456789"]),
    ("twine upload -p @", &["py", "pi-AgEIcHlwaS5vcmcCJDU3ZGM3ZTE4LWZhNDQtNGQ0Ny05YzQ3LTZk"]),
    ("export VAULT_TOKEN=@", &["hv", "s.CAESIJ2mF0Yz5Wc3PqRtUvXwYz"]),
    ("bot @", &["1234567890:", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX"]),
    ("jwt: @", &["ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"]),
    ("curl -H 'Authorization: Bearer @' https://example.org/", &["mF_9.B5f-4.", "1JqM"]),
    ("curl https://me:@@example.org/file", &["hunter2", "hunter2"]),
    ("  proxy: http://user:@@proxy.example.org:3128/", &["s3cr3t", "Proxy"]),
    ("curl -u me:@ https://example.org/", &["hunter2", "xyz"]),
    ("sshpass -p @ ssh host", &["hunter2", "xyz"]),
    ("mysql -u root -p@ -e 'select 1'", &["hunter2", "xyz"]),
    ("docker login -u me --password @ registry.example.org", &["hunter2", "xyz"]),
    ("echo 'root:@' | chpasswd", &["hunter2", "xyz"]),
    ("echo @ | passwd --stdin root", &["hunter2", "xyz"]),
    ("condor_store_cred -c add -p @", &["pool-", "pass-1"]),
    ("echo '@' > /etc/condor/passwords.d/POOL", &["pool-", "pass-2"]),
    ("POOL_PASSWORD=@", &["pool-", "pass-3"]),
    ("condor_secret = @", &["pool-", "pass-4"]),
    ("machine example.org login me password @", &["hunter2", "xyz"]),
    ("db.example.org:5432:app:me:@", &["hunter2", "xyz"]),
    ("DB_PASSWORD='@'", &["correct horse", " battery"]),
    ("client_secret: @", &["q8Zr2LmX0a", "Pv7Tn4Kd3W"]),
    ("  \"api_key\": \"@\",", &["9f8e7d6c5b", "4a39281706f5"]),
    ("PrivateKey = @", &["yAnz5TF+lXXJte14tji3zlMNq+", "hd2rYUIgJBgB3fBmk="]),
    ("X_AUTH_TOKEN=@", &["b4f1c9d27e", "8a40c6Q5d3f0"]),
    ("AGE=@", &["AGE-SECRET", "-KEY-1QQPQZRTKJ5Q2LQ4Y6Z0M3W8X7V9N5C4S2D6F8G0H3J5K7L9P2R4T6Y8W0"]),
];

#[test]
fn every_planted_secret_is_found_and_none_is_shown() {
    assert_eq!(PLANTED.len(), 40);
    let mut missed = Vec::new();
    for (around, pieces) in PLANTED {
        let secret = pieces.concat();
        let (before, after) = around.split_once('@').unwrap();
        let planted = format!("{before}{secret}{after}");
        for (text, line) in [
            (format!("#!/bin/sh\ntrue\n{planted}\n"), 3),
            (format!("#cloud-config\nwrite_files:\n- path: /x\n  content: |\n    {planted}\n"), 5),
            (format!("#!/bin/sh\nuser_data_b64={}\n", base64(&format!("#!/bin/sh\n{planted}\n"))), 2),
        ] {
            let found = found(&text);
            let alarm = found.iter().find(|finding| finding.check == "secret");
            if alarm.is_none_or(|alarm| alarm.file_line != line || alarm.diagnostic.severity != Severity::Error) {
                missed.push(format!("{text}: {found:?}"));
            }
            assert!(!format!("{found:?}").contains(&secret), "{around} is shown: {found:?}");
        }
    }
    assert!(missed.is_empty(), "{} missed: {}", missed.len(), missed.join("\n"));
}

#[test]
fn keys_in_armour_are_found() {
    let body = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn9DxkVRTVoW3hX1Q2aV8wG7h5m2k4N";
    for kind in ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""] {
        let (begin, end) = (format!("-----BEGIN {kind}PRIVATE "), format!("-----END {kind}PRIVATE "));
        let text =
            format!("#cloud-config\nssh_keys:\n  rsa_private: |\n    {begin}KEY-----\n    {body}\n    {end}KEY-----\n");
        let found = found(&text);
        let alarms: Vec<u32> =
            found.iter().filter(|finding| finding.check == "secret").map(|finding| finding.line).collect();
        assert_eq!(alarms, [4], "{found:?}");
        assert!(!format!("{found:?}").contains(body));
    }
}

#[test]
fn what_is_allowed_by_name_is_not_told_and_the_rest_is() {
    let text = "#cloud-config\npassword: hunter2hunter2\nchpasswd:\n  list: |\n    root:other-hunter\n";
    let count = |names: &[&str]| {
        let allowed_secrets = names.iter().map(|name| (*name).to_owned()).collect();
        let options = LintOptions { allowed_secrets, ..LintOptions::default() };
        lint(text.as_bytes(), &options).findings.iter().filter(|finding| finding.check == "secret").count()
    };
    assert_eq!((count(&[]), count(&["password:password"]), count(&["password"]), count(&["jwt"])), (2, 1, 0, 2));
}
