//! Secrets in every form in which Debian's own tools print them, wherever that may come to stand.

use std::fs;
use std::process::Command;

use crate::lab::Lab;
use hoist_test_support::skip::skip;
use hoist_test_support::tree;

/// Shell commands that print `$S` in one form each.
const FORMS: [&str; 53] = [
    r#"printf %q "$(printf %q "$(printf %q "$S")")""#,
    r#"python3 -c 'import os,shlex;s=os.environ["S"];print(shlex.quote(shlex.quote(shlex.quote(shlex.quote(s)))))'"#,
    r#"python3 -c 'import os,json;s=os.environ["S"];print(json.dumps(json.dumps(json.dumps(s))))'"#,
    r#"python3 -c 'import os,json,shlex as x;s=os.environ["S"];print(x.quote(json.dumps({"c":"run "+x.quote(s)})))'"#,
    r#"python3 -c 'import os;print(ascii(ascii(os.environ["S"])))'"#,
    r#"python3 -c 'import os;print(list(os.environ["S"].encode()))'"#,
    r#"python3 -c 'import os,urllib.parse as u;print(u.quote(u.quote(os.environ["S"],safe="")))'"#,
    r#"python3 -c 'import os,urllib.parse as u;print(u.urlencode({"a":os.environ["S"]}))'"#,
    r#"python3 -c 'import os,html;print(html.escape(html.escape(os.environ["S"])))'"#,
    r#"python3 -c 'import os,html,json,urllib.parse as u;print(u.quote(json.dumps(html.escape(os.environ["S"]))))'"#,
    r#"python3 -c 'import os,quopri;print(quopri.encodestring(os.environ["S"].encode()).decode())'"#,
    r#"python3 -c 'import os,base64,json;print(json.dumps(base64.encodebytes(os.environ["S"].encode()*4).decode()))'"#,
    r#"python3 -c 'import os,base64,json;print(base64.b64encode(json.dumps([os.environ["S"]]).encode()).decode())'"#,
    r#"python3 -c 'import os;print("".join("\\x%02x"%c for c in os.environ["S"].encode()))'"#,
    r#"python3 -c 'import os;print(":".join("%02X"%c for c in os.environ["S"].encode()))'"#,
    r#"python3 -c 'import os,sys;sys.stdout.buffer.write(os.environ["S"].encode("utf-16le"))'"#,
    r#"python3 -c 'import os,sys;sys.stdout.buffer.write(os.environ["S"].encode("utf-16be"))'"#,
    r#"python3 -c 'import os,unicodedata as u;print(u.normalize("NFD",os.environ["S"]))'"#,
    r#"bash -xc 'true "$S"'"#,
    r#"bash -xc 'x=$(printf %q "$S"); true "$x"'"#,
    r#"dash -xc 'true "$S"'"#,
    r#"bash -c 'declare -p S'"#,
    r#"printf %s "$S" | base64 -w0 | base64 -w20"#,
    r#"printf %s "$S" | base64 -w0 | base64 -w64 | base64"#,
    r#"printf %s "user:$S" | base64 -w0"#,
    r#"printf %s "us:$S@host" | base64 -w0 | tr +/ -_ | tr -d ="#,
    r#"printf %s "u:$S" | base64 -w 10 | sed 's/^/    /'"#,
    r#"printf %s "ab$S" | base32"#,
    r#"printf %s "$S" | base32 | tr A-Z a-z"#,
    r#"printf %s "$S" | base32 | tr A-Z a-z | base64"#,
    r#"printf %s "some text before $S and after" | xxd"#,
    r#"printf %s "$S" | xxd -p -c 5"#,
    r#"printf %s "$S" | xxd -i"#,
    r#"printf %s "$S" | od"#,
    r#"printf %s "$S" | od -An -tx1"#,
    r#"printf %s "$S" | od -tx1z"#,
    r#"printf %s "$S" | od -c"#,
    r#"printf %s "$S" | od -b"#,
    r#"printf %s "$S" | hexdump"#,
    r#"printf %s "some text $S and more of it" | hexdump -C"#,
    r#"printf %s "$S" | fold -w 5"#,
    r#"printf %s "$S" | fold -w 1"#,
    r#"printf %s "$S" | fold -w 5 | sed 's/^/  /'"#,
    r#"printf %s "$S" | sed 's/./&\x1b[31m/g'"#,
    r#"printf %s "$S" | sed 's/./&\x1b[0m\x1b[1;32m/g' | cat -v"#,
    r#"printf %s "$S" | sed 's/./|\x08&/g'"#,
    r#"printf %s "$S" | sed 's/./&\x08&/g'"#,
    r#"printf %s "$S" | sed 's/\(...\)/\1\r/g'"#,
    r#"printf %s "$S" | sed 's/\(...\)/\1\x1b[K\r\n/g'"#,
    r#"printf %s "$S" | rev"#,
    r#"printf %s "$S" | tr a-z A-Z"#,
    r#"printf %s "$S" | tr A-Z a-z"#,
    r#"printf %s "$S""#,
];

/// Where one form ends and the next begins.
const BETWEEN: &str = "=====";

fn script() -> String {
    FORMS.map(|form| format!("( {form} ) 2>&1\nprintf '\\n{BETWEEN}\\n'\n")).concat()
}

/// What each form is for this secret.
fn printed(secret: &str) -> Vec<String> {
    let printed =
        Command::new("bash").arg("-c").arg(script()).env("S", secret).env("LC_ALL", "C.UTF-8").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let forms: Vec<String> = printed.split(&format!("\n{BETWEEN}\n")).map(str::to_owned).collect();
    assert_eq!(forms.len(), FORMS.len() + 1);
    forms
}

