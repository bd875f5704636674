//! Reads the list of labels from a stranger's JSON file, without a copy of the rest of the file in
//! memory.

use crate::manifest::{LabelsFrom, Manifest, Output};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::fmt;

/// Most labels in a list.
pub const MAX_LABELS: usize = 1 << 20;

/// Why the list of labels cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("the file `{file}` is not JSON: {source}")]
    NotJson {
        file: String,
        source: serde_json::Error,
    },
    #[error("`{pointer}` of the file `{file}` is not a list of strings")]
    NotAList { file: String, pointer: String },
    #[error("`{pointer}` of the file `{file}` has more than {MAX_LABELS} labels")]
    TooMany { file: String, pointer: String },
    #[error("the file `{0}` is not there")]
    NoFile(String),
}

/// Reads the manifest's list of labels; it is empty if the output needs none. `file` returns the
/// bytes of the manifest's file with the given name.
pub fn labels(
    manifest: &Manifest,
    file: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<String>, LabelsError> {
    let Output::Labels(labels) = &manifest.output else {
        return Ok(Vec::new());
    };
    let from = match &labels.from {
        LabelsFrom::Inline(from) => return Ok(from.inline.clone()),
        LabelsFrom::File(from) => from,
    };
    let bytes = file(&from.file).ok_or_else(|| LabelsError::NoFile(from.file.clone()))?;
    let (file, pointer) = (from.file.clone(), from.pointer.clone());
    // The part before the first slash is empty.
    let steps: Vec<String> = from
        .pointer
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let mut document = serde_json::Deserializer::from_slice(&bytes);
    let found = Search { steps: &steps }
        .deserialize(&mut document)
        .and_then(|found| document.end().map(|()| found));
    match found {
        Ok(Found::Labels(labels)) => Ok(labels),
        Ok(Found::TooMany) => Err(LabelsError::TooMany { file, pointer }),
        Ok(Found::Nothing) => Err(LabelsError::NotAList { file, pointer }),
        Err(e) if e.is_data() => Err(LabelsError::NotAList { file, pointer }),
        Err(source) => Err(LabelsError::NotJson { file, source }),
    }
}

enum Found {
    Nothing,
    Labels(Vec<String>),
    TooMany,
}

/// Follows the steps of a JSON pointer and reads the list at their end.
struct Search<'a> {
    steps: &'a [String],
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let Some((step, rest)) = self.steps.split_first() else {
            return Err(A::Error::custom("an object in place of the list"));
        };
        let mut found = Found::Nothing;
        while let Some(key) = map.next_key::<String>()? {
            if key == *step {
                // Of two members with the same name the last counts, as is usual in JSON. The first
                // is read all the same, and must be sound.
                found = map.next_value_seed(Search { steps: rest })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let Some((step, rest)) = self.steps.split_first() else {
            let mut labels = Vec::new();
            while let Some(label) = list.next_element::<String>()? {
                if labels.len() == MAX_LABELS {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Found::TooMany);
                }
                labels.push(label);
            }
            return Ok(Found::Labels(labels));
        };
        let mut found = Found::Nothing;
        let mut place = 0usize;
        loop {
            if place.to_string() == *step {
                match list.next_element_seed(Search { steps: rest })? {
                    Some(there) => found = there,
                    None => return Ok(found),
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pointer: &str, document: &str) -> Result<Vec<String>, String> {
        let file = |_: &str| Some(document.as_bytes().to_vec());
        labels(&manifest(pointer), file).map_err(|e| e.to_string())
    }

    fn manifest(pointer: &str) -> Manifest {
        let manifest = serde_json::json!({
            "format": "myai/manifest/1",
            "inputs": [{"name": "x", "source": {"text": {}}}],
            "output": {"labels": {
                "tensor": "y", "top": 1, "from": {"file": "labels", "pointer": pointer}}},
            "files": [{"name": "labels", "sha256": "00".repeat(32), "length": 1,
                       "uris": ["https://example.org"]}]});
        Manifest::parse(manifest.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = labels(&manifest(""), |_| None).unwrap_err().to_string();
        assert_eq!(error, "the file `labels` is not there");
    }

    #[test]
    fn a_pointer_leads_through_objects_and_lists() {
        let document = r#"{"other": {"deep": [[1], {}]}, "a/b": [0, {"~": ["x", "y"]}], "z": 1}"#;
        assert_eq!(
            read("/a~1b/1/~0", document),
            Ok(vec!["x".into(), "y".into()])
        );
        assert_eq!(
            read("", r#"["ä", "\n"]"#),
            Ok(vec!["ä".into(), "\n".into()])
        );
        let twice = r#"{"a": ["first"], "a": ["last"]}"#;
        assert_eq!(read("/a", twice), Ok(vec!["last".into()]));
    }

    #[test]
    fn anything_but_a_list_of_strings_is_refused() {
        for (pointer, document) in [
            ("", "1"),
            ("", "{}"),
            ("", r#"["a", 1]"#),
            ("/a", r#"{"b": []}"#),
            ("/a", r#"{"a": {}}"#),
            ("/a", r#"{"a": 1, "a": ["last"]}"#),
            ("/a/b", r#"{"a": 1}"#),
            ("/2", r#"[["a"], ["b"]]"#),
        ] {
            let error = read(pointer, document).unwrap_err();
            assert_eq!(
                error,
                format!("`{pointer}` of the file `labels` is not a list of strings")
            );
        }
        for document in ["", "[\"a\"", "[\"a\"] 1", "{\"a\": [}"] {
            let error = read("/a", document).unwrap_err();
            let expected = ["is not JSON", "is not a list"];
            assert!(
                expected.iter().any(|e| error.contains(e)),
                "{document}: {error}"
            );
        }
        let error = read("", "[\"a\"] 1").unwrap_err();
        assert!(
            error.contains("is not JSON: trailing characters"),
            "{error}"
        );
    }

    #[test]
    fn more_labels_than_allowed_are_refused() {
        let document = |count: usize| format!("[\"\"{}]", ",\"\"".repeat(count - 1));
        assert_eq!(
            read("", &document(MAX_LABELS)).map(|l| l.len()),
            Ok(MAX_LABELS)
        );
        let error = read("", &document(MAX_LABELS + 1)).unwrap_err();
        assert!(error.contains("more than 1048576 labels"), "{error}");
    }
}
