//! XML as EC2 writes it: elements with text or with children, and attributes only on the outermost.

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::Event;

/// The name space of EC2's answers.
const NAME_SPACE: &str = "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"";

/// An element with all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// With text in it.
    pub fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), children: Vec::new() }
    }

    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// A set: an element whose children are all called `item`.
    pub fn set_of(name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        let item = |item: Self| Self { name: "item".to_owned(), ..item };
        Self { name: name.to_owned(), text: String::new(), children: items.into_iter().map(item).collect() }
    }

    /// The outermost element of a document.
    pub fn parse(document: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => open.push(Self::new(start.name().as_ref())),
                Event::Empty(start) => {
                    let element = Self::new(start.name().as_ref());
                    open.last_mut().ok_or("an element outside of the document")?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop().ok_or("an end without a start")?;
                    open.last_mut().ok_or("an end without a start")?.children.push(element);
                }
                Event::Text(text) => {
                    open.last_mut().ok_or("text outside of the document")?.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let reference = format!("&{};", &*reference);
                    let text = unescape(&reference).map_err(|error| error.to_string())?;
                    open.last_mut().ok_or("text outside of the document")?.text.push_str(&text);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let root = open.pop().filter(|_| open.is_empty()).ok_or("an element without an end")?;
        root.children.into_iter().next().ok_or_else(|| "no element".to_owned())
    }

    /// As a document.
    pub fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.push_str(&format!("<{} {NAME_SPACE}>", self.name));
        for child in &self.children {
            child.write(&mut out);
        }
        out.push_str(&format!("</{}>", self.name));
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        if self.children.is_empty() {
            out.push_str(&escape(self.text.as_str()));
        }
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at a path such as `instanceState/name`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path; empty when there is none.
    pub fn get(&self, path: &str) -> &str {
        self.at(path).map_or("", |element| element.text.as_str())
    }

    /// The elements of the set at a path.
    pub fn items(&self, path: &str) -> &[Self] {
        self.at(path).map_or(&[], |set| set.children.as_slice())
    }

    /// Makes the text at a path be this.
    pub fn set(&mut self, path: &str, text: &str) {
        let mut element = self;
        for name in path.split('/') {
            element = element.child_mut(name);
        }
        text.clone_into(&mut element.text);
    }

    /// The child of this name, made if there is none.
    pub fn child_mut(&mut self, name: &str) -> &mut Self {
        let at = self.children.iter().position(|child| child.name == name).unwrap_or_else(|| {
            self.children.push(Self::new(name));
            self.children.len() - 1
        });
        &mut self.children[at]
    }

    pub fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// The tags in a `tagSet`.
    pub fn tags(&self) -> std::collections::BTreeMap<String, String> {
        let pair = |tag: &Self| (tag.get("key").to_owned(), tag.get("value").to_owned());
        self.items("tagSet").iter().map(pair).collect()
    }
}
