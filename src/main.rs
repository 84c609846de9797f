//! The `hoist` command: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = hoist::host::init_if_asked() {
        return code;
    }
    hoist::cli::run(std::env::args_os())
}
