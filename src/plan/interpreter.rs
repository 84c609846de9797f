//! The interpreter in the first line of a program.

use std::io::Read;
use std::path::Path;

use super::input::open_file;
use super::tarball;

/// The number of bytes of a program that the kernel examines.
const LOOKED_AT: usize = 256;

/// The interpreter in the first line of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The path: `/bin/sh`, `/usr/bin/env`.
    pub path: String,
    /// The program that `env` looks up: `python3`.
    pub found_by_env: Option<String>,
    /// Whether the line ends as on Windows: then the carriage return is a part of the last name.
    pub is_crlf: bool,
    /// Whether the line is preceded by a byte order mark, which hides it from the kernel.
    pub is_marked: bool,
}

impl Interpreter {
    /// Returns the interpreter of a program's file, for a tarball that of its `run.sh`. Returns `None` if there is
    /// none, or if the file cannot be read.
    pub fn of(program: &Path) -> Option<Self> {
        match tarball::base_name(program) {
            Some(base) => Self::of_start(&tarball::start_of_run(program, base, LOOKED_AT)?),
            None => {
                let mut start = Vec::with_capacity(LOOKED_AT);
                open_file(program).ok()?.take(LOOKED_AT as u64).read_to_end(&mut start).ok()?;
                Self::of_start(&start)
            }
        }
    }

    /// Returns the interpreter of a program with this beginning.
    fn of_start(start: &[u8]) -> Option<Self> {
        let unmarked = start.strip_prefix("\u{feff}".as_bytes());
        let line = unmarked.unwrap_or(start).strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
        let line = String::from_utf8_lossy(line);
        let is_crlf = line.ends_with('\r');
        let mut words = line.trim_end_matches('\r').split([' ', '\t']).filter(|word| !word.is_empty());
        let path = words.next()?.to_owned();
        let is_env = path.rsplit('/').next() == Some("env");
        let found_by_env = words.find(|word| !word.starts_with('-') && !word.contains('=')).filter(|_| is_env);
        Some(Self { found_by_env: found_by_env.map(str::to_owned), path, is_crlf, is_marked: unmarked.is_some() })
    }

    /// Returns the name of the required program, apart from `env` itself.
    pub fn name(&self) -> &str {
        self.found_by_env.as_deref().unwrap_or(&self.path)
    }

    /// Returns the line's defect, if it fails on every machine, and the remedy.
    pub fn defect(&self, program: &Path) -> Option<(String, String)> {
        let name = self.name();
        let file = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
        if self.is_marked {
            let defect =
                "it begins with a byte order mark, so that hosts do not see what its first line names".to_owned();
            return Some((defect, format!("save it without one: sed -i '1s/^\\xEF\\xBB\\xBF//' {file}")));
        }
        self.is_crlf.then(|| {
            (
                format!("its first line ends with CR LF, so that hosts look for an interpreter called \"{name}\\r\""),
                format!("give it the line ends of Unix: sed -i 's/\\r$//' {file}"),
            )
        })
    }

    /// Returns whether the interpreter is installed on this machine.
    pub fn is_here(&self) -> bool {
        match &self.found_by_env {
            None => Path::new(&self.path).exists(),
            Some(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                name.contains('/') || std::env::split_paths(&path).any(|directory| directory.join(name).exists())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(start: &str) -> Option<(String, String, bool)> {
        let read = Interpreter::of_start(start.as_bytes())?;
        Some((read.path.clone(), read.name().to_owned(), read.is_crlf))
    }

    #[test]
    fn the_first_line_names_it() {
        let named = |path: &str, name: &str, is_crlf| Some((path.to_owned(), name.to_owned(), is_crlf));
        assert_eq!(read("#!/bin/sh\necho"), named("/bin/sh", "/bin/sh", false));
        assert_eq!(read("#! /bin/bash -eu\n"), named("/bin/bash", "/bin/bash", false));
        assert_eq!(read("#!/usr/bin/env python3\n"), named("/usr/bin/env", "python3", false));
        assert_eq!(read("#!/usr/bin/env -S A=b perl -w\n"), named("/usr/bin/env", "perl", false));
        assert_eq!(read("#!/bin/sh\r\necho\r\n"), named("/bin/sh", "/bin/sh", true));
        assert_eq!(read("#!/bin/sh -e\r\n"), named("/bin/sh", "/bin/sh", true));
        assert_eq!(read("#!/usr/bin/env python3\r\n"), named("/usr/bin/env", "python3", true));
        for none in ["", "echo", "\u{7f}ELF", "#!", "#!\n", " #!/bin/sh\n"] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }

    #[test]
    fn what_editors_of_windows_leave_is_a_defect() {
        let defect = |start: &[u8]| Interpreter::of_start(start).unwrap().defect(Path::new("/p/b.sh"));
        assert_eq!(defect(b"#!/bin/sh\n"), None);
        assert!(defect(b"#!/bin/sh\r\n").unwrap().0.contains("CR LF"));
        let (marked, remedy) = defect(b"\xEF\xBB\xBF#!/bin/sh\n").unwrap();
        assert!(marked.contains("byte order mark"), "{marked}");
        assert_eq!(remedy, r"save it without one: sed -i '1s/^\xEF\xBB\xBF//' b.sh");
    }

    #[test]
    fn what_this_machine_has_is_seen() {
        let here = |start: &str| Interpreter::of_start(start.as_bytes()).unwrap().is_here();
        assert!(here("#!/bin/sh\n") && here("#!/usr/bin/env sh\n"));
        assert!(!here("#!/no/such/interpreter\n") && !here("#!/usr/bin/env no-such-interpreter\n"));
    }
}
