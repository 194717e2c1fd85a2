//! Which delimiter a file has.

use super::cell::is_space;
use super::rows::{CellState, NO_DELIMITER};

/// The first row that is not empty, held back until its delimiter is known.
#[derive(Default)]
pub(super) struct DelimiterDetector {
    pub(super) row: Vec<u8>,
    pub(super) state: CellState,
    pub(super) commas: usize,
    pub(super) semicolons: usize,
    pub(super) tabs: usize,
    /// Tabs since the last byte that is no white space.
    pub(super) tabs_behind: usize,
    pub(super) begun: bool,
}

impl DelimiterDetector {
    /// A longer row is judged by its beginning.
    pub(super) const LONGEST: usize = 1 << 16;

    /// Takes a byte. True if the row is complete.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.row.push(byte);
        if self.state == CellState::Quoted {
            if byte == b'"' {
                self.state = CellState::Quote;
            }
            return self.row.len() >= Self::LONGEST;
        }
        match byte {
            b'\n' | b'\r' => return true,
            b'\t' => {
                self.tabs_behind += 1;
                self.state = CellState::Start;
            }
            _ if is_space(byte) => {}
            _ => {
                if self.begun {
                    self.tabs += self.tabs_behind;
                }
                self.begun = true;
                self.tabs_behind = 0;
                self.state = match (byte, self.state) {
                    (b',', _) => {
                        self.commas += 1;
                        CellState::Start
                    }
                    (b';', _) => {
                        self.semicolons += 1;
                        CellState::Start
                    }
                    (b'"', CellState::Start | CellState::Quote) => CellState::Quoted,
                    _ => CellState::Bare,
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
        self.state != CellState::Quoted
            && std::str::from_utf8(&self.row).is_ok_and(|row| row.chars().all(nothing))
    }
}
