//! What a runner costs: until its walls stand, until a model is ready in it, and its memory.

use crate::{cases::Case, common, failed, Outcome, Times};
use myai_inference_worker::error_chain;
use std::{
    path::Path,
    time::{Duration, Instant},
};

const ROUNDS: u32 = 20;

/// Prints a line for the walls and one for each model.
pub async fn measure(cases: &[Case], folder: &Path) -> Outcome<()> {
    let shop = common::Shop::new(folder);
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        shop.executor(common::options())
            .probe()
            .await
            .map_err(failed)?;
        times.add(begun.elapsed());
    }
    println!("walls stand after {:.1} ms", times.median() / 1e3);
    for case in cases {
        let manifest = serde_json::from_slice(&case.manifest).map_err(failed)?;
        let files = shop.files(&case.model, &manifest);
        let (mut times, mut resident) = (Times::default(), 0);
        for _ in 0..ROUNDS {
            let executor = shop.executor(common::options());
            let begun = Instant::now();
            let loaded = executor.load(&files, begun + Duration::from_secs(60)).await;
            times.add(begun.elapsed());
            loaded.map_err(|e| failed(error_chain(&*e)))?;
            resident = resident.max(largest_child()?);
        }
        println!(
            "{}: ready after {:.1} ms, {} MB resident",
            case.name,
            times.median() / 1e3,
            resident / 1_000_000
        );
    }
    Ok(())
}

/// Resident bytes of the largest process that this one has started.
fn largest_child() -> Outcome<u64> {
    let own = std::process::id().to_string();
    let mut largest = 0;
    for entry in std::fs::read_dir("/proc").map_err(failed)?.flatten() {
        let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).ok();
        let Some(status) = read("status") else {
            continue;
        };
        let field = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name));
            line.map(|l| l.trim().trim_end_matches(" kB").to_string())
        };
        if field("PPid:") == Some(own.clone()) {
            let kib = field("VmRSS:").and_then(|k| k.parse::<u64>().ok());
            largest = largest.max(kib.unwrap_or_default() * 1024);
        }
    }
    Ok(largest)
}
