//! The kinds of user data, by how they begin (cloud-init's documentation, "User data formats").

use std::fmt;
use std::io::Read as _;

use flate2::read::GzDecoder;

use super::message::{self, Part};
use super::size::is_compressed;

/// The most that compressed user data may be unpacked to: far more than anybody writes, and no trap.
const UNPACKED_LIMIT: u64 = 4 * 1024 * 1024;

/// What user data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One part, of this content type, that cloud-init reads.
    Part(&'static str),
    /// A message of several parts.
    Message,
    /// Compressed, of this kind.
    Gzip(Box<Kind>),
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

impl Kind {
    /// The kind that a message declares for a part; none where cloud-init looks at how the part begins instead.
    pub fn declared(content_type: &str) -> Option<Self> {
        let of_part = BEGINNINGS.iter().find(|(_, known)| known.eq_ignore_ascii_case(content_type));
        of_part.map(|(_, known)| Self::Part(known))
    }

    /// What this is.
    pub fn of(data: &[u8]) -> Self {
        if is_compressed(data) {
            return match unpack(data) {
                Some(inner) => Self::Gzip(Box::new(Self::of(&inner))),
                None => Self::Foreign("compressed, and damaged or far too large".to_owned()),
            };
        }
        let text = String::from_utf8_lossy(&data[..data.len().min(4096)]);
        // cloud-init passes over white space before the beginning.
        let beginning = text.trim_start();
        if is_message(beginning) {
            return Self::Message;
        }
        match BEGINNINGS.iter().find(|(beginning_of, _)| beginning.starts_with(beginning_of)) {
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
            Self::Message => message::texts(data)
                .iter()
                .any(|text| mentions_host_keys(text) || text.windows(8).any(|window| window == b"#include")),
            Self::Gzip(inner) => unpack(data).is_none_or(|data| inner.may_set_host_keys(&data)),
            Self::Foreign(_) => true,
        }
    }

    /// Data of this kind as a part of a message: cloud-init names the files that it makes of it after `name`; `purpose` is what
    /// it is for, in messages to the user. What cloud-init does not read cannot be a part.
    pub fn part(&self, name: &str, purpose: &str, data: &[u8]) -> Result<Part, String> {
        match self {
            Self::Part(content_type) => Ok(Part::new(content_type, name, purpose, data.to_vec())),
            // A message within a message is a part that brings its own headers.
            Self::Message => Ok(Part::message(purpose, data.to_vec())),
            Self::Gzip(inner) => inner.part(name, purpose, &unpack(data).ok_or("the compressed user data is damaged")?),
            Self::Foreign(_) => Err(format!("cloud-init does not read this user data ({self})")),
        }
    }
}

impl fmt::Display for Kind {
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

/// What compressed data unpacks to; nothing where it is damaged or unpacks to far too much.
pub(super) fn unpack(data: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    GzDecoder::new(data).take(UNPACKED_LIMIT + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 <= UNPACKED_LIMIT).then_some(unpacked)
}
