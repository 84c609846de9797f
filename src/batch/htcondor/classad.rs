//! ClassAds: HTCondor's records of named values.

/// A value of a ClassAd.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassAdValue {
    /// `undefined`.
    Undefined,
    /// `error`, the result of an expression that cannot be evaluated.
    Error,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; also a point in time, in seconds since 1970, as in HTCondor's own ads.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// A list of values.
    List(Vec<ClassAdValue>),
    /// A nested ad.
    Ad(ClassAd),
    /// An expression that only HTCondor evaluates, as written.
    Expression(String),
}

/// An ad: values by name, in the order in which they were set. Names are case-insensitive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassAd(Vec<(String, ClassAdValue)>);

impl ClassAd {
    /// An empty ad.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the ad with one more value, which replaces one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<ClassAdValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a value; replaces one of the same name.
    pub fn set(&mut self, name: &str, value: impl Into<ClassAdValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Returns the value of this name.
    pub fn get(&self, name: &str) -> Option<&ClassAdValue> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the text of this name; `None` if it has another type.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            ClassAdValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the integer of this name; `None` if it has another type.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            ClassAdValue::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether the value of this name is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&ClassAdValue::Bool(true))
    }

    /// Iterates over all names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ClassAdValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether the ad has no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is a valid attribute name.
    pub(super) fn is_name(name: &str) -> bool {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
    }
}

impl From<&str> for ClassAdValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ClassAdValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for ClassAdValue {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<i64> for ClassAdValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for ClassAdValue {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<f64> for ClassAdValue {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl<T: Into<ClassAdValue>> From<Option<T>> for ClassAdValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Undefined, Into::into)
    }
}
