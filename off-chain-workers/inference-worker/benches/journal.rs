//! What the worker's journal takes on a disk: one answer, and many at once.

use clap::Parser;
use myai_chain_client::{
    hop::{blob_hash, MAX_BLOB},
    AccountId,
};
use myai_inference_worker::{
    backend::Job,
    error_chain,
    journal::{Answer, Answered, Journal, JournalError},
};
use myai_primitives::{JobId, VersionId};
use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

/// Measures how long it takes until an answer is on disk, alone and with others.
///
/// Shown are the median and the time that nine of ten rounds keep within. Every answer is removed
/// after its round, as the worker does it.
#[derive(Parser)]
#[command(
    name = "journal",
    after_help = "Example:
  cargo bench -p myai-inference-worker --bench journal -- --bytes 100000"
)]
struct Arguments {
    /// Rounds of each kind, after some that do not count.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of a sealed answer.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=MAX_BLOB as i64))]
    bytes: u32,
    /// How many answers are put at once.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    together: u32,
    /// A folder on the disk that is to be measured; the build's by default.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"), value_name = "FOLDER")]
    disk: PathBuf,
    // Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Rounds that do not count: the file grows, the thread starts.
const WARMING: u32 = 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let measured = tokio::runtime::Runtime::new()
        .map_err(|e| e.to_string())
        .and_then(|runtime| runtime.block_on(measure(&arguments)));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: failed to {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<(), String> {
    let folder = tempfile::tempdir_in(&arguments.disk)
        .map_err(|e| format!("use {}: {e}", arguments.disk.display()))?;
    let begun = Instant::now();
    let journal = Journal::open(folder.path()).map_err(|e| error_chain(&e))?;
    println!(
        "opened again in {:.1} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    println!("answers of {} bytes:", arguments.bytes);
    for together in [1, arguments.together] {
        let mut times = Vec::new();
        for round in 0..WARMING + arguments.rounds {
            let took = put(&journal, together, arguments.bytes);
            let took = took.await.map_err(|e| error_chain(&e))?;
            let jobs = journal.answered().into_iter().map(|a| a.job);
            jobs.for_each(|job| journal.remove(job.id));
            if round >= WARMING {
                times.push(took);
            }
        }
        times.sort();
        let at = |part: usize| times[(times.len() - 1) * part / 10].as_secs_f64() * 1e6;
        println!(
            "{together:>5} at once: median {:>9.0} µs, nine of ten {:>9.0} µs",
            at(5),
            at(9)
        );
    }
    let left = put(&journal, arguments.together, arguments.bytes);
    left.await.map_err(|e| error_chain(&e))?;
    drop(journal);
    let begun = Instant::now();
    let journal = Journal::open(folder.path()).map_err(|e| error_chain(&e))?;
    println!(
        "opened again with {} answers in {:.1} ms",
        journal.answered().len(),
        begun.elapsed().as_secs_f64() * 1e3
    );
    Ok(())
}

/// Puts so many answers at once and returns how long that took.
async fn put(journal: &Journal, together: u32, bytes: u32) -> Result<Duration, JournalError> {
    let answers: Vec<(Answered, Arc<[u8]>)> = (0..together).map(|n| answer(n, bytes)).collect();
    let begun = Instant::now();
    // Each in a task of its own, as the worker's are.
    let puts: Vec<_> = answers
        .into_iter()
        .map(|(answered, sealed)| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.put(answered, sealed).await })
        })
        .collect();
    for put in puts {
        put.await.unwrap_or(Err(JournalError::Ended))?;
    }
    Ok(begun.elapsed())
}

/// Answers are scattered over the file as hashes are.
fn answer(n: u32, bytes: u32) -> (Answered, Arc<[u8]>) {
    let sealed: Arc<[u8]> = vec![n as u8; bytes as usize].into();
    let answered = Answered {
        job: Job {
            id: JobId(blob_hash(&n.to_le_bytes())),
            payer: AccountId::new([1; 32]),
            version: VersionId(1),
            units: 1,
            deadline: 100,
            input_commitment: [3; 32],
            input_length: 9,
            blob: [4; 32],
        },
        answer: Answer {
            output_commitment: [5; 32],
            units: 1,
            blob: blob_hash(&sealed),
            mailbox: [7; 32],
        },
    };
    (answered, sealed)
}
