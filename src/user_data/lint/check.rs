//! The checks of the linter. Every kind of finding has a name by which it can be allowed.

use serde::Serialize;

use crate::diagnostics::Severity;

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LintCheck {
    /// The name, which is stable: `unknown-key`.
    pub name: &'static str,
    /// The group: `schema`, `yaml`, `mime`, …; as a name, it stands for all its members.
    pub group: &'static str,
    /// The severity.
    pub severity: Severity,
    /// A short description.
    pub about: &'static str,
}

macro_rules! checks {
    ($($constant:ident $severity:ident $name:literal in $group:literal: $about:literal;)*) => {
        $(pub(super) const $constant: LintCheck =
            LintCheck { name: $name, group: $group, severity: Severity::$severity, about: $about };)*

        /// All kinds of findings except for secrets, which are named by their rules: `github-token`, `password:KEY`.
        pub const CHECKS: &[LintCheck] = &[$($constant),*];
    };
}

// Content that no machine would run, or that cloud-init would skip, is an error; anything that cloud-init still runs is
// a warning.
checks! {
    NO_HEADER Error "no-header" in "first-line": "no reader of user data knows how it begins";
    BASE64 Error "base64" in "first-line": "it was encoded in base64 by hand, which the cloud does by itself";
    DAMAGED Error "damaged-gzip" in "first-line": "it is compressed, and cannot be unpacked";
    OTHER_READER Warning "other-reader" in "first-line": "it is for another reader than cloud-init, such as that of Windows";
    AFTER_HEADER Warning "after-header" in "first-line": "something stands after #cloud-config on its line";
    EMPTY_LINES Warning "empty-lines-first" in "first-line": "empty lines stand before the first line";
    BYTE_ORDER_MARK Error "byte-order-mark" in "bom": "it begins with a byte order mark";
    NOT_UTF_8 Error "not-utf-8" in "encoding": "it is not UTF-8";
    EMPTY Warning "empty" in "empty": "it says nothing";
    SIZE Error "size" in "size": "it is larger than a cloud takes";
    COMPRESSED Note "size-compressed" in "size": "it is small enough once it is compressed";
    DEPTH Error "depth" in "depth": "too many things lie within each other";
    NOT_LOOKED_AT Warning "not-looked-at" in "budget": "it unpacks to too much, so that some of it was left out here";
    CRLF Warning "crlf" in "crlf": "its lines end in CR LF";
    MIXED_LINE_ENDS Error "mixed-line-ends" in "crlf": "some lines of a script end in CR LF, which is a part of their last words";
    NO_INTERPRETER Error "no-interpreter" in "interpreter": "a script names no interpreter that can be started";
    PYTHON_2 Warning "python-2" in "interpreter": "a script wants the Python that systems have no more";
    RARE_INTERPRETER Warning "rare-interpreter" in "interpreter": "few images have the interpreter of a script";
    SHELL Error "shell-syntax" in "shell": "a shell cannot read a script or command";
    NO_SHELL Note "shell-missing" in "shell": "the shell of a script is not there to be asked";
    YAML Error "yaml" in "yaml": "it is not YAML";
    YAML_TAG Error "yaml-tag" in "yaml": "a YAML tag that cloud-init refuses, with the whole document";
    TWO_DOCUMENTS Error "two-documents" in "yaml": "a second YAML document, with which cloud-init refuses both";
    REPEATED_KEY Warning "repeated-key" in "yaml": "a key is there twice: the last counts";
    YAML_NUMBER Warning "yaml-number" in "yaml": "a number that YAML reads otherwise than people do: 010 is 8";
    TAB Error "tab" in "tab": "a tab indents YAML";
    SCHEMA Error "schema" in "schema": "a value that cloud-init cannot use";
    MISSPELT_KEY Error "misspelt-key" in "schema": "a key that is nearly one of cloud-init's, and is left out";
    UNKNOWN_KEY Warning "unknown-key" in "schema": "a key that this version of cloud-init's schema does not know";
    NOT_A_STRING Warning "not-a-string" in "schema": "a number or the like where a string was expected; cloud-init makes one of it";
    DEPRECATED Warning "deprecated" in "deprecated": "it still works, but not for ever";
    POWER_STATE Warning "power-state-delay" in "power-state": "a delay of power_state that is easily mistaken";
    FILE_ENCODING Error "file-encoding" in "write-files": "the content of a file is not in the encoding that it names";
    PERMISSIONS Warning "permissions" in "write-files": "the permissions of a file are no string of octal digits";
    OWNER Warning "owner-before-user" in "write-files": "a file's owner may not exist when the file is written";
    NO_DEFAULT_USER Warning "no-default-user" in "users": "users are listed without the image's own";
    PLAIN_PASSWORD Error "password-not-hashed" in "users": "a password where the hash of one belongs";
    LOCKED_PASSWORD Warning "locked-password" in "users": "a password with which nobody can log in";
    SSH_KEY Warning "ssh-key" in "users": "an entry of ssh_authorized_keys that is no key";
    HOME Warning "home-before-user" in "write-files": "a file below /home is written before its user is made";
    HOST_NAME Warning "host-name-kept" in "users": "a host name that is not set";
    NO_ANSWER Warning "no-answer" in "shell": "a command asks, and nobody answers";
    NO_TERMINAL Warning "no-terminal" in "shell": "a command that wants a terminal, and has none";
    TYPOGRAPHY Warning "typography" in "shell": "quotes or blanks as word processors write them, which no shell takes for its own";
    SECOND_HEADER Warning "second-header" in "first-line": "a #cloud-config within a script, of which only the script is run";
    ONE_WORD Warning "one-word-command" in "shell": "a whole command as the name of one program";
    WAITS Warning "waits-for-itself" in "shell": "a command waits for the end of cloud-init, which waits for it";
    BASH_IN_SH Warning "bash-in-sh" in "shell": "what only bash knows, in a script for sh";
    NO_VARIABLE Warning "unrendered-variable" in "shell": "a name of another template's, which no shell reads";
    HERE_DOCUMENT Warning "here-document-end" in "shell": "a word that does not end its here-document, as blanks stand beside it";
    FLAT_COMMAND Warning "flat-command" in "shell": "the words of one command as commands of their own";
    EACH_BOOT Warning "each-boot" in "shell": "what bootcmd does again at each start";
    REBOOT Warning "reboot-in-runcmd" in "power-state": "a machine that is started again in the midst of cloud-init";
    GROUPS Warning "user-groups" in "users": "groups that are not separated by commas";
    NO_HOME Warning "user-without-home" in "users": "keys for a user that has no home to keep them in";
    BAD_HOST_NAME Warning "host-name" in "users": "a host name with characters that none has";
    FILE_PATH Warning "file-path" in "write-files": "a path that is not taken as it is meant";
    OPERATOR Warning "quoted-operator" in "shell": "a sign for the shell in a command that no shell reads";
    REPLACED Warning "replaced-list" in "merge": "a later part takes the place of what an earlier one lists";
    MERGE_RULE Error "merge-rule" in "merge": "a rule by which cloud-init cannot merge, so that it leaves the part out";
    BOUNDARY Error "mime-boundary" in "mime": "the parts of a message cannot be told";
    OPEN_MESSAGE Warning "mime-open" in "mime": "a message has no last boundary";
    MIME_ENCODING Error "mime-encoding" in "mime": "a part is not in the encoding that it names";
    MIME_8_BIT Warning "mime-8-bit" in "mime": "characters beyond ASCII in a part that is not encoded, which come out as others";
    MIME_DEPTH Error "mime-depth" in "mime": "messages lie too deep within each other";
    MIME_TYPE Warning "mime-type" in "mime": "a part has another type than it declares";
    UNKNOWN_TYPE Warning "unknown-type" in "mime": "cloud-init does nothing with a part of this type";
    FILE_NAME Warning "file-name" in "mime": "a part's file name is not the one that it gets";
    JINJA_SYNTAX Error "jinja-syntax" in "jinja": "it is no Jinja template, so cloud-init leaves it out";
    JINJA_NOT_RENDERED Warning "jinja-not-rendered" in "jinja": "a template whose type keeps cloud-init from rendering it";
    JINJA_HYPHEN Warning "jinja-hyphen" in "jinja": "a hyphen in a name, which Jinja takes for a minus";
    JINJA_NAME Warning "jinja-name" in "jinja": "a name that no machine knows";
    JINJA_VALUE Warning "jinja-value" in "jinja": "what an expression gives is read as YAML";
    INCLUDE Error "include" in "include": "an included address that cannot be fetched";
    PART_HANDLER Error "part-handler" in "part-handler": "a part handler without its functions";
    PLAIN_HTTP Warning "plain-http" in "plain-http": "what is fetched can be changed on the way";
    SECRET Error "secret" in "secret": "a secret";
    WEAK_SECRET Warning "weak-secret" in "weak-secret": "a secret that everybody knows, or the hash of one";
    STORED Note "stored" in "spill": "the rest is fetched from elsewhere";
    STORED_WHERE Error "stored-where" in "spill": "it does not say what is stored elsewhere";
}

/// Returns whether this is the name of a kind of finding or of a group.
pub fn is_check(name: &str) -> bool {
    CHECKS.iter().any(|check| check.name == name || check.group == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_words_and_each_is_there_once() {
        for (index, check) in CHECKS.iter().enumerate() {
            let is_kebab = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            assert!(is_kebab(check.name) && is_kebab(check.group) && !check.about.is_empty(), "{check:?}");
            assert!(CHECKS[..index].iter().all(|other| other.name != check.name), "{}", check.name);
        }
    }
}
