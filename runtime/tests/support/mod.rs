//! A chain in memory that starts from the `development` preset, and the people on it.

pub use frame_support::assert_ok;
pub use myai_primitives::*;
pub use myai_runtime::*;
pub use myai_support::*;
pub use sp_keyring::Sr25519Keyring as Who;
// Both of the above have it.
pub use myai_primitives::Balance;

use codec::Encode;
use frame_support::{
    dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
    genesis_builder_helper::build_state,
    traits::{OnFinalize, OnIdle},
    weights::Weight,
};
use sp_runtime::{
    generic::Era,
    traits::{BlockNumberProvider, Dispatchable},
    DispatchResult,
};

pub type Relay = cumulus_pallet_parachain_system::RelaychainDataProvider<Runtime>;

/// The relay chain's block number when the tests begin.
pub const START: Tick = 1_000;

pub fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
    match (base, patch) {
        (serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (base, patch) => *base = patch,
    }
}

/// A new chain before its first block.
pub fn preset() -> sp_io::TestExternalities {
    let mut chain = sp_io::TestExternalities::default();
    chain.execute_with(|| {
        let preset = presets::preset(&sp_genesis_builder::DEV_RUNTIME_PRESET.into())
            .expect("the preset exists");
        let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
        merge(&mut config, serde_json::from_slice(&preset).unwrap());
        build_state::<RuntimeGenesisConfig>(serde_json::to_vec(&config).unwrap())
            .expect("the preset builds");
    });
    chain
}

/// A new chain in its first block.
pub fn genesis() -> sp_io::TestExternalities {
    let mut chain = preset();
    chain.execute_with(|| {
        System::set_block_number(1);
        Relay::set_block_number(START);
    });
    chain
}

/// Runs a test on a new chain, and checks every invariant at its end.
pub fn on_a_chain(test: impl FnOnce()) {
    genesis().execute_with(|| {
        test();
        check_invariants();
    });
}

/// What `try_state` of each of our pallets checks.
pub fn check_invariants() {
    RewardSplit::do_try_state().expect("reward-split");
    ModelRegistry::do_try_state().expect("model-registry");
    DataLicense::do_try_state().expect("data-license");
    InferenceEscrow::do_try_state().expect("inference-escrow");
}

/// Ends this block and begins one `ticks` later on the relay chain.
pub fn next_block(ticks: Tick) {
    end_block();
    begin_block(ticks);
}

/// What a block does at its end, the sweep in all of its room.
pub fn end_block() {
    let number = System::block_number();
    InferenceEscrow::on_idle(number, Weight::MAX);
    RewardSplit::on_finalize(number);
}

pub fn begin_block(ticks: Tick) {
    System::set_block_number(System::block_number() + 1);
    Relay::set_block_number(Relay::current_block_number() + ticks);
    System::reset_events();
}

/// `ticks` go by, a block each, without the sweep.
pub fn pass(ticks: Tick) {
    for _ in 0..ticks {
        let number = System::block_number();
        RewardSplit::on_finalize(number);
        System::set_block_number(number + 1);
        Relay::set_block_number(Relay::current_block_number() + 1);
    }
}

pub fn account(who: Who) -> AccountId {
    who.to_account_id()
}

/// A call from `who`, as a block would run it, fees apart. A call that fails changes nothing.
pub fn call(who: Who, call: impl Into<RuntimeCall>) -> DispatchResult {
    run(RuntimeOrigin::signed(account(who)), call)
        .map(drop)
        .map_err(|e| e.error)
}

pub fn root(call: impl Into<RuntimeCall>) -> DispatchResult {
    run(RuntimeOrigin::root(), call)
        .map(drop)
        .map_err(|e| e.error)
}

