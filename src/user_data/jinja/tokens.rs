//! The tokens of a Jinja template.

use super::error::JinjaError;

/// A token, with the line of its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text { text: &'a str, line: u32 },
    Expression { inner: &'a str, line: u32 },
    Statement { inner: &'a str, line: u32 },
}

/// Tokenizes a template with cloud-init's settings for Jinja: the line break after a statement is removed.
pub(super) fn tokens(text: &str, first: u32) -> Result<Vec<Token<'_>>, JinjaError> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, first);
    let mut strips = false;
    let lines_of = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(0);
    loop {
        let next = opening(rest);
        let at = next.map_or(rest.len(), |(at, _)| at);
        let plain = &rest[..at];
        let shown = if strips { plain.trim_start() } else { plain };
        let skipped = lines_of(&plain[..plain.len() - shown.len()]);
        // `{%-` strips the white space before it.
        let is_stripped = rest[at..].get(2..3) == Some("-");
        let shown = if is_stripped { shown.trim_end() } else { shown };
        if !shown.is_empty() {
            found.push(Token::Text { text: shown, line: line + skipped });
        }
        line += lines_of(plain);
        let Some((at, mark)) = next else { return Ok(found) };
        let start = at + 2 + usize::from(is_stripped || rest[at..].get(2..3) == Some("+"));
        let (close, name) = match mark {
            '{' => ("}}", "{{"),
            '%' => ("%}", "{%"),
            _ => ("#}", "{#"),
        };
        let length = closing(&rest[start..], close, mark != '#')
            .ok_or_else(|| JinjaError { line, message: format!("{name} is not closed by {close}") })?;
        let inner = &rest[start..start + length];
        let end = start + length + 2;
        let begun = line;
        line += lines_of(&rest[at..end]);
        strips = inner.ends_with('-') && mark != '#';
        let inner = inner.trim_end_matches(['-', '+']).trim();
        rest = &rest[end..];
        match mark {
            '{' => found.push(Token::Expression { inner, line: begun }),
            '%' if inner == "raw" => {
                let (raw, after) = raw(rest)
                    .ok_or_else(|| JinjaError { line: begun, message: "{% raw %} has no {% endraw %}".to_owned() })?;
                if !raw.is_empty() {
                    found.push(Token::Text { text: raw, line });
                }
                line += lines_of(&rest[..rest.len() - after.len()]);
                rest = after;
            }
            '%' => found.push(Token::Statement { inner, line: begun }),
            _ => {}
        }
        if mark != '{'
            && let Some(after) = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n"))
        {
            line += 1;
            rest = after;
        }
    }
}

/// Returns the next `{{`, `{%` or `{#`.
fn opening(text: &str) -> Option<(usize, char)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let at = from + at;
        match text.as_bytes().get(at + 1) {
            Some(&mark @ (b'{' | b'%' | b'#')) => return Some((at, char::from(mark))),
            _ => from = at + 1,
        }
    }
    None
}

/// Returns the position of the closing delimiter, ignoring delimiters in strings.
fn closing(text: &str, close: &str, has_strings: bool) -> Option<usize> {
    let (mut quote, mut escaped, mut braces) = (None, false, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            _ if braces == 0 && text[at..].starts_with(close) => return Some(at),
            (None, '"' | '\'') if has_strings => quote = Some(c),
            (None, '{') if has_strings => braces += 1,
            (None, '}') if has_strings => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Splits the text at `{% endraw %}`.
fn raw(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("{%")?;
        let rest = &text[at + 2..];
        let end = rest.find("%}")?;
        if rest[..end].trim_matches(['-', '+', ' ']) == "endraw" {
            return Some((&text[..at], &rest[end + 2..]));
        }
        from = at + 2;
    }
}
