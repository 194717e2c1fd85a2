//! Randomness as a function of the seed and of the decision.
//!
//! There is no generator with a state. Each decision has its own key, so enabling one
//! fault changes no other draw, and one more request changes no draw of the next one.

use crate::code::Code;

/// The purpose of a draw. Two purposes never share a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    ProgramId = 1,
    Code,
    CodeText,
    Token,
    Trace,
    Latency,
    Fault,
    FaultDetail,
    Partial,
    WebhookId,
    WebhookDelay,
    WebhookFault,
    Outcome,
    Use,
}

/// `SplitMix64` (public domain, Sebastiano Vigna): small, and its output function mixes
/// keys well. The values are not secret.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of one decision.
    pub(super) fn new(seed: u64, purpose: Purpose, key: u64) -> Self {
        let mut random = Self(seed);
        for part in [purpose as u64, key] {
            random = Self(random.next() ^ part);
        }
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True with this probability: never for 0, always for 1.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        // An f64 represents 53 bits exactly.
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    pub(super) fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    /// A whole number from `low` to `high`, inclusive.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        // The bias of a remainder is below 2^-40 for every span used here.
        low.saturating_add(self.next().checked_rem(span).unwrap_or_default())
    }

    /// A random (version 4) UUID, which is also the form of a code.
    pub(super) fn uuid(&mut self) -> Code {
        loop {
            let high = self.next() & !0xf000 | 0x4000;
            let low = self.next() & !(0b11 << 62) | (0b10 << 62);
            let bits = u128::from(high) << 64 | u128::from(low);
            // With its version, it is never nil; the loop is for the type.
            if let Some(code) = Code::from_bytes(bits.to_be_bytes()) {
                return code;
            }
        }
    }

    /// `length` characters of `alphabet`.
    pub(super) fn text(&mut self, alphabet: &str, length: usize) -> String {
        let last = u64::try_from(alphabet.len()).unwrap_or_default().saturating_sub(1);
        (0..length)
            .filter_map(|_| {
                let index = usize::try_from(self.between(0, last)).ok()?;
                alphabet.as_bytes().get(index).copied().map(char::from)
            })
            .collect()
    }
}

/// The key for draws about a code and a number.
pub(super) fn key_of(code: Code, number: u32) -> u64 {
    let (mut high, mut low) = (0_u64, 0_u64);
    for (index, byte) in code.as_bytes().iter().enumerate() {
        let half = if index < 8 { &mut high } else { &mut low };
        *half = *half << 8 | u64::from(*byte);
    }
    high ^ low.rotate_left(32) ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence() {
        let draw = |seed, purpose, key| Random::new(seed, purpose, key).next();
        assert_eq!(draw(1, Purpose::Fault, 1), draw(1, Purpose::Fault, 1));
        let all = [
            draw(1, Purpose::Fault, 1),
            draw(2, Purpose::Fault, 1),
            draw(1, Purpose::Fault, 2),
            draw(1, Purpose::Token, 1),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one));
        }
    }

    #[test]
    fn a_draw_hits_with_its_probability() {
        let hits = |probability| {
            (0..10_000)
                .filter(|key| Random::new(7, Purpose::Fault, *key).chance(probability))
                .count()
        };
        assert_eq!(hits(0.0), 0);
        assert_eq!(hits(1.0), 10_000);
        assert!((2_300..2_700).contains(&hits(0.25)), "{}", hits(0.25));
    }

    #[test]
    fn both_bounds_can_be_drawn() {
        let mut random = Random::new(3, Purpose::Latency, 0);
        let drawn: Vec<u64> = (0..200).map(|_| random.between(4, 7)).collect();
        assert_eq!(drawn.iter().min(), Some(&4));
        assert_eq!(drawn.iter().max(), Some(&7));
        assert_eq!(random.between(9, 9), 9);
    }

    #[test]
    fn uuids_are_of_version_4() {
        for key in 0..100 {
            let text = Random::new(1, Purpose::Code, key).uuid().to_string();
            assert_eq!(&text[14..15], "4", "{text}");
            assert!("89ab".contains(&text[19..20]), "{text}");
        }
    }
}
