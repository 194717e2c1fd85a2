//! A table of distinct texts, each with a number of two bytes.

/// Distinct texts, numbered in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<Box<str>>,
    /// The numbers of the texts, in the order of the texts.
    sorted: Vec<u16>,
}

impl Texts {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text with this number.
    pub(super) fn get(&self, number: u16) -> Option<&str> {
        self.texts.get(usize::from(number)).map(|text| &**text)
    }

    /// The index of a text in sorted order, or the index at which to insert it.
    pub(super) fn find(&self, text: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|number| self.get(*number).unwrap_or_default().cmp(text))
    }

    /// The number of the text at this index in sorted order.
    pub(super) fn number_at(&self, index: usize) -> Option<u16> {
        self.sorted.get(index).copied()
    }

    /// Inserts a text at its index. None if no number is left.
    pub(super) fn insert(&mut self, index: usize, text: &str) -> Option<u16> {
        let number = u16::try_from(self.texts.len()).ok()?;
        self.texts.push(text.into());
        self.sorted.insert(index, number);
        Some(number)
    }

    /// Keeps the first `count` in sorted order, and numbers them in that order. Returns
    /// the new number of each old one, from 1; 0 for those that were removed.
    pub(super) fn keep_first(&mut self, count: usize) -> Vec<u16> {
        let Self { texts, sorted } = self;
        let mut numbers = vec![0; texts.len()];
        sorted.truncate(count);
        let keep = |(before, number): (&mut u16, u16)| {
            let at = usize::from(std::mem::replace(before, number));
            if let Some(entry) = numbers.get_mut(at) {
                *entry = number + 1;
            }
            texts.get_mut(at).map(std::mem::take).unwrap_or_default()
        };
        let kept = sorted.iter_mut().zip(0..).map(keep).collect();
        *texts = kept;
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Texts {
        let mut texts = Texts::default();
        for (number, text) in (0..).zip(all) {
            let index = texts.find(text).unwrap_err();
            assert_eq!(texts.insert(index, text), Some(number));
        }
        texts
    }

    fn in_order(texts: &Texts) -> Vec<&str> {
        (0..texts.len()).map(|index| texts.get(texts.number_at(index).unwrap()).unwrap()).collect()
    }

    #[test]
    fn a_text_has_a_number_and_an_index() {
        let texts = texts(&["b", "c", "a"]);
        assert_eq!(texts.len(), 3);
        for (number, text, index) in [(0, "b", 1), (1, "c", 2), (2, "a", 0)] {
            assert_eq!(texts.get(number), Some(text));
            assert_eq!(texts.find(text), Ok(index));
            assert_eq!(texts.number_at(index), Some(number));
        }
        assert_eq!((texts.get(3), texts.find("d"), texts.number_at(3)), (None, Err(3), None));
        assert_eq!(in_order(&texts), ["a", "b", "c"]);
    }

    #[test]
    fn texts_that_sort_first_are_kept() {
        let mut texts = texts(&["d", "b", "a", "c"]);
        assert_eq!(texts.keep_first(2), [0, 2, 1, 0]);
        assert_eq!([0, 1, 2].map(|number| texts.get(number)), [Some("a"), Some("b"), None]);
        let index = texts.find("aa").unwrap_err();
        assert_eq!(texts.insert(index, "aa"), Some(2));
        assert_eq!(in_order(&texts), ["a", "aa", "b"]);
    }

    #[test]
    fn the_table_is_full_when_all_numbers_are_used() {
        let mut texts = Texts::default();
        for number in 0..=u16::MAX {
            assert_eq!(texts.insert(number.into(), &format!("{number:05}")), Some(number));
        }
        assert_eq!(texts.insert(65_536, "one more"), None);
        assert_eq!(texts.find("00007"), Ok(7));
    }
}