pub fn run(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> DispatchResultWithPostInfo {
    let call = call.into();
    let info = call.get_dispatch_info();
    assert!(
        info.call_weight
            .all_lte(configs::system::RuntimeBlockWeights::get().max_block),
        "a call fits into a block"
    );
    call.dispatch(origin)
}

pub fn name(text: &str) -> Name {
    text.as_bytes().to_vec().try_into().unwrap()
}

pub fn text(text: &str) -> Text {
    text.as_bytes().to_vec().try_into().unwrap()
}

pub fn file(n: u8) -> File {
    File::new([n; 32], 1_000 + n as u64, &["https://example.org/file"]).unwrap()
}

pub fn native(units: Balance) -> Amount {
    Amount {
        asset: Asset::Native,
        value: units,
    }
}

pub fn dollars(units: Balance) -> Amount {
    Amount {
        asset: Asset::Id(presets::DOLLAR),
        value: units,
    }
}

/// Clauses that allow everything and ask nothing.
pub fn open_clauses() -> Clauses {
    Clauses::open(text("Apache-2.0"))
}

/// Clauses that ask derivatives for so much, at least one unit of it, in either asset.
pub fn royalty(ppm: u32) -> Clauses {
    let mut clauses = open_clauses();
    let alternative = |asset| Alternative {
        unit: Unit::Call,
        asset,
        floor: 1,
        max_fee: 1_000 * MAI,
    };
    clauses.royalty = Royalty {
        share: Ppm(ppm),
        alternatives: vec![
            alternative(Asset::Native),
            alternative(Asset::Id(presets::DOLLAR)),
        ]
        .try_into()
        .unwrap(),
    };
    clauses
}

/// A version with no bases and no data; `n` makes its artifact its own.
pub fn spec(n: u8, price: Amount) -> VersionSpec<AccountId> {
    VersionSpec {
        artifact: file(n),
        manifest: file(200),
        numerics: Numerics::IntV1,
        unit: Unit::Call,
        price,
        modes: vec![Mode::Direct].try_into().unwrap(),
        max_input: 65_536,
        max_output: 4_096,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Open,
            checkpoints: Openness::Open,
        },
        clauses: open_clauses(),
        bases: Default::default(),
        datasets: Default::default(),
        extras: Default::default(),
    }
}

pub fn bases(lines: &[(VersionId, u32)]) -> Lines<BaseLine> {
    lines
        .iter()
        .map(|(version, ppm)| BaseLine {
            version: *version,
            royalty: Ppm(*ppm),
        })
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// Lines of datasets that the version itself was trained on.
pub fn grants(lines: &[(GrantId, u32)]) -> Lines<DatasetLine> {
    dataset_lines(lines.iter().map(|(g, ppm)| (DataSource::Grant(*g), *ppm)))
}

pub fn dataset_lines(lines: impl IntoIterator<Item = (DataSource, u32)>) -> Lines<DatasetLine> {
    lines
        .into_iter()
        .map(|(source, ppm)| DatasetLine {
            source,
            share: Ppm(ppm),
        })
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// Registers a model.
pub fn model(owner: Who) -> ModelId {
    let id = last_id(|n| ModelRegistry::model_view(ModelId(n)).is_some());
    assert_ok!(call(
        owner,
        pallet_model_registry::Call::register_model {
            name: name("digits"),
            category: Category::General,
            metadata: file(201),
        }
    ));
    ModelId(id)
}

fn last_id(exists: impl Fn(u32) -> bool) -> u32 {
    (0..).find(|n| !exists(*n)).unwrap()
}

pub fn publish(owner: Who, model: ModelId, spec: VersionSpec<AccountId>) -> VersionId {
    let id = last_id(|n| ModelRegistry::version_view(VersionId(n)).is_some());
    assert_ok!(call(
        owner,
        pallet_model_registry::Call::publish_version {
            model,
            spec: Box::new(spec)
        }
    ));
    VersionId(id)
}

/// Open, free, revocable after the least notice, for ever, 5%.
pub fn dataset_terms() -> DatasetTerms {
    DatasetTerms {
        clauses: royalty(50_000),
        price: native(0),
        period: None,
        renewable: None,
        revocation: Revocation::Notice {
            notice: 14_400,
            perpetual_term: 100_000,
        },
    }
}

pub fn dataset(owner: Who, terms: DatasetTerms) -> DatasetId {
    let id = DatasetId(last_id(|n| {
        DataLicense::dataset_view(DatasetId(n)).is_some()
    }));
    assert_ok!(call(
        owner,
        pallet_data_license::Call::register_dataset {
            name: name("handwriting"),
            category: Category::General,
            metadata: file(202),
            openness: Openness::Open,
            split: None,
        }
    ));
    assert_ok!(call(
        owner,
        pallet_data_license::Call::set_terms {
            dataset: id,
            terms: Box::new(terms)
        }
    ));
    id
}

pub fn acquire(owner: Who, dataset: DatasetId, model: ModelId) -> GrantId {
    let grant = GrantId(last_id(|n| DataLicense::grant_view(GrantId(n)).is_some()));
    let (number, terms) = DataLicense::dataset_view(dataset).unwrap().terms.unwrap();
    assert_ok!(call(
        owner,
        pallet_data_license::Call::acquire {
            dataset,
            model,
            number,
            max_cost: terms.price.value,
            lasts: 1_000,
        }
    ));
    grant
}

pub fn details() -> WorkerDetails {
    WorkerDetails {
        endpoint: Default::default(),
        mailbox: b"ws://127.0.0.1:9944".to_vec().try_into().unwrap(),
        sealing_key: [9; 32],
        max_open_jobs: 100,
    }
}

/// A worker that signs for itself and is paid to itself.
pub fn worker(who: Who) {
    assert_ok!(call(
        who,
        pallet_inference_escrow::Call::register_worker {
            signer: account(who),
            payout: account(who),
            details: details(),
            bond: 100 * MAI,
        }
    ));
}

pub fn set_offer(who: Who, version: VersionId, fee: Balance) {
    assert_ok!(call(
        who,
        pallet_inference_escrow::Call::set_offer {
            version,
            fee,
            min_duration: 10
        }
    ));
}

/// An order that may be opened now. Each of a test has an input of its own, so that no two are one
/// job; counted by thread, so that a walk at random is the same beside other tests.
pub fn order(version: VersionId, worker: Who, units: u32) -> Order<AccountId> {
    thread_local!(static INPUTS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });
    let input = INPUTS.replace(INPUTS.get() + 1);
    let mut input_commitment = [1; 32];
    input_commitment[..8].copy_from_slice(&input.to_le_bytes());
    Order {
        payer: Payer::Own,
        parent: None,
        version,
        units,
        max_cost: Balance::MAX,
        duration: 100,
        open_by: <RewardSplit as Clock>::served() + 10,
        policies: ModelRegistry::version_view(version).and_then(|v| v.policies),
        uploader: None,
        input_commitment,
        input_length: 100,
        run: Run::Direct {
            worker: account(worker),
            blob: [2; 32],
        },
    }
}

pub fn open_order(order: Order<AccountId>) -> RuntimeCall {
    pallet_inference_escrow::Call::open_job {
        order: Box::new(order),
    }
    .into()
}

pub fn open_call(version: VersionId, worker: Who, units: u32) -> RuntimeCall {
    open_order(order(version, worker, units))
}

pub fn open(payer: Who, version: VersionId, worker: Who, units: u32) -> JobId {
    let order = order(version, worker, units);
    let id = JobId::of(&account(payer), &account(payer), &order);
    assert_ok!(call(payer, open_order(order)));
    id
}

/// How a job ended, while the chain says so.
pub fn outcome(job: JobId) -> Option<Outcome> {
    match InferenceEscrow::job_view(job)?.state {
        JobState::Ended(ended) => Some(ended.outcome),
        JobState::Open(_) => None,
    }
}

pub fn attest_call(job: JobId, units: u32) -> RuntimeCall {
    pallet_inference_escrow::Call::attest {
        job,
        output_commitment: [3; 32],
        units,
        blob: [4; 32],
    }
    .into()
}

pub fn attest(worker: Who, job: JobId, units: u32) {
    assert_ok!(call(worker, attest_call(job, units)));
}

pub fn split_of(version: VersionId) -> SplitId {
    ModelRegistry::version_view(version).unwrap().split
}

/// Claims whatever a split owes, each share; whoever asks pays nothing but the fee.
pub fn claim_all(split: SplitId, asset: &Asset) {
    for owed in RewardSplit::owed_view(split, *asset) {
        if owed.value > 0 {
            assert_ok!(call(
                Who::Eve,
                pallet_reward_split::Call::claim {
                    split,
                    asset: *asset,
                    share: owed.share
                }
            ));
        }
    }
}

/// All that somebody has of an asset, held units included.
pub fn has(who: &AccountId, asset: &Asset) -> Balance {
    <configs::money::Money as Money<AccountId>>::balance(asset, who)
}

pub fn held(who: Who) -> Balance {
    <configs::money::Money as Money<AccountId>>::held(
        &Asset::Native,
        &RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job),
        &account(who),
    )
}

