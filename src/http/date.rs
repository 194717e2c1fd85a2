//! Dates in HTTP headers (RFC 9110, 5.6.7).

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT` as epoch milliseconds (RFC 9110, 5.6.7). The two
/// obsolete forms, which servers have not sent for decades, are not supported. It reads
/// by position, because the form is fixed.
pub(crate) fn read_http_date(text: &str) -> Option<u64> {
    const FORM: &[u8; 29] = b"***, 00 *** 0000 00:00:00 GMT";
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let text: &[u8; 29] = text.as_bytes().try_into().ok()?;
    let mut digits = 0;
    for (byte, form) in text.iter().zip(FORM) {
        match form {
            b'0' if byte.is_ascii_digit() => digits = digits * 10 + u64::from(byte - b'0'),
            b'*' => {}
            _ if byte == form => {}
            _ => return None,
        }
    }
    let mut last = |range| {
        let number = digits % range;
        digits /= range;
        number
    };
    let (second, minute, hour) = (last(100), last(100), last(100));
    let (year, day) = (last(10_000), last(100));
    let month = MONTHS.chunks_exact(3).position(|name| Some(name) == text.get(8..11))? as u64;
    if !matches!(day, 1..=31) || year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Counted from March, so that a leap day is last.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_to_the_second() {
        for (text, epoch) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199_000),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200_000),
            ("Mon, 23 Nov 2026 15:07:43 GMT", 1_795_446_463_000),
            // A leap second.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800_000),
        ] {
            assert_eq!(read_http_date(text), Some(epoch), "{text}");
        }
        for text in [
            "",
            ",",
            "Sun, ",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ] {
            assert_eq!(read_http_date(text), None, "{text}");
        }
    }
}
