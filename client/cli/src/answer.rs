//! How an answer is shown.

use crate::output::table;
use myai_sdk::words::plain;
use serde_json::Value;

/// An answer as a value: JSON as it is, other text as a string, other bytes as hexadecimal.
pub fn value(bytes: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return value;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.into()),
        Err(_) => Value::String(format!("0x{}", hex::encode(bytes))),
    }
}

/// An answer for people: labels as a table, other text as it is; `None` if it is not text.
pub fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    if let Some(labels) = labels(bytes) {
        return Some(labels);
    }
    // Line ends and tabs belong to text; other control characters could steer a terminal.
    Some(text.split('\t').map(plain).collect::<Vec<_>>().join("\t"))
}

/// `{"labels":[{"label":"png","score":0.99},…]}` as a table.
fn labels(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let object = value.as_object().filter(|o| o.len() == 1)?;
    let rows: Option<Vec<Vec<String>>> = object
        .get("labels")?
        .as_array()?
        .iter()
        .map(|entry| {
            let mut row = vec![entry.get("label")?.as_str()?.to_string()];
            row.extend(entry.get("score").map(|score| score.to_string()));
            Some(row)
        })
        .collect();
    let rows = rows.filter(|rows| !rows.is_empty())?;
    let head = if rows[0].len() == 2 {
        &["label", "score"][..]
    } else {
        &["label"][..]
    };
    Some(table(head, &rows, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_become_a_table() {
        let answer =
            br#"{"labels":[{"label":"png","score":0.9995},{"label":"a\u001b","score":1e-7}]}"#;
        assert_eq!(
            text(answer).unwrap(),
            "label  score\npng    0.9995\na\u{fffd}     1e-7"
        );
        assert_eq!(text(br#"{"labels":[{"label":"7"}]}"#).unwrap(), "label\n7");
        for other in [
            &br#"{"labels":[]}"#[..],
            br#"{"labels":[1]}"#,
            br#"{"labels":1,"x":2}"#,
        ] {
            assert_eq!(text(other).unwrap().as_bytes(), other);
        }
        assert_eq!(text(b"a\tb\nc").unwrap(), "a\tb\nc");
        assert_eq!(text(&[0xff]), None);
    }

    #[test]
    fn every_answer_has_a_value() {
        assert_eq!(value(br#"{"a":1}"#), json!({"a": 1}));
        assert_eq!(value(b"hello"), json!("hello"));
        assert_eq!(value(&[0xff, 0]), json!("0xff00"));
    }
}
