//! A client that comes back once the node has let go of the states in which its job ended.

use myai_chain_client::chain::Told;
use myai_e2e::*;
use myai_primitives::*;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

/// Of final blocks; by default it is 256.
const STATES: &str = "--state-pruning=16";

/// Opens a job, uploads its input, and is killed once it knows the job's final number; the job.
fn killed_while_waiting(world: &World, dave: &Person, version: u32, duration: &str) -> JobId {
    let target = format!("v{version}");
    let blobs = || {
        wait(world.chain.hop().status())
            .expect("a pool")
            .entry_count
    };
    let before = blobs();
    let mut asking = dave
        .command(&["ask", &target, &seven(), "--duration", duration])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("myai runs");
    let open = until("an open job", 60, || world.open_job(&dave.account));
    until("an uploaded input", 60, || (blobs() > before).then_some(()));
    let path = kept_file(dave, open.id);
    until("a final number", 60, || {
        (read(&path)["firm"] == true).then_some(())
    });
    asking.kill().expect("is killed");
    asking.wait().expect("is gone");
    open.id
}

/// Waits until the job has ended, and then until the node does not know any more what that block
/// said.
fn ended_and_forgotten(world: &World, job: JobId) {
    until("an end", 180, || (!world.is_open(job)).then_some(()));
    let ended_by = world.best();
    let hash = wait(world.chain.block_hashes(ended_by, 1)).expect("an answer");
    until("a pruned state", 180, || {
        let told = wait(world.chain.told(&hash, "InferenceEscrow")).expect("an answer");
        matches!(told[..], [Told::Calls { .. }]).then_some(())
    });
}

fn kept_file(dave: &Person, job: JobId) -> PathBuf {
    let shown = dave.myai(&["job", "show", &job.to_string()]);
    let commitment = shown["open"]["input_commitment"].as_str().expect("a hash");
    let name = format!("{}.json", commitment.trim_start_matches("0x"));
    dave.folder.path().join("jobs").join(name)
}

fn read(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).expect("its file");
    serde_json::from_str(&text).expect("JSON")
}

/// Takes the job's number out of its kept file; its input commitment.
fn forgets_the_number(dave: &Person, job: JobId) -> String {
    let path = kept_file(dave, job);
    let mut file = read(&path);
    assert_eq!(file["job"].take(), job.0);
    file["firm"] = false.into();
    std::fs::write(&path, file.to_string()).expect("its file");
    file["input_commitment"]
        .as_str()
        .expect("a hash")
        .to_owned()
}

#[test]
fn an_answer_is_read_once_the_state_of_its_block_is_gone() {
    let world = World::with(500, &[STATES]);
    let owner = world.person("pruned-owner");
    let dave = world.person("pruned-dave");
    let version = digits(&world, &owner, "0.02 MAI");
    let mut worker = Worker::new(&world, "pruned-worker", &[(version, "0.005 MAI")]);

    let job = killed_while_waiting(&world, &dave, version, "2000");
    worker.run(None);
    ended_and_forgotten(&world, job);
    assert_eq!(worker.view(&world).record.settled, 1);
    let answer = dave.myai(&["job", "fetch", "latest", "--timeout", "60s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    assert_eq!(answer["job"], job.0);
    assert_eq!(answer["paid"]["units"], "25000000000", "{answer}");

    // As if it had been killed before it knew the number.
    drop(worker.process.take());
    let job = killed_while_waiting(&world, &dave, version, "2000");
    let commitment = forgets_the_number(&dave, job);
    worker.run(None);
    ended_and_forgotten(&world, job);
    assert_eq!(worker.view(&world).record.settled, 2);
    let answer = dave.myai(&["job", "fetch", &commitment, "--timeout", "60s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    assert_eq!(answer["job"], job.0);

    // What ended without a call is in no block: that is said, and nothing is waited for.
    drop(worker.process.take());
    let job = killed_while_waiting(&world, &dave, version, "20");
    let input = kept_file(&dave, job).with_extension("input");
    assert!(input.exists());
    ended_and_forgotten(&world, job);
    assert_eq!(worker.view(&world).record.expired, 1);
    let said = dave.try_myai(&["job", "fetch", "latest", "--timeout", "60s"]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains("--state-pruning archive"), "{}", said.err);
    let kept = &dave.myai(&["job", "show", "latest"])["kept"];
    assert_eq!(kept["stage"], "ended, likely refunded", "{kept}");
    assert!(!input.exists());
}
