//! cloudinit.d's notation as it is run: what is no failure there is none here, and messages use its words.

use crate::lab::Lab;

fn conf(level: &str) -> Lab {
    let lab = Lab::new();
    lab.file("top.conf", "[runlevels]\nlevel1: level.conf\n").file("level.conf", level);
    lab.program("true.sh", "exit 0");
    lab
}

#[test]
fn a_program_without_a_time_limit_runs() {
    let lab = conf("[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.sh\nreadypgm: true.sh\npgm_timeout: 0\n");
    lab.program("b.sh", "sleep 0.2");
    lab.hoist("plan boot top.conf -n demo").exit(0);
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo").exit(0);
}

#[test]
fn an_output_that_cannot_be_read_is_a_warning_there_and_a_failure_in_toml() {
    for (number, written) in ["this is not json", "", "[1]", "\"text\""].into_iter().enumerate() {
        let lab = conf(
            "[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.sh\nreadypgm: true.sh\n[svc-b]\niaas: local\nimage: x\nbootpgm: b.sh\n",
        );
        lab.program("b.sh", &format!("printf '%s' '{written}' > bootout.json"));
        let said = lab.hoist("plan boot top.conf -n demo").exit(0);
        for service in ["a", "b"] {
            let note = format!("note: {service}: b.sh wrote a bootout.json that is not a JSON object: ");
            assert!(said.stderr.contains(&note), "{written}: {said}");
        }
        if number == 0 {
            lab.file("demo.toml", "[[levels]]\n[levels.services.a]\nrun_on = \"this-host\"\nboot = \"b.sh\"\n");
            lab.hoist("plan boot demo.toml -n toml")
                .exit(1)
                .says("b.sh wrote a bootout.json that is not a JSON object");
        }
    }
}

#[test]
fn arguments_keep_their_percent_signs() {
    let lab =
        conf("[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.sh\nbootpgm_args: %%20 'two words' a%b\n");
    lab.program("b.sh", "for word; do echo \"<$word>\"; done");
    lab.hoist("plan boot top.conf -n demo").exit(0);
    lab.hoist("plan logs demo a").exit(0).says("<%%20>\n<two words>\n<a%b>\n");
}

#[test]
fn a_program_whose_interpreter_is_missing_says_so() {
    let lab = conf("[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.py\n");
    lab.program("b.py", "").file("b.py", "#!/usr/bin/no-such-python3\nprint(1)\n");
    let said = lab.hoist("plan boot top.conf -n demo").exit(1);
    said.says("b.py could not start: its host has no /usr/bin/no-such-python3, which its first line names");
    // A command that is missing inside is another matter.
    lab.program("b.py", "no-such-command");
    lab.hoist("plan boot top.conf -n other").exit(1).says("b.py ended with exit code 127");
    lab.program("b.py", "").file("b.py", "#!/bin/sh\r\necho hi\r\n");
    lab.hoist("plan boot top.conf -n third").exit(1).says("called \"/bin/sh\\r\"");
}

#[test]
fn hints_name_the_keys_of_the_notation() {
    let lab = conf("[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.sh\npgm_timeout: 1\n");
    lab.program("b.sh", "sleep 60");
    let said = lab.hoist("plan boot top.conf -n demo").exit(1);
    said.says("try: if it needs longer, give it a longer `pgm_timeout`");
}
