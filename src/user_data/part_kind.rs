//! The kinds of user data, detected from their beginnings (cloud-init's documentation, "User data formats").

use std::fmt;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::mime_writer::{self, Part};
use super::size_limit::is_compressed;
use crate::yaml;

/// The maximum unpacked size of compressed user data, in bytes: far more than anybody writes, and a limit for archive
/// bombs.
const UNPACKED_LIMIT: usize = 4 * 1024 * 1024;

/// The number of bytes from which the kind is detected, as in cloud-init.
const BEGINNING: usize = 4096;

/// The kind of user data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A single part with this content type, which cloud-init reads.
    Part(&'static str),
    /// A message of several parts.
    Message,
    /// Compressed user data of this kind.
    Gzip(Box<PartKind>),
    /// User data that cloud-init does not read; its beginning.
    Foreign(String),
}

/// The beginning of each kind of part, and its content type.
const BEGINNINGS: &[(&str, &str)] = &[
    ("#!", "text/x-shellscript"),
    ("#cloud-config-archive", "text/cloud-config-archive"),
    ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
    ("#cloud-config", "text/cloud-config"),
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#cloud-boothook", "text/cloud-boothook"),
    ("#part-handler", "text/part-handler"),
    ("## template: jinja", "text/jinja2"),
];

/// Content types of scripts that only a message can declare.
const SCRIPT_TYPES: [&str; 3] =
    ["text/x-shellscript-per-boot", "text/x-shellscript-per-instance", "text/x-shellscript-per-once"];

impl PartKind {
    /// Returns the kind that a message declares for a part, or `None` if cloud-init detects it from the beginning of
    /// the part instead.
    pub fn declared(content_type: &str) -> Option<Self> {
        let of_part = BEGINNINGS.iter().find(|(_, known)| known.eq_ignore_ascii_case(content_type));
        // Scripts that run at other times than the first boot are still scripts.
        let is_script = SCRIPT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(content_type));
        of_part.map(|(_, known)| Self::Part(known)).or(is_script.then_some(Self::Part("text/x-shellscript")))
    }

    /// Detects the kind.
    pub fn of(data: &[u8]) -> Self {
        if is_compressed(data) {
            return match beginning_of(data) {
                Some(inner) => Self::Gzip(Box::new(Self::of(&inner))),
                None => Self::Foreign("compressed, and damaged".to_owned()),
            };
        }
        // cloud-init ignores white space at the beginning, and the case of letters.
        let blank = data.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(data.len());
        let text = String::from_utf8_lossy(&data[blank..data.len().min(blank + BEGINNING)]);
        let beginning = text.as_ref();
        if is_message(beginning) {
            return Self::Message;
        }
        let begins = |with: &str| beginning.get(..with.len()).is_some_and(|text| text.eq_ignore_ascii_case(with));
        match BEGINNINGS.iter().find(|(with, _)| begins(with)) {
            Some((_, content_type)) => Self::Part(content_type),
            None => {
                let line: String = beginning.lines().next().unwrap_or_default().chars().take(40).collect();
                Self::Foreign(format!("it begins with {line:?}"))
            }
        }
    }

    /// Returns whether cloud-init reads this kind, and so can read it as a part.
    pub fn is_combinable(&self) -> bool {
        match self {
            Self::Part(_) | Self::Message => true,
            Self::Gzip(inner) => inner.is_combinable(),
            Self::Foreign(_) => false,
        }
    }

    /// Returns whether such user data may set host keys itself; content that it includes from elsewhere might.
    pub fn may_set_host_keys(&self, data: &[u8]) -> bool {
        match self {
            Self::Part("text/cloud-config") => match std::str::from_utf8(data).map(yaml::load) {
                Ok(Ok(document)) => document.root.get("ssh_keys").is_some(),
                _ => mentions_host_keys(data),
            },
            Self::Part("text/x-shellscript" | "text/cloud-boothook") => false,
            Self::Part("text/x-include-url" | "text/x-include-once-url" | "text/part-handler") => true,
            Self::Part(_) => mentions_host_keys(data),
            Self::Message => mime_writer::texts(data)
                .iter()
                .any(|text| mentions_host_keys(text) || text.windows(8).any(|window| window == b"#include")),
            Self::Gzip(inner) => unpack(data).is_none_or(|data| inner.may_set_host_keys(&data)),
            Self::Foreign(_) => true,
        }
    }

    /// Returns data of this kind as a part of a message. cloud-init names the files made from it after `name`;
    /// `purpose` is for messages to the user.
    ///
    /// # Errors
    /// cloud-init does not read this kind.
    pub fn part(&self, name: &str, purpose: &str, data: &[u8]) -> Result<Part, NoPart> {
        match self {
            Self::Part(content_type) => Ok(Part::new(content_type, name, purpose, data.to_vec())),
            // A nested message is a part with its own headers.
            Self::Message => Ok(Part::message(purpose, data.to_vec())),
            Self::Gzip(inner) => inner.part(name, purpose, &unpack(data).ok_or(NoPart::Damaged)?),
            Self::Foreign(_) => Err(NoPart::Foreign(self.to_string())),
        }
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(content_type) => f.write_str(content_type),
            Self::Message => f.write_str("a MIME message"),
            Self::Gzip(inner) => write!(f, "{inner}, compressed"),
            Self::Foreign(beginning) => f.write_str(beginning),
        }
    }
}

