//! The order of version numbers.

/// Compares two texts so that numbers in them count as numbers: negative if the first comes first. A number with
/// leading zeros is a fraction, as for `strverscmp` of the GNU C library.
pub(super) fn natural_order(left: &str, right: &str) -> i64 {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let at = |text: &[u8], position: usize| text.get(position).copied().unwrap_or(0);
    let mut mismatch = 0;
    while at(left, mismatch) == at(right, mismatch) {
        if at(left, mismatch) == 0 {
            return 0;
        }
        mismatch += 1;
    }
    // HTCondor subtracts signed bytes.
    let signed = |byte: u8| i64::from(byte.cast_signed());
    let difference = signed(at(left, mismatch)) - signed(at(right, mismatch));
    let mut start = mismatch;
    while start > 0 && at(left, start - 1).is_ascii_digit() {
        start -= 1;
    }
    let both_digits = at(left, mismatch).is_ascii_digit() && at(right, mismatch).is_ascii_digit();
    if start == mismatch && !both_digits {
        return difference;
    }
    let zeros = |text: &[u8]| {
        let mut end = start;
        while at(text, end) == b'0' {
            end += 1;
        }
        // A last zero is no leading zero.
        if end > start && !at(text, end).is_ascii_digit() {
            end -= 1;
        }
        end - start
    };
    let (left_zeros, right_zeros) = (zeros(left), zeros(right));
    let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    if left_zeros != right_zeros {
        return length(right_zeros) - length(left_zeros);
    }
    if left_zeros > 0 {
        return difference;
    }
    let digits = |text: &[u8]| text.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
    let (left_digits, right_digits) = (digits(left), digits(right));
    if left_digits == right_digits { difference } else { length(left_digits) - length(right_digits) }
}

#[cfg(test)]
mod tests {
    use super::natural_order;

    #[test]
    fn numbers_in_versions_count_as_numbers() {
        assert!(natural_order("23.9.6", "23.10.0") < 0);
        assert!(natural_order("8.10", "8.9") > 0);
        assert!(natural_order("8.09", "8.1") < 0);
        assert_eq!(natural_order("24.0.1", "24.0.1"), 0);
        assert!(natural_order("8.9.1", "8.9") > 0);
    }
}
