//! Separating the output of our scripts from other output on the same stream, before, beside or after it: that of the
//! user's start-up files, and of the processes that these leave running.
//!
//! Each part of our output follows a cue, a line that begins with a word that nobody else knows; `scripts/common.sh`
//! prints the cues.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio::time::Instant;

/// The time within which a host must start our script: its login shell may be slow, and the host busy.
pub(super) const BEGINNING: Duration = Duration::from_secs(60);

/// The maximum number of bytes kept of other output, and of standard error.
const NOISE_LIMIT: usize = 256 * 1024;

/// The time for which reading pauses after each [`NOISE_LIMIT`] of noise during a script.
const FLOOD_PAUSE: Duration = Duration::from_millis(100);

/// The message of machines that accept a login only to reject it later, which takes them a while.
const SENT_AWAY: &[u8] = b"Please login as the user";

/// An event in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputEvent {
    /// The script is ready for its input.
    Ready,
    /// The script ended with this exit code.
    End(i32),
    /// The script ended, but its output is mixed with other output.
    Garbled,
    /// The stream ended.
    Eof,
    /// The script did not begin in time.
    TimedOut,
    /// The host asks to log in as another user.
    SentAway,
}

/// Reads the output of one script.
#[derive(Debug)]
pub(super) struct OutputReader<'w, R> {
    from: R,
    word: &'w str,
    until: Instant,
    text: Vec<u8>,
    /// The offset in `text` at which the current line begins.
    line: usize,
    /// Whether only a part of the current line has been read.
    inside: bool,
    /// The number of bytes discarded since the last pause.
    noise: usize,
    /// Whether the script has started.
    pub(super) begun: bool,
    /// The number of bytes in the script's output, as it announced.
    tells: Option<usize>,
}

impl<'w, R: AsyncBufRead + Unpin> OutputReader<'w, R> {
    /// Creates a reader for a script whose cues begin with `word`.
    pub(super) fn new(from: R, word: &'w str) -> Self {
        Self {
            from,
            word,
            until: Instant::now() + BEGINNING,
            text: Vec::new(),
            line: 0,
            inside: false,
            noise: 0,
            begun: false,
            tells: None,
        }
    }

    /// Returns the next event.
    pub(super) async fn next(&mut self) -> io::Result<OutputEvent> {
        loop {
            // Endless output may have no line ends.
            let mut some = (&mut self.from).take(NOISE_LIMIT as u64);
            let reading = some.read_until(b'\n', &mut self.text);
            let read = match self.begun {
                true => reading.await?,
                false => match tokio::time::timeout_at(self.until, reading).await {
                    Ok(read) => read?,
                    Err(_) => return Ok(OutputEvent::TimedOut),
                },
            };
            if read == 0 {
                return Ok(OutputEvent::Eof);
            }
            if let Some(heard) = self.take() {
                return Ok(heard);
            }
            if self.noise > NOISE_LIMIT {
                // Reading pauses, so that a flood of output slows down its own source.
                self.noise = 0;
                tokio::time::sleep(FLOOD_PAUSE).await;
            }
        }
    }

    /// Processes the bytes just read, which are a line or a part of one.
    fn take(&mut self) -> Option<OutputEvent> {
        let mut line = None;
        if self.text.ends_with(b"\n") {
            let whole = &self.text[self.line..self.text.len() - 1];
            line = (!self.inside).then(|| whole.strip_prefix(self.word.as_bytes())).flatten();
            if !self.begun && whole.windows(SENT_AWAY.len()).any(|text| text == SENT_AWAY) {
                return Some(OutputEvent::SentAway);
            }
        }
        let cue = line.and_then(|cue| String::from_utf8(cue.to_vec()).ok());
        let numbered = |what: &str| cue.as_deref().and_then(|cue| cue.strip_prefix(what));
        if let Some(size) = numbered(" tells ").and_then(|size| size.trim().parse().ok()) {
            (self.tells, self.text) = (Some(size), Vec::new());
        } else if let Some(code) = numbered(" ends ").and_then(|code| code.parse().ok()) {
            // Each cue is preceded by a line end.
            self.text.truncate(self.line.saturating_sub(1));
            let whole = self.tells.is_none_or(|size| size == self.text.len());
            return Some(if whole { OutputEvent::End(code) } else { OutputEvent::Garbled });
        } else if cue.as_deref() == Some("") {
            (self.begun, self.text) = (true, Vec::new());
        }
        self.inside = !self.text.is_empty() && !self.text.ends_with(b"\n");
        if cue.as_deref() == Some(" ready") {
            self.text.clear();
            self.line = 0;
            return Some(OutputEvent::Ready);
        }
        self.forget()
    }

    /// Discards text that is not needed any more.
    fn forget(&mut self) -> Option<OutputEvent> {
        match self.tells {
            Some(size) if self.text.len() > size.saturating_add(NOISE_LIMIT) => return Some(OutputEvent::Garbled),
            Some(_) => {}
            None if self.begun => {
                self.noise += self.text.len();
                self.text.clear();
            }
            // Not after every line, since it moves the kept text.
            None if self.text.len() > 2 * NOISE_LIMIT => drop(self.text.drain(..self.text.len() - NOISE_LIMIT)),
            None => {}
        }
        self.line = if self.inside { self.line.min(self.text.len()) } else { self.text.len() };
        None
    }

