//! Places in user data, from the outside in.

/// The maximum depth of embedded contents: a worker in a master's user data has depth two.
pub(super) const DEPTH_LIMIT: usize = 12;

/// A place in user data.
#[derive(Clone, Debug)]
pub(super) struct LintPath {
    /// The names of its containers, from the outside.
    within: Vec<String>,
    /// The line of the file at which the outermost encoded container begins; within it, lines are not those of the
    /// file.
    encoded_at: Option<u32>,
    /// The number of lines before it, in the file or in the innermost encoded container.
    before: u32,
    /// Whether its text was already searched as a part of a larger one.
    searched: bool,
}

impl LintPath {
    /// Returns the place of the file itself.
    pub(super) fn top() -> Self {
        Self { within: Vec::new(), encoded_at: None, before: 0, searched: false }
    }

    /// Returns the place of a container whose text begins at this line.
    pub(super) fn of_text(&self, name: impl Into<String>, line: u32, searched: bool) -> Self {
        let mut place = self.clone();
        place.within.push(name.into());
        place.before += line.saturating_sub(1);
        place.searched = searched;
        place
    }

    /// Returns the place of the same text from this line on.
    pub(super) fn of_same(&self, line: u32) -> Self {
        Self { before: self.before + line.saturating_sub(1), ..self.clone() }
    }

    /// Returns the place of a container that is encoded at this line.
    pub(super) fn of_encoded(&self, name: &str, line: u32) -> Self {
        let line = self.line(line);
        let mut within = self.within.clone();
        within.push(format!("{name}, embedded at line {line}"));
        Self { within, encoded_at: Some(self.file_line(line)), before: 0, searched: false }
    }

    /// Converts a line of this text to one of the file or of the innermost encoded container.
    pub(super) fn line(&self, line: u32) -> u32 {
        line.saturating_add(self.before)
    }

    pub(super) fn file_line(&self, line: u32) -> u32 {
        self.encoded_at.unwrap_or(line)
    }

    pub(super) fn within(&self) -> Vec<String> {
        self.within.clone()
    }

    /// Returns the name of the place for messages.
    pub(super) fn name(&self) -> &str {
        self.within.last().map_or("what comes before", String::as_str)
    }

    pub(super) fn is_encoded(&self) -> bool {
        self.encoded_at.is_some()
    }

    pub(super) fn is_searched(&self) -> bool {
        self.searched
    }

    /// Returns whether this exceeds [`DEPTH_LIMIT`].
    pub(super) fn is_too_deep(&self) -> bool {
        self.within.len() > DEPTH_LIMIT
    }
}
