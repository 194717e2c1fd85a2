//! Converts UTF-16 to UTF-8, in chunks of any size.

/// The incomplete part between two chunks.
#[derive(Default)]
pub(super) struct Utf16 {
    /// The first byte of a unit.
    byte: Option<u8>,
    /// The first half of a pair.
    high: Option<u16>,
}

impl Utf16 {
    /// Replaces an unpaired surrogate. It is not valid UTF-8, so the cell is rejected.
    const FAULT: u8 = 0xff;

    pub(super) fn decode(&mut self, bytes: &[u8], is_big_endian: bool) -> Vec<u8> {
        let mut text = Vec::new();
        for byte in bytes {
            match self.byte.take() {
                None => self.byte = Some(*byte),
                Some(first) => {
                    let unit = u16::from_be_bytes([first, *byte]);
                    self.unit(if is_big_endian { unit } else { unit.swap_bytes() }, &mut text);
                }
            }
        }
        text
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        let mut char = u32::from(unit);
        match self.high.take() {
            Some(high) if (0xdc00..0xe000).contains(&unit) => {
                char += (u32::from(high) << 10) - 0x035f_dc00;
            }
            Some(_) => text.push(Self::FAULT),
            None => {}
        }
        match char::from_u32(char) {
            Some(char) => text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => text.push(Self::FAULT),
        }
    }

    /// The replacement for a unit or pair that is incomplete at the end.
    pub(super) const fn rest(&self) -> &'static [u8] {
        if self.high.is_some() || self.byte.is_some() { &[Self::FAULT] } else { &[] }
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
        let (mut decoder, mut text) = (Utf16::default(), Vec::new());
        bytes.chunks(cut).for_each(|chunk| text.extend(decoder.decode(chunk, is_big_endian)));
        text.extend(decoder.rest());
        text
    }

    #[test]
    fn every_character_is_decoded_in_both_byte_orders() {
        let text = "a\0é\u{feff}€\u{d7ff}\u{e000}😀\u{10ffff}\r\n";
        let units: Vec<_> = text.encode_utf16().collect();
        for (cut, is_big_endian) in [(1, true), (1, false), (3, true), (64, false)] {
            assert_eq!(decoded(&units, cut, is_big_endian), text.as_bytes());
        }
    }

    #[test]
    fn an_unpaired_surrogate_is_not_utf8() {
        for (units, text) in [
            (&[0xd800][..], &b"\xff"[..]),
            (&[0xdc00, 0x61], b"\xffa"),
            (&[0xd800, 0x61], b"\xffa"),
            (&[0xd800, 0xd83d, 0xde00], b"\xff\xf0\x9f\x98\x80"),
        ] {
            assert_eq!(decoded(units, 1, true), text);
        }
        let mut decoder = Utf16::default();
        assert_eq!(
            (decoder.decode(b"a\0b", false).as_slice(), decoder.rest()),
            (&b"a"[..], &b"\xff"[..])
        );
    }
}
