//! Eight jobs waiting on two models, against as many bare sessions side by side as there are
//! processors.

use crate::{cases::Case, common, failed, Bare, Outcome};
use myai_inference_worker::executor::{Executor, Options, Outcome as RunOutcome, Request};
use ort::environment::Environment;
use std::{
    path::Path,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};

/// How long each way runs before the other has its turn.
const TURN: Duration = Duration::from_secs(3);
const TURNS: u32 = 4;
const JOBS: usize = 8;

/// Runs a second.
pub struct Crowd {
    pub bare: f64,
    pub worker: f64,
    pub processors: usize,
}

pub async fn measure(cases: [Case; 2], environment: &Environment, folder: &Path) -> Outcome<Crowd> {
    let processors = std::thread::available_parallelism().map_or(1, Into::into);
    let options = Options {
        parallel: myai_inference_worker::config::Engine::default().parallel(),
        ..common::options()
    };
    let shop = common::Shop::new(folder);
    let request = |case: &Case| {
        let manifest = serde_json::from_slice(&case.manifest).map_err(failed)?;
        Ok(Request {
            units: 1,
            max_output: 1 << 20,
            longest: Duration::from_secs(60),
            end: Instant::now() + Duration::from_secs(3600),
            ..common::request(&shop.files(&case.model, &manifest), &case.input)
        })
    };
    let requests = [request(&cases[0])?, request(&cases[1])?];
    let executor = shop.executor(options);
    let cases = Arc::new(cases);
    let (mut bare, mut worker) = (0, 0);
    // Before any of it counts.
    side_by_side(&executor, &requests, TURN).await?;
    for _ in 0..TURNS {
        bare += sessions(&cases, environment, processors).await?;
        worker += side_by_side(&executor, &requests, TURN).await?;
    }
    let seconds = (TURN * TURNS).as_secs_f64();
    Ok(Crowd {
        bare: bare as f64 / seconds,
        worker: worker as f64 / seconds,
        processors,
    })
}

/// Runs of bare sessions, one thread each, the two models in turn.
async fn sessions(
    cases: &Arc<[Case; 2]>,
    environment: &Environment,
    processors: usize,
) -> Outcome<u64> {
    let ready = Arc::new(std::sync::Barrier::new(processors));
    let threads: Vec<_> = (0..processors)
        .map(|_| {
            let (cases, environment) = (cases.clone(), environment.clone());
            let ready = ready.clone();
            tokio::task::spawn_blocking(move || {
                let mut both = [
                    Bare::new(&environment, &cases[0], 1)?,
                    Bare::new(&environment, &cases[1], 1)?,
                ];
                for bare in &mut both {
                    bare.run()?;
                }
                ready.wait();
                let (end, mut runs) = (Instant::now() + TURN, 0);
                while Instant::now() < end {
                    both[runs as usize % 2].run()?;
                    runs += 1;
                }
                Ok(runs)
            })
        })
        .collect();
    let mut runs = 0;
    for thread in threads {
        runs += thread.await.map_err(failed)??;
    }
    Ok(runs)
}

/// Answers of the worker, as many of one model as of the other.
async fn side_by_side(
    executor: &Executor,
    requests: &[Request; 2],
    length: Duration,
) -> Outcome<u64> {
    let (runs, is_over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let jobs: Vec<_> = (0..JOBS)
        .map(|n| {
            let (executor, request) = (executor.clone(), requests[n % 2].clone());
            let (runs, is_over) = (runs.clone(), is_over.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    match executor.run(&request).await {
                        RunOutcome::Answered { .. } => runs.fetch_add(1, Ordering::Relaxed),
                        RunOutcome::Refused { why, .. } => return Err(failed(why)),
                    };
                }
                Ok(())
            })
        })
        .collect();
    tokio::time::sleep(length).await;
    let done = runs.load(Ordering::Relaxed);
    is_over.store(true, Ordering::Relaxed);
    for job in jobs {
        job.await.map_err(failed)??;
    }
    Ok(done)
}
