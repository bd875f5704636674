//! What the life of a job costs beside a transfer: the proof that its blocks record on a chain that
//! is in use, and the weight that is charged for it.

#[path = "support/bare_block.rs"]
mod bare_block;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use bare_block::build_block;
use codec::Encode;
use configs::system::MAXIMUM_BLOCK_WEIGHT;
use frame_support::{
    dispatch::GetDispatchInfo, storage::StoragePrefixedMap, traits::StorageInfoTrait,
    weights::Weight,
};
use pallet_data_license::{Grants, GrantsOn, StandsOn};
use pallet_inference_escrow::WeightInfo;
use pallet_inference_escrow::{
    types::{due_key, JobRow},
    Deadlines, Jobs, JobsOfWorker, Offers, Uploaders, Workers,
};
use pallet_model_registry::{Approvals, Effectives, Listings};
use pallet_reward_split::{Income, Received, Splits};
use sp_runtime::traits::{BlockNumberProvider, Dispatchable, TransactionExtension};
use std::collections::{BTreeMap, BTreeSet};
use support::*;

type Chain = sp_io::TestExternalities;
type AssetsCall = pallet_assets::Call<Runtime>;
type EscrowWeights = <Runtime as pallet_inference_escrow::Config>::WeightInfo;

/// How much the chain is in use.
const ACCOUNTS: u32 = 100_000;
const JOBS: u32 = 10_000;
const WORKERS: u32 = 1_000;
/// Ticks for which the rules keep the row of an ended job.
const ANSWER_KEPT: Tick = 14_400;
/// How many the measure is the mean of.
const TRANSFERS: u32 = 100;
const ASSETS: [Asset; 2] = [Asset::Native, Asset::Id(presets::DOLLAR)];

// Everybody in a job's life is somebody else.
const PUBLISHER: Who = Who::Alice;
const SENDER: Who = Who::Bob;
const PAYOUT: Who = Who::Charlie;
/// One who has nothing yet.
const NEW_PAYOUT: Who = Who::One;
const PAYER: Who = Who::Dave;
const SIGNER: Who = Who::Eve;
const WORKER: Who = Who::Ferdie;
const UPLOADER: Who = Who::Two;

/// What a block recorded and wrote, and the proof that was charged for it.
struct Block {
    proof: usize,
    charged: u64,
    read: BTreeSet<Vec<u8>>,
    written: BTreeSet<Vec<u8>>,
}

/// The block that comes next, at the relay chain's block `relay`, with one transaction or none. It is
/// not committed.
fn block(chain: &mut Chain, relay: Tick, transaction: Option<UncheckedExtrinsic>) -> Block {
    let recorder = Default::default();
    chain.execute_with_recorder(Clone::clone(&recorder), || {
        build_block(relay, transaction.into_iter().collect());
    });
    let read: BTreeSet<Vec<u8>> = recorder
        .recorded_keys()
        .values()
        .flat_map(|keys| keys.keys().map(|key| key.to_vec()))
        .collect();
    let written = chain
        .overlayed_changes()
        .changes()
        .map(|(key, _)| key.clone())
        .collect();
    Block {
        proof: recorder.to_storage_proof().encoded_size(),
        charged: chain.execute_with(|| System::block_weight().total().proof_size()),
        read,
        written,
    }
}

/// An account, spread as those of people are.
fn stranger(n: u32) -> AccountId {
    sp_io::hashing::blake2_256(&n.to_le_bytes()).into()
}

