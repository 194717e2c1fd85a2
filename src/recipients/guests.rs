//! The guests of a program, found by what is known of them.

use super::Guest;
use super::contact::{Contact, Kind};
use crate::code::Code;
use crate::text_index::TextIndex;

/// Where nothing is, in place of a number.
const NONE: u32 = u32::MAX;
/// So many guests of one key are looked at. More share it only by mistake.
const MOST_SHARED: usize = 16;

/// What a list of recipients means by a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(Code),
    /// The codes that it could mean.
    Several(Vec<Code>),
    WithoutCode,
    Nobody,
}

#[derive(Default)]
pub(super) struct Guests {
    /// All keys, one behind the other.
    texts: String,
    keys: Vec<Key>,
    index: TextIndex,
    entries: Vec<Entry>,
}

/// An e-mail address, a telephone number or a code's text that guests have.
struct Key {
    start: u32,
    end: u32,
    /// The last guest that has it.
    guest: u32,
}

struct Entry {
    /// [`Code::NONE`] where there is none.
    code: Code,
    keys: [u32; 3],
    /// For each key, the guest before that has it too.
    next: [u32; 3],
}

/// What the guests of a key have.
#[derive(Default)]
struct Codes {
    distinct: Vec<Code>,
    has_guest: bool,
    has_guest_without_code: bool,
    /// There are more guests than were looked at.
    is_cut: bool,
}

impl Guests {
    pub(super) fn add(&mut self, guest: Guest<'_>) {
        let mut keys = [NONE; 3];
        let members = [guest.email, guest.phone, guest.code_text];
        for (slot, (key, member)) in keys.iter_mut().zip(members).enumerate() {
            let contact = Contact::of(member);
            if slot_of(contact.kind) == Some(slot) {
                *key = self.key(&contact.text);
            }
        }
        let code = guest.code.unwrap_or(Code::NONE);
        let is_same = |entry: &Entry| entry.code == code && entry.keys == keys;
        let known = keys.iter().find(|key| **key != NONE);
        let last = known.and_then(|key| self.entry(self.keys.get(at(*key))?.guest));
        if known.is_none() || last.is_some_and(is_same) {
            return;
        }
        let number = number(self.entries.len());
        let mut next = [NONE; 3];
        for (next, key) in next.iter_mut().zip(keys) {
            if let Some(key) = self.keys.get_mut(at(key)) {
                *next = std::mem::replace(&mut key.guest, number);
            }
        }
        self.entries.push(Entry { code, keys, next });
    }

    /// Says what a row of these contacts means.
    pub(super) fn find(&self, contacts: &[Contact; 2]) -> Found {
        let [first, second] = contacts.each_ref().map(|contact| self.find_key(contact));
        let (Some(first), Some(second)) = (first, second) else {
            return self.codes(first.or(second), None).judge();
        };
        for (key, other) in [(first, second), (second, first)] {
            let both = self.codes(Some(key), Some(other));
            if both.has_guest && !both.is_cut {
                return both.judge();
            }
        }
        let mut all = self.codes(Some(first), None);
        let others = self.codes(Some(second), None);
        // Two entries of one code are one guest.
        let is_one = !all.is_cut && !others.is_cut && all.distinct == others.distinct;
        if is_one && !all.has_guest_without_code && !others.has_guest_without_code {
            return all.judge();
        }
        for code in others.distinct {
            all.add(code);
        }
        Found::Several(all.distinct)
    }

    /// The codes of the guests with that key; with another key too, if one is given.
    fn codes(&self, key: Option<(u32, usize)>, also: Option<(u32, usize)>) -> Codes {
        let mut codes = Codes::default();
        let Some((key, slot)) = key else { return codes };
        let mut guest = self.keys.get(at(key)).map_or(NONE, |key| key.guest);
        for _ in 0..MOST_SHARED {
            let Some(entry) = self.entry(guest) else { return codes };
            if also.is_none_or(|(key, slot)| entry.keys.get(slot) == Some(&key)) {
                codes.add(entry.code);
            }
            guest = entry.next.get(slot).copied().unwrap_or(NONE);
        }
        codes.is_cut = guest != NONE;
        codes
    }

    fn find_key(&self, contact: &Contact) -> Option<(u32, usize)> {
        let slot = slot_of(contact.kind)?;
        let found = self.index.find(&contact.text, &|key| self.text(key)).ok()?;
        Some((number(found), slot))
    }

    /// The number of a key, which may be new.
    fn key(&mut self, text: &str) -> u32 {
        let gap = match self.index.find(text, &|key| self.text(key)) {
            Ok(found) => return number(found),
            Err(gap) => gap,
        };
        let key = self.keys.len();
        let start = number(self.texts.len());
        self.texts.push_str(text);
        self.keys.push(Key { start, end: number(self.texts.len()), guest: NONE });
        self.index.insert(gap, key);
        number(key)
    }

    fn text(&self, key: usize) -> &str {
        let text = self.keys.get(key).and_then(|key| self.texts.get(at(key.start)..at(key.end)));
        text.unwrap_or_default()
    }

    fn entry(&self, guest: u32) -> Option<&Entry> {
        self.entries.get(at(guest))
    }
}

impl Codes {
    fn add(&mut self, code: Code) {
        self.has_guest = true;
        if code == Code::NONE {
            self.has_guest_without_code = true;
        } else if !self.distinct.contains(&code) {
            self.distinct.push(code);
        }
    }

    fn judge(self) -> Found {
        match self.distinct.as_slice() {
            _ if !self.has_guest => Found::Nobody,
            _ if self.is_cut => Found::Several(self.distinct),
            [] => Found::WithoutCode,
            [code] => Found::One(*code),
            _ => Found::Several(self.distinct),
        }
    }
}

/// Which of a guest's keys a contact of that kind is compared with. Kinds don't share
/// keys: no text is of two kinds.
const fn slot_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Email => Some(0),
        Kind::Phone => Some(1),
        Kind::LocalPhone | Kind::Other => Some(2),
        Kind::Nothing => None,
    }
}

/// The memory of wasm32 ends before the numbers do.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

const fn at(number: u32) -> usize {
    number as usize
}