    /// Returns the script's output if it has started, otherwise the output that came in its place.
    pub(super) fn text(self) -> Vec<u8> {
        if self.begun && self.tells.is_none() { Vec::new() } else { self.text }
    }
}

/// Reads standard error until the script has ended, or to the end of the stream, and keeps the end of the part since
/// the script's start.
pub(super) async fn complaints(mut from: impl AsyncRead + Unpin, word: &str, kept: &mut Vec<u8>) {
    let (begins, ends) = (format!("\n{word}\n").into_bytes(), format!("\n{word} ends ").into_bytes());
    let mut buffer = vec![0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        // A cue may arrive in two parts.
        let from = kept.len().saturating_sub(ends.len());
        kept.extend_from_slice(&buffer[..read]);
        if let Some(at) = position(&kept[from..], &ends) {
            kept.truncate(from + at);
            break;
        }
        kept.drain(..kept.len().saturating_sub(2 * NOISE_LIMIT));
    }
    if let Some(at) = position(kept, &begins) {
        kept.drain(..at + begins.len());
    }
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|some| some == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the events in a text, and the script's output.
    async fn heard(text: &str) -> (Vec<OutputEvent>, String) {
        let mut hearing = OutputReader::new(text.as_bytes(), "w0rd");
        let mut all = Vec::new();
        loop {
            let next = hearing.next().await.unwrap();
            all.push(next);
            if next != OutputEvent::Ready {
                return (all, String::from_utf8(hearing.text()).unwrap());
            }
        }
    }

    #[tokio::test]
    async fn noise_before_beside_and_after_it_is_no_answer() {
        for (text, expected, told) in [
            ("motd\nno end\nw0rd\n\nw0rd tells 4\na\nb\n\nw0rd ends 3\nlate\n", vec![OutputEvent::End(3)], "a\nb\n"),
            ("\nw0rd\nbeside\n\nw0rd tells 6\nno end\nw0rd ends 0\n", vec![OutputEvent::End(0)], "no end"),
            ("\nw0rd\n\nw0rd tells 4\na\nlate\nb\n\nw0rd ends 0\n", vec![OutputEvent::Garbled], "a\nlate\nb\n"),
            ("\nw0rd\n\nw0rd tells 4\na\n\nw0rd ends 0\n", vec![OutputEvent::Garbled], "a\n"),
            ("\nw0rd\nbeside\n\nw0rd ends 0\n", vec![OutputEvent::End(0)], ""),
            ("\nw0rd\nlate\n\nw0rd ready\nlate\n\nw0rd ends 75\n", vec![OutputEvent::Ready, OutputEvent::End(75)], ""),
            ("w0rds\n w0rd\nw0rd ends x\nexit 0 1\n", vec![OutputEvent::Eof], "w0rds\n w0rd\nw0rd ends x\nexit 0 1\n"),
            ("\nw0rd\n\nw0rd tells 9\ncut of", vec![OutputEvent::Eof], "cut of"),
            (
                "\nPlease login as the user \"admin\"\n",
                vec![OutputEvent::SentAway],
                "\nPlease login as the user \"admin\"\n",
            ),
        ] {
            assert_eq!(heard(text).await, (expected, told.to_owned()), "{text:?}");
        }
        let flood = "x".repeat(3 * NOISE_LIMIT) + &"y\n".repeat(2 * NOISE_LIMIT);
        assert_eq!(heard(&format!("{flood}\nw0rd\n\nw0rd ends 0\n")).await.0, [OutputEvent::End(0)]);
        assert!(heard(&flood).await.1.len() <= 2 * NOISE_LIMIT);
        // Also during the script; and its output has the announced length, however long its lines are.
        let long = "x".repeat(3 * NOISE_LIMIT);
        let text = format!("\nw0rd\n{long}\ny\n\nw0rd tells {}\n{long}\nw0rd ends 0\n", long.len());
        assert_eq!(heard(&text).await, (vec![OutputEvent::End(0)], long.clone()));
        let endless = format!("\nw0rd\n\nw0rd tells 1\nx{}", "y\n".repeat(4 * NOISE_LIMIT));
        let (heard, kept) = heard(&endless).await;
        assert!(heard == [OutputEvent::Garbled] && kept.len() < 2 * NOISE_LIMIT, "{heard:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shell_that_begins_nothing_is_not_waited_for_without_end() {
        let (mut theirs, ours) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut theirs, b"Press enter: ").await.unwrap();
        let mut hearing = OutputReader::new(tokio::io::BufReader::new(ours), "w0rd");
        let began = Instant::now();
        assert_eq!(hearing.next().await.unwrap(), OutputEvent::TimedOut);
        assert_eq!((began.elapsed(), hearing.text()), (BEGINNING, b"Press enter: ".to_vec()));
    }

    #[tokio::test]
    async fn complaints_are_those_of_the_script() {
        for (text, expected) in [
            ("stty: no\n\nw0rd\n\ncannot make /b\n\nw0rd ends 73\nlate", "\ncannot make /b\n"),
            ("no shell here\n", "no shell here\n"),
        ] {
            let mut kept = Vec::new();
            complaints(text.as_bytes(), "w0rd", &mut kept).await;
            assert_eq!(String::from_utf8(kept).unwrap(), expected);
        }
    }
}