/// Gives the chain as many accounts, workers, versions and open jobs as one that is in use has, in the
/// token and in the dollar. The rows are copies of those of an open job.
fn fill(version: VersionId, job: JobId) {
    let people = frame_system::AccountInfo {
        providers: 1,
        data: pallet_balances::AccountData {
            free: 10 * MAI,
            ..Default::default()
        },
        ..Default::default()
    };
    let dollars = pallet_assets::Account::<Runtime>::get(presets::DOLLAR, account(PAYER)).unwrap();
    for n in 0..ACCOUNTS {
        frame_system::Account::<Runtime>::insert(stranger(n), &people);
        pallet_assets::Account::<Runtime>::insert(presets::DOLLAR, stranger(n), &dollars);
    }

    let listing = Listings::<Runtime>::get(version).unwrap();
    let split = Splits::<Runtime>::get(listing.split).unwrap();
    let worker = Workers::<Runtime>::get(account(WORKER)).unwrap();
    let offer = Offers::<Runtime>::get(account(WORKER), version).unwrap();
    for n in 0..WORKERS {
        let (who, version, own) = (stranger(n), VersionId(1_000 + n), SplitId(1_000 + n));
        Listings::<Runtime>::insert(version, &listing);
        Splits::<Runtime>::insert(own, &split);
        Workers::<Runtime>::insert(&who, &worker);
        Offers::<Runtime>::insert(&who, version, &offer);
        for asset in ASSETS {
            Received::<Runtime>::insert(own, asset, Income::from(MAI));
        }
    }
    // And what a dear one looks at.
    let grant = Grants::<Runtime>::iter_values().next().unwrap();
    let (model, _, on) = GrantsOn::<Runtime>::iter().next().unwrap();
    let effective = Effectives::<Runtime>::iter_values().next().unwrap();
    let approval = Approvals::<Runtime>::iter_values().next().unwrap();
    for n in 1_000..1_000 + WORKERS {
        Grants::<Runtime>::insert(GrantId(n).place(), &grant);
        GrantsOn::<Runtime>::insert(model, DatasetId(n), &on);
        StandsOn::<Runtime>::insert(VersionId(n), DatasetId(n), GrantId(n));
        Effectives::<Runtime>::insert(VersionId(n), &effective);
        for kind in [ApprovalKind::Host, ApprovalKind::User] {
            let licensor = Licensor::Version(VersionId(n));
            Approvals::<Runtime>::insert(licensor, (kind, stranger(n)), approval.clone());
        }
    }

    let reason = RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job);
    let served = <RewardSplit as Clock>::served();
    for n in 0..JOBS {
        let Some(JobRow::Open(mut job)) = Jobs::<Runtime>::get(job) else {
            panic!("the job is open");
        };
        let payer = stranger(n);
        let worker = match n % WORKERS {
            0 => account(WORKER),
            n => stranger(n),
        };
        let id = sp_io::hashing::blake2_256(payer.as_ref());
        // After the jobs that are measured are forgotten.
        job.deadline = served + 100_000 + n;
        job.payer = payer.clone();
        job.run = Run::Direct {
            worker: worker.clone(),
            blob: id,
        };
        for asset in ASSETS {
            assert_ok!(<configs::money::Money as Money<AccountId>>::hold(
                &asset, &reason, &payer, 10_000
            ));
        }
        Deadlines::<Runtime>::insert(due_key(job.deadline), JobId(id), ());
        JobsOfWorker::<Runtime>::insert(worker, JobId(id), ());
        Uploaders::<Runtime>::insert(payer, 1);
        Jobs::<Runtime>::insert(JobId(id), JobRow::Open(job));
    }
}

fn register(payout: Who) {
    assert_ok!(call(
        WORKER,
        pallet_inference_escrow::Call::register_worker {
            signer: account(SIGNER),
            payout: account(payout),
            details: details(),
            bond: 100 * MAI,
        }
    ));
}

/// A version priced in the token, with no ancestors and no conditions.
fn plain() -> VersionId {
    let own = model(PUBLISHER);
    publish(PUBLISHER, own, spec(1, native(MAI)))
}

/// A version priced in dollars that lives by as many grants of its ancestors, and asks for the approval
/// of its worker and of its payer by as many licensors, as there can be.
fn dearest() -> VersionId {
    let ask = |clauses: &mut Clauses| {
        clauses.hosting = Access::Approval;
        clauses.users = Access::Approval;
    };
    let first = model(PUBLISHER);
    let mut terms = dataset_terms();
    terms.clauses = open_clauses();
    ask(&mut terms.clauses);
    let sets: Vec<_> = (0..MAX_LINES)
        .map(|_| dataset(PUBLISHER, terms.clone()))
        .collect();
    let mut licensors: Vec<_> = sets.iter().map(|set| Licensor::Dataset(*set, 1)).collect();
    let lines: Vec<_> = sets
        .iter()
        .map(|set| (acquire(PUBLISHER, *set, first), 0))
        .collect();
    let mut version = None;
    while licensors.len() < MAX_CONDITIONS as usize {
        let mut spec = spec(10 + licensors.len() as u8, dollars(1_000_000));
        ask(&mut spec.clauses);
        let of = match version {
            None => {
                spec.datasets = grants(&lines);
                first
            }
            Some(base) => {
                spec.bases = bases(&[(base, 0)]);
                model(PUBLISHER)
            }
        };
        let next = publish(PUBLISHER, of, spec);
        licensors.push(Licensor::Version(next));
        version = Some(next);
    }
    for licensor in licensors {
        for (kind, who) in [(ApprovalKind::Host, WORKER), (ApprovalKind::User, PAYER)] {
            let approve = pallet_model_registry::Call::approve {
                licensor,
                kind,
                account: account(who),
            };
            assert_ok!(call(PUBLISHER, approve));
        }
    }
    version.unwrap()
}