pub fn extension(nonce: u32) -> TxExtension {
    extension_paid_in(nonce, None)
}

/// Its fee is paid in an asset, or in the token.
pub fn extension_paid_in(nonce: u32, asset: Option<u32>) -> TxExtension {
    cumulus_pallet_weight_reclaim::StorageWeightReclaim::new((
        frame_system::AuthorizeCall::new(),
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckEra::from(Era::Immortal),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
        pallet_inference_escrow::CheckJobCalls::new(),
        pallet_asset_tx_payment::ChargeAssetTxPayment::from(0, asset),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
    ))
}

/// A transaction of `who`'s with the nonce that comes next.
pub fn signed(who: Who, call: RuntimeCall) -> UncheckedExtrinsic {
    signed_paid_in(who, call, None)
}

pub fn signed_paid_in(who: Who, call: RuntimeCall, asset: Option<u32>) -> UncheckedExtrinsic {
    let extension = extension_paid_in(System::account_nonce(account(who)), asset);
    let payload = sp_runtime::generic::SignedPayload::new(call.clone(), extension.clone())
        .expect("implicit values are known");
    let signature = payload.using_encoded(|bytes| who.sign(bytes));
    UncheckedExtrinsic::new_signed(
        call,
        account(who).into(),
        Signature::Sr25519(signature),
        extension,
    )
}
