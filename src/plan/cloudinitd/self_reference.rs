//! Attributes that reference their own name.

use std::collections::BTreeMap;

use super::super::located::Located;
use super::super::text::{Reference, Text};

/// The attributes that every service has, even if no deps file names them.
const HAD_ANYWAY: [&str; 4] = ["name", "hostname", "instance_id", "run_name"];

/// Returns whether the attribute only repeats a value that the service has anyway: `name: ${.name}`.
pub(super) fn says_nothing(name: &str, text: &str) -> bool {
    HAD_ANYWAY.contains(&name)
        && text.trim().strip_prefix("${.").and_then(|text| text.strip_suffix('}')).is_some_and(|read| read == name)
}

/// Resolves attributes that reference their own name as cloudinit.d does: an attribute that is being expanded has no
/// value yet, so its name stands for the service's own name or setting.
///
/// `service` is the service's name if it is known here; replicas get theirs later.
pub(super) fn settle(
    attributes: &mut BTreeMap<String, Located<Text>>,
    service: Option<&str>,
    settings: &BTreeMap<String, String>,
) {
    attributes.retain(|name, text| !says_nothing(name, text.value.as_str()));
    for (name, text) in attributes.iter_mut() {
        let beneath = match name.as_str() {
            "name" => service,
            name => settings.get(name).map(String::as_str),
        };
        let Some(beneath) = beneath else { continue };
        let reads_itself = |reference: &Reference| match reference {
            Reference::Own(read) => read == name,
            Reference::Service { service: of, attribute } => Some(of.as_str()) == service && attribute == name,
            Reference::Global(_) => false,
        };
        if text.value.references().any(|reference| reads_itself(&reference)) {
            let settled = text.value.expand(|reference| {
                let own = reads_itself(reference);
                Ok::<_, std::convert::Infallible>(if own { beneath.to_owned() } else { reference.to_string() })
            });
            match settled {
                Ok(settled) => text.value = Text::from(settled),
                Err(never) => match never {},
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::diagnostics::Place;

    #[test]
    fn an_attribute_that_reads_its_own_name_reads_what_lies_beneath() {
        let place = Place::file(Path::new("deps.conf"));
        let pairs = [
            ("hostname", "x-${.hostname}"),
            ("image", "${.image} of ${web.image} for ${.name}"),
            ("name", "${.name}-${other.name}"),
            ("run_name", " ${.run_name} "),
            ("twice", "${.twice}"),
        ];
        let of = |service: Option<&str>| {
            let mut attributes: BTreeMap<String, Located<Text>> = pairs
                .iter()
                .map(|(name, text)| (name.to_string(), Located::new(Text::from(*text), place.clone())))
                .collect();
            settle(&mut attributes, service, &BTreeMap::from([("image".to_owned(), "ami-1".to_owned())]));
            attributes.into_values().map(|text| text.value.to_string()).collect::<Vec<_>>()
        };
        let rest = ["x-${.hostname}", "ami-1 of ami-1 for ${.name}", "web-${other.name}", "${.twice}"];
        assert_eq!(of(Some("web")), rest);
        assert_eq!(of(None), [rest[0], "ami-1 of ${web.image} for ${.name}", pairs[2].1, rest[3]]);
    }
}