/// A chain that is in use, a plain version and the dearest one.
fn in_use() -> (Chain, VersionId, VersionId) {
    let mut chain = genesis();
    let (plain, dearest) = chain.execute_with(|| {
        register(PAYOUT);
        let (plain, dearest) = (plain(), dearest());
        set_offer(WORKER, plain, MAI / 10);
        set_offer(WORKER, dearest, 100_000);
        // Income has come in before. These jobs are over: they are in nobody's way.
        for version in [plain, dearest] {
            let job = open(PAYER, version, WORKER, 1);
            let Some(JobRow::Open(row)) = Jobs::<Runtime>::get(job) else {
                panic!("the job is open");
            };
            if version == plain {
                fill(version, job);
            }
            attest(SIGNER, job, 1);
            Jobs::<Runtime>::remove(job);
            Deadlines::<Runtime>::remove(due_key(row.deadline), job);
        }
        (plain, dearest)
    });
    chain.commit_all().unwrap();
    // The first block of a runtime does more than others.
    for n in 1..3 {
        block(&mut chain, START + n, None);
        chain.commit_all().unwrap();
    }
    (chain, plain, dearest)
}

/// What blocks cost beyond empty ones.
#[derive(Default)]
struct Cost {
    proof: usize,
    reads: usize,
    writes: usize,
    keys: BTreeSet<Vec<u8>>,
    steps: Vec<String>,
}

impl Cost {
    fn add(&mut self, what: &str, block: Block, empty: &Block) {
        let proof = block.proof - empty.proof;
        let charged = block.charged - empty.charged;
        assert!(
            proof as u64 <= charged,
            "{what}: {proof}, charged for {charged}"
        );
        let read = &block.read - &empty.read;
        let written = &block.written - &empty.written;
        self.proof += proof;
        self.reads += read.len();
        self.writes += written.len();
        self.steps.push(format!(
            "{what}: {proof} bytes, charged for {charged}\n  reads {}\n  writes {}",
            names(&read),
            names(&written)
        ));
        self.keys.extend(read);
        self.keys.extend(written);
    }
}

/// How many keys, and which.
fn names(keys: &BTreeSet<Vec<u8>>) -> String {
    let mut counts = BTreeMap::<String, u32>::new();
    for key in keys {
        *counts.entry(name_of(key)).or_default() += 1;
    }
    let names = counts.iter().map(|(name, count)| match count {
        1 => name.clone(),
        _ => format!("{count} x {name}"),
    });
    format!("{}: {}", keys.len(), names.collect::<Vec<_>>().join(", "))
}

/// Pallet and item of a key, and who of those above it is of.
fn name_of(key: &[u8]) -> String {
    let info = AllPalletsWithSystem::storage_info()
        .into_iter()
        .find(|info| key.starts_with(&info.prefix));
    let Some(info) = info else {
        return format!("{:?}", sp_core::bytes::to_hex(key, false));
    };
    let pallet = String::from_utf8(info.pallet_name).unwrap();
    let item = String::from_utf8(info.storage_name).unwrap();
    let people = [
        (account(PAYER), "payer"),
        (account(SIGNER), "signer"),
        (account(PAYOUT), "payout"),
        (account(NEW_PAYOUT), "payout"),
        (account(WORKER), "worker"),
        (account(SENDER), "sender"),
        (account(UPLOADER), "uploader"),
        (RewardSplit::vault(), "vault"),
        (CollatorSelection::account_id(), "pot"),
    ];
    let whose = people.iter().find(|(who, _)| {
        let who: &[u8] = who.as_ref();
        key.windows(32).any(|part| part == who)
    });
    match whose {
        Some((_, who)) => format!("{pallet}.{item}({who})"),
        None => format!("{pallet}.{item}"),
    }
}

/// The block at `relay` with a transaction, beside the same without. It is committed.
fn add(cost: &mut Cost, what: &str, chain: &mut Chain, who: Who, call: RuntimeCall) {
    let relay = chain.execute_with(Relay::current_block_number) + 1;
    let empty = block(chain, relay, None);
    chain.reset_overlay();
    let transaction = chain.execute_with(|| signed(who, call));
    let full = block(chain, relay, Some(transaction));
    chain.execute_with(|| cost.add(what, full, &empty));
    chain.commit_all().unwrap();
}

