//! What can be seen of a program before it is sent anywhere, and its time limit.

use std::io::Write as _;

use hoist::plan::{DEFAULT_LAUNCH_TIMEOUT, NO_LIMIT, import, load};

use crate::plans::fixture::{Fixture, service};

#[test]
fn line_ends_of_windows_are_named_before_anything_is_launched() {
    for (first, name) in [("#!/bin/sh", "/bin/sh"), ("#!/usr/bin/env python3", "python3"), ("#!/bin/sh -e", "/bin/sh")]
    {
        let script = format!("{first}\r\necho hi\r\n");
        let conf = Fixture::conf("", "[svc-a]\nhostname: h\nbootpgm: b.sh\n").file("b.sh", &script);
        let file = conf.path("b.sh").display().to_string();
        let problem = format!(
            "boot program of service \"a\": {file}: its first line ends with CR LF, so that hosts look for an interpreter \
             called \"{name}\\r\" | give it the line ends of Unix: sed -i 's/\\r$//' b.sh"
        );
        let expected = problem.replace(&format!("{}/", conf.path("").display()).replace("//", "/"), "");
        assert_eq!(conf.problems(), [format!("level1.conf:3: {expected}")]);
        let native =
            Fixture::toml("[[levels]]\n[levels.services.a]\naddress = \"h\"\nready = \"b.sh\"\n").file("b.sh", &script);
        assert!(native.problems()[0].contains(&format!("called \"{name}\\r\"")), "{:?}", native.problems());
    }
    // Elsewhere in the file they are the program's own affair.
    Fixture::conf("", "[svc-a]\nhostname: h\nbootpgm: b.sh\n").file("b.sh", "#!/bin/sh\nprintf 'a\r\n'\r\n").plan();
}

#[test]
fn line_ends_of_windows_are_found_in_a_tarball() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(&mut packed);
    let script = b"#!/bin/bash\r\ntrue\r\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(script.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, "job/run.sh", &script[..]).unwrap();
    archive.finish().unwrap();
    drop(archive);
    packed.flush().unwrap();
    let fixture =
        Fixture::conf("", "[svc-a]\nhostname: h\nbootpgm: job.tar.gz\n").file("job.tar.gz", packed.finish().unwrap());
    assert!(fixture.problems()[0].contains("called \"/bin/bash\\r\""), "{:?}", fixture.problems());
}

#[test]
fn an_interpreter_that_is_missing_here_is_warned_about_where_the_program_runs_here() {
    let program = "#!/usr/bin/no-such-python\n";
    let here =
        "[svc-a]\nhostname: localhost\nlocal_exe: true\nbootpgm: b.py\n[svc-b]\nimage: x\niaas: local\nbootpgm: b.py\n";
    let warnings = Fixture::conf("", here).file("b.py", program).warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for warning in warnings {
        assert!(
            warning.contains("this machine has no /usr/bin/no-such-python, which its first line names"),
            "{warning}"
        );
    }
    // Of other hosts nothing is known.
    Fixture::conf("", "[svc-a]\nhostname: h\nbootpgm: b.py\n").file("b.py", program).plan();
}

#[test]
fn a_time_limit_of_0_is_none_and_stays_so_in_toml() {
    let fixture = Fixture::conf("[defaults]\npgm_timeout: 0\n", "[svc-a]\nhostname: h\nbootpgm: run.sh\n");
    let plan = fixture.plan();
    let a = service(&plan, "a");
    assert_eq!(a.programs.boot.as_ref().unwrap().timeout, NO_LIMIT);
    // A host that never answers is given up all the same.
    assert_eq!(a.timeout, DEFAULT_LAUNCH_TIMEOUT);
    assert_eq!(a.settings["pgm_timeout"], "0");
    let text = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap().toml;
    assert!(text.contains("timeout = \"none\""), "{text}");
    std::fs::write(fixture.path("plan.toml"), text).unwrap();
    let imported = load(&fixture.path("plan.toml"), &fixture.options).unwrap().plan;
    assert_eq!(service(&imported, "a").programs.boot.as_ref().unwrap().timeout, NO_LIMIT);
    assert_eq!(
        Fixture::toml(
            "[[levels]]\n[levels.services.a]\naddress = \"h\"\nboot = { program = \"run.sh\", timeout = 0 }\n"
        )
        .problems()
        .len(),
        1
    );
}

#[test]
fn percent_signs_stay_unless_the_value_interpolates() {
    let fixture = Fixture::conf(
        "",
        "[svc-a]\nhostname: h\nbootpgm: run.sh\nbootpgm_args: %%20 100% 5%%d\nreadypgm: run.sh\n\
         readypgm_args: %(hostname)s %%20\nterminatepgm: run.sh\nterminatepgm_args: %(bootpgm_args)s\n",
    );
    let plan = fixture.plan();
    let args = |program: &Option<hoist::plan::Program>| {
        program.as_ref().unwrap().args.iter().map(|arg| arg.as_str().to_owned()).collect::<Vec<_>>()
    };
    let programs = &service(&plan, "a").programs;
    assert_eq!(args(&programs.boot), ["%%20", "100%", "5%%d"]);
    assert_eq!(args(&programs.ready), ["h", "%20"]);
    // What is read is read as it is written.
    assert_eq!(args(&programs.terminate), ["%%20", "100%", "5%%d"]);
}