fn mentions_host_keys(data: &[u8]) -> bool {
    data.windows(8).any(|window| window == b"ssh_keys")
}

/// Returns whether the text begins with the headers of a message, or with the line that mail folders put before them.
fn is_message(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_header = first
        .split_once(':')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    (is_header || first.starts_with("From ")) && text.to_ascii_lowercase().contains("mime-version:")
}

/// The reason why user data cannot be a part of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPart {
    /// The data is damaged gzip.
    #[error("the compressed user data is damaged")]
    Damaged,
    /// The data is for another reader; its beginning.
    #[error("cloud-init does not read this user data ({0})")]
    Foreign(String),
}

/// The reason why compressed data was not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotUnpacked {
    /// The data is damaged gzip.
    Damaged,
    /// The data exceeds the limit.
    TooLarge,
}

/// Unpacks compressed data. Returns `None` if it is damaged or exceeds [`UNPACKED_LIMIT`].
pub(super) fn unpack(data: &[u8]) -> Option<Vec<u8>> {
    unpack_up_to(data, UNPACKED_LIMIT).ok()
}

/// Unpacks compressed data of at most `limit` bytes.
pub(super) fn unpack_up_to(data: &[u8], limit: usize) -> Result<Vec<u8>, NotUnpacked> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // Zeros after the end are padding (gzip(1), "tapes"), which Python ignores as well.
    let padded = data.iter().rev().take_while(|byte| **byte == 0).count();
    let read = MultiGzDecoder::new(data).take(most).read_to_end(&mut unpacked);
    if read.is_err() {
        let is_whole = (0..=padded.min(7)).any(|kept| {
            unpacked.clear();
            let data = &data[..data.len() - padded + kept];
            MultiGzDecoder::new(data).take(most).read_to_end(&mut unpacked).is_ok()
        });
        if padded == 0 || !is_whole {
            return Err(NotUnpacked::Damaged);
        }
    }
    if unpacked.len() > limit { Err(NotUnpacked::TooLarge) } else { Ok(unpacked) }
}

/// Returns the beginning of the unpacked data, or `None` if it is damaged from the beginning on.
fn beginning_of(data: &[u8]) -> Option<Vec<u8>> {
    let mut beginning = Vec::new();
    let read = MultiGzDecoder::new(data).take(2 * BEGINNING as u64).read_to_end(&mut beginning);
    (read.is_ok() || !beginning.is_empty()).then_some(beginning)
}
