//! An index of texts that are stored elsewhere.

use std::cmp::Ordering;

use twox_hash::XxHash64;

/// Numbers of texts, ordered by the hash of the text, then by the text.
///
/// A tree of two levels: an insertion moves one short run instead of all numbers. It is
/// not a hash table, because the author of the texts could choose them to collide.
#[derive(Default)]
pub(crate) struct TextIndex {
    runs: Vec<Vec<(u64, usize)>>,
}

/// The position at which a missing text belongs in a [`TextIndex`]: run, slot, hash.
pub(crate) struct Gap(usize, usize, u64);

impl TextIndex {
    const LONGEST_RUN: usize = 512;

    /// Finds the number of a text. `text_of` returns the text of a number.
    pub(crate) fn find<'a>(
        &self,
        text: &str,
        text_of: &dyn Fn(usize) -> &'a str,
    ) -> Result<usize, Gap> {
        let hash = XxHash64::oneshot(0, text.as_bytes());
        let order = |entry: Option<&(u64, usize)>| {
            let Some((other, number)) = entry else { return Ordering::Greater };
            other.cmp(&hash).then_with(|| text_of(*number).cmp(text))
        };
        // The last run whose first text is not greater.
        let first = |run: usize| order(self.runs.get(run).and_then(|run| run.first()));
        let at = search(self.runs.len(), &|run| first(run).is_le()).saturating_sub(1);
        let Some(run) = self.runs.get(at) else { return Err(Gap(0, 0, hash)) };
        let slot = search(run.len(), &|slot| order(run.get(slot)).is_lt());
        match run.get(slot) {
            entry @ Some((_, number)) if order(entry).is_eq() => Ok(*number),
            _ => Err(Gap(at, slot, hash)),
        }
    }

    /// Adds the number of a text that was not found.
    pub(crate) fn insert(&mut self, Gap(at, slot, hash): Gap, number: usize) {
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![(hash, number)]);
            return;
        };
        run.insert(slot, (hash, number));
        if run.len() > Self::LONGEST_RUN {
            let rest = run.split_off(Self::LONGEST_RUN / 2);
            self.runs.insert(at + 1, rest);
        }
    }
}

/// The number of leading items for which `is_before` is true.
fn search(count: usize, is_before: &dyn Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = usize::midpoint(from, to);
        if is_before(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inserts in ascending, descending and shuffled order.
    #[test]
    fn each_text_is_found_again() {
        const COUNT: usize = 5_000;
        for step in [1, COUNT - 1, 1_777] {
            let texts: Vec<_> = (0..COUNT).map(|at| format!("p{:04}", at * step % COUNT)).collect();
            let mut index = TextIndex::default();
            let text_of = |number: usize| texts[number].as_str();
            for (number, text) in texts.iter().enumerate() {
                let Err(gap) = index.find(text, &text_of) else { panic!("{text} is found early") };
                index.insert(gap, number);
            }
            for (number, text) in texts.iter().enumerate() {
                assert_eq!(index.find(text, &text_of).ok(), Some(number));
            }
            assert!(index.find("p", &text_of).is_err());
            assert!(index.runs.len() > 5);
            assert!(index.runs.iter().all(|run| run.len() <= TextIndex::LONGEST_RUN));
        }
    }
}
