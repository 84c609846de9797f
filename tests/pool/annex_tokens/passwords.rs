//! The same with the pool's password, which is copied byte by byte.

use crate::annex_tokens::machine::Machine;

#[test]
fn instances_join_with_the_key_that_a_collector_made() {
    let Some(machine) = Machine::start() else { return };
    machine.must("root", "umask 077; cp /etc/condor/passwords.d/POOL /home/admin/key; chown admin: /home/admin/key");
    assert_eq!(machine.must("admin", "stat -c %s key").trim(), "64", "random bytes of HTCondor's own");
    let joining = format!("--password-file key {}", machine.joining());
    machine.hoist(&format!("create secret --lease 30m --wait pool {joining}"), 0);
    assert_eq!(machine.members("secret"), machine.instances("secret"));
    machine.submit("secret");
    machine.must("admin", "touch go; condor_wait -wait 120 job.log");
    // Each instance's own token ends with its lease, and another one comes when that is renewed.
    let tokens = "cat $(find . -path '*/pool/tokens.d/hoist')";
    let before = machine.must("admin", tokens);
    machine.hoist("extend secret --lease 2h --yes", 0);
    machine.until("there are new tokens", || {
        let now = machine.must("admin", tokens);
        now.lines().all(|token| !before.contains(token)) && now.lines().count() == before.lines().count()
    });
    let ends = jiff::Timestamp::now().as_second() + 3 * 3600;
    for token in machine.must("admin", tokens).lines() {
        let claims = hoist::batch::htcondor::Claims::of(&token.to_owned().into()).unwrap();
        let left = claims.ends.map(|end| (end.as_second() - ends).abs());
        assert!(left.is_some_and(|left| left < 600), "{claims:?}");
    }
    assert_eq!(machine.members("secret"), machine.instances("secret"));
    machine.hoist("drain secret --count 1 --yes", 0);
    machine.hoist("delete secret --yes", 0);

    // Nothing is made with a password of another pool.
    machine.must("admin", "umask 077; head -c 64 /dev/urandom > other");
    let said = machine.hoist(&format!("create wrong --lease 30m --password-file other {}", machine.joining()), 5);
    assert!(said.contains("with this password") && said.contains("nothing was made"), "{said}");
    assert_eq!(machine.must("admin", "find . -path '*/local/annexes/*' -o -path '*/annex-secrets/*' -type f"), "");
}

#[test]
fn passwords_of_every_form_are_the_pools() {
    let Some(machine) = Machine::start() else { return };
    // The pool has a password as `condor_store_cred` keeps it, of 14 bytes and with no NUL at its end.
    machine.must("root", "printf %s it-is-a-secret | condor_store_cred add -c -i - && condor_restart -fast");
    machine.must(
        "root",
        "cd; umask 077; cp /etc/condor/passwords.d/POOL /home/admin/stored; chown admin: /home/admin/stored",
    );
    machine.must("admin", "umask 077; printf '%s\\n' it-is-a-secret > typed");
    machine.until("the pool is up again", || {
        machine.run("admin", "condor_status -schedd -af Name").is_ok_and(|said| !said.trim().is_empty())
    });
    assert_eq!(machine.must("admin", "stat -c %s stored").trim(), "14");
    joins_with(&machine, ["stored", "typed"]);

    // Older ones kept a NUL at its end, which is another key.
    machine.must("admin", "umask 077; { cat stored; printf '\\276'; } > older");
    machine.must("root", "cat /home/admin/older > /etc/condor/passwords.d/POOL; condor_restart -fast");
    machine.until("the pool is up once more", || {
        machine.run("admin", "condor_status -schedd -af Name").is_ok_and(|said| !said.trim().is_empty())
    });
    joins_with(&machine, ["older", "typed"]);
}

fn joins_with(machine: &Machine, forms: [&str; 2]) {
    for form in forms {
        let joining = format!("--password-file {form} {}", machine.joining());
        machine.hoist(&format!("create {form} --lease 30m --wait pool {joining}"), 0);
        machine.hoist(&format!("delete {form} --yes"), 0);
    }
}
