//! Many jobs at once, while runners are killed.

use crate::{
    common::{counter, numbers, options, runners_of},
    world::*,
};
use myai_chain_client::{AccountId, SealingKey};
use myai_inference_worker::{
    backend::Job,
    config::Limits,
    dispatcher::{Dispatcher, Exit},
    executor::Options,
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const CLIENTS: u64 = 8;
const JOBS_OF_A_CLIENT: u64 = 25;
/// By which the runners of this test are known among those of others.
const MEMORY: u64 = (512 << 20) + 4096 * 777;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_jobs_are_answered_once_each_while_runners_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let first = World::with(folder.path(), &counter(), &numbers());
    let second = World {
        folder: folder.path().join("second"),
        chain: FolderChain {
            id: AccountId::new([3; 32]),
            ..first.chain.clone()
        },
        answer_key: SealingKey::from_secret(&[3; 32]).unwrap(),
        https_only: true,
    };
    std::fs::create_dir(&second.folder).unwrap();
    let worlds = Arc::new([first, second]);
    let limits = Limits {
        input_seconds: 20,
        ..limits()
    };
    let stop = CancellationToken::new();
    let (mut workers, mut heads, mut metrics) = (vec![], vec![], vec![]);
    for world in worlds.iter() {
        let options = Options {
            run_memory: MEMORY,
            ..options()
        };
        let context = world.context_run_by(limits.clone(), world.journal(), options);
        metrics.push(context.metrics.clone());
        let (send, blocks) = mpsc::channel(1);
        heads.push(send);
        workers.push(tokio::spawn(
            Dispatcher::new(context, 0).run(Blocks(blocks), stop.clone()),
        ));
    }
    let blocks = tokio::spawn(async move {
        for number in 1.. {
            for send in &heads {
                let _ = send.try_send(number);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });

    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let worlds = worlds.clone();
            tokio::spawn(async move {
                for n in 0..JOBS_OF_A_CLIENT {
                    let world = &worlds[(n % 2) as usize];
                    let count = 20_000 + client * 100 + n;
                    let input = format!(r#"{{"x":{count}}}"#).into_bytes();
                    let job = Job {
                        payer: AccountId::new([100 + client as u8; 32]),
                        ..world.job(client * 1000 + n, &input)
                    };
                    let job = world.upload(job, &world.input(&input));
                    world.chain.open_for(&job, &world.chain.id);
                    let begun = Instant::now();
                    while world.chain.job_path(job.id).exists() {
                        assert!(begun.elapsed() < Duration::from_secs(60), "{n} of {client}");
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            })
        })
        .collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let killing = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut killed = 0;
            let mut random = 7u64;
            while !is_over.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let runners = runners_of(MEMORY);
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let chosen = (random >> 33) as usize % runners.len().max(1);
                let pid = runners
                    .get(chosen)
                    .and_then(|p| rustix::process::Pid::from_raw(*p));
                if let Some(pid) = pid {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                    killed += 1;
                }
            }
            killed
        }
    });
    for client in clients {
        client.await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    let killed = killing.await.unwrap();
    stop.cancel();
    for worker in workers {
        assert_eq!(worker.await.unwrap(), Exit::Stopped);
    }
    blocks.abort();

    assert!(killed > 0);
    let log = worlds[0].chain.log();
    let mut jobs: Vec<&str> = log.iter().map(|l| l.split(' ').nth(1).unwrap()).collect();
    jobs.sort();
    jobs.dedup();
    // None lost, none ended twice; nobody's record hurt.
    assert_eq!((jobs.len(), log.len()), (200, 200));
    assert!(
        log.iter().all(|line| line.starts_with("attest ")),
        "{log:#?}"
    );
    let of = |name: &str| -> u64 {
        let texts = metrics.iter().map(|m| m.text());
        let lines = texts.map(|text| {
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix(name).map(String::from));
            line.unwrap().trim().parse::<u64>().unwrap()
        });
        lines.sum()
    };
    assert_eq!(of("myai_worker_jobs_settled_total "), 200);
    assert_eq!(of("myai_worker_jobs_lost_total "), 0);
}
