//! The program that keeps a pool's password, against moto, which checks its signatures and its role's policy as AWS does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::json;

use crate::judges::{said, skip};
use crate::moto::{Moto, MotoAccount};
use crate::rendered::{render, values, written};

const REGION: &str = "us-east-1";

/// Calls with these services' forms, before anyone is asked who they are.
fn call(account: &MotoAccount, service: &str, method: &str, target: &str, body: &str) -> String {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=x/20261120/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("host".to_owned(), "localhost".to_owned()),
        ("authorization".to_owned(), credential),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    let answer = account.exchange(method, target, &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

/// The keys of a role that may read and write a bucket and parameters.
fn role(account: &MotoAccount) -> BTreeMap<&'static str, String> {
    let form = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let actions = ["s3:GetObject", "s3:PutObject", "ssm:GetParameter", "ssm:PutParameter"];
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let iam = |pairs: &[(&str, &str)]| call(account, "iam", "POST", "/", &form(pairs));
    iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "pool"),
        ("AssumeRolePolicyDocument", &trust),
        ("Version", "2010-05-08"),
    ]);
    let attach = [("Action", "PutRolePolicy"), ("RoleName", "pool"), ("PolicyName", "p"), ("PolicyDocument", &policy)];
    iam(&[&attach[..], &[("Version", "2010-05-08")]].concat());
    let arn = format!("arn:aws:iam::{}:role/pool", account.number);
    let assume = [("Action", "AssumeRole"), ("RoleArn", &arn), ("RoleSessionName", "i-1"), ("Version", "2011-06-15")];
    let answer = call(account, "sts", "POST", "/", &form(&assume));
    let element = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{answer}"));
        rest.split('<').next().unwrap().to_owned()
    };
    ["AccessKeyId", "SecretAccessKey"]
        .map(|name| (name, element(name)))
        .into_iter()
        .chain([("Token", element("SessionToken"))])
        .collect()
}

/// The metadata of a machine with this role, as IMDSv2 gives it: to whom has a token.
fn metadata(role: &BTreeMap<&'static str, String>) -> String {
    let role = json!(role).to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = tell(connection.unwrap(), &role);
        }
    });
    endpoint
}

fn tell(mut connection: TcpStream, role: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut head = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head.push_str(&line.to_ascii_lowercase());
        head.push('\n');
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let body = match target.strip_prefix("/latest/meta-data/") {
        None if request.starts_with("PUT /latest/api/token") && head.contains("token-ttl-seconds: ") => "a-token",
        Some(_) if !head.contains("x-aws-ec2-metadata-token: a-token") => "",
        Some("iam/security-credentials/") => "pool\n",
        Some("iam/security-credentials/pool") => role,
        Some("placement/region") => REGION,
        Some("services/domain") => "amazonaws.com",
        _ => "",
    };
    let status = if body.is_empty() { "401 Unauthorized" } else { "200 OK" };
    write!(connection, "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn the_manager_makes_the_password_once_and_workers_take_it() {
    let moto = match Moto::shared() {
        Ok(moto) => moto,
        Err(why) => return skip(why),
    };
    let account = moto.account();
    call(&account, "s3", "PUT", "/bucket", "");
    let role = role(&account);
    account.exchange("POST", "/moto-api/reset-auth", &[], b"0").unwrap();
    let given = json!({"os": "debian-13", "pool": "p", "manager": "m", "pool_password_from": "ssm:/p"});
    let mut files = written(&render("htcondor-worker", &values(&[&given])));
    let program = files.remove("/var/lib/hoist/secret.py").unwrap();
    let run = |program: &str, role: &BTreeMap<_, _>, task: &str, place: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), program).unwrap();
        Command::new("timeout")
            .args(["60", "python3"])
            .arg(file.path())
            .args([task, place])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata(role))
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", moto.port()))
            .output()
            .unwrap()
    };
    let secret = |task: &str, place: &str| {
        let output = run(&program, &role, task, place);
        assert!(output.status.success(), "{task} {place}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let places = ["s3://bucket/pool/it's a key+é", "ssm:/pool/password"];
    let mut all = Vec::new();
    for place in places {
        let made = secret("make", place);
        assert!(made.len() == 64 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        assert_eq!(secret("make", place), made, "there is one already");
        assert_eq!(secret("take", place), made);
        all.push(made);
    }
    assert_ne!(all[0], all[1]);
    // moto does look at signatures; and who may not is told so in the end.
    let mut other = role.clone();
    other.insert("SecretAccessKey", "another".to_owned());
    let hasty = program.replace("PATIENCE = 900", "PATIENCE = 0");
    for place in places {
        let refused = run(&hasty, &other, "make", place);
        let why = said(&refused);
        assert!(!refused.status.success() && why.contains("may this machine's role read it?"), "{why}");
        assert!(!why.contains(&all[0]) && !why.contains(&all[1]) && !why.contains("Traceback"), "{why}");
    }
    account.exchange("POST", "/moto-api/reset-auth", &[], b"1000000000").unwrap();
}
