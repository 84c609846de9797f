/// A place in a list from which the next search begins.
///
/// Lists of machines and of their hosts stand in the same order, so one pass over both finds every partner at once. A
/// search that reaches the end goes on at the start: an order that differs costs time, not correctness.
#[derive(Debug, Default)]
pub(super) struct Cursor(usize);

impl Cursor {
    /// Returns the position of the first item that fits, searching from the place after the last one found.
    pub(super) fn find<T>(&mut self, items: &[T], fits: impl Fn(&T) -> bool) -> Option<usize> {
        let start = self.0.min(items.len());
        let later = items[start..].iter().position(&fits).map(|position| start + position);
        let found = later.or_else(|| items[..start].iter().position(&fits))?;
        self.0 = found + 1;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_in_order_and_wraps_around() {
        let items = ["a", "b", "c"];
        let mut cursor = Cursor::default();
        let mut find = |wanted| cursor.find(&items, |item| *item == wanted);
        assert_eq!([find("b"), find("c"), find("a"), find("x"), find("b")], [Some(1), Some(2), Some(0), None, Some(1)]);
    }
}
