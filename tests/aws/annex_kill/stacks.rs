//! Kills at each call that a command makes to AWS.
//!
//! By itself it kills at every other call; `HOIST_ANNEX_KILL_ROUNDS=1` kills at each, and `=20` repeats that so often.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::*;

use crate::annex_cli::lab::Lab;
use crate::annex_kill::step::{Step, killed_at, steps};
use hoist_test_support::aws::{End, Faults, StackScript, TestBucket, Verb};

/// The files of the tokens with which the instances join: that of the beginning, and that of a longer lease.
const TOKENS: [&str; 2] = ["first", "second"];

/// A token that the pool's key has not signed, and that ends in a century or so.
fn token(id: &str) -> String {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"sub":"condor@lab","iss":"lab","jti":"{id}","iat":1700000000,"exp":4900000000}}"#);
    format!("{}.{}.{}", part(r#"{"alg":"HS256","kid":"POOL"}"#.to_owned()), part(claims), part(id.to_owned()))
}

/// How many lives are led at once: they mostly wait.
const SIDE_BY_SIDE: usize = 8;

/// What a command does, as it is typed, and where it is killed.
struct Plan {
    create: Vec<Step>,
    update: Vec<Step>,
    extend: Vec<Step>,
    delete: Vec<Step>,
}

/// An account with a set-up, where one life is led after the other.
struct Account {
    lab: Lab,
    bucket: TestBucket,
}

impl Account {
    fn new(seed: u64) -> Option<Self> {
        let lab = Lab::aws()?;
        lab.cloud().change(|faults| *faults = Faults::new(seed));
        let setup = lab.cloud().ask_service("cloudformation", "DescribeStacks", &[("StackName", "hoist-setup")]);
        let setup = setup.at("DescribeStacksResult/Stacks/member").unwrap().clone();
        let outputs = setup.items("Outputs");
        let bucket = outputs.iter().find(|output| output.get("OutputKey") == "Bucket").unwrap();
        let bucket = lab.cloud().bucket_named(bucket.get("OutputValue"));
        for word in TOKENS {
            lab.file(word, token(word));
            fs::set_permissions(lab.path(word), fs::Permissions::from_mode(0o600)).unwrap();
        }
        Some(Self { lab, bucket })
    }

    fn create(&self, name: &str) -> String {
        self.lab.created(name, "--count 2 --lease 6h").replace("--password-file password", "--token-file first")
    }

    fn extend(name: &str) -> String {
        format!("annex extend {name} --lease 9h --token-file second --yes")
    }

    fn update(name: &str) -> String {
        format!("annex update {name} --count 3 --yes")
    }

    fn delete(name: &str) -> String {
        format!("annex delete {name} --yes")
    }

    /// Lets the next change of a stack take its time.
    fn slow(&self, verb: Verb) {
        self.lab.cloud().script_stack(StackScript { stack: "hoist-annex-*", verb, looks: 2, end: End::Done });
    }

    /// The calls of a life that nobody disturbs.
    fn undisturbed(&self) -> Plan {
        let name = "undisturbed";
        self.slow(Verb::Create);
        let create = steps(&self.lab, &self.create(name));
        self.slow(Verb::Update);
        let update = steps(&self.lab, &Self::update(name));
        self.slow(Verb::Update);
        let extend = steps(&self.lab, &Self::extend(name));
        self.slow(Verb::Delete);
        let delete = steps(&self.lab, &Self::delete(name));
        self.assert_gone("undisturbed");
        Plan { create, update, extend, delete }
    }

    /// A life in which each command is killed once, and given again. Tells how many were killed.
    fn live(&self, plan: &Plan, number: usize) -> usize {
        let name = format!("life-{number}");
        let mut kills = 0;
        let commands = [
            (Verb::Create, self.create(&name), &plan.create, 2),
            (Verb::Update, Self::update(&name), &plan.update, 3),
            (Verb::Update, Self::extend(&name), &plan.extend, 3),
            (Verb::Delete, Self::delete(&name), &plan.delete, 0),
        ];
        for (verb, words, steps, wanted) in commands {
            let step = &steps[number % steps.len()];
            let when = format!("{words}, killed at {step:?}");
            self.slow(verb);
            kills += usize::from(killed_at(&self.lab, &words, step));
            assert!(self.lab.cloud().living().len() <= 3, "{when}: {:?}", self.lab.cloud().living());
            assert!(self.stacks().len() <= 1, "{when}: {:?}", self.stacks());
            let again = self.lab.hoist(&words);
            assert_eq!(again.code, Some(0), "{when}\n{}\n{}", again.raw_stdout, again.raw_stderr);
            if wanted == 0 {
                self.assert_gone(&when);
            } else {
                assert_eq!((self.stacks().len(), self.lab.cloud().living().len()), (1, wanted), "{when}");
                let word = if words == Self::extend(&name) { TOKENS[1] } else { TOKENS[0] };
                self.assert_in_order(&token(word), &when);
            }
        }
        kills
    }

    /// The instances read this token and no other, have the lease of their annex, and have stored their logs.
    fn assert_in_order(&self, token: &str, when: &str) {
        let keys = self.bucket.keys();
        let tokens: Vec<&String> = keys.iter().filter(|key| key.ends_with("/token")).collect();
        assert_eq!(tokens.len(), 1, "{when}: {keys:?}");
        assert_eq!(String::from_utf8(self.bucket.content(tokens[0])).unwrap().trim(), token, "{when}");
        let listed = self.lab.hoist("annex list -o json").exit(0).json();
        let end = listed["annexes"][0]["expires_at"].as_str().unwrap_or_else(|| panic!("{when}: {listed}"));
        let prefix = tokens[0].strip_suffix("token").unwrap();
        for instance in self.lab.cloud().living() {
            assert_eq!(instance.tags["hoist:expires-at"], end, "{when}");
            self.bucket.put(&format!("{prefix}logs/{}/StartLog", instance.id), b"not in the pool yet", "instance");
        }
    }

    /// The stacks that there are, but for the set-up's.
    fn stacks(&self) -> Vec<String> {
        let found = self.lab.cloud().ask_service("cloudformation", "DescribeStacks", &[]);
        let stacks = found.items("DescribeStacksResult/Stacks");
        let mut names: Vec<String> = stacks.iter().map(|stack| stack.get("StackName").to_owned()).collect();
        names.retain(|name| name != "hoist-setup");
        names
    }

    fn assert_gone(&self, when: &str) {
        assert_eq!(self.stacks(), Vec::<String>::new(), "{when}");
        assert_eq!(self.lab.cloud().living(), [], "{when}");
        assert_eq!(self.bucket.keys(), Vec::<String>::new(), "{when}");
        let secrets = fs::read_dir(self.lab.path("state/annex-secrets")).into_iter().flatten().flatten();
        assert_eq!(secrets.map(|entry| entry.path()).collect::<Vec<_>>(), Vec::<PathBuf>::new(), "{when}");
        let listed = self.lab.hoist("annex list -o json").exit(0).json();
        assert_eq!(listed["annexes"], serde_json::json!([]), "{when}");
    }
}

#[test]
fn a_kill_at_each_call_costs_one_command() {
    let Some(first) = Account::new(0) else { return };
    let plan = first.undisturbed();
    let lengths = [&plan.create, &plan.update, &plan.extend, &plan.delete].map(|steps| steps.len());
    let longest = lengths.into_iter().max().unwrap();
    let rounds: Option<usize> = std::env::var("HOIST_ANNEX_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let (lives, stride) = rounds.map_or((longest.div_ceil(2), 2), |rounds| (longest * rounds, 1));
    let (next, kills) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for seed in 0..SIDE_BY_SIDE {
            let (plan, next, kills) = (&plan, &next, &kills);
            scope.spawn(move || {
                let Some(account) = Account::new(seed as u64) else { return };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= lives {
                        return;
                    }
                    kills.fetch_add(account.live(plan, number * stride), Ordering::Relaxed);
                }
            });
        }
    });
    let kills = kills.into_inner();
    let text = format!("{kills} kills in {lives} lives; steps of create, update, extend, delete: {lengths:?}");
    let _ = writeln!(std::io::stderr(), "{text}");
    assert!(kills * 10 >= lives * 4 * 9, "too few were killed: {text}");
    assert!(lengths.into_iter().all(|steps| steps > 10), "{text}");
}

#[test]
fn an_annex_whose_making_was_killed_can_be_deleted() {
    let Some(account) = Account::new(1) else { return };
    let plan = account.undisturbed();
    let changing: Vec<&Step> = plan.create.iter().filter(|step| step.makes_the_stack()).collect();
    assert_eq!(changing.len(), 2, "the call that makes the stack, heard and lost");
    for (number, step) in changing.into_iter().enumerate() {
        let name = format!("given-up-{number}");
        assert!(killed_at(&account.lab, &account.create(&name), step));
        account.lab.hoist(&Account::delete(&name)).exit(0);
        account.assert_gone(&format!("{step:?}"));
    }
}