/// Letters and digits alone: indented, quoted or cut into other lines it is still the same.
fn bare(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(u8::is_ascii_alphanumeric).collect()
}

fn missing_tools() -> Option<&'static str> {
    let tools = ["bash", "dash", "python3", "xxd", "od", "hexdump", "base32", "fold", "rev"];
    tools.into_iter().find(|tool| Command::new(tool).arg("--version").output().is_err())
}

/// Boots a service whose program prints the secret in all forms, writes them to its outputs, and ends with `code`.
#[track_caller]
fn is_hidden(secret: &str, code: i32) {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.db]\nattributes = { pw = { secret = \"file:pw.txt\" } }\n\
         boot = { program = \"boot.sh\", config = \"db.json\", retries = 0 }\n",
    );
    lab.file("db.json", "{ \"pw\": \"$pw\" }").file("pw.txt", format!("{secret}\n"));
    let outputs = "import json\nforms = open('out', 'rb').read().decode('utf-8', 'replace').split('\\n=====\\n')\n\
                   json.dump({**{f'form {i}': form for i, form in enumerate(forms)}, **{form: 'x' for form in forms}}, \
                   open('bootout.json', 'w'))";
    lab.program(
        "boot.sh",
        &format!(
            "export LC_ALL=C.UTF-8 S=\"$(python3 -c 'import json; print(json.load(open(\"bootconf.json\"))[\"pw\"])')\"\n\
             cat > forms.sh <<'END'\n{}END\nbash forms.sh > out 2>&1; cat out\npython3 - <<'END'\n{outputs}\nEND\nexit {code}",
            script()
        ),
    );
    let ran = lab.hoist("plan boot demo.toml -v").exit(i32::from(code != 0));
    let mut told = format!("{}{}", ran.stdout, ran.stderr);
    for words in ["plan logs demo", "plan show demo -o json", "plan history demo", "plan status demo --cached"] {
        let ran = lab.hoist(words).run();
        told.push_str(&format!("{}{}", ran.stdout, ran.stderr));
    }
    let logs = lab.hoist("plan logs demo --program boot").exit(0).stdout;
    assert!(logs.matches("[secret]").count() >= FORMS.len(), "{logs}");

    let mut places = vec![("what is told".to_owned(), bare(told.as_bytes()))];
    let kept = tree::files(&lab.path("state")).into_iter().filter(|path| !path.starts_with(lab.path("state/local")));
    places.extend(kept.map(|path| (path.display().to_string(), bare(&fs::read(&path).unwrap_or_default()))));
    for (form, printed) in FORMS.iter().zip(printed(secret)) {
        let hidden = bare(printed.as_bytes());
        for (place, content) in &places {
            let shows = content.windows(hidden.len()).any(|window| window == hidden);
            assert!(hidden.is_empty() || !shows, "{secret:?} as {form} is in {place}: {printed}\n{told}");
        }
    }
}

#[test]
fn no_form_of_a_secret_is_told_or_recorded() {
    if let Some(tool) = missing_tools() {
        return skip(&format!("there is no {tool}"));
    }
    for secret in ["hunter22$HOME`id` \"it's\"", "s3cr3t", "p\u{e4}ssw\u{f6}rter-1+2"] {
        is_hidden(secret, 0);
    }
    is_hidden("correct horse: battery\\staple", 3);
}

#[test]
fn a_secret_that_the_limit_of_an_output_cuts_is_not_shown_in_part() {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.db]\nattributes = { pw = { secret = \"file:pw.txt\" } }\n\
         boot = { program = \"boot.sh\", config = \"db.json\", retries = 0 }\n",
    );
    let secret = "abcdefghijklmnopqrstuvwxyz0123456789";
    lab.file("db.json", "{ \"pw\": \"$pw\" }").file("pw.txt", secret);
    // 64 KiB of the last output are kept: 20 characters of the secret, and then one long line.
    lab.program("boot.sh", "cat bootconf.json; head -c 65516 /dev/zero | tr '\\0' .");
    lab.file("db.json", "$pw");
    lab.hoist("plan boot demo.toml").exit(0);
    let logs = lab.hoist("plan logs demo").exit(0).stdout;
    assert!(
        logs.contains("[secret]\"....") && !logs.contains("0123456789") && !logs.contains("456789"),
        "{:.200}",
        logs
    );
}

#[test]
fn what_hoist_says_keeps_its_names_and_words() {
    for (secret, program) in [("machine", "boot.sh"), ("postgres", "postgres.sh"), ("healthy", "healthy.sh")] {
        let lab = Lab::with_plan(&format!(
            "name = \"demo\"\n[[levels]]\n[levels.services.{secret}-1]\nattributes = {{ pw = {{ secret = \"file:pw.txt\" }} }}\n\
             boot = {{ program = \"{program}\", retries = 0 }}\n"
        ));
        lab.file("pw.txt", secret).program(program, &format!("echo it is {secret}; exit 3"));
        let ran = lab.hoist("plan boot demo.toml -v").exit(1);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(told.contains(&format!("{program} ended with exit code 3")), "{told}");
        assert!(told.contains("it is [secret]") && !told.contains(&format!("it is {secret}")), "{told}");
        let status = lab.hoist("plan status demo --cached").run().stdout;
        assert!(status.contains(&format!("{secret}-1")), "{status}");
    }
}
