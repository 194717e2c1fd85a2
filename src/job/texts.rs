//! Texts, each once, under numbers of two bytes.

/// Texts, numbered as they came.
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

    /// The text of that number.
    pub(super) fn get(&self, number: u16) -> Option<&str> {
        self.texts.get(usize::from(number)).map(|text| &**text)
    }

    /// The text of that place in the order of all.
    pub(super) fn in_order(&self, place: usize) -> Option<&str> {
        self.get(*self.sorted.get(place)?)
    }

    /// The number of a text.
    pub(super) fn find(&self, text: &str) -> Option<u16> {
        self.sorted.get(self.look(text).ok()?).copied()
    }

    /// The number of a text, which is added if it is new. None if it has no place.
    pub(super) fn add(&mut self, text: &str) -> Option<u16> {
        match self.look(text) {
            Ok(found) => self.sorted.get(found).copied(),
            Err(at) => {
                let number = u16::try_from(self.texts.len()).ok()?;
                self.texts.push(text.into());
                self.sorted.insert(at, number);
                Some(number)
            }
        }
    }

    /// Keeps so many, those that sort first, and numbers them in that order. Gives
    /// the new number for each old one.
    pub(super) fn keep_first(&mut self, count: usize) -> Vec<Option<u16>> {
        let mut numbers = vec![None; self.texts.len()];
        let mut kept = Vec::with_capacity(count);
        self.sorted.truncate(count);
        for (number, before) in (0..).zip(&mut self.sorted) {
            let at = usize::from(*before);
            if let (Some(text), Some(entry)) = (self.texts.get_mut(at), numbers.get_mut(at)) {
                kept.push(std::mem::take(text));
                *entry = Some(number);
            }
            *before = number;
        }
        self.texts = kept;
        numbers
    }

    fn look(&self, text: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|number| self.get(*number).unwrap_or_default().cmp(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Texts {
        let mut texts = Texts::default();
        for (number, text) in (0..).zip(all) {
            assert_eq!(texts.add(text), Some(number));
        }
        texts
    }

    #[test]
    fn a_text_has_one_number() {
        let mut texts = texts(&["b", "c", "a"]);
        assert_eq!(texts.len(), 3);
        for (number, text) in [(0, "b"), (1, "c"), (2, "a")] {
            assert_eq!(texts.get(number), Some(text));
            assert_eq!(texts.find(text), Some(number));
            assert_eq!(texts.add(text), Some(number));
        }
        assert_eq!((texts.get(3), texts.find("d")), (None, None));
        let in_order: Vec<_> = (0..4).map(|place| texts.in_order(place)).collect();
        assert_eq!(in_order, [Some("a"), Some("b"), Some("c"), None]);
    }

    #[test]
    fn those_that_sort_first_are_kept() {
        let mut texts = texts(&["d", "b", "a", "c"]);
        assert_eq!(texts.keep_first(2), [None, Some(1), Some(0), None]);
        assert_eq!([0, 1, 2].map(|number| texts.get(number)), [Some("a"), Some("b"), None]);
        assert_eq!(texts.find("d"), None);
        assert_eq!(texts.add("aa"), Some(2));
        assert_eq!([0, 1, 2].map(|place| texts.in_order(place)), ["a", "aa", "b"].map(Some));
    }

    #[test]
    fn there_are_no_more_than_there_are_numbers() {
        let mut texts = Texts::default();
        for number in 0..=u16::MAX {
            assert_eq!(texts.add(&format!("{number:05}")), Some(number));
        }
        assert_eq!(texts.add("one more"), None);
        assert_eq!(texts.add("00007"), Some(7));
    }
}
