//! What is printed: the result on stdout, notes and progress on stderr.

use indicatif::{ProgressBar, ProgressStyle};
use myai_sdk::{words::plain, Step};
use serde_json::Value;
use std::{
    io::{self, IsTerminal, Write},
    sync::Mutex,
    time::Duration,
};

/// What a command found or did, in both forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub json: Value,
    pub text: String,
}

impl Report {
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self {
            json,
            text: text.into(),
        }
    }
}

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    /// Whether notes may have colours and move about: stderr is a terminal.
    lively: bool,
}

impl Output {
    pub fn new(json: bool, quiet: bool) -> Self {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self {
            json,
            quiet,
            lively: io::stderr().is_terminal() && colour,
        }
    }

    /// Whether the result goes out as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The result, on stdout. A reader that went away is no error.
    pub fn report(&self, report: &Report) -> io::Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(&report.json)?,
            false => report.text.clone(),
        };
        self.bytes(text.as_bytes(), true)
    }

    /// Bytes on stdout as they are, with a line's end where a person reads them.
    pub fn bytes(&self, bytes: &[u8], line: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let end: &[u8] = if line && !bytes.ends_with(b"\n") && !bytes.is_empty() {
            b"\n"
        } else {
            b""
        };
        match out
            .write_all(bytes)
            .and_then(|_| out.write_all(end))
            .and_then(|_| out.flush())
        {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// A note on stderr; not with `--quiet`.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", plain(text.as_ref()));
        }
    }

    /// A warning on stderr, also with `--quiet`.
    pub fn warn(&self, text: impl AsRef<str>) {
        eprintln!(
            "{} {}",
            self.painted("warning:", "33"),
            plain(text.as_ref())
        );
    }

    /// The error that ends the program, on stderr; with `--json` as an object.
    pub fn fail(&self, error: &crate::error::Error) {
        eprintln!("{}", self.failure(error));
    }

    fn failure(&self, error: &crate::error::Error) -> String {
        // An error may contain text that others wrote.
        let text = plain(&error.to_string());
        match self.json {
            true => serde_json::json!({ "error": text, "exit": error.exit() as u8 }).to_string(),
            false => format!("{} {text}", self.painted("error:", "31")),
        }
    }

    fn painted(&self, word: &str, colour: &str) -> String {
        match self.lively {
            true => format!("\x1b[1;{colour}m{word}\x1b[0m"),
            false => word.into(),
        }
    }

    /// A line on stderr that says what the program is waiting for. Off a terminal each step is a
    /// line of its own, so that a log stays readable.
    pub fn progress(&self) -> Progress {
        let bar = (self.lively && !self.quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress {
            bar,
            output: *self,
            now: Mutex::default(),
        }
    }
}

/// See [`Output::progress`]; dropping it removes the line.
pub struct Progress {
    bar: Option<ProgressBar>,
    output: Output,
    now: Mutex<String>,
}

impl Progress {
    /// Shows a step, once.
    pub fn step(&self, text: impl Into<String>) {
        let text = plain(&text.into());
        let mut now = self.now.lock().unwrap_or_else(|e| e.into_inner());
        if *now == text {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(text.clone()),
            None => self.output.note(&text),
        }
        *now = text;
    }

    /// Shows a step of the SDK.
    pub fn hear(&self, step: Step) {
        match step {
            Step::OpeningUnknown(_) => self.output.warn(step.to_string()),
            step => self.step(step.to_string()),
        }
    }

    pub fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}

/// Lines of `name  value`, the values in one column.
pub fn fields(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| {
            let value = plain(value).replace('\n', &format!("\n{:width$}  ", ""));
            format!("{name:width$}  {value}").trim_end().to_string()
        })
        .collect();
    lines.join("\n")
}

/// A table with a head; `empty` where there are no rows.
pub fn table(head: &[&str], rows: &[Vec<String>], empty: &str) -> String {
    if rows.is_empty() {
        return empty.into();
    }
    let cells: Vec<Vec<String>> = std::iter::once(head.iter().map(|h| h.to_string()).collect())
        .chain(
            rows.iter()
                .map(|row| row.iter().map(|c| plain(c).replace('\n', " ")).collect()),
        )
        .collect();
    let width = |column: usize| {
        cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let lines: Vec<String> = cells
        .iter()
        .map(|row| {
            let line: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, w)| format!("{cell:w$}"))
                .collect();
            line.join("  ").trim_end().to_string()
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_columns() {
        let text = fields(&[
            ("id", "7".into()),
            ("owner", "a\nb".into()),
            ("x", String::new()),
        ]);
        assert_eq!(text, "id     7\nowner  a\n       b\nx");
    }

    #[test]
    fn tables_have_a_head_and_no_trailing_blanks() {
        let rows = vec![
            vec!["1".into(), "long name".into()],
            vec!["20".into(), "x".into()],
        ];
        assert_eq!(
            table(&["id", "name"], &rows, "none"),
            "id  name\n1   long name\n20  x"
        );
        assert_eq!(table(&["id"], &[], "none"), "none");
    }

    #[test]
    fn fields_cannot_steer_a_terminal() {
        assert_eq!(
            fields(&[("n", "\x1b]0;x\x07".into())]),
            "n  \u{fffd}]0;x\u{fffd}"
        );
    }

    #[test]
    fn errors_are_plain_in_both_forms() {
        let error = crate::error::Error::Refused("no \x1b[2J\u{9b}31m\u{202e}".into());
        for json in [true, false] {
            let output = Output {
                json,
                quiet: false,
                lively: false,
            };
            let text = output.failure(&error);
            assert!(text.contains("no \u{fffd}[2J\u{fffd}31m\u{fffd}"), "{text}");
        }
    }
}
