//! Kills at each call that a command makes to AWS.
//!
//! `HOIST_ANNEX_KILL_ROUNDS=20` repeats it all so often.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::annex_cli::lab::Lab;
use crate::annex_kill::step::{Step, killed_at, steps};
use hoist_test_support::aws::{End, Faults, StackScript, TestBucket, Verb};

/// How many lives are led at once: they mostly wait.
const SIDE_BY_SIDE: usize = 8;

/// What a command does, as it is typed, and where it is killed.
struct Plan {
    create: Vec<Step>,
    update: Vec<Step>,
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
        Some(Self { lab, bucket })
    }

    fn create(&self, name: &str) -> String {
        self.lab.created(name, "--count 2 --lease 6h")
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
        self.slow(Verb::Delete);
        let delete = steps(&self.lab, &Self::delete(name));
        self.assert_gone("undisturbed");
        Plan { create, update, delete }
    }

    /// A life in which each command is killed once, and given again. Tells how many were killed.
    fn live(&self, plan: &Plan, number: usize) -> usize {
        let name = format!("life-{number}");
        let mut kills = 0;
        let commands = [
            (Verb::Create, self.create(&name), &plan.create, 2),
            (Verb::Update, Self::update(&name), &plan.update, 3),
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
            }
        }
        kills
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
        let listed = self.lab.hoist("annex list -o json").exit(0).json();
        assert_eq!(listed["annexes"], serde_json::json!([]), "{when}");
    }
}

#[test]
fn a_kill_at_each_call_costs_one_command() {
    let Some(first) = Account::new(0) else { return };
    let plan = first.undisturbed();
    let longest = plan.create.len().max(plan.update.len()).max(plan.delete.len());
    let rounds = std::env::var("HOIST_ANNEX_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let lives = longest * rounds;
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
                    kills.fetch_add(account.live(plan, number), Ordering::Relaxed);
                }
            });
        }
    });
    let kills = kills.into_inner();
    let (create, update, delete) = (plan.create.len(), plan.update.len(), plan.delete.len());
    let text = format!("{kills} kills in {lives} lives; steps: create {create}, update {update}, delete {delete}");
    let _ = writeln!(std::io::stderr(), "{text}");
    assert!(kills * 10 >= lives * 3 * 9, "too few were killed: {text}");
    assert!(create > 10 && update > 10 && delete > 10, "{text}");
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
