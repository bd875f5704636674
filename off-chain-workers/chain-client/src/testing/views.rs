//! The plainest views of the chain. A test changes the fields that it is about.

use crate::AccountId;
use myai_primitives::*;

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn file(name: &str) -> File {
    let uri = format!("https://example.org/{name}");
    File::new([1; 32], 1, &[&uri]).unwrap()
}

/// A worker that waits for jobs.
pub fn worker() -> WorkerView<AccountId> {
    WorkerView {
        id: account(3),
        signer: account(4),
        payout: account(5),
        details: WorkerDetails {
            endpoint: Default::default(),
            mailbox: Default::default(),
            sealing_key: [1; 32],
            max_open_jobs: 8,
        },
        bond: 1,
        paused: false,
        open: 0,
        record: Record::default(),
    }
}

/// What [`worker`] asks for [`version`].
pub fn offer() -> OfferView<AccountId> {
    OfferView {
        worker: worker().id,
        version: version().id,
        fee: Amount {
            asset: Asset::Native,
            value: 1,
        },
        min_duration: 10,
        available: true,
        record: Record::default(),
    }
}

/// A model of one version, [`version`].
pub fn model() -> ModelView<AccountId> {
    ModelView {
        id: ModelId(2),
        owner: account(1),
        account: account(2),
        name: Default::default(),
        category: Category::General,
        metadata: file("model.md"),
        offered_to: None,
        changes: 1,
    }
}

/// A live version that asks for nothing but its price.
pub fn version() -> VersionView<AccountId> {
    let id = VersionId(3);
    VersionView {
        id,
        model: ModelId(2),
        state: VersionState::Live,
        last_work: None,
        spec: VersionSpec {
            artifact: file("model.onnx"),
            manifest: file("manifest.json"),
            numerics: Numerics::Float,
            unit: Unit::Call,
            price: Amount {
                asset: Asset::Native,
                value: 1,
            },
            modes: vec![Mode::Direct].try_into().unwrap(),
            max_input: 200,
            max_output: 100,
            openness: Disclosure {
                source: Openness::Open,
                training_data: Openness::Open,
                checkpoints: Openness::Open,
            },
            clauses: Clauses::open(b"MIT".to_vec().try_into().unwrap()),
            bases: Default::default(),
            datasets: Default::default(),
            extras: Default::default(),
        },
        split: SplitId(7),
        effective: Effective::default(),
        bound_by: vec![],
        policies: None,
        lives_by: vec![],
        licensed_until: None,
        first_with_artifact: id,
    }
}

/// A dataset that nobody can have yet.
pub fn dataset() -> DatasetView<AccountId> {
    DatasetView {
        id: DatasetId(4),
        owner: account(1),
        offered_to: None,
        changes: 1,
        name: Default::default(),
        category: Category::General,
        metadata: file("dataset.md"),
        openness: Openness::Open,
        state: DatasetState::Open,
        split: SplitId(5),
        terms: None,
    }
}