/// What the sweep costs in the first block at which the clock is past `tick`.
fn add_sweep(cost: &mut Cost, what: &str, chain: &mut Chain, tick: Tick) {
    let relay = chain.execute_with(Relay::current_block_number) + 2;
    chain.execute_with(|| {
        pallet_reward_split::Clock::<Runtime>::put(pallet_reward_split::Reading {
            last: relay - 1,
            served: tick,
        });
    });
    chain.commit_all().unwrap();
    let empty = block(chain, relay - 1, None);
    chain.reset_overlay();
    let full = block(chain, relay, None);
    chain.execute_with(|| cost.add(what, full, &empty));
    chain.commit_all().unwrap();
}

/// Transfers to so many accounts, whose places in the trie differ.
fn transfers(chain: &mut Chain) -> Cost {
    let mut cost = Cost::default();
    for n in 0..TRANSFERS {
        let call = pallet_balances::Call::transfer_keep_alive {
            dest: stranger(n).into(),
            value: MAI,
        };
        add(&mut cost, "transfer", chain, SENDER, call.into());
    }
    cost
}

/// From the opening to the removal of the row, in the middle an answer or none.
fn life(chain: &mut Chain, order: Order<AccountId>, is_answered: bool) -> Cost {
    let mut cost = Cost::default();
    let who = account(PAYER);
    let id = JobId::of(&who, &who, &order);
    let deadline = order.duration + chain.execute_with(<RewardSplit as Clock>::served) + 1;
    add(&mut cost, "open", chain, PAYER, open_order(order));
    let over = match is_answered {
        true => {
            let answer = attest_call(id, 1);
            add(&mut cost, "attest", chain, SIGNER, answer);
            "pass"
        }
        false => "end",
    };
    add_sweep(&mut cost, over, chain, deadline);
    add_sweep(&mut cost, "remove", chain, deadline + ANSWER_KEPT);
    chain.execute_with(|| assert!(InferenceEscrow::job_view(id).is_none()));
    cost
}

fn on_dollars(chain: &mut Chain, call_of_its_owner: fn(id: codec::Compact<u32>) -> AssetsCall) {
    let call_of_its_owner = call_of_its_owner(presets::DOLLAR.into());
    chain.execute_with(|| {
        assert_ok!(call(Who::Alice, call_of_its_owner));
    });
    chain.commit_all().unwrap();
}

/// How many transfers the proof is of.
fn report(what: &str, cost: &Cost, transfers: &Cost) -> f64 {
    let transfer = transfers.proof as f64 / f64::from(TRANSFERS);
    let times = cost.proof as f64 / transfer;
    for step in &cost.steps {
        println!("{step}");
    }
    println!(
        "{what}: proof {} bytes, x {times:.2} of {transfer:.0}; {} reads, {} writes, keys {}",
        cost.proof,
        cost.reads,
        cost.writes,
        names(&cost.keys)
    );
    times
}

#[test]
fn a_jobs_life_records_at_most_the_proof_of_ten_transfers() {
    let (mut chain, plain, dearest) = in_use();
    let transfers = transfers(&mut chain);
    let mut order = chain.execute_with(|| order(plain, WORKER, 1));
    // Its id, and so its places in the trie, are the same each time.
    order.input_commitment = [7; 32];
    let plain = life(&mut chain, order.clone(), true);
    let times = chain.execute_with(|| report("plain", &plain, &transfers));

    // While other subjects are suspended, a model among them, an opening looks for its own model.
    chain.execute_with(|| {
        let subjects = [
            Subject::Model(model(SENDER)),
            Subject::Version(dearest),
            Subject::Dataset(DatasetId(0)),
            Subject::Worker(stranger(0)),
        ];
        for subject in subjects {
            // Over before the dearest job is opened.
            let until = <RewardSplit as Clock>::now() + 3;
            assert_ok!(root(pallet_model_registry::Call::suspend {
                subject,
                until
            }));
        }
        order.open_by = <RewardSplit as Clock>::served() + 10;
    });
    chain.commit_all().unwrap();
    order.input_commitment = [9; 32];
    let moderated = life(&mut chain, order.clone(), true);
    chain.execute_with(|| report("plain, another model suspended", &moderated, &transfers));
    let rows = |cost: &Cost| {
        let prefix = pallet_model_registry::Suspensions::<Runtime>::final_prefix();
        cost.keys
            .iter()
            .filter(|key| key.starts_with(&prefix))
            .count()
    };
    assert_eq!((rows(&plain), rows(&moderated)), (0, 1));
    assert_eq!(moderated.keys.len(), plain.keys.len() + 1);

    order.input_commitment = [7; 32];
    order.version = dearest;
    order.uploader = Some(account(UPLOADER));
    order.open_by = chain.execute_with(|| {
        let new_payout = pallet_inference_escrow::Call::update_worker {
            signer: account(SIGNER),
            payout: account(NEW_PAYOUT),
            details: details(),
        };
        assert_ok!(call(WORKER, new_payout));
        <RewardSplit as Clock>::served() + 10
    });
    chain.commit_all().unwrap();
    let dear = life(&mut chain, order.clone(), true);
    let dear_times = chain.execute_with(|| report("dearest", &dear, &transfers));

    order.input_commitment = [8; 32];
    order.open_by = chain.execute_with(|| <RewardSplit as Clock>::served() + 10);
    let expired = life(&mut chain, order, false);
    chain.execute_with(|| report("dearest, not answered", &expired, &transfers));

    assert!(times <= 10.0, "{times}");
    assert!(plain.keys.len() <= 22);
    assert!(dear_times <= 19.0, "{dear_times}");
    // What is charged in advance and not recorded is given back to the block: it has room for a
    // hundred of the dearest.
    assert!(dear.proof as u64 <= MAXIMUM_BLOCK_WEIGHT.proof_size() / 100);
}

