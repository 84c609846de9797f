//! A first look at a template's tags, before anything recurses into them.

/// Deeper nesting is nothing that a person wrote; parsing and rendering go as deep as blocks and parentheses do.
const DEEPEST: usize = 256;

/// How a template's tags are nested, as far as can be told without parsing them.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Blocks that are not closed, each with the line in which it begins.
    pub(super) open: Vec<(String, usize)>,
    /// The line in which they are nested too deep.
    pub(super) too_deep: Option<usize>,
}

impl Tags {
    pub(super) fn of(text: &str) -> Self {
        let mut tags = Self::default();
        // For each open block, how many `else if` it has had: each is a block in the one before.
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

/// How deep parentheses are nested.
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
