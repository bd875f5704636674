//! Waits for a job's answer and prints it: the last step of `myai ask` and of `myai job fetch`.

use crate::{
    answer,
    context::Context,
    error::{Error, Result},
    output::Report,
    show,
};
use myai_sdk::{amount::AssetNames, Answer, JobTracker, SavedJob};
use serde_json::{json, Value};
use std::{io::IsTerminal, path::Path, time::Duration};

/// Waits at most that many seconds for the answer and prints it, or writes it to `out`. Only then
/// marks it as read.
pub async fn deliver(
    context: &Context<'_>,
    mut job: JobTracker,
    seconds: u64,
    out: Option<&Path>,
) -> Result<()> {
    let delivered = async {
        let progress = context.output.progress();
        let patience = Duration::from_secs(seconds);
        let answer = job.answer(patience, &|step| progress.hear(step)).await?;
        progress.done();
        hand_over(context, job.saved(), &answer, out)?;
        Ok(job.mark_read().await?)
    };
    let delivered: Result<()> = delivered.await;
    delivered.map_err(|e| e.explained(job.saved(), &context.names))
}

fn hand_over(
    context: &Context<'_>,
    saved: &SavedJob,
    answer: &Answer,
    out: Option<&Path>,
) -> Result<()> {
    let (output, names) = (&context.output, &context.names);
    output.note(format!(
        "job {}: {} units for {}, the answer is the one that was attested",
        saved.reference(),
        answer.units,
        names.amount(&answer.paid)
    ));
    if let Some(path) = out {
        std::fs::write(path, &answer.bytes).map_err(Error::file("cannot write", path))?;
    }
    if output.is_json() {
        let report = Report::new(as_json(names, saved, answer, out), "");
        return super::print(output, &report);
    }
    if out.is_some() {
        return Ok(());
    }
    let written = match showable(saved, &answer.bytes, std::io::stdout().is_terminal())? {
        Some(text) => output.bytes(text.as_bytes(), true),
        None => output.bytes(&answer.bytes, false),
    };
    written.map_err(Error::file("cannot write to", "stdout"))
}

/// An answer with what it cost; in the file `out` where there is one.
fn as_json(names: &AssetNames, saved: &SavedJob, answer: &Answer, out: Option<&Path>) -> Value {
    let mut json = json!({
        "job": saved.id,
        "version": saved.version,
        "worker": saved.worker,
        "units": answer.units,
        "paid": show::amount_json(names, &answer.paid.asset, answer.paid.value),
        "input_commitment": show::hex32(&saved.input_commitment),
        "output_commitment": show::hex32(&answer.output_commitment),
    });
    match out {
        Some(path) => json["out"] = json!(path.display().to_string()),
        None => json["answer"] = answer::value(&answer.bytes),
    }
    json
}

/// An answer as text; `None` for other bytes, which a terminal does not get.
fn showable(saved: &SavedJob, bytes: &[u8], terminal: bool) -> Result<Option<String>> {
    match answer::text(bytes) {
        None if terminal => Err(Error::NotText {
            label: saved.reference(),
            bytes: bytes.len(),
        }),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::saved_job;
    use expect_test::expect_file;
    use myai_chain_client::exit::Exit;

    #[test]
    fn an_answer_comes_with_what_it_cost() {
        let job = saved_job(None);
        let answer = Answer {
            bytes: br#"{"labels":[{"label":"7","score":0.5}]}"#.to_vec(),
            units: 1,
            paid: job.amount(15_000_000_000),
            output_commitment: [5; 32],
        };
        let names = AssetNames::default();
        let json = as_json(&names, &job, &answer, None);
        let text = showable(&job, &answer.bytes, true).unwrap().unwrap();
        let snapshot = expect_file!["../../tests/snapshots/answer.txt"];
        snapshot.assert_eq(&format!("{text}\n\n{json:#}\n"));
        let json = as_json(&names, &job, &answer, Some(Path::new("file")));
        assert_eq!(
            (&json["out"], &json["answer"]),
            (&json!("file"), &Value::Null)
        );
    }

    #[test]
    fn an_answer_that_is_no_text_is_not_sent_to_a_terminal_and_not_said_to_be_unsent() {
        let job = saved_job(None);
        assert_eq!(showable(&job, b"a", true).unwrap().as_deref(), Some("a"));
        assert_eq!(showable(&job, &[0xff], false).unwrap(), None);
        let error = showable(&job, &[0xff], true).unwrap_err();
        assert_eq!(error.exit(), Exit::Unshown);
        assert_eq!(
            error.to_string(),
            "the answer is 1 bytes that are no text: save it with \
             `myai job fetch 010101010101 --out FILE`, or send stdout elsewhere"
        );
    }
}
