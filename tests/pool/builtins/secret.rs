//! The program that keeps a pool's password, against moto, which checks its signatures and its role's policy as AWS
//! does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::builtins::rendered::{render, values, written};
use hoist_test_support::aws::{Moto, MotoAccount};
use hoist_test_support::judges::said;
use hoist_test_support::skip::skip;

const REGION: &str = "us-east-1";

/// Held while moto looks at who calls: all its accounts are of one mind there.
pub(super) static LOOKS: Mutex<()> = Mutex::new(());

/// Calls with these services' forms, before anyone is asked who they are.
pub(super) fn call(account: &MotoAccount, service: &str, method: &str, target: &str, body: &str) -> String {
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

/// The keys of a role that may do this.
fn role(account: &MotoAccount, actions: &[&str]) -> BTreeMap<&'static str, String> {
    role_with(account, &json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}]))
}

/// The keys of a role with a policy of these statements.
pub(super) fn role_with(account: &MotoAccount, statements: &Value) -> BTreeMap<&'static str, String> {
    let form = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
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

/// The metadata of a machine with this role and id, as IMDSv2 gives them: to whom has a token.
pub(super) fn metadata(role: &BTreeMap<&'static str, String>, id: &str) -> String {
    let (role, id) = (json!(role).to_string(), id.to_owned());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = tell(connection.unwrap(), &role, &id);
        }
    });
    endpoint
}

fn tell(mut connection: TcpStream, role: &str, id: &str) -> std::io::Result<()> {
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
        Some("instance-id") => id,
        Some("placement/region") => REGION,
        Some("services/domain") => "amazonaws.com",
        _ => "",
    };
    let status = if body.is_empty() { "401 Unauthorized" } else { "200 OK" };
    write!(connection, "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Runs the program on a machine with this metadata.
fn run(moto: &Moto, program: &str, metadata: &str, arguments: &[&str]) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), program).unwrap();
    Command::new("timeout")
        .args(["60", "python3"])
        .arg(file.path())
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", moto.port()))
        .output()
        .unwrap()
}

#[test]
fn the_manager_makes_the_password_once_and_workers_take_it() {
    let moto = match Moto::apart() {
        Ok(moto) => moto,
        Err(why) => return skip(why),
    };
    let _looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    let account = moto.account();
    call(&account, "s3", "PUT", "/bucket", "");
    let role = role(&account, &["s3:GetObject", "s3:PutObject", "ssm:GetParameter", "ssm:PutParameter"]);
    account.exchange("POST", "/moto-api/reset-auth", &[], b"0").unwrap();
    let given = json!({"os": "debian-13", "pool": "p", "manager": "m", "pool_password_from": "ssm:/p"});
    let mut files = written(&render("htcondor-worker", &values(&[&given])));
    let program = files.remove("/var/lib/hoist/secret.py").unwrap();
    let run = |program: &str, role: &BTreeMap<_, _>, task: &str, place: &str| {
        run(moto, program, &metadata(role, "i-1"), &[task, place])
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

#[test]
fn a_machine_of_an_annex_leaves_its_group_which_starts_none_in_its_stead() {
    let moto = match Moto::apart() {
        Ok(moto) => moto,
        Err(why) => return skip(why),
    };
    let _looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    let account = moto.account();
    let form = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let ask = |service: &str, version: &str, pairs: &[(&str, &str)]| {
        call(&account, service, "POST", "/", &form(&[pairs, &[("Version", version)]].concat()))
    };
    let groups = |pairs: &[(&str, &str)]| ask("autoscaling", "2011-01-01", pairs);
    let template = [
        ("Action", "CreateLaunchTemplate"),
        ("LaunchTemplateName", "worker"),
        ("LaunchTemplateData.ImageId", "ami-785db401"),
        ("LaunchTemplateData.InstanceType", "t3.small"),
    ];
    ask("ec2", "2016-11-15", &template);
    groups(&[
        ("Action", "CreateAutoScalingGroup"),
        ("AutoScalingGroupName", "hoist-annex-a-0"),
        ("LaunchTemplate.LaunchTemplateName", "worker"),
        ("AvailabilityZones.member.1", "us-east-1a"),
        ("MinSize", "0"),
        ("MaxSize", "3"),
        ("DesiredCapacity", "3"),
    ]);
    let group = || groups(&[("Action", "DescribeAutoScalingGroups")]);
    let ids = |shown: &str| {
        let ids = shown.split("<InstanceId>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let before = ids(&group());
    assert_eq!(before.len(), 3);
    let role = role(&account, &["autoscaling:TerminateInstanceInAutoScalingGroup"]);
    let given = json!({
        "os": "debian-13", "pool": "p", "manager": "m", "pool_password_from": "s3://bucket/p", "annex": "a",
        "annex_tag": "a/0123456789ab"
    });
    let program = written(&render("annex-worker", &values(&[&given]))).remove("/var/lib/hoist/secret.py").unwrap();
    account.exchange("POST", "/moto-api/reset-auth", &[], b"0").unwrap();
    let left = run(moto, &program, &metadata(&role, &before[1]), &["leave", "group"]);
    // Nobody else's key does.
    let mut other = role.clone();
    other.insert("SecretAccessKey", "another".to_owned());
    let hasty = program.replace("PATIENCE = 900", "PATIENCE = 0");
    let refused = run(moto, &hasty, &metadata(&other, &before[0]), &["leave", "group"]);
    account.exchange("POST", "/moto-api/reset-auth", &[], b"1000000000").unwrap();
    assert!(left.status.success(), "{}", said(&left));
    let why = said(&refused);
    assert!(!refused.status.success() && why.contains("cannot leave the group") && !why.contains("Traceback"), "{why}");
    let after = group();
    assert_eq!(ids(&after), [before[0].clone(), before[2].clone()]);
    assert!(after.contains("<DesiredCapacity>2</DesiredCapacity>"), "{after}");
}
