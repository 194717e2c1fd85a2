//! UTF-16 to UTF-8, in chunks that may be cut anywhere.

/// A decoder of one order of bytes.
pub(super) struct Utf16 {
    is_big_endian: bool,
    /// The first byte of a unit.
    byte: Option<u8>,
    /// The first half of a pair.
    high: Option<u16>,
}

impl Utf16 {
    /// In place of what is half a character: no UTF-8, so that it is noticed where
    /// it counts.
    const FAULT: u8 = 0xff;

    pub(super) const fn new(is_big_endian: bool) -> Self {
        Self { is_big_endian, byte: None, high: None }
    }

    pub(super) fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for byte in bytes {
            match self.byte.take() {
                None => self.byte = Some(*byte),
                Some(first) if self.is_big_endian => {
                    self.unit(u16::from_be_bytes([first, *byte]), text);
                }
                Some(first) => self.unit(u16::from_le_bytes([first, *byte]), text),
            }
        }
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        let high = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            text.extend(high.map(|_| Self::FAULT));
            self.high = Some(unit);
            return;
        }
        let units = high.into_iter().chain([unit]);
        for char in char::decode_utf16(units) {
            match char {
                Ok(char) => text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(_) => text.push(Self::FAULT),
            }
        }
    }

    pub(super) fn finish(&mut self, text: &mut Vec<u8>) {
        if self.high.is_some() || self.byte.is_some() {
            text.push(Self::FAULT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(units: &[u16], cut: usize, is_big_endian: bool) -> Vec<u8> {
        let bytes = |unit: &u16| {
            if is_big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }
        };
        let bytes: Vec<_> = units.iter().flat_map(bytes).collect();
        let (mut decoder, mut text) = (Utf16::new(is_big_endian), Vec::new());
        bytes.chunks(cut).for_each(|chunk| decoder.decode(chunk, &mut text));
        decoder.finish(&mut text);
        text
    }

    #[test]
    fn every_character_in_both_orders_cut_anywhere() {
        let text = "a\0é\u{feff}€\u{d7ff}\u{e000}😀\u{10ffff}\r\n";
        let units: Vec<_> = text.encode_utf16().collect();
        for (cut, is_big_endian) in [(1, true), (1, false), (3, true), (64, false)] {
            assert_eq!(decoded(&units, cut, is_big_endian), text.as_bytes());
        }
    }

    #[test]
    fn half_a_character_is_no_utf8() {
        for (units, text) in [
            (&[0xd800][..], &b"\xff"[..]),
            (&[0xdc00, 0x61], b"\xffa"),
            (&[0xd800, 0x61], b"\xffa"),
            (&[0xd800, 0xd83d, 0xde00], b"\xff\xf0\x9f\x98\x80"),
        ] {
            assert_eq!(decoded(units, 1, true), text);
        }
        let (mut decoder, mut text) = (Utf16::new(false), Vec::new());
        decoder.decode(b"a\0b", &mut text);
        decoder.finish(&mut text);
        assert_eq!(text, b"a\xff");
    }
}
