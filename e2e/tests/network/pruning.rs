//! A client that comes back late: the chain's state says how a job ended, whatever the node has
//! forgotten of the block in which it did, and for as long as the rules say.

use myai_chain_client::calls;
use myai_e2e::*;
use myai_primitives::*;
use std::process::Stdio;

/// Of final blocks; by default it is 256.
const STATES: &str = "--state-pruning=16";
/// Least that the rule may be, ticks; a development chain counts one a block.
const ANSWER_KEPT: u128 = 100;

/// Opens a job, uploads its input, and is killed; the job.
fn killed_while_waiting(world: &World, dave: &Person, version: u32, duration: &str) -> JobId {
    let target = format!("v{version}");
    let mut asking = dave
        .command(&["ask", &target, &seven(), "--duration", duration])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", 60, || world.open_job(dave));
    let waits = || dave.myai(&["job", "show", "latest"])["saved"]["stage"] == "waiting";
    until("an uploaded input", 60, || waits().then_some(()));
    asking.kill().expect("is killed");
    asking.wait().expect("is gone");
    job
}

/// Waits until the job has ended, and then until the node has no state of that block any more, so
/// that nobody can read its events.
fn ended_and_pruned(world: &World, job: JobId) {
    world.outcome(job, 180);
    let block = wait(world.chain.best()).expect("an answer").hash;
    until("a pruned state", 180, || {
        let events = wait(world.chain.events_at(block));
        events.is_err().then_some(())
    });
}

#[test]
fn an_answer_is_read_without_the_block_in_which_its_job_ended() {
    let world = World::with(500, &[STATES]);
    let owner = world.person("pruned-owner");
    let dave = world.person("pruned-dave");
    let version = digits(&owner);
    let mut worker = Worker::new(&world, "pruned-worker", &[(version, "0.005 MAI")]);

    let job = killed_while_waiting(&world, &dave, version, "2000");
    worker.run(None);
    ended_and_pruned(&world, job);
    assert_eq!(worker.view(&world).record.settled, 1);
    let answer = dave.myai(&["job", "fetch", "latest", "--timeout", "60s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    assert_eq!(answer["job"], job.to_string());
    assert_eq!(answer["paid"]["value"], "25000000000", "{answer}");

    // What ended without a call is told as well.
    drop(worker.process.take());
    let job = killed_while_waiting(&world, &dave, version, "20");
    ended_and_pruned(&world, job);
    let id = job.to_string();
    let said = dave.try_myai(&["job", "fetch", &id, "--timeout", "60s"]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains("passed its deadline"), "{}", said.err);
    let kept = &dave.myai(&["job", "show", &id])["saved"];
    assert_eq!(kept["stage"], "expired", "{kept}");
}

#[test]
fn a_job_that_the_chain_keeps_no_more_is_not_waited_for() {
    let world = World::with(500, &[]);
    let shorter = calls::set_rule(Rule::AnswerKept, ANSWER_KEPT);
    world.decide(calls::REGISTRY_RULES, shorter);
    let owner = world.person("late-owner");
    let dave = world.person("late-dave");
    let version = digits(&owner);
    let worker = Worker::new(&world, "late-worker", &[(version, "0.005 MAI")]);

    let before = world.has(&dave.account, Asset::Native);
    let job = killed_while_waiting(&world, &dave, version, "20");
    assert_eq!(world.outcome(job, 60), Outcome::Expired);
    until("a removed row", 180, || {
        world.job(job).is_none().then_some(())
    });
    assert_eq!(worker.view(&world).record.expired, 1);
    let said = dave.try_myai(&["job", "fetch", "latest", "--timeout", "60s"]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains("nothing is held for it"), "{}", said.err);
    assert_eq!(world.held(&dave.account), 0);
    assert!(before - world.has(&dave.account, Asset::Native) < MAI / 10);
}
