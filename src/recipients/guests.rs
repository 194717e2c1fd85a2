//! The guests of a program, and a search for them by their contact data.

use super::Guest;
use super::contact::{Contact, Kind};
use crate::code::Code;
use crate::text_index::TextIndex;

/// Represents no index.
const NONE: u32 = u32::MAX;
/// At most this many guests with the same key are compared. More share a key only by
/// mistake.
const MAX_SHARED: usize = 16;

/// The result for one row of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(Code),
    /// The codes that the row may mean.
    Several(Vec<Code>),
    WithoutCode,
    Nobody,
}

#[derive(Default)]
pub(super) struct Guests {
    /// All keys, concatenated.
    texts: String,
    keys: Vec<Key>,
    index: TextIndex,
    entries: Vec<Entry>,
}

/// An e-mail address, a telephone number or a code's text that guests have.
struct Key {
    start: u32,
    end: u32,
    /// The last guest with this key.
    guest: u32,
}

struct Entry {
    /// [`Code::NONE`] if the guest has no code.
    code: Code,
    keys: [u32; 3],
    /// For each key, the previous guest with the same key.
    next: [u32; 3],
}

/// The codes of the guests with a key.
#[allow(clippy::struct_excessive_bools)] // They are independent of one another.
#[derive(Default)]
struct Codes {
    distinct: Vec<Code>,
    has_guest: bool,
    has_guest_without_code: bool,
    /// Whether there are more guests than were compared.
    is_cut: bool,
    /// Whether these are the guests with one key, and those with another.
    is_of_two: bool,
}

impl Guests {
    pub(super) fn add(&mut self, guest: Guest<'_>) {
        let mut keys = [NONE; 3];
        let Guest { email, phone, code_text, code } = guest;
        for (slot, member) in [email, phone, code_text].into_iter().enumerate() {
            let contact = Contact::of(member);
            let (found, phone) = (slot_of(contact.kind), keys.get(1) == Some(&NONE));
            // The text of a code may look like a number with `00`: it is compared as one.
            let is_number = slot == 2 && found == Some(1) && phone;
            if found == Some(slot) || is_number {
                let key = self.key(&contact.text);
                if let Some(slot) = keys.get_mut(if is_number { 1 } else { slot }) {
                    *slot = key;
                }
            }
        }
        let code = code.unwrap_or(Code::NONE);
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

    /// Finds the guest that a row with these contacts means.
    pub(super) fn find(&self, contacts: &[Contact; 2]) -> Found {
        let keys = contacts.each_ref().map(|contact| self.find_key(contact));
        let mut codes = Codes::default();
        if let [Some(first), Some(second)] = keys {
            for (key, other) in [(first, second), (second, first)] {
                self.add_codes(key, Some(other), &mut codes);
                if codes.has_guest && !codes.is_cut {
                    return codes.judge();
                }
                codes = Codes { is_of_two: true, ..Codes::default() };
            }
        }
        for key in keys.into_iter().flatten() {
            self.add_codes(key, None, &mut codes);
        }
        codes.judge()
    }

    /// Adds the codes of the guests with this key, and with the other key if one is given.
    fn add_codes(&self, (key, slot): (u32, usize), also: Option<(u32, usize)>, codes: &mut Codes) {
        let mut guest = self.keys.get(at(key)).map_or(NONE, |key| key.guest);
        for _ in 0..MAX_SHARED {
            let Some(entry) = self.entry(guest) else { return };
            if also.is_none_or(|(key, slot)| entry.keys.get(slot) == Some(&key)) {
                codes.has_guest = true;
                if entry.code == Code::NONE {
                    codes.has_guest_without_code = true;
                } else if !codes.distinct.contains(&entry.code) {
                    codes.distinct.push(entry.code);
                }
            }
            guest = entry.next.get(slot).copied().unwrap_or(NONE);
        }
        codes.is_cut |= guest != NONE;
    }

    pub(super) fn find_key(&self, contact: &Contact) -> Option<(u32, usize)> {
        let slot = slot_of(contact.kind)?;
        let found = self.index.find(&contact.text, &|key| self.text(key)).ok()?;
        Some((number(found), slot))
    }

    /// The index of a key, which is added if it is new.
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
    fn judge(self) -> Found {
        // Of two guests, one has a code and the other has none.
        let is_of_several = self.is_cut || self.is_of_two && self.has_guest_without_code;
        match self.distinct.as_slice() {
            _ if !self.has_guest => Found::Nobody,
            [] if !self.is_cut => Found::WithoutCode,
            [code] if !is_of_several => Found::One(*code),
            _ => Found::Several(self.distinct),
        }
    }
}

/// The kind of key that a contact is compared with. Kinds don't share keys, because no
/// text has two kinds.
const fn slot_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Email => Some(0),
        Kind::Phone => Some(1),
        Kind::LocalPhone | Kind::Words | Kind::Other => Some(2),
        Kind::Nothing | Kind::Shortened => None,
    }
}

/// The memory of wasm32 is too small for larger indices.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

const fn at(number: u32) -> usize {
    number as usize
}
