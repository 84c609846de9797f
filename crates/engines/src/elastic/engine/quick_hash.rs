use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map for keys that nobody chooses to collide: addresses, numbers, the cloud's identities.
pub(in crate::elastic) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;

/// An odd number with bits all over, by which every step multiplies.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hasher that is quick for short keys.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::elastic) struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        // The best bits are the upper ones, and maps use the lower ones too.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            self.add(u64::from_le_bytes(*word));
            rest = after;
        }
        if !rest.is_empty() {
            self.add(rest.iter().fold(1, |word, byte| (word << 8) | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_i64(&mut self, value: i64) {
        self.add(value.cast_unsigned());
    }

    fn write_isize(&mut self, value: isize) {
        self.add(value.cast_unsigned() as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::hash::{BuildHasher, Hash};

    fn spread<K: Hash>(keys: impl Iterator<Item = K>) -> usize {
        let hasher = BuildHasherDefault::<QuickHasher>::default();
        keys.map(|key| hasher.hash_one(key) % 4096).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn addresses_and_names_spread_over_the_places_of_a_map() {
        // Of 4096 places, random hashes of 4096 keys meet about 2590.
        assert!(spread((0..4096_usize).map(|number| 0x7f00_0000_0000 + number * 64)) > 2300);
        assert!(spread((0..4096).map(|number| format!("i-{number:017x}"))) > 2300);
        assert!(spread((0..4096).map(|number| format!("m{number}"))) > 2300);
    }
}
