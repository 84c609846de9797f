//! The kinds of user data, by how they begin (cloud-init's documentation, "User data formats").

use std::fmt;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::mime_writer::{self, Part};
use super::size_limit::is_compressed;

/// The most that compressed user data may be unpacked to: far more than anybody writes, and no trap.
const UNPACKED_LIMIT: usize = 4 * 1024 * 1024;

/// How much of user data tells what it is, as in cloud-init.
const BEGINNING: usize = 4096;

/// What user data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// One part, of this content type, that cloud-init reads.
    Part(&'static str),
    /// A message of several parts.
    Message,
    /// Compressed, of this kind.
    Gzip(Box<PartKind>),
    /// Nothing that cloud-init reads; how it begins.
    Foreign(String),
}

/// How each kind of part begins, and its content type.
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

/// Types of scripts that only a message can declare.
const SCRIPT_TYPES: [&str; 3] =
    ["text/x-shellscript-per-boot", "text/x-shellscript-per-instance", "text/x-shellscript-per-once"];

impl PartKind {
    /// The kind that a message declares for a part; none where cloud-init looks at how the part begins instead.
    pub fn declared(content_type: &str) -> Option<Self> {
        let of_part = BEGINNINGS.iter().find(|(_, known)| known.eq_ignore_ascii_case(content_type));
        // Scripts that run at other times than the first start are scripts all the same.
        let is_script = SCRIPT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(content_type));
        of_part.map(|(_, known)| Self::Part(known)).or(is_script.then_some(Self::Part("text/x-shellscript")))
    }

    /// What this is.
    pub fn of(data: &[u8]) -> Self {
        if is_compressed(data) {
            return match beginning_of(data) {
                Some(inner) => Self::Gzip(Box::new(Self::of(&inner))),
                None => Self::Foreign("compressed, and damaged".to_owned()),
            };
        }
        // cloud-init passes over white space before the beginning, and takes capital letters for small ones.
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

    /// Whether cloud-init reads it, and so reads it as one part of several.
    pub fn is_combinable(&self) -> bool {
        match self {
            Self::Part(_) | Self::Message => true,
            Self::Gzip(inner) => inner.is_combinable(),
            Self::Foreign(_) => false,
        }
    }

    /// Whether this, read by cloud-init, may set host keys itself; what it includes from elsewhere might.
    pub fn may_set_host_keys(&self, data: &[u8]) -> bool {
        match self {
            Self::Part("text/cloud-config") => match yaml_serde::from_slice::<yaml_serde::Value>(data) {
                Ok(value) => value.get("ssh_keys").is_some(),
                Err(_) => mentions_host_keys(data),
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

    /// Data of this kind as a part of a message: cloud-init names the files that it makes of it after `name`; `purpose`
    /// is what it is for, in messages to the user.
    ///
    /// # Errors
    /// cloud-init does not read it.
    pub fn part(&self, name: &str, purpose: &str, data: &[u8]) -> Result<Part, NoPart> {
        match self {
            Self::Part(content_type) => Ok(Part::new(content_type, name, purpose, data.to_vec())),
            // A message within a message is a part that brings its own headers.
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

/// Whether it begins with the headers of a message, or with the line that mail folders put before them.
fn is_message(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_header = first
        .split_once(':')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    (is_header || first.starts_with("From ")) && text.to_ascii_lowercase().contains("mime-version:")
}

/// Why user data cannot be a part of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPart {
    /// It is compressed, and no whole gzip.
    #[error("the compressed user data is damaged")]
    Damaged,
    /// It is for another reader; how it begins.
    #[error("cloud-init does not read this user data ({0})")]
    Foreign(String),
}

/// Why compressed data was not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotUnpacked {
    /// It is no whole gzip.
    Damaged,
    /// It unpacks to more than was asked for.
    TooLarge,
}

/// What compressed data unpacks to; nothing where it is damaged or unpacks to far too much.
pub(super) fn unpack(data: &[u8]) -> Option<Vec<u8>> {
    unpack_up_to(data, UNPACKED_LIMIT).ok()
}

/// What compressed data unpacks to, where that is not more than `limit` bytes.
pub(super) fn unpack_up_to(data: &[u8], limit: usize) -> Result<Vec<u8>, NotUnpacked> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // Zeros after the end are padding (gzip(1), "tapes"), which Python passes over as well.
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

/// How what is compressed begins; nothing where it is damaged from its beginning on.
fn beginning_of(data: &[u8]) -> Option<Vec<u8>> {
    let mut beginning = Vec::new();
    let read = MultiGzDecoder::new(data).take(2 * BEGINNING as u64).read_to_end(&mut beginning);
    (read.is_ok() || !beginning.is_empty()).then_some(beginning)
}
