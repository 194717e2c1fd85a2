//! Detects the delimiter of the first row.

use super::cell::is_space;
use super::rows::{CellState, NO_DELIMITER};

/// Counts the delimiters of a row outside of quotes.
#[derive(Default)]
pub(super) struct DelimiterDetector {
    state: CellState,
    commas: usize,
    semicolons: usize,
    tabs: usize,
    /// Tabs since the last byte that is no white space.
    tabs_behind: usize,
    has_begun: bool,
}

impl DelimiterDetector {
    /// Takes a byte. True if the row is complete.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        if self.state == CellState::Quoted {
            if byte == b'"' {
                self.state = CellState::Quote;
            }
            return false;
        }
        match byte {
            b'\n' | b'\r' => return true,
            b'\t' => {
                self.tabs_behind += 1;
                self.state = CellState::Start;
            }
            _ if is_space(byte) => {}
            _ => {
                if self.has_begun {
                    self.tabs += self.tabs_behind;
                }
                self.has_begun = true;
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
        false
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

    pub(super) const fn is_quoted(&self) -> bool {
        matches!(self.state, CellState::Quoted)
    }
}
