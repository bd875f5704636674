use crate::*;

/// Worker, command line and this program's connection all began before the upgrade. The runtime is the
/// same but for its number.
pub fn runtime_upgrade_leaves_open_jobs_their_rules(stage: &Stage) {
    let path = std::env::var("MYAI_NEXT_RUNTIME").expect("MYAI_NEXT_RUNTIME is set");
    let code = std::fs::read(path).expect("a runtime");
    let code = sp_maybe_compressed_blob::compress_strongly(&code, 1 << 25).expect("is compressed");
    println!("the runtime's code: {} bytes compressed", code.len());
    let world = &stage.world;
    let [owner, dave, erin] =
        ["owner", "dave", "erin"].map(|name| world.person(&format!("upgrade-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::new(world, "upgrade-worker", &[(version, "0.005 MAI")]);
    worker.set("input_seconds = 15", "input_seconds = 1200");
    worker.run(None);

    // The worker waits for its input, and Erin's command for its answer.
    let picture = std::fs::read(seven()).expect("a picture");
    let job = world.prepare_lasting(
        1_000,
        &dave,
        &worker,
        version,
        &picture,
        picture.len() as u32,
    );
    world.open(&job).expect("is opened");
    let slow = Worker::new(world, "upgrade-slow", &[(version, "0.005 MAI")]);
    let asking = erin
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--timeout",
            "1800s",
            "--duration",
            "1000",
        ])
        .args(["--worker", &slow.account().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    until("an open job", A_WHILE, || world.open_job(&erin));

    world.decide(
        calls::REGISTRY_RULES,
        calls::set_rule(Rule::NetworkShare, 100_000),
    );
    let hash = sp_crypto_hashing::blake2_256(&code);
    let system = |name, argument, bytes| Call {
        pallet: "System",
        name,
        arguments: vec![(argument, Argument::Bytes(bytes))],
    };
    world.decide(
        calls::ROOT,
        system("authorize_upgrade", "code_hash", hash.to_vec()),
    );
    let before = stage.spec_version();
    let began = Instant::now();
    let apply = system(
        "apply_authorized_upgrade",
        "code",
        codec::Encode::encode(&code),
    );
    wait(world.chain.submit(&dave.key(), apply)).expect("is in a block");
    until("the new runtime", 1_200, || {
        (stage.spec_version() == before + 1).then_some(())
    });
    println!(
        "the new runtime is in force {} s after it was applied",
        began.elapsed().as_secs()
    );
    stage.wait_for_finality();

    let mut slow = slow;
    slow.run(None);
    world.upload(&job);
    // A fortieth of price and fee is the network's, as when they were opened.
    let outcome = world.outcome(job.id, A_WHILE);
    assert!(
        matches!(outcome, Outcome::Settled { paid, .. } if paid == MAI / 40),
        "{outcome:?}"
    );
    let out = asking.wait_with_output().expect("myai ends");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{errors}\nthe worker: {}", slow.log());
    assert_eq!(world.income(version), 2 * INCOME);

    // What begins now begins under the new rules, with the same worker.
    let frank = world.person("upgrade-frank");
    let worker_of = worker.account().to_string();
    frank.myai(&[
        "ask",
        &format!("v{version}"),
        &seven(),
        "--worker",
        &worker_of,
        "--timeout",
        "600s",
    ]);
    assert_eq!(world.income(version), 2 * INCOME + MAI / 50 - MAI / 50 / 10);
    for worker in [&mut worker, &mut slow] {
        assert!(
            worker.process.take().expect("it runs").stop(),
            "a graceful stop"
        );
    }
}
