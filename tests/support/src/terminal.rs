//! A terminal that a test holds the other end of.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::libc;
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{Termios, tcgetattr};

use crate::call::Call;
use crate::eventually::eventually;
use crate::screen;

/// Of the terminals of tests, in characters.
const WIDTH: u16 = 80;

/// A process on a terminal of its own.
pub struct OnTerminal {
    child: Kept,
    keyboard: std::fs::File,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    line: OwnedFd,
    before: Termios,
    width: u16,
}

/// A child that does not outlive a test that failed.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        // One that has ended was waited for.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// What was seen of it in the end.
pub struct Seen {
    pub code: Option<i32>,
    pub screen: String,
    width: u16,
}

impl OnTerminal {
    /// Starts the command on a terminal.
    pub fn start(call: Call) -> Self {
        Self::start_on(call, WIDTH, 24)
    }

    /// The same on one of this size.
    pub fn start_on(call: Call, width: u16, height: u16) -> Self {
        let size = Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(Some(&size), None).unwrap();
        let before = tcgetattr(&pair.slave).unwrap();
        let mut command = call.into_command();
        let end = || pair.slave.try_clone().unwrap();
        command.stdin(end()).stdout(end()).stderr(end());
        // SAFETY: two system calls, which may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                match libc::ioctl(0, libc::TIOCSCTTY, 0) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            })
        };
        let child = Kept(command.spawn().unwrap());
        drop(command);
        let mut master = std::fs::File::from(pair.master);
        let keyboard = master.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let written = screen.clone();
        let reader = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // The end is an error on Linux: nobody has the other side open.
            while let Ok(length @ 1..) = master.read(&mut part) {
                written.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        Self { child, keyboard, screen, reader: Some(reader), line: pair.slave, before, width }
    }

    /// Types these characters.
    pub fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Everything that was written to the screen until now.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits for the command's end; its terminal must be as it was.
    #[track_caller]
    pub fn wait(mut self) -> Seen {
        let status = eventually("the command on the terminal ends", || self.child.0.try_wait().unwrap());
        let after = tcgetattr(&self.line).unwrap();
        assert!(after == self.before, "the terminal's settings are not what they were: {after:?}");
        drop(self.line);
        self.reader.take().unwrap().join().unwrap();
        let screen = String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned();
        let hidden = screen.rfind("\x1b[?25l");
        let shown = screen.rfind("\x1b[?25h");
        assert!(hidden.is_none() || hidden < shown, "the cursor is hidden: {screen:?}");
        assert!(!screen.contains("\x1b[?1049h"), "the screen was taken away: {screen:?}");
        Seen { code: status.code(), screen, width: self.width }
    }
}

impl Seen {
    /// What stands on the terminal in the end, line by line.
    pub fn lines(&self) -> Vec<String> {
        screen::lines(&self.screen, self.width)
    }

    /// Whether anything was painted.
    pub fn is_painted(&self) -> bool {
        self.screen.split("\x1b[").skip(1).any(|sequence| {
            sequence.find(|c: char| c.is_ascii_alphabetic()).is_some_and(|end| sequence[end..].starts_with('m'))
        })
    }
}