/// The keys of reward-split that answering a job touches, beside those that every block does.
fn rows_of_an_answer(chain: &mut Chain, version: VersionId, salt: u8) -> BTreeSet<Vec<u8>> {
    let mut order = chain.execute_with(|| order(version, WORKER, 1));
    order.input_commitment = [salt; 32];
    let job = JobId::of(&account(PAYER), &account(PAYER), &order);
    let relay = chain.execute_with(Relay::current_block_number) + 1;
    let transaction = chain.execute_with(|| signed(PAYER, open_order(order)));
    block(chain, relay, Some(transaction));
    chain.commit_all().unwrap();
    let empty = block(chain, relay + 1, None);
    chain.reset_overlay();
    let transaction = chain.execute_with(|| signed(SIGNER, attest_call(job, 1)));
    let full = block(chain, relay + 1, Some(transaction));
    chain.commit_all().unwrap();
    let ours = sp_io::hashing::twox_128(b"RewardSplit");
    let touched = &(&full.read | &full.written) - &(&empty.read | &empty.written);
    touched
        .into_iter()
        .filter(|key| key.starts_with(&ours))
        .collect()
}

/// Credit lies in the rows that income is written to anyway. Only what an epoch that is over brought
/// gets rows of its own, with the first job of a later one.
#[test]
fn credit_costs_no_extra_row() {
    let (mut chain, plain, _) = in_use();
    let credit = |chain: &mut Chain| {
        chain.execute_with(|| {
            let row = Received::<Runtime>::get(split_of(plain), Asset::Native);
            let worker = Workers::<Runtime>::get(account(WORKER)).unwrap().record;
            (row.cut, row.epoch, worker.credit, worker.epoch)
        })
    };
    let before = credit(&mut chain);
    let touched = rows_of_an_answer(&mut chain, plain, 7);
    let after = credit(&mut chain);
    assert_eq!(after.0 - before.0, MAI / 40, "the split earns");
    assert_eq!(after.2 - before.2, MAI / 400, "the worker earns");
    let usual = chain.execute_with(|| names(&touched));
    println!("{usual}");
    assert_eq!(
        usual,
        "3: RewardSplit.NetworkSplit, 2 x RewardSplit.Received"
    );

    // A block of the next epoch ends this one.
    let next = (after.1 + 1) * EPOCH;
    block(&mut chain, next, None);
    chain.commit_all().unwrap();
    let touched = rows_of_an_answer(&mut chain, plain, 8);
    assert_eq!(
        credit(&mut chain),
        (MAI / 40, after.1 + 1, MAI / 400, after.3 + 1)
    );
    let first = chain.execute_with(|| names(&touched));
    println!("the first of an epoch: {first}");
    assert!(first.contains("RewardSplit.Credits(worker)"), "{first}");
    assert_eq!(touched.len(), 5, "{first}");
    let touched = rows_of_an_answer(&mut chain, plain, 9);
    assert_eq!(chain.execute_with(|| names(&touched)), usual);
}

