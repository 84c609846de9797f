//! Scan of a template's tags before any recursive processing.

/// Maximum nesting: parsing and rendering recurse as deep as blocks and parentheses, and deeper nesting is not written
/// by people.
const DEEPEST: usize = 256;

/// Nesting of a template's tags, as far as known without parsing them.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Unclosed blocks, each with its first line.
    pub(super) open: Vec<(String, usize)>,
    /// Line at which the nesting is too deep.
    pub(super) too_deep: Option<usize>,
}

impl Tags {
    pub(super) fn of(text: &str) -> Self {
        let mut tags = Self::default();
        // Number of `else if` of each open block: each is nested in the one before.
        let mut branches: Vec<usize> = Vec::new();
        let mut depth = 0;
        let mut line = 1;
        for (index, tag) in text.split("{{").enumerate() {
            let begun = line;
            line += tag.matches('\n').count();
            if index == 0 {
                continue;
            }
            let inside = tag.split("}}").next().unwrap_or_default().trim_start_matches(['{', '~']);
            if let Some(name) = inside.strip_prefix(['#', '^']).filter(|name| !name.trim().is_empty()) {
                let name: String = name.trim_start().chars().take_while(|c| !c.is_whitespace() && *c != '~').collect();
                tags.open.push((name, begun));
                branches.push(0);
                depth += 1;
            } else if inside.starts_with('/') {
                tags.open.pop();
                depth -= branches.pop().map_or(0, |branches| branches + 1);
            } else if inside.starts_with("else ")
                && let Some(branches) = branches.last_mut()
            {
                *branches += 1;
                depth += 1;
            }
            if depth > DEEPEST || parentheses(inside) > DEEPEST {
                tags.too_deep = Some(begun);
                return tags;
            }
        }
        tags
    }
}

/// Returns the depth of nested parentheses.
fn parentheses(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_blocks_are_known() {
        let tags = Tags::of("{{#if a}}\n{{~#each b~}}\n{{else if c}}{{/each}}\n\n{{^x}}{{#>y}}");
        assert_eq!(tags.open, [("if".to_owned(), 1), ("x".to_owned(), 5), (">y".to_owned(), 5)]);
        assert_eq!(tags.too_deep, None);
    }

    #[test]
    fn what_is_closed_counts_no_more() {
        assert_eq!(Tags::of(&"{{#if a}}x{{else if b}}y{{/if}}\n".repeat(1000)).too_deep, None);
        assert_eq!(Tags::of(&format!("{{{{#if a}}}}{}", "\n{{else if b}}".repeat(1000))).too_deep, Some(257));
        assert_eq!(Tags::of(&format!("\n{{{{json {}", "(x ".repeat(1000))).too_deep, Some(2));
    }
}
