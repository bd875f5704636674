//! Text that others wrote, made harmless for a terminal.

/// Text from the chain or a worker without what could steer a terminal.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// The most that is shown of a message that somebody else's server wrote.
const MAX_FOREIGN: usize = 300;

/// Such a message, inside a sentence: plain, on one line, and not long.
pub fn foreign(text: &str) -> String {
    let line = plain(text).replace('\n', " ");
    match line.char_indices().nth(MAX_FOREIGN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc\r"), "a\u{fffd}[31mb\nc\u{fffd}");
        assert_eq!(foreign("a\x1b[2J\nerror: b"), "a\u{fffd}[2J error: b");
        assert_eq!(foreign(&"é".repeat(1_000)).chars().count(), 301);
    }
}
