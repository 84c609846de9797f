//! The built-in templates.

/// Files of `templates/`, each with its relative path and its text; listed by `build.rs`.
pub(super) const BUILT_IN: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/templates.rs"));

#[cfg(test)]
mod tests {
    use crate::template::Templates;

    #[test]
    fn each_can_be_compiled_and_puts_no_value_down_as_it_is() {
        let templates = Templates::built_in();
        assert!(templates.names().count() > 0);
        for name in templates.names() {
            let template = templates.get(name).unwrap_or_else(|error| panic!("{error}"));
            let unguarded = template.unguarded();
            assert!(unguarded.is_empty(), "{name}: {unguarded:?}");
        }
    }
}
