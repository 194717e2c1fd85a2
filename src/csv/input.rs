//! Detects the format and the encoding of the input.

use super::Options;
use super::format::{self, Signature};
use super::layout::TextInput;
use super::programs::Collector;
use super::utf16::Utf16;

#[derive(Default)]
pub(super) struct Input {
    /// The format, once it is known.
    kind: Option<Signature>,
    /// The first bytes until the format is known; for an archive, more.
    held: Vec<u8>,
    utf16: Utf16,
    text: TextInput,
}

impl Input {
    /// Bytes of an archive that are kept to identify it.
    const ARCHIVE: usize = 1 << 16;
    /// Bytes that are decoded at once.
    const AT_ONCE: usize = 1 << 12;

    pub(super) fn configure(&mut self, options: Options) {
        self.text.configure(options);
    }

    /// Reads recipients instead of codes.
    pub(super) fn expect_recipients(&mut self) {
        self.text.rows.expect_recipients();
    }

    #[cfg(test)]
    pub(super) const fn rows(&self) -> &super::rows::RowParser {
        &self.text.rows
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while self.kind.is_none()
            && let Some((byte, rest)) = chunk.split_first()
        {
            self.held.push(*byte);
            chunk = rest;
            self.open(false, collector);
        }
        match self.kind {
            Some(Signature::Utf8) => self.text.push(chunk, collector),
            Some(Signature::Utf16 { is_big_endian }) => {
                for bytes in chunk.chunks(Self::AT_ONCE) {
                    let text = self.utf16.decode(bytes, is_big_endian);
                    self.text.push(&text, collector);
                }
            }
            Some(Signature::Zip) => {
                let room = Self::ARCHIVE.saturating_sub(self.held.len()).min(chunk.len());
                self.held.extend_from_slice(chunk.get(..room).unwrap_or_default());
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        self.open(true, collector);
        if self.kind == Some(Signature::Zip) {
            let name = format::of_zip(&self.held);
            collector.reject(format::unsupported(name, false), None);
        }
        self.text.push(self.utf16.rest(), collector);
        if matches!(self.kind, Some(Signature::Utf8 | Signature::Utf16 { .. })) {
            self.text.finish(collector);
        }
    }

    /// Identifies the format as soon as possible; `is_all`: no more bytes follow.
    fn open(&mut self, is_all: bool, collector: &mut Collector) {
        if self.kind.is_some() {
            return;
        }
        let Some((kind, name, mark)) = format::identify(&self.held, is_all) else { return };
        self.kind = Some(kind);
        match kind {
            Signature::Zip => {}
            Signature::Encoding | Signature::Other => {
                collector.reject(format::unsupported(name, kind == Signature::Encoding), None);
            }
            Signature::Utf8 | Signature::Utf16 { .. } => {
                let held = std::mem::take(&mut self.held);
                self.push(held.get(mark..).unwrap_or_default(), collector);
            }
        }
    }
}
