//! The place of something in user data, from the outside in.

/// How deep things may be embedded in each other: a worker in a master's is two.
pub(super) const DEPTH_LIMIT: usize = 12;

/// Where something is.
#[derive(Clone, Debug)]
pub(super) struct LintPath {
    /// Names of what it is within, from the outside.
    within: Vec<String>,
    /// The line of the file at which the first of those that are encoded begins; from there on, lines are not the
    /// file's.
    encoded_at: Option<u32>,
    /// How many lines stand before it, in the file or in what it is encoded in.
    before: u32,
    /// Whether its text was searched as a part of a larger one already.
    searched: bool,
}

impl LintPath {
    /// The file itself.
    pub(super) fn top() -> Self {
        Self { within: Vec::new(), encoded_at: None, before: 0, searched: false }
    }

    /// Something whose text stands here, from this line on.
    pub(super) fn of_text(&self, name: impl Into<String>, line: u32, searched: bool) -> Self {
        let mut place = self.clone();
        place.within.push(name.into());
        place.before += line.saturating_sub(1);
        place.searched = searched;
        place
    }

    /// The same, from this line on.
    pub(super) fn of_same(&self, line: u32) -> Self {
        Self { before: self.before + line.saturating_sub(1), ..self.clone() }
    }

    /// Something that is encoded here, on this line.
    pub(super) fn of_encoded(&self, name: &str, line: u32) -> Self {
        let line = self.line(line);
        let mut within = self.within.clone();
        within.push(format!("{name}, embedded at line {line}"));
        Self { within, encoded_at: Some(self.file_line(line)), before: 0, searched: false }
    }

    /// The line, counted where lines are counted.
    pub(super) fn line(&self, line: u32) -> u32 {
        line.saturating_add(self.before)
    }

    pub(super) fn file_line(&self, line: u32) -> u32 {
        self.encoded_at.unwrap_or(line)
    }

    pub(super) fn within(&self) -> Vec<String> {
        self.within.clone()
    }

    /// Where this is, for people.
    pub(super) fn name(&self) -> &str {
        self.within.last().map_or("what comes before", String::as_str)
    }

    pub(super) fn is_encoded(&self) -> bool {
        self.encoded_at.is_some()
    }

    pub(super) fn is_searched(&self) -> bool {
        self.searched
    }

    /// Whether this lies deeper than is looked at.
    pub(super) fn is_too_deep(&self) -> bool {
        self.within.len() > DEPTH_LIMIT
    }
}
