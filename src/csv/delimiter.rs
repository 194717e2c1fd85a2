//! Which delimiter a file has.

use super::cell::is_space;
use super::rows::{NO_DELIMITER, Place};

/// The first row that is not empty, held back until its delimiter is known.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) row: Vec<u8>,
    pub(super) place: Place,
    pub(super) commas: usize,
    pub(super) semicolons: usize,
    pub(super) tabs: usize,
    /// Tabs since the last byte that is no white space.
    pub(super) tabs_behind: usize,
    pub(super) begun: bool,
}

impl Scan {
    /// A longer row is judged by its beginning.
    pub(super) const LONGEST: usize = 1 << 16;

    /// Takes a byte. True if the row is complete.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.row.push(byte);
        if self.place == Place::Quoted {
            if byte == b'"' {
                self.place = Place::Quote;
            }
            return self.row.len() >= Self::LONGEST;
        }
        match byte {
            b'\n' | b'\r' => return true,
            b'\t' => {
                self.tabs_behind += 1;
                self.place = Place::Start;
            }
            _ if is_space(byte) => {}
            _ => {
                if self.begun {
                    self.tabs += self.tabs_behind;
                }
                self.begun = true;
                self.tabs_behind = 0;
                self.place = match (byte, self.place) {
                    (b',', _) => {
                        self.commas += 1;
                        Place::Start
                    }
                    (b';', _) => {
                        self.semicolons += 1;
                        Place::Start
                    }
                    (b'"', Place::Start | Place::Quote) => Place::Quoted,
                    _ => Place::Bare,
                };
            }
        }
        self.row.len() >= Self::LONGEST
    }

    pub(super) fn delimiter(&self) -> u8 {
        let most = self.commas.max(self.semicolons).max(self.tabs);
        match most {
            0 => NO_DELIMITER,
            _ if most == self.commas => b',',
            _ if most == self.semicolons => b';',
            _ => b'\t',
        }
    }

    /// Whether there is nothing but white space and empty cells.
    pub(super) fn is_empty(&self) -> bool {
        let nothing = |char: char| char.is_whitespace() || matches!(char, ',' | ';' | '"');
        self.place != Place::Quoted
            && std::str::from_utf8(&self.row).is_ok_and(|row| row.chars().all(nothing))
    }
}
