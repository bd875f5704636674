use crate::*;

/// Alice's base, Bob's derivative that owes her a fifth; Dave asks, with the command line. Then a job
/// by hand, with the times it takes.
pub fn everybody_is_paid_and_it_is_final(stage: &Stage) {
    let world = &stage.world;
    let [alice, bob, dave] =
        ["alice", "bob", "dave"].map(|name| world.person(&format!("main-{name}")));
    let base = digits_with(&alice, |toml| {
        let price = toml.replace("0.02 MAI", "0.01 MAI");
        format!("{price}{}", royalty_toml("20%", "0.004 MAI", "0.005 MAI"))
    });
    let version = digits_with(&bob, |toml| {
        format!("{toml}[[bases]]\nversion = \"v{base}\"\nroyalty = \"20%\"\n")
    });
    let mut worker = Worker::running(world, "main-worker", &[(version, "0.005 MAI")]);
    let people = [&alice.account, &bob.account, &worker.account()];
    let had = people.map(|who| world.has(who, Asset::Native));

    let target = format!("v{version}");
    let answer = dave.myai(&["ask", &target, &seven(), "--timeout", "600s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    for who in [&alice, &bob] {
        dave.myai(&["claim", "--account", &who.account.to_string()]);
    }
    stage.wait_for_finality();
    // The network keeps a fortieth of 0.02 and of 0.005 MAI.
    let micro = MAI / 1_000_000;
    let gained = [0, 1, 2].map(|n| world.has(people[n], Asset::Native) - had[n]);
    assert_eq!(
        gained,
        [3_900, 15_600, 4_875].map(|n| n * micro),
        "to the last unit"
    );
    assert_eq!(world.held(&dave.account), 0, "no deposit is left");

    let began = Instant::now();
    let job = stage.opens_a_job(&dave, &worker, version, 200);
    let opened = began.elapsed().as_secs_f32();
    let outcome = world.outcome(job.id, A_WHILE);
    assert!(matches!(outcome, Outcome::Settled { .. }), "{outcome:?}");
    let paid = began.elapsed().as_secs_f32();
    let last = until("finality", A_WHILE, || stage.final_outcome(job.id));
    let finalised = began.elapsed().as_secs_f32();
    assert_eq!(last, outcome);
    println!("open_job in a block after {opened:.1} s, paid after {paid:.1} s, final after {finalised:.1} s");
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}
