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
    /// Tabs since the last byte that is not white space.
    trailing_tabs: usize,
    has_begun: bool,
}

impl DelimiterDetector {
    /// Considers a byte. True if the row is complete.
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
                self.trailing_tabs += 1;
                self.state = CellState::Start;
            }
            _ if is_space(byte) => {}
            _ => {
                if self.has_begun {
                    self.tabs += self.trailing_tabs;
                }
                self.has_begun = true;
                self.trailing_tabs = 0;
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

    /// What is between addresses on one line: the comma may be a part of a name.
    pub(super) const fn separator(&self) -> u8 {
        if self.semicolons > 0 { b';' } else { b',' }
    }

    pub(super) const fn is_quoted(&self) -> bool {
        matches!(self.state, CellState::Quoted)
    }
}