/// What a call of `who`'s weighs with its extensions, as announced and, once it was applied, in fact.
fn weighed(who: Who, call: RuntimeCall) -> (Weight, Weight) {
    let extensions = extension(0).weight(&call);
    let info = call.get_dispatch_info();
    let announced = info.call_weight + extensions;
    let done = call
        .dispatch(RuntimeOrigin::signed(account(who)))
        .expect("is in order");
    let of_call = done.actual_weight.unwrap_or(info.call_weight);
    (announced, of_call + extensions)
}

/// Where nothing of an asset moves, every leg of a payment becomes a debt. What that records is charged
/// for, too, as each step's cost is compared.
#[test]
fn what_cannot_be_paid_costs_no_more_than_is_charged() {
    let (mut chain, _, dearest) = in_use();
    let (order, grant) = chain.execute_with(|| {
        let terms = DatasetTerms {
            price: dollars(1_000_000),
            period: Some(100_000),
            renewable: Some(200_000),
            ..dataset_terms()
        };
        let grant = acquire(PUBLISHER, dataset(SENDER, terms), model(PUBLISHER));
        let renew = pallet_data_license::Call::renew {
            grant,
            periods: 1,
            max_cost: 1_000_000,
        };
        assert_ok!(call(PAYER, renew));
        (order(dearest, WORKER, 1), grant)
    });
    chain.commit_all().unwrap();
    let who = account(PAYER);
    let job = JobId::of(&who, &who, &order);
    let mut cost = Cost::default();
    let chain = &mut chain;
    add(&mut cost, "open", chain, PAYER, open_order(order));
    on_dollars(chain, |id| AssetsCall::freeze_asset { id });
    add(&mut cost, "attest", chain, SIGNER, attest_call(job, 1));
    let debts = |chain: &mut Chain| {
        chain.execute_with(|| pallet_reward_split::Debts::<Runtime>::iter().count())
    };
    // To the version's split, to the network's, to the payout account and back to the payer.
    assert_eq!(debts(chain), 4);

    on_dollars(chain, |id| AssetsCall::thaw_asset { id });
    let revoke = pallet_data_license::Call::revoke { grant };
    add(&mut cost, "revoke", chain, SENDER, revoke.into());
    chain.execute_with(|| Relay::set_block_number(Relay::current_block_number() + 14_400));
    chain.commit_all().unwrap();
    on_dollars(chain, |id| AssetsCall::freeze_asset { id });
    let vest = pallet_data_license::Call::vest { grant };
    add(&mut cost, "vest", chain, SIGNER, vest.into());
    // Back to both who paid for the grant.
    assert_eq!(debts(chain), 6);
    cost.steps.iter().for_each(|step| println!("{step}"));
}

#[test]
fn a_job_costs_at_most_so_many_transfers() {
    on_a_chain(|| {
        register(PAYOUT);
        let version = plain();
        set_offer(WORKER, version, MAI / 10);
        let job = open(PAYER, version, WORKER, 1);
        let transfer = pallet_balances::Call::transfer_keep_alive {
            dest: account(PAYOUT).into(),
            value: MAI,
        };
        let (_, transfer) = weighed(SENDER, transfer.into());
        let (max_open, open) = weighed(PAYER, open_call(version, WORKER, 1));
        let (max_attest, attest) = weighed(SIGNER, attest_call(job, 1));
        // The sweep goes by the ended job, and later removes its row.
        let (pass, remove) = (EscrowWeights::sweep_pass(), EscrowWeights::sweep_remove());
        println!("transfer {transfer:?}\nopen {open:?}, attest {attest:?}");
        println!("pass {pass:?}, remove {remove:?}");
        let [plain, dearest] = [
            ("plain", open + attest + pass + remove),
            ("dearest", max_open + max_attest + pass + remove),
        ]
        .map(|(which, life)| {
            let time = life.ref_time() as f64 / transfer.ref_time() as f64;
            let proof = life.proof_size() as f64 / transfer.proof_size() as f64;
            println!("{which}: {life:?}, time x {time:.2}, proof x {proof:.2}");
            (life, time, proof)
        });
        // The goal is a time of 6.5.
        assert!(plain.1 <= 7.0 && plain.2 <= 11.5);
        assert!(dearest.1 <= 14.5 && dearest.2 <= 34.5);
        assert!(
            plain.0.all_lt(dearest.0),
            "what was not needed is given back"
        );
        // A hundred of the dearest a block.
        assert!(dearest.0.ref_time() <= MAXIMUM_BLOCK_WEIGHT.ref_time() / 100);
    });
}
