use serde::{Deserialize, Deserializer};

/// Reads a setting of which absent and null differ: absent is `None`, null is `Some(None)`. For `deserialize_with`.
pub(super) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
