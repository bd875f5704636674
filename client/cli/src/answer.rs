//! An answer: opened, checked against what the chain says, and shown.

use crate::{
    error::{Error, Result},
    job_store::{End, SavedJob},
    output::table,
    terminal::plain,
};
use myai_chain_client::{sealing::JobBinding, AccountId, SealingKey};
use myai_primitives::{
    commitments::{output_commitment, Direction},
    DeclineReason,
};
use serde_json::Value;
use std::str::FromStr;

/// What the sealed bytes and the salt of a job are bound to.
pub fn binding(saved: &SavedJob) -> Result<JobBinding> {
    let payer = AccountId::from_str(&saved.payer)
        .map_err(|_| Error::Unsound(format!("the kept file of {} has no payer", saved.label())))?;
    Ok(JobBinding {
        genesis: saved.genesis,
        payer: payer.into(),
        input_commitment: saved.input_commitment,
    })
}

/// Opens a sealed answer and checks it against the commitment that the worker attested.
pub fn open(saved: &SavedJob, sealed: &[u8]) -> Result<Vec<u8>> {
    let Some(End::Settled {
        output_commitment: attested,
        ..
    }) = &saved.end
    else {
        return Err(Error::Unsound(format!("{} was not settled", saved.label())));
    };
    let unsound = |why: &str| {
        Error::Unsound(format!(
            "the answer of {} is not to be trusted: {why}",
            saved.label()
        ))
    };
    let key = SealingKey::from_secret(&saved.sealing_secret)
        .map_err(|_| unsound("its key on this machine is damaged"))?;
    let bytes = binding(saved)?
        .open(Direction::Output, &key, sealed)
        .map_err(|_| unsound("it cannot be opened with the key that was sent with the input"))?;
    if output_commitment(&saved.salt, &bytes) != *attested {
        return Err(unsound("it is not what the worker attested on the chain"));
    }
    Ok(bytes.to_vec())
}

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

/// An answer for people: labels as a table, other text as it is; `None` for what is no text.
pub fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    if let Some(labels) = labels(bytes) {
        return Some(labels);
    }
    // Line ends and tabs are a text's own; what else steers a terminal is not let through.
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

/// Why a worker gave a job back.
pub fn reason(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::BadInput => {
            "the input cannot be read by the model, or takes more units than --units allows"
        }
        DeclineReason::BlobMissing => "the sealed input did not reach it",
        DeclineReason::ModelUnavailable => "it cannot load the model",
        DeclineReason::Overloaded => "it has too much to do",
        DeclineReason::Other => "it gave no reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_store::tests::saved;
    use serde_json::json;

    fn settled(answer: &[u8]) -> (SavedJob, Vec<u8>) {
        let key = SealingKey::generate();
        let mut job = saved(1);
        job.payer = AccountId::new([7; 32]).to_string();
        job.sealing_secret = **key.secret();
        job.end = Some(End::Settled {
            output_commitment: output_commitment(&job.salt, answer),
            blob: [6; 32],
            units: 1,
            paid: 7,
            block: 20,
            read: false,
        });
        let sealed = binding(&job)
            .unwrap()
            .seal(Direction::Output, &key.public(), answer)
            .unwrap();
        (job, sealed)
    }

    #[test]
    fn a_sealed_answer_opens_and_passes() {
        let (job, sealed) = settled(b"forty-two");
        assert_eq!(open(&job, &sealed).unwrap(), b"forty-two");
    }

    #[test]
    fn any_other_answer_is_refused() {
        let (job, mut sealed) = settled(b"forty-two");
        let unsound = |job: &SavedJob, sealed: &[u8], why: &str| {
            let error = open(job, sealed).unwrap_err();
            assert_eq!(error.exit(), crate::exit::Exit::Unsound);
            assert!(error.to_string().contains(why), "{error}");
        };
        // What was attested is another answer than what was handed over.
        let (mut other, _) = settled(b"forty-three");
        other.sealing_secret = job.sealing_secret;
        unsound(&other, &sealed, "not what the worker attested");
        // The answer of another job.
        let mut moved = job.clone();
        moved.input_commitment = [9; 32];
        unsound(&moved, &sealed, "cannot be opened");
        sealed[40] ^= 1;
        unsound(&job, &sealed, "cannot be opened");
        unsound(&job, &[], "cannot be opened");
        unsound(&saved(1), &sealed, "was not settled");
    }

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
