//! What people were promised, reckoned outside the pallets: by plain arithmetic from the calls that
//! were made, the events that followed and what the chain shows of itself. No rule of a pallet is
//! asked; where the chain does what this book does not foresee, the book says which promise is
//! broken.
//!
//! | promise | where |
//! | --- | --- |
//! | no job opens after the license of its version, or of an ancestor that binds it, has ended | `licenses.rs` |
//! | no base gets less than its floor for a unit, before the network's cut | `jobs.rs` |
//! | no flag and no `bound_by` gets looser down the line | `clauses.rs` |
//! | no account gets more than its parts | `money.rs` |
//! | money is conserved in each asset | `money.rs` |
//! | no more is minted than the curve says, and nobody gets back more than half of a cut | `issuance.rs` |
//! | who buys gets what it saw | `ownership.rs` |
//! | what is suspended gets no work, and nobody but owner and extra accounts waits for it | `suspensions.rs` |

mod clauses;
mod issuance;
mod jobs;
mod licenses;
mod money;
mod ownership;
mod suspensions;

pub use ownership::Thing;

use crate::support::*;
use money::Leg;
use sp_runtime::{traits::BlockNumberProvider, DispatchError, DispatchResult};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
pub struct Book {
    /// How often each of the interesting cases was met.
    pub reached: BTreeMap<&'static str, u32>,

    pub owned: BTreeMap<Thing, ownership::Owned>,

    pub terms: BTreeMap<(DatasetId, TermsNumber), DatasetTerms>,
    pub grants: BTreeMap<GrantId, licenses::Grant>,

    /// Every version that was ever published.
    pub versions: BTreeMap<VersionId, clauses::Version>,
    /// Whom a licensor has approved as hosts and users.
    approved: BTreeSet<(Licensor, ApprovalKind, AccountId)>,
    /// For how many publications a version's owner has approved a model that belongs to this one.
    pub derivatives: BTreeMap<(VersionId, ModelId), (AccountId, u32)>,

    /// Where each worker's fees go.
    pub payouts: BTreeMap<AccountId, AccountId>,
    /// What each worker asks for a unit of a version.
    pub offers: BTreeMap<(AccountId, VersionId), Balance>,
    pub jobs: BTreeMap<JobId, jobs::Job>,
    /// Until when each subject was suspended last.
    pub suspended: BTreeMap<Subject<AccountId>, Tick>,
    network_share: Ppm,

    /// How much there is of each asset.
    issued: BTreeMap<Asset, Balance>,
    accounts: BTreeMap<(AccountId, Asset), Balance>,
    pub splits: BTreeMap<SplitId, money::Split>,
    dataset_splits: BTreeMap<DatasetId, SplitId>,
    network: SplitId,
    pub debts: Vec<money::Debt>,
    /// What was given to the vault and not swept yet.
    surplus: BTreeMap<Asset, Balance>,
    issuance: issuance::Issuance,
}

/// What one call, or the end of a block, brings about; worked off when all its events are read.
#[derive(Default)]
struct Consequences {
    /// Money that is due to move.
    legs: Vec<Leg>,
    settled: Vec<jobs::Settled>,
}

impl Book {
    /// The book of a chain that has just begun.
    pub fn open() -> Self {
        let mut book = Self {
            reached: BTreeMap::new(),
            owned: BTreeMap::new(),
            terms: BTreeMap::new(),
            grants: BTreeMap::new(),
            versions: BTreeMap::new(),
            approved: BTreeSet::new(),
            derivatives: BTreeMap::new(),
            payouts: BTreeMap::new(),
            offers: BTreeMap::new(),
            jobs: BTreeMap::new(),
            suspended: BTreeMap::new(),
            network_share: RuleSet::default().network_share(),
            issued: BTreeMap::new(),
            accounts: BTreeMap::new(),
            splits: BTreeMap::new(),
            dataset_splits: BTreeMap::new(),
            network: <RewardSplit as Splits<AccountId>>::network(),
            debts: Vec::new(),
            surplus: BTreeMap::new(),
            issuance: issuance::Issuance::begin(),
        };
        book.open_accounts();
        book
    }

    /// Reads a call that was made, how it ended and what it brought about.
    pub fn read(
        &mut self,
        by: &AccountId,
        call: &RuntimeCall,
        done: &DispatchResult,
        events: &[RuntimeEvent],
    ) {
        self.judge_opening(by, call, done);
        self.judge_sale(call, done);
        self.judge_suspended(call, done);
        if done.is_ok() {
            self.read_events(by, Some(call), events);
        } else {
            assert!(events.is_empty(), "a call that fails says nothing");
        }
        self.ensure_balances();
    }

    /// Reads what a block's end at a tick brought about, or the ends of some that had no calls.
    pub fn read_end_of_block(&mut self, events: &[RuntimeEvent], tick: Tick) {
        let nobody = RewardSplit::vault();
        self.mint(tick);
        self.read_events(&nobody, None, events);
        self.ensure_balances();
    }

    fn read_events(&mut self, by: &AccountId, call: Option<&RuntimeCall>, events: &[RuntimeEvent]) {
        let mut due = Consequences::default();
        if let Some(call) = call {
            self.read_own_calls(by, call);
            self.read_gift(by, call, &mut due);
        }
        // What happened first, then where the money went.
        for event in events {
            match event {
                RuntimeEvent::ModelRegistry(event) => {
                    self.read_moderation(event);
                    self.read_registry(by, call, event);
                }
                RuntimeEvent::DataLicense(event) => self.read_licenses(by, call, event, &mut due),
                RuntimeEvent::InferenceEscrow(event) => self.read_escrow(by, call, event, &mut due),
                _ => {}
            }
        }
        for event in events {
            if let RuntimeEvent::RewardSplit(event) = event {
                self.read_rewards(event, &mut due);
                self.read_issuance(event);
            }
        }
        self.move_money(due.legs, events);
        for settled in due.settled {
            self.ensure_floors(&settled, events);
        }
        if let Some(call) = call {
            self.ensure_vested(call);
        }
    }

    fn reach(&mut self, case: &'static str) {
        *self.reached.entry(case).or_default() += 1;
    }
}

/// The relay chain's block number, by which licenses end.
pub fn now() -> Tick {
    Relay::current_block_number()
}
