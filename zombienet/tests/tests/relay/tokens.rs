use crate::*;
use myai_chain_client::AccountId;
use std::path::Path;

/// The relay chain's token here, as `relay-chain.test.js` registers it, and the unit of 10¹².
const TOKEN: Asset = Asset::Id(1_000_000_000);
const WND: Balance = 1_000_000_000_000;

/// By polkadot.js, as a wallet does it.
pub fn tokens_come_from_the_relay_chain_and_go_home(stage: &Stage) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/js");
    let status = Command::new("node")
        .args(["--test", "test/relay-chain.test.js"])
        .current_dir(folder)
        .env("MYAI_NODE", stage.network.node(FULL_NODE).ws_uri())
        .env("MYAI_RELAY", stage.network.node(VALIDATORS[0]).ws_uri())
        .status()
        .expect("node runs");
    assert!(status.success());
}

/// Somebody has a key of the relay chain, no account of ours and no MAI; a friend uploads. After the one
/// before, which brings the token in.
pub fn tokens_of_the_relay_chain_pay_for_an_answer(stage: &Stage) {
    let world = &stage.world;
    let [owner, friend] = ["owner", "friend"].map(|name| world.person(&format!("remote-{name}")));
    let version = digits_with(&owner, |toml| toml.replace("0.02 MAI", "0.02 WND"));
    let mut worker = Worker::running(world, "remote-worker", &[(version, "5000000000 units")]);

    let key_file = owner.folder.path().join("relay.key");
    std::fs::write(&key_file, "//Ferdie").expect("is written");
    let remote = |arguments: &[&str]| from_relay(stage, &key_file, arguments);
    let payer: AccountId = remote(&["account"]).parse().expect("an address");
    remote(&["send", &(10 * WND).to_string()]);
    until("tokens from the relay chain", A_WHILE, || {
        (world.has(&payer, TOKEN) > 0).then_some(())
    });
    assert_eq!(world.has(&payer, Asset::Native), 0);
    let had = world.has(&payer, TOKEN);

    let picture = std::fs::read(seven()).expect("a picture");
    let order = Order {
        uploader: Some(friend.account.clone()),
        input_length: picture.len() as u32,
        ..world.order(version, &worker.account(), 200)
    };
    let job = world.seal(&payer, friend.key(), &worker, &picture, order);
    let order = codec::Encode::encode(&job.order);
    let order = format!("0x{}", hex::encode(order));
    remote(&["open-job", &WND.to_string(), &order]);
    until("a job that the message opened", A_WHILE, || {
        world.job(job.id)
    });
    world.upload(&job);
    let outcome = world.outcome(job.id, A_WHILE);
    assert!(
        matches!(outcome, Outcome::Settled { paid, .. } if paid == WND / 40),
        "{outcome:?}"
    );
    let answer: serde_json::Value = serde_json::from_slice(&world.answer(&job)).expect("JSON");
    assert_eq!(answer["labels"][0]["label"], "7", "{answer}");

    // One answer and the message's execution; the job's deposit is back.
    let spent = had - world.has(&payer, TOKEN);
    assert!((WND / 40..WND / 40 + WND / 50).contains(&spent), "{spent}");
    assert_eq!(world.has(&payer, Asset::Native), 0);
    stage.wait_for_finality();
    assert_eq!(stage.final_outcome(job.id), Some(outcome));
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}

/// What `scripts/js/from-relay.js` prints.
fn from_relay(stage: &Stage, key_file: &Path, arguments: &[&str]) -> String {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/js/from-relay.js"
    );
    said(
        Command::new("node")
            .arg(script)
            .arg(stage.network.node(VALIDATORS[0]).ws_uri())
            .arg(stage.network.node(FULL_NODE).ws_uri())
            .arg(key_file)
            .args(arguments),
    )
}
