/// Why the answer of a program that decides cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It is no JSON in the notation.
    #[error(
        "its answer is not {{\"decisions\": […], \"notes\": […], \"memory\": …}}: {0}; \
         \"hoist elastic once --dry-run\" shows what comes of it"
    )]
    Unreadable(String),
    /// Its memory is too large.
    #[error("its memory has {bytes} bytes; at most {most} are kept")]
    MemoryTooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
}
