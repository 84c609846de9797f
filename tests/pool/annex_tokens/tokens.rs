//! Tokens that the user is given, and their ends.

use crate::annex_tokens::machine::Machine;

#[test]
fn a_token_past_its_life_lets_nobody_in_and_the_next_one_does() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    machine.make_token("short", "-lifetime 600");
    let create = format!("create given --lease 30m --wait pool {}", machine.joining());
    let said = machine.hoist(&format!("{create} --token-file short"), 5);
    assert!(said.contains("before the lease") && said.contains("condor_token_create -key POOL"), "{said}");
    machine.hoist(&format!("{create} --token-file given"), 0);
    assert_eq!(machine.members("given"), machine.instances("given"));

    // It lasts long enough for this.
    machine.hoist("extend given --lease 1h --yes", 0);
    // For this it takes another one, which the administrator has to agree to; the lease is as it was until then.
    let said = machine.hoist("extend given --lease 3h --yes", 5);
    assert!(said.contains("the lease is as it was"), "{said}");
    machine.approve(&said);
    machine.hoist("extend given --lease 3h --yes", 0);
    let token = "$(find . -path '*/pool/tokens.d/hoist')";
    machine.until("the instance has the new one", || {
        machine.must("admin", &format!("cmp -s {token} given && echo old || echo new")).trim() == "new"
    });

    // One whose token has ended is away once its daemons begin anew.
    machine.make_token("ended", "-lifetime 1");
    let kept = "$(find . -path '*/annexes/given*/token')";
    machine.must("admin", &format!("cp {kept} kept; cat ended > {kept}"));
    machine.until("the instance has it", || machine.run("admin", &format!("cmp -s {token} ended")).is_ok());
    let again = "kill $(pgrep -u admin -x condor_startd)";
    machine.must("admin", again);
    machine.must("admin", &format!("{again} || :"));
    machine.until("it is away", || {
        // What the collector has is kept for as long as it is told to.
        machine.must("root", "condor_advertise INVALIDATE_STARTD_ADS - << END\nMyType = \"Query\"\nTargetType = \"Machine\"\nRequirements = true\nEND");
        std::thread::sleep(std::time::Duration::from_secs(6));
        machine.members("given").is_empty()
    });
    machine.make_token("next", "-lifetime 20000");
    machine.hoist("extend given --lease 4h --token-file next --yes", 0);
    machine.until("it is back", || machine.members("given") == machine.instances("given"));
    machine.hoist("delete given --yes", 0);
}

#[test]
fn what_is_wrong_with_a_token_is_told_before_anything_is_made() {
    let Some(machine) = Machine::start() else { return };
    let create = format!("create wrong --lease 30m {}", machine.joining());
    machine.write("words", "this is no token");
    machine.must("admin", "chmod 600 words");
    let said = machine.hoist(&format!("{create} --token-file words"), 64);
    assert!(said.contains("holds no token") && !said.contains("this is"), "{said}");
    // One that the pool's key has not signed.
    machine.must(
        "admin",
        "umask 077; mkdir keys; head -c 64 /dev/urandom > keys/POOL; \
         _CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE=$PWD/keys/POOL condor_token_create -key POOL -identity condor@lab -lifetime 9000 > forged",
    );
    let said = machine.hoist(&format!("{create} --token-file forged"), 5);
    assert!(said.contains("does not let condor@lab in"), "{said}");
    // One of somebody whom the pool does not let in: what it must allow is told word for word, and helps.
    machine.must("root", "umask 077; condor_token_create -key POOL -identity guest@lab -lifetime 9000 > /home/admin/guest; chown admin: /home/admin/guest");
    let said = machine.hoist(&format!("{create} --token-file guest"), 5);
    let settings = said.split_once("configuration: ").unwrap_or_else(|| panic!("{said}")).1;
    let settings = settings.split_once("; then condor_reconfig").unwrap().0.replace(" and ", "\n");
    machine.must(
        "root",
        &format!("cat > /etc/condor/config.d/99-guest.config << 'END'\n{settings}\nEND\ncondor_reconfig"),
    );
    machine.until("it is let in", || {
        let output = machine.output("admin", &format!("hoist annex {create} --wait pool --token-file guest"));
        output.status.success()
    });
    assert_eq!(machine.members("wrong"), machine.instances("wrong"));
    machine.hoist("delete wrong --yes", 0);
}

#[test]
fn a_collector_that_restarts_is_waited_for_and_not_called_forbidding() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    machine.must("root", "condor_off -fast -collector");
    machine.until("it is away", || machine.run("admin", "condor_status -collector").is_err());
    let create = format!("hoist annex create late --lease 30m --wait pool --token-file given {}", machine.joining());
    std::thread::scope(|scope| {
        let made = scope.spawn(|| machine.output("admin", &create));
        std::thread::sleep(std::time::Duration::from_secs(5));
        assert!(!made.is_finished(), "it waits");
        machine.must("root", "condor_on -collector");
        let output = made.join().unwrap();
        let said = hoist_test_support::judges::said(&output);
        assert!(output.status.success() && !said.contains("does not let"), "{said}");
    });
    machine.hoist("delete late --yes", 0);
}

#[test]
fn an_instance_that_does_not_join_says_why() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    // Configuration of the user's, by which the instance finds no token.
    machine.write("lost.conf", "SEC_TOKEN_DIRECTORY = /nowhere\nSEC_TOKEN_SYSTEM_DIRECTORY = /nowhere");
    let create = format!("create lost --lease 30m --token-file given --config-file lost.conf {}", machine.joining());
    machine.hoist(&format!("{create} --wait capacity"), 0);
    let said = std::cell::RefCell::new(String::new());
    machine.until("its console tells", || {
        *said.borrow_mut() = machine.must("root", "cat $(find /home/admin -name console.log)");
        said.borrow().contains("hoist: not in the pool: ")
    });
    assert!(said.borrow().contains("IDTOKENS"), "{}", said.borrow());
    machine.hoist("delete lost --yes", 0);
}
