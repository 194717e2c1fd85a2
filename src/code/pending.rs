//! Codes that are inserted into a list in groups.

use super::Code;
use super::builder::CodeListBuilder;
use super::index::AT_ONCE;

/// Codes that are inserted into a list in groups.
pub(crate) struct PendingInserts {
    codes: [Code; AT_ONCE],
    held: usize,
}

impl PendingInserts {
    pub(crate) const fn new() -> Self {
        Self { codes: [Code::NONE; AT_ONCE], held: 0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, code: Code, list: &mut CodeListBuilder) {
        if let Some(slot) = self.codes.get_mut(self.held) {
            *slot = code;
            self.held += 1;
        }
        if self.held == self.codes.len() {
            self.flush(list);
        }
    }

    pub(crate) fn flush(&mut self, list: &mut CodeListBuilder) {
        list.insert_all(self.codes.get(..self.held).unwrap_or_default());
        self.held = 0;
    }
}

impl CodeListBuilder {
    /// Inserts codes in the form of `CodeList::to_bytes`. None if one is 16 zeros,
    /// which is left out.
    pub(crate) fn insert_bytes(&mut self, codes: &[[u8; 16]]) -> Option<()> {
        let mut batch = PendingInserts::new();
        let mut all = Some(());
        for code in codes {
            match Code::from_bytes(*code) {
                Some(code) => batch.add(code, self),
                None => all = None,
            }
        }
        batch.flush(self);
        all
    }
}

impl Extend<Code> for CodeListBuilder {
    fn extend<I: IntoIterator<Item = Code>>(&mut self, codes: I) {
        let mut pending = PendingInserts::new();
        for code in codes {
            pending.add(code, self);
        }
        pending.flush(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u128) -> Code {
        Code::from_bytes(number.to_be_bytes()).unwrap()
    }

    /// Codes are inserted in groups; the last one is usually not full.
    #[test]
    fn no_code_is_lost_in_groups_of_any_size() {
        for count in [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE, 5 * AT_ONCE + 7] {
            let codes: Vec<_> = (1..=count as u128).map(code).collect();
            let bytes: Vec<_> = codes.iter().map(|code| *code.as_bytes()).collect();
            let mut builder = CodeListBuilder::default();
            assert_eq!(builder.insert_bytes(&bytes), Some(()));
            assert!(builder.so_far().iter().eq(codes.iter().copied()), "{count}");
            assert_eq!(builder.insert_bytes(&bytes), Some(()));
            let zeros = [&bytes[..], &[[0; 16]], &bytes].concat();
            assert_eq!(builder.insert_bytes(&zeros), None, "and the others are taken");
            let list = builder.finish();
            assert!(list.iter().eq(codes), "{count}");
            assert_eq!(list.duplicates(), 3 * count as u64);
        }
    }
}
