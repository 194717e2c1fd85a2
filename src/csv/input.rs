//! What comes before the rows: the encoding, then the layout.

use super::format::{self, Start};
use super::head::{Decision, Head};
use super::programs::Collector;
use super::rows::Rows;
use super::utf16::Utf16;

/// Bytes as they come.
pub(super) struct Input {
    encoding: Encoding,
    text: Text,
}

enum Encoding {
    /// Fewer bytes than say what it is.
    Start(Vec<u8>),
    Utf8,
    Utf16(Utf16),
    /// The beginning of an archive.
    Zip(Vec<u8>),
    /// Nothing of the rest is read.
    Finished,
}

impl Input {
    /// So many bytes of an archive say what it is.
    const ARCHIVE: usize = 1 << 16;
    /// Bytes that are decoded together.
    const AT_ONCE: usize = 1 << 12;

    pub(super) const fn new(head: Head, rows: Rows) -> Self {
        Self { encoding: Encoding::Start(Vec::new()), text: Text { head: Some(head), rows } }
    }

    #[cfg(test)]
    pub(super) const fn rows(&self) -> &Rows {
        &self.text.rows
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while let Encoding::Start(start) = &mut self.encoding
            && let Some((byte, rest)) = chunk.split_first()
        {
            start.push(*byte);
            chunk = rest;
            self.open(false, collector);
        }
        self.decode(chunk, collector);
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        self.open(true, collector);
        match std::mem::replace(&mut self.encoding, Encoding::Finished) {
            Encoding::Zip(bytes) => collector.reject(format::other(format::of_zip(&bytes)), None),
            Encoding::Utf16(mut decoder) => {
                let mut text = Vec::new();
                decoder.finish(&mut text);
                self.text.push(&text, collector);
                self.text.finish(collector);
            }
            Encoding::Utf8 => self.text.finish(collector),
            Encoding::Start(_) | Encoding::Finished => {}
        }
    }

    /// Judges what has come, as soon as that can be done; `is_all`: no more will.
    fn open(&mut self, is_all: bool, collector: &mut Collector) {
        let Encoding::Start(start) = &mut self.encoding else { return };
        let Some(found) = format::of_start(start, is_all) else { return };
        let start = std::mem::take(start);
        let (encoding, mark) = match found {
            Start::Utf8 { has_mark } => (Encoding::Utf8, if has_mark { 3 } else { 0 }),
            Start::Utf16 { is_big_endian } => (Encoding::Utf16(Utf16::new(is_big_endian)), 2),
            Start::Zip => (Encoding::Zip(Vec::new()), 0),
            Start::Encoding(name) => {
                collector.reject(format::encoding(name), None);
                (Encoding::Finished, 0)
            }
            Start::Other(name) => {
                collector.reject(format::other(name), None);
                (Encoding::Finished, 0)
            }
        };
        self.encoding = encoding;
        self.decode(start.get(mark..).unwrap_or_default(), collector);
    }

    fn decode(&mut self, chunk: &[u8], collector: &mut Collector) {
        match &mut self.encoding {
            Encoding::Start(_) | Encoding::Finished => {}
            Encoding::Utf8 => self.text.push(chunk, collector),
            Encoding::Utf16(decoder) => {
                for bytes in chunk.chunks(Self::AT_ONCE) {
                    let mut text = Vec::new();
                    decoder.decode(bytes, &mut text);
                    self.text.push(&text, collector);
                }
            }
            Encoding::Zip(bytes) => {
                let room = Self::ARCHIVE.saturating_sub(bytes.len()).min(chunk.len());
                bytes.extend_from_slice(chunk.get(..room).unwrap_or_default());
                if bytes.len() == Self::ARCHIVE {
                    collector.reject(format::other(format::of_zip(bytes)), None);
                    self.encoding = Encoding::Finished;
                }
            }
        }
    }
}

/// The text: UTF-8, or nearly.
struct Text {
    /// Until the layout is known.
    head: Option<Head>,
    rows: Rows,
}

impl Text {
    fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while let Some(head) = &mut self.head {
            let Some((byte, rest)) = chunk.split_first() else { return };
            chunk = rest;
            if let Some(decision) = head.take(*byte, &mut self.rows) {
                self.decide(decision, collector);
            }
        }
        self.rows.read(chunk, collector);
    }

    fn finish(&mut self, collector: &mut Collector) {
        if let Some(head) = &mut self.head
            && let Some(decision) = head.finish(&mut self.rows)
        {
            self.decide(decision, collector);
        }
        self.rows.finish(collector);
    }

    /// Lets the rows begin with what was held back.
    fn decide(&mut self, decision: Decision, collector: &mut Collector) {
        let Some(head) = self.head.take() else { return };
        match decision {
            Decision::Refuse(rejected) => {
                collector.reject(rejected, None);
                self.rows.is_finished = true;
            }
            Decision::Begin { delimiter, begins_with, later_header } => {
                self.rows.begin(delimiter);
                self.rows.later_header = later_header;
                if let Some((columns, cells)) = begins_with {
                    self.rows.begin_with(columns, cells);
                }
                self.rows.read(&head.into_held(), collector);
            }
        }
    }
}
