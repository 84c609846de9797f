//! A key of `[clouds.NAME]` that only one provider has.

/// A provider's own key, whose value is a text.
#[derive(Clone, Copy, Debug)]
pub struct ProviderSetting {
    /// The key.
    pub key: &'static str,
    /// Checks a value. The error is its defect.
    pub check: fn(&str) -> Result<(), String>,
}

impl PartialEq for ProviderSetting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ProviderSetting {}
