use crate::*;

pub fn blocks_are_backed_included_and_finalised(stage: &Stage) {
    const RELAY_BLOCKS: usize = 12;
    let relay = stage.relay();
    let clock = || {
        (
            stage.world.best(),
            wait(stage.world.chain.clock()).expect("an answer"),
        )
    };
    let (first, before) = clock();
    let (backed, included, head) = wait(async {
        let mut blocks = relay
            .blocks()
            .subscribe_finalized()
            .await
            .expect("a subscription");
        let (mut backed, mut included, mut last) = (0, 0, None);
        for _ in 0..RELAY_BLOCKS {
            let next = tokio::time::timeout(Duration::from_secs(A_WHILE), blocks.next());
            let block = next
                .await
                .expect("in time")
                .expect("goes on")
                .expect("a block");
            let events = block.events().await.expect("events");
            for event in events.iter().map(|e| e.expect("an event")) {
                match (event.pallet_name(), event.variant_name()) {
                    ("ParaInclusion", "CandidateBacked") => backed += 1,
                    ("ParaInclusion", "CandidateIncluded") => included += 1,
                    _ => (),
                }
            }
            last = Some(block.hash());
        }
        let at = relay.storage().at(last.expect("several"));
        let head = at.fetch_raw(parachain_head_key()).await.expect("an answer");
        (backed, included, head.expect("the parachain has a head"))
    });
    println!(
        "{RELAY_BLOCKS} blocks of the relay chain: {backed} of ours backed, {included} included"
    );
    let (last, after) = clock();
    println!(
        "{} blocks of ours are {} ticks, {} of them of service",
        last - first,
        after.now - before.now,
        after.served - before.served
    );
    assert!(backed >= RELAY_BLOCKS / 2 && included >= RELAY_BLOCKS / 2);

    // What the relay chain has finalised is what our full node calls final.
    let header: Vec<u8> = codec::Decode::decode(&mut &head[..]).expect("a head is bytes");
    let (_parent, codec::Compact(number)): ([u8; 32], codec::Compact<u32>) =
        codec::Decode::decode(&mut &header[..]).expect("a header begins so");
    let hash = sp_crypto_hashing::blake2_256(&header);
    until("finality", A_WHILE, || {
        (stage.finalized().number >= number).then_some(())
    });
    let ours: subxt::utils::H256 = wait(async {
        let rpc = stage.network.node(FULL_NODE).rpc().await.expect("connects");
        rpc.request("chain_getBlockHash", rpc_params![number])
            .await
            .expect("a hash")
    });
    assert_eq!(ours.0, hash);
}

/// `Paras::Heads` of our parachain.
fn parachain_head_key() -> Vec<u8> {
    let id = PARACHAIN.to_le_bytes();
    [
        &sp_crypto_hashing::twox_128(b"Paras")[..],
        &sp_crypto_hashing::twox_128(b"Heads"),
        &sp_crypto_hashing::twox_64(&id),
        &id,
    ]
    .concat()
}

/// As many openings as fit the largest blocks, with what collators and the relay chain say of these.
pub fn full_blocks_fit_the_relay_chain(stage: &Stage) {
    const CALLS: usize = 600;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("full-{name}")));
    let version = digits(&owner);
    let worker = Worker::new(world, "full-worker", &[(version, "0.005 MAI")]);
    let order = world.order(version, &worker.account(), 100);
    let before = stage.measured("execution");
    let mut blocks = std::collections::BTreeMap::<u32, usize>::new();
    wait(async {
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..CALLS {
            let mut order = order.clone();
            order.input_commitment[..8].copy_from_slice(&n.to_le_bytes());
            let (chain, key) = (world.chain.clone(), dave.key());
            calls.spawn(async move { chain.submit(&key, calls::open_job(order)).await });
        }
        while let Some(done) = calls.join_next().await {
            let done = done.expect("no panic").expect("is opened");
            *blocks.entry(done.block.number).or_default() += 1;
        }
    });
    stage.wait_for_finality();
    println!("openings by block: {blocks:?}");
    let (times, seconds) = stage.measured("execution");
    let (times, seconds) = (times - before.0, seconds - before.1);
    println!(
        "meanwhile {times} times PVF execution, {:.3} s each",
        seconds / times
    );
    let largest = COLLATORS
        .iter()
        .flat_map(|name| {
            let log = wait(stage.network.node(name).logs()).expect("a log");
            let sizes = log
                .lines()
                .filter_map(|l| l.split_once("Compressed PoV size: "));
            let sizes = sizes.filter_map(|(_, size)| size.split_once("kb")?.0.parse().ok());
            sizes.collect::<Vec<f64>>()
        })
        .fold(0.0, f64::max);
    let relay = stage.relay();
    let limits = wait(async {
        let at = relay.storage().at_latest().await.expect("an answer");
        let address = subxt::dynamic::storage("Configuration", "ActiveConfig", ());
        let config = at
            .fetch(&address)
            .await
            .expect("an answer")
            .expect("is set");
        config.to_value().expect("is read")
    });
    let limit = |name: &str| {
        let field = subxt::ext::scale_value::At::at(&limits, name).expect("is a field");
        field.as_u128().expect("is a number") as f64 / 1_024.0
    };
    let (pov, code) = (limit("max_pov_size"), limit("max_code_size"));
    println!("largest proof: {largest:.0} of {pov:.0} KiB; code may have {code:.0} KiB");
    assert!(largest > 0.0 && largest < pov);
}
