//! Members with the same name.

use std::borrow::Cow;

use super::Json;

/// Up to this many members are compared pairwise.
const FEW_MEMBERS: usize = 16;

/// Keeps the last value of members with the same name, at the position of the first one,
/// as JavaScript does.
pub(crate) fn keep_last<'a>(members: &mut Vec<(Cow<'a, str>, Json<'a>)>) {
    let is_repeated = |(at, (name, _)): (usize, &(Cow<'a, str>, _))| {
        members.iter().take(at).any(|(other, _)| other == name)
    };
    if members.len() <= FEW_MEMBERS && !members.iter().enumerate().any(is_repeated) {
        return;
    }
    // Indices by name, plus one; at most half full.
    let mut slots = vec![0_usize; members.len().saturating_mul(2).next_power_of_two()];
    for (name, value) in std::mem::take(members) {
        let mut hash = fnv_1a(name.as_bytes());
        loop {
            #[allow(clippy::cast_possible_truncation)]
            let at = hash as usize & (slots.len() - 1);
            let Some(slot) = slots.get_mut(at) else { break };
            match members.get_mut(slot.wrapping_sub(1)) {
                Some(member) if member.0 == name => {
                    member.1 = value;
                    break;
                }
                Some(_) => hash = hash.wrapping_add(1),
                None => {
                    members.push((name, value));
                    *slot = members.len();
                    break;
                }
            }
        }
    }
}

/// The FNV-1a hash.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_last_of_equal_members_counts_as_in_javascript() {
        assert_eq!(parse(r#"{"a":1,"a":2}"#).get("a").number(), Some(2.0));
        let object = parse(r#"{"a":[1],"b":0,"a":[],"c":0}"#);
        let names: Vec<_> = object.members().iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(object.get("a"), &Json::List(vec![]));
    }

    #[test]
    fn the_last_of_equal_members_counts_among_many() {
        for count in [1, 2, FEW_MEMBERS, FEW_MEMBERS + 1, 5_000] {
            let all = |from| (0..count).map(move |at| format!("\"{}\":{}", at / 2, from + at));
            let text: Vec<_> = all(0).chain(["\"\":0".into()]).chain(all(count)).collect();
            let object = parse(&format!("{{{}}}", text.join(",")));
            assert_eq!(object.members().len(), count.div_ceil(2) + 1);
            for at in 0..count.div_ceil(2) {
                let last = (2 * at + 1).min(count - 1) + count;
                #[allow(clippy::cast_precision_loss)]
                let expected = Some(last as f64);
                assert_eq!(object.get(&at.to_string()).number(), expected, "{at} of {count}");
            }
        }
    }
}
