//! What the documents tell the reader to type is understood by the programs.

use clap::Parser;
use myai_client::args::Cli;
use std::{fs, path::Path};

/// The lines of every `sh` block of a page that begin with `program`.
fn commands(page: &Path, program: &str) -> Vec<String> {
    let text = fs::read_to_string(page).expect("a page");
    let mut inside = false;
    let mut found = vec![];
    for line in text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && line.split_whitespace().next() == Some(program) => {
                found.push(line.split(" # ").next().unwrap_or(line).trim().to_string())
            }
            _ => (),
        }
    }
    found
}

fn pages() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).expect("the documents") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "md") {
            pages.push(path);
        }
    }
    pages
}

#[test]
fn every_myai_command_of_the_documents_is_understood() {
    let mut seen = 0;
    for page in pages() {
        for command in commands(&page, "myai") {
            let words = command.split_whitespace();
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{}: `{command}`: {error}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 5, "the README shows the main commands");
}

#[test]
fn every_link_of_the_documents_leads_to_a_file() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let path = page.parent().expect("a folder").join(target);
            assert!(path.exists(), "{}: {target}", page.display());
        }
    }
}
