//! Dates as HTTP has them (RFC 9110, 5.6.7).

/// `Sun, 06 Nov 1994 08:49:37 GMT` as epoch milliseconds (RFC 9110, 5.6.7; the
/// two obsolete forms, which no server has sent for decades, are not read).
/// Read by position, because the form has no freedom.
pub(crate) fn read_http_date(text: &str) -> Option<u64> {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = text.as_bytes();
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0_u64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
        })
    };
    let month = MONTHS.chunks_exact(3).position(|name| Some(name) == text.get(8..11))? as u64;
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let (hour, minute, second) = (number(17, 19)?, number(20, 22)?, number(23, 25)?);
    let in_range =
        matches!(day, 1..=31) && year >= 1970 && hour < 24 && minute < 60 && second <= 60;
    let between = [(3, b','), (4, b' '), (7, b' '), (11, b' '), (16, b' '), (19, b':'), (22, b':')];
    let in_form = between.iter().all(|(position, byte)| text.get(*position) == Some(byte));
    if !in_range || !in_form || text.get(25..) != Some(b" GMT") {
        return None;
    }
    // Counted from March, so that a leap day comes last.
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
