//! Which bytes may stand in names, URIs and license expressions.

/// Whether `name` is some UTF-8 text without control and format characters: what is read is what
/// is there, in the order in which it is there.
pub fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && core::str::from_utf8(name).is_ok_and(|text| {
            text.chars().any(|c| !c.is_whitespace()) && !text.chars().any(is_invisible)
        })
}

/// Control characters, and those of Unicode's categories `Cf`, `Zl` and `Zp`, which change how
/// other characters are shown, and the fillers and selectors that are not shown themselves.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891
            | 0x08E2 | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x110BD | 0x110CD | 0x13430..=0x1345F | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

/// Whether every byte may stand in a URI and its scheme is one of `schemes`.
pub fn is_uri(uri: &[u8], schemes: &[&str]) -> bool {
    uri.iter().all(|b| b.is_ascii_graphic())
        && schemes
            .iter()
            .any(|s| uri.len() > s.len() && uri.starts_with(s.as_bytes()))
}

/// Whether a license could be an SPDX expression: printable ASCII, not only spaces.
pub fn is_expression(license: &[u8]) -> bool {
    license.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
        && license.iter().any(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_that_is_shown_as_it_is() {
        for good in ["digits", "Größe 5", "数字", "a b"] {
            assert!(is_name(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            " ",
            "a\nb",
            "a\u{1b}[2J",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{2066}",
            "\u{feff}a",
        ] {
            assert!(!is_name(bad.as_bytes()), "{bad:?}");
        }
        assert!(!is_name(&[0xff, 0xfe]));
    }
}
