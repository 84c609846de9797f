use serde_json::{Map, Value as Json};

/// The ads of a text in the XML of ClassAds: `<c>` with `<a n="Name"><s>text</s></a>`.
pub(super) struct EventXml<'a> {
    rest: &'a str,
}

impl<'a> EventXml<'a> {
    /// Makes a reader of a text.
    pub(super) fn new(text: &'a str) -> EventXml<'a> {
        EventXml { rest: text }
    }
}

impl Iterator for EventXml<'_> {
    type Item = Map<String, Json>;

    fn next(&mut self) -> Option<Map<String, Json>> {
        let (_, after) = self.rest.split_once("<c>")?;
        let (ad, rest) = after.split_once("</c>")?;
        self.rest = rest;
        let attributes = ad.split("<a n=\"").skip(1).filter_map(|part| {
            let (name, value) = part.split_once("\">")?;
            Some((unescaped(name), value_of(value.trim_start())?))
        });
        Some(attributes.collect())
    }
}

/// Reads a value: text, whole number, real, truth value, expression.
fn value_of(value: &str) -> Option<Json> {
    if let Some(truth) = value.strip_prefix("<b v=\"") {
        return Some(Json::Bool(truth.starts_with('t')));
    }
    let (kind, rest) = value.strip_prefix('<')?.split_once('>')?;
    let (content, _) = rest.split_once("</")?;
    Some(match kind {
        "i" => Json::from(content.trim().parse::<i64>().ok()?),
        "r" => Json::from(content.trim().parse::<f64>().ok()?),
        "e" => Json::String(format!("/Expr({})/", unescaped(content))),
        "s" => Json::String(unescaped(content)),
        _ => return None,
    })
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind() {
        let text = "<c><a n=\"A\"><s>x &lt; &amp;lt;</s></a><a n=\"B\"><b v=\"t\"/></a><a n=\"C\"><e>D &amp;&amp; \
                    E</e></a>\n<a n=\"F\"><r>1.5</r></a><a n=\"G\"><i>x</i></a></c><c><a n=\"A\"><i>2</i></a>";
        let ads: Vec<_> = EventXml::new(text).map(Json::Object).collect();
        assert_eq!(ads, [serde_json::json!({"A": "x < &lt;", "B": true, "C": "/Expr(D && E)/", "F": 1.5})]);
    }
}
