//! What comes before the rows: the encoding, and the first row that is not empty.

use super::delimiter::DelimiterDetector;
use super::message;
use super::programs::Collector;
use super::rows::Rows;
use crate::error::{Reason, Rejected};

/// What comes before the rows.
pub(super) struct Input {
    pub(super) stage: Stage,
    pub(super) rows: Rows,
}

pub(super) enum Stage {
    /// Fewer than the three bytes that tell the encoding.
    Start(Vec<u8>),
    Scan(DelimiterDetector),
    Rows,
    /// Nothing can be read from the rest.
    Over,
}

impl Input {
    pub(super) const fn new(rows: Rows) -> Self {
        Self { stage: Stage::Start(Vec::new()), rows }
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        if let Stage::Start(start) = &mut self.stage {
            while start.len() < 3 {
                let Some((byte, rest)) = chunk.split_first() else {
                    return;
                };
                start.push(*byte);
                chunk = rest;
            }
            self.open(collector);
        }
        self.read(chunk, collector);
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        if matches!(self.stage, Stage::Start(_)) {
            self.open(collector);
        }
        if let Stage::Scan(scan) = &mut self.stage {
            let scan = std::mem::take(scan);
            self.decide(&scan, collector);
        }
        if matches!(self.stage, Stage::Rows) {
            self.rows.finish(collector);
        }
        self.stage = Stage::Over;
    }

    /// Judges the encoding by the first three bytes, or all there are.
    pub(super) fn open(&mut self, collector: &mut Collector) {
        let Stage::Start(start) = &mut self.stage else {
            return;
        };
        let start = std::mem::take(start);
        let utf16 = match start.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
            [first, second, ..] => (*first == 0) != (*second == 0),
            _ => false,
        };
        if utf16 {
            let (reason, message) = (Reason::NotUtf8, message::UTF16.into());
            collector.reject(Rejected { line: 1, value: String::new(), reason, message }, None);
            self.stage = Stage::Over;
        } else {
            self.stage = Stage::Scan(DelimiterDetector::default());
            self.read(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start), collector);
        }
    }

    pub(super) fn read(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while let Stage::Scan(scan) = &mut self.stage {
            let Some((byte, rest)) = chunk.split_first() else {
                return;
            };
            chunk = rest;
            if scan.take(*byte) {
                let scan = std::mem::take(scan);
                self.decide(&scan, collector);
            }
        }
        self.read_rows(chunk, collector);
    }

    /// Lets the rows begin with what was scanned, unless that is an empty row.
    pub(super) fn decide(&mut self, scan: &DelimiterDetector, collector: &mut Collector) {
        if scan.is_empty() {
            scan.row.iter().for_each(|byte| self.rows.lines.pass(*byte));
        } else {
            self.rows.begin(scan.delimiter());
            self.stage = Stage::Rows;
            self.read_rows(&scan.row, collector);
        }
    }

    pub(super) fn read_rows(&mut self, chunk: &[u8], collector: &mut Collector) {
        if matches!(self.stage, Stage::Rows) {
            self.rows.read(chunk, collector);
            if self.rows.is_finished {
                self.stage = Stage::Over;
            }
        }
    }
}
