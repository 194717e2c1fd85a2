//! Physical lines: of the file, and of the current row.

/// The number of the physical line.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    pub(super) line: u64,
    pub(super) last_was_return: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { line: 1, last_was_return: false }
    }
}

impl Lines {
    pub(super) fn advance(&mut self, byte: u8) {
        if byte == b'\r' || byte == b'\n' && !self.last_was_return {
            self.line += 1;
        }
        self.last_was_return = byte == b'\r';
    }

    pub(super) fn advance_over(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.advance(*byte);
        }
    }
}

/// The non-blank physical lines of a row.
#[derive(Default)]
pub(super) struct RowLines {
    pub(super) count: u64,
    /// The first of them: as many as can be shown.
    pub(super) first: Vec<u64>,
    /// Whether the current line is not blank.
    pub(super) is_filled: bool,
}
