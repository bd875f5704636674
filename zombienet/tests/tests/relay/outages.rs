use crate::*;

pub fn blocks_go_on_after_a_collator_is_killed(stage: &Stage) {
    let [killed, left] = COLLATORS;
    stage.network.kill(killed);
    let then = stage.finalized().number;
    until("finality without a collator", A_WHILE, || {
        (stage.finalized().number > then + 5).then_some(())
    });
    // A call that comes to the full node reaches the one that is left.
    stage.world.person("after-the-kill");

    wait(stage.network.node(killed).restart(None)).expect("it starts again");
    wait(stage.network.node(killed).wait_until_is_up(A_WHILE)).expect("it is up");
    let goal = stage.best_of(left);
    until("a collator that caught up", A_WHILE, || {
        (stage.best_of(killed) >= goal).then_some(())
    });
}

/// A deadline is a tick of service, and an outage counts as ten ticks at most, however long it takes.
pub fn outage_of_all_collators_eats_no_time_of_a_job(stage: &Stage) {
    const DURATION: Tick = 40;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("outage-{name}")));
    let version = digits(&owner);
    let offer = [(version, "0.005 MAI")];
    let mut worker = Worker::new(world, "outage-worker", &offer);
    let idle = Worker::new(world, "outage-idle", &offer);
    let had = world.has(&dave.account, Asset::Native);
    let answered = stage.opens_a_job(&dave, &worker, version, DURATION);
    let abandoned = stage.opens_a_job(&dave, &idle, version, DURATION);
    let before = wait(world.chain.clock()).expect("an answer");
    stage.wait_for_finality();

    for collator in COLLATORS {
        wait(stage.network.node(collator).pause()).expect("is paused");
    }
    let relay = stage.relay();
    let relay_block = || {
        wait(relay.blocks().at_latest())
            .expect("an answer")
            .number()
    };
    until("the jobs' deadline on the relay chain", 1_200, || {
        (relay_block() > before.now + DURATION + 5).then_some(())
    });
    let paused_at = world.best();
    for collator in COLLATORS {
        wait(stage.network.node(collator).resume()).expect("goes on");
    }
    worker.run(None);
    until("a block after the outage", A_WHILE, || {
        (world.best() > paused_at).then_some(())
    });
    let after = wait(world.chain.clock()).expect("an answer");
    println!(
        "the relay chain made {} blocks, of which {} count as service",
        after.now - before.now,
        after.served - before.served
    );
    assert!(after.now - before.now > DURATION);
    assert!(after.served - before.served < DURATION);

    let outcome = world.outcome(answered.id, A_WHILE);
    assert!(
        matches!(outcome, Outcome::Settled { paid, .. } if paid == MAI / 40),
        "{outcome:?}"
    );
    // Nobody serves the other: it ends when its ticks of service are over, and not before.
    let deadline = match world.job(abandoned.id) {
        Some(JobState::Open(job)) => job.deadline,
        other => panic!("its time is not over: {other:?}"),
    };
    let outcome = world.outcome(abandoned.id, 600);
    assert_eq!(outcome, Outcome::Expired);
    assert!(world.served() > deadline);
    assert_eq!(world.held(&dave.account), 0);
    let spent = had - world.has(&dave.account, Asset::Native);
    // One answer, and the fees of two openings.
    assert!((MAI / 40..MAI / 40 + MAI / 100).contains(&spent), "{spent}");
    stage.wait_for_finality();
    assert_eq!(stage.final_outcome(abandoned.id), Some(Outcome::Expired));
}

pub fn job_survives_the_freezing_of_the_full_node(stage: &Stage) {
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("frozen-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::new(world, "frozen-worker", &[(version, "0.005 MAI")]);
    worker.set("input_seconds = 15", "input_seconds = 600");
    let mut asking = dave
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--timeout",
            "900s",
            "--duration",
            "400",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", A_WHILE, || world.open_job(&dave));
    worker.run(None);

    let node = stage.network.node(FULL_NODE);
    wait(node.pause()).expect("is paused");
    let then = stage.best_of(COLLATORS[0]);
    until("blocks without the full node", A_WHILE, || {
        (stage.best_of(COLLATORS[0]) >= then + 10).then_some(())
    });
    assert!(asking.try_wait().expect("a status").is_none());
    wait(node.resume()).expect("goes on");

    let out = asking.wait_with_output().expect("myai ends");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "{errors}\nthe worker: {}",
        worker.log()
    );
    let answer: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(answer["answer"]["labels"][0]["label"], "7");
    assert_eq!(answer["job"], job.to_string());
    let goal = stage.best_of(COLLATORS[0]);
    until("a full node that caught up", A_WHILE, || {
        (world.best() >= goal).then_some(())
    });
}

/// Collators that see each other's blocks late build beside one another, and the relay chain takes one
/// of the two. That cannot be commanded; how often it happened is said.
pub fn jobs_are_paid_once_though_the_node_changes_forks(stage: &Stage) {
    const JOBS: usize = 12;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("forks-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::running(world, "forks-worker", &[(version, "0.005 MAI")]);
    let forks = || {
        wait(stage.network.node(FULL_NODE).logs())
            .expect("a log")
            .matches("Reorg on")
            .count()
    };
    let before = forks();
    for _ in 0..JOBS {
        let job = stage.opens_a_job(&dave, &worker, version, 200);
        let outcome = world.outcome(job.id, A_WHILE);
        assert!(matches!(outcome, Outcome::Settled { .. }), "{outcome:?}");
    }
    stage.wait_for_finality();
    println!("the full node changed forks {} times", forks() - before);
    assert_eq!(world.income(version), JOBS as u128 * INCOME);
    assert_eq!(worker.view(world).record.settled, JOBS as u32);
    assert_eq!(world.held(&dave.account), 0);
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}
