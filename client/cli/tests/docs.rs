//! What the documents tell the reader to type is understood by the programs, and what they point at
//! is there.

use clap::{CommandFactory, Parser};
use myai_client::args::Cli;
use myai_model_kit::manifest::Manifest;
use myai_primitives::{Rule, MAI};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of a page in one language, their lines joined where a backslash continues them.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}");
    let mut found = vec![];
    let mut inside: Option<String> = None;
    for line in text.lines() {
        match (&mut inside, line.trim()) {
            (None, trimmed) if trimmed == opening => inside = Some(String::new()),
            (Some(_), "```") => found.extend(inside.take()),
            (Some(block), _) => match line.strip_suffix('\\') {
                Some(part) => block.push_str(part),
                None => {
                    block.push_str(line);
                    block.push('\n');
                }
            },
            _ => (),
        }
    }
    found
}

/// What stands between backticks in the running text.
fn inline(text: &str) -> Vec<String> {
    let mut outside = String::new();
    for (n, part) in text.split("```").enumerate() {
        if n % 2 == 0 {
            outside.push_str(part);
        }
    }
    outside
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn pages() -> Vec<PathBuf> {
    let top = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "scripts/README.md",
    ];
    let mut pages: Vec<PathBuf> = top.iter().map(|page| root().join(page)).collect();
    for entry in fs::read_dir(root().join("docs")).expect("the documents") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "md") {
            pages.push(path);
        }
    }
    pages
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).expect("a page")
}

#[test]
fn every_myai_command_of_the_documents_is_understood() {
    let mut seen = 0;
    for page in pages() {
        let lines = blocks(&read(&page), "sh").join("\n");
        for line in lines.lines() {
            let words = shlex::split(line).expect("quotes are closed");
            if words.first().is_some_and(|word| word == "myai") {
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{}: `{line}`: {error}", page.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "the pages show the main commands");
}

#[test]
fn every_myai_command_that_the_text_names_exists() {
    let mut seen = 0;
    for page in pages() {
        for code in inline(&read(&page)) {
            let mut words = code.split(' ');
            if words.next() != Some("myai") {
                continue;
            }
            let cli = Cli::command();
            let mut command = &cli;
            for word in words {
                if command.has_subcommands() {
                    command = command
                        .find_subcommand(word)
                        .unwrap_or_else(|| panic!("{}: `{code}`: {word}", page.display()));
                } else if let Some(option) = word.strip_prefix("--") {
                    assert!(
                        command
                            .get_arguments()
                            .any(|a| a.get_long() == Some(option)),
                        "{}: `{code}`: {word}",
                        page.display()
                    );
                }
            }
            seen += 1;
        }
    }
    assert!(seen >= 5, "the text names commands");
}

#[test]
fn the_manifest_of_the_documents_is_read() {
    let page = root().join("docs/publishing-a-model.md");
    let manifests = blocks(&read(&page), "json");
    assert_eq!(manifests.len(), 1);
    Manifest::parse(manifests[0].as_bytes()).expect("is a manifest");
}

/// A number of a table as people write it, in the smallest unit of what it counts.
fn number(text: &str, unit: &str) -> u128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u128 = whole.replace(',', "").parse().expect("a number");
    match unit {
        "MAI" => whole * MAI + format!("{part:0<12}").parse::<u128>().expect("a fraction"),
        _ => whole,
    }
}

#[test]
fn the_rules_of_the_documents_are_those_of_the_chain() {
    let page = read(&root().join("docs/economics.md"));
    for rule in Rule::ALL {
        let mut name = String::new();
        for c in format!("{rule:?}").chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.extend(c.to_lowercase());
        }
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")))
            .unwrap_or_else(|| panic!("{name} has a row"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (default, unit) = cells[2].split_once(' ').expect("a value and its unit");
        let (min, max) = cells[3].split_once('–').expect("both bounds");
        assert_eq!(number(default, unit), rule.default_value(), "{name}");
        assert_eq!(
            (number(min, unit), number(max, unit)),
            rule.bounds(),
            "{name}"
        );
    }
}

/// The demo itself compares what everybody has with its terms.
#[test]
fn the_transcript_of_the_documents_is_the_demos() {
    let readme = read(&root().join("README.md"));
    let transcript = blocks(&readme, "text").join("\n");
    let mut seen = 0;
    for line in read(&root().join("scripts/demo.sh")).lines() {
        // As in `"Alice": ("20% of Bob's 0.0195", 3_900 * micro),`.
        let Some((left, due)) = line
            .trim()
            .strip_suffix(" * micro),")
            .and_then(|l| l.rsplit_once(", "))
        else {
            continue;
        };
        let (who, why) = left.split_once("\": (\"").expect("a name and a reason");
        let (who, why) = (who.trim_matches('"'), why.trim_matches('"'));
        let due = format!("{},000,000", due.replace('_', ","));
        seen += transcript
            .lines()
            .filter(|l| l.starts_with(who) && l.ends_with(why))
            .map(|row| {
                let terms = row.split_whitespace().nth(1);
                assert_eq!(terms, Some(due.as_str()), "{who}");
            })
            .count();
    }
    assert!(seen >= 5, "the transcript shows who is paid");
}

#[test]
fn every_link_of_the_documents_leads_to_a_file() {
    for page in pages() {
        let text = read(&page);
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap_or_default();
            let path = page.parent().expect("a folder").join(file);
            assert!(path.exists(), "{}: {target}", page.display());
        }
    }
}

/// Every Rust file of a folder.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                sources(&path, all);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push_str(&read(&path));
        }
    }
}

#[test]
fn every_test_that_the_page_on_security_names_exists() {
    let mut all = String::new();
    for folder in [
        "primitives",
        "pallets",
        "runtime",
        "node",
        "off-chain-workers",
        "client",
        "e2e",
    ] {
        sources(&root().join(folder), &mut all);
    }
    let page = read(&root().join("docs/security.md"));
    let mut seen = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let last = row.trim_end_matches(" |").rsplit(" | ").next();
        for name in inline(last.unwrap_or_default()) {
            if name.contains('_') && name == name.to_lowercase() {
                assert!(
                    all.contains(&format!("fn {name}(")),
                    "no test is called {name}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen >= 15, "the page names tests");
}
