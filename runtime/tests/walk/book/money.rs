//! What every account has and what it may still claim. No account gets more than its parts, and
//! money is conserved in each asset.

use super::*;
use crate::dice::PEOPLE;
use frame_support::storage::{with_transaction, TransactionOutcome};
use pallet_reward_split::{Destination, Event};
use sp_runtime::DispatchError;

/// `floor(value × parts / 10⁶)`.
pub fn part(value: Balance, parts: Ppm) -> Balance {
    value * Balance::from(parts.0) / 1_000_000
}

/// Money that is due to move.
#[derive(Clone, Debug)]
pub struct Leg {
    pub from: AccountId,
    pub asset: Asset,
    pub value: Balance,
    pub to: To,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Account(AccountId),
    /// Into the vault, as income of a split.
    Split(SplitId),
    /// Into the vault, and nobody's income yet.
    Vault,
}

/// Money that was due and could not move: it lies where it was.
#[derive(Clone, Debug)]
pub struct Debt {
    pub payer: AccountId,
    pub reason: RuntimeHoldReason,
    pub asset: Asset,
    pub destination: Destination<AccountId>,
    pub value: Balance,
}

/// How income divides, and what came of it.
#[derive(Clone)]
pub struct Split {
    pub shares: Vec<(Beneficiary<AccountId>, Ppm)>,
    income: BTreeMap<Asset, Income>,
}

#[derive(Clone, Default)]
struct Income {
    /// From jobs, grants and gifts.
    earned: Balance,
    /// The same, with what other splits have credited.
    received: Balance,
    /// What each share has claimed.
    paid: Vec<Balance>,
}

impl Split {
    fn income(&mut self, asset: Asset) -> &mut Income {
        let income = self.income.entry(asset).or_default();
        income.paid.resize(self.shares.len(), 0);
        income
    }

    /// What each share was, or is, to be paid of what the split has received.
    pub fn entitled(&self, asset: &Asset) -> Vec<Balance> {
        let received = self.income.get(asset).map_or(0, |income| income.received);
        let shares = self.shares.iter();
        shares.map(|(_, parts)| part(received, *parts)).collect()
    }

    fn paid(&self, asset: &Asset, share: usize) -> Balance {
        self.income
            .get(asset)
            .map_or(0, |income| income.paid[share])
    }
}

impl Book {
    pub(super) fn open_accounts(&mut self) {
        let people = PEOPLE.map(account).into_iter();
        let treasury = configs::economy::Treasury::get();
        let takes_part = people.chain([treasury.clone(), RewardSplit::vault()]);
        let takes_part: Vec<AccountId> = takes_part.collect();
        for asset in [Asset::Native, Asset::Id(presets::DOLLAR)] {
            self.issued.insert(asset, issuance(asset));
            for who in takes_part.clone() {
                let balance = has(&who, &asset);
                self.accounts.insert((who.clone(), asset), balance);
            }
        }
        let all = Beneficiary::Account(treasury);
        self.found_split(self.network, vec![(all, Ppm::MILLION)]);
    }

    /// No unit was lost, or made but by the curve, and everybody has what the book says, in each asset.
    pub(super) fn ensure_balances(&self) {
        for (asset, issued) in &self.issued {
            assert_eq!(issuance(*asset), *issued, "money is conserved: {asset:?}");
        }
        let reason = RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job);
        for ((who, asset), balance) in &self.accounts {
            let name = name_of(who);
            let mine = self
                .jobs
                .values()
                .filter(|job| (&job.payer, &job.asset) == (who, asset));
            let of_jobs: Balance = mine.map(|job| job.held()).sum();
            let owed = self.debts.iter();
            let owed = owed.filter(|d| (&d.payer, &d.asset, &d.reason) == (who, asset, &reason));
            let owed: Balance = owed.map(|debt| debt.value).sum();
            assert_eq!(
                <configs::money::Money as Money<AccountId>>::held(asset, &reason, who),
                of_jobs + owed,
                "refunds are full: {name} has other units of {asset:?} on hold than for open jobs"
            );
            assert_eq!(
                has(who, asset),
                *balance,
                "no account gets more than its parts: {name} has another balance of {asset:?} than \
                 jobs, sales and claims have brought"
            );
        }
    }

    /// Were everything claimed now, everybody would have its parts of all that was earned, to the
    /// unit. The chain is left as it is.
    pub fn ensure_parts(&self) {
        let claimants: BTreeSet<AccountId> =
            self.accounts.keys().map(|(who, _)| who.clone()).collect();
        let undone: Result<(), DispatchError> = with_transaction(|| {
            let id = presets::DOLLAR;
            for who in &claimants {
                let call = pallet_assets::Call::thaw {
                    id: id.into(),
                    who: who.clone().into(),
                };
                let _ = call_by(Who::Alice, call);
            }
            let _ = call_by(
                Who::Alice,
                pallet_assets::Call::thaw_asset { id: id.into() },
            );
            self.lift_all();
            while claimants.iter().map(claim_page).sum::<usize>() > 0 {}
            for asset in [Asset::Native, Asset::Id(id)] {
                let unclaimed = self.unclaimed(&asset);
                for who in claimants.iter().filter(|who| **who != RewardSplit::vault()) {
                    let due = unclaimed.get(who).copied().unwrap_or_default();
                    let balance = self.accounts[&(who.clone(), asset)];
                    assert_eq!(
                        has(who, &asset),
                        balance + due,
                        "no account gets more than its parts: {} claims other than {due} of \
                         {asset:?}",
                        name_of(who)
                    );
                }
            }
            TransactionOutcome::Rollback(Ok(()))
        });
        undone.expect("claiming is undone");
    }

    /// What everybody may claim, if all splits claim first what others owe them.
    fn unclaimed(&self, asset: &Asset) -> BTreeMap<AccountId, Balance> {
        let mut totals: BTreeMap<SplitId, Balance> = BTreeMap::new();
        let mut unclaimed: BTreeMap<AccountId, Balance> = BTreeMap::new();
        // A split names older ones.
        for (id, split) in self.splits.iter().rev() {
            let earned = split.income.get(asset).map_or(0, |income| income.earned);
            let total = earned + totals.get(id).copied().unwrap_or_default();
            for (share, (beneficiary, parts)) in split.shares.iter().enumerate() {
                let entitled = part(total, *parts);
                if let Beneficiary::Split(to) = beneficiary {
                    *totals.entry(*to).or_default() += entitled;
                } else if let Some(who) = self.account_of(beneficiary) {
                    let due = entitled - split.paid(asset, share);
                    *unclaimed.entry(who).or_default() += due;
                }
            }
        }
        unclaimed
    }

    fn account_of(&self, beneficiary: &Beneficiary<AccountId>) -> Option<AccountId> {
        match beneficiary {
            Beneficiary::Account(who) => Some(who.clone()),
            Beneficiary::ModelOwner(model) => self.model_owner(*model).cloned(),
            Beneficiary::DatasetOwner(dataset) => self.dataset_owner(*dataset).cloned(),
            Beneficiary::Split(_) => None,
        }
    }

    /// A split comes to be; what the chain shows of it is what was agreed.
    pub(super) fn found_split(&mut self, id: SplitId, shares: Vec<(Beneficiary<AccountId>, Ppm)>) {
        let view = RewardSplit::split_view(id).expect("the split was made");
        let shown: Vec<_> = view
            .shares
            .into_iter()
            .map(|s| (s.beneficiary, s.parts))
            .collect();
        assert_eq!(shown, shares, "split {id} divides as its lines say");
        let income = BTreeMap::new();
        self.splits.insert(id, Split { shares, income });
    }

    /// What goes with a split is below what an account can be paid.
    fn close_split(&mut self, id: SplitId) {
        let split = self.splits.remove(&id).expect("the split was made");
        for (asset, income) in &split.income {
            let minimum = <configs::money::Money as Money<AccountId>>::minimum(asset);
            for (share, entitled) in split.entitled(asset).into_iter().enumerate() {
                let lost = entitled - income.paid[share];
                match split.shares[share].0 {
                    Beneficiary::Split(to) => {
                        assert_eq!(lost, 0, "split {id} goes with what it owes split {to}");
                        // What was credited is that one's for good.
                        let to = self.splits.get_mut(&to).expect("what is named is kept");
                        to.income(*asset).earned += income.paid[share];
                    }
                    _ => assert!(lost < minimum, "split {id} goes with {lost} of {asset:?}"),
                }
            }
        }
    }

    pub(super) fn read_rewards(&mut self, event: &Event<Runtime>, due: &mut Consequences) {
        match event {
            Event::SplitCreated {
                split,
                depositor: Some(_),
                keeper: Keeper::None,
                shares,
            } => {
                let shares = shares.iter().map(|s| (s.beneficiary.clone(), s.parts));
                self.found_split(*split, shares.collect());
            }
            Event::DustCredited {
                split,
                asset,
                value,
                ..
            } => {
                let income = self
                    .splits
                    .get_mut(split)
                    .expect("it was made")
                    .income(*asset);
                let left = income.received - income.paid.iter().sum::<Balance>();
                assert_eq!(
                    *value, left,
                    "the network gets what is left of split {split}"
                );
                self.earn(self.network, *asset, *value);
            }
            Event::SplitRemoved { split } => self.close_split(*split),
            Event::Claimed {
                split,
                share,
                asset,
                value,
                to,
            } => {
                let beneficiary = self.claim(*split, *share, *asset, *value);
                assert!(
                    !self.is_frozen(*split, &beneficiary),
                    "a frozen share is not claimed: {share} of split {split}"
                );
                assert_eq!(
                    self.account_of(&beneficiary).as_ref(),
                    Some(to),
                    "a share is paid to whom it belongs"
                );
                self.pay(&RewardSplit::vault(), to, *asset, *value);
            }
            Event::Credited {
                split,
                share,
                asset,
                value,
                to,
            } => {
                let beneficiary = self.claim(*split, *share, *asset, *value);
                assert_eq!(beneficiary, Beneficiary::Split(*to));
                let to = self.splits.get_mut(to).expect("what is named is kept");
                to.income(*asset).received += value;
                self.reach("a split is credited by another");
            }
            Event::Vested {
                grant,
                asset,
                value,
                split,
            } => {
                let dataset = self.grants[grant].dataset;
                assert_eq!(
                    *split, self.dataset_splits[&dataset],
                    "the dataset's income"
                );
                self.read_vested(*grant, *value);
                self.earn(*split, *asset, *value);
            }
            Event::UnvestedReturned {
                grant,
                asset,
                value,
                to,
                ..
            } => {
                self.read_returned(*grant, *value, to);
                due.legs.push(Leg {
                    from: RewardSplit::vault(),
                    asset: *asset,
                    value: *value,
                    to: To::Account(to.clone()),
                });
            }
            Event::DebtPaid {
                payer,
                reason,
                asset,
                destination,
                value,
            } => {
                let paid = self.debt(payer, reason, asset, destination);
                let paid = self.debts.remove(paid.expect("what is paid was due"));
                assert_eq!(paid.value, *value, "a debt is paid as it was");
                due.legs.push(Leg {
                    from: paid.payer,
                    asset: *asset,
                    value: *value,
                    to: match paid.destination {
                        Destination::Account(to) => To::Account(to),
                        Destination::Split(split) => To::Split(split),
                        Destination::Cut { .. } => unreachable!("the token always moves"),
                    },
                });
                self.reach("a debt is paid");
            }
            Event::SurplusSwept { asset, value, .. } => {
                let given = self.surplus.remove(asset).unwrap_or_default();
                assert_eq!(*value, given, "what was given to the vault is swept alone");
                self.earn(self.network, *asset, *value);
            }
            _ => {}
        }
    }

    /// What somebody gives to the vault belongs to nobody until it is swept.
    pub(super) fn read_gift(&mut self, by: &AccountId, call: &RuntimeCall, due: &mut Consequences) {
        let (asset, value) = match call {
            RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { value, .. }) => {
                (Asset::Native, *value)
            }
            RuntimeCall::Assets(pallet_assets::Call::transfer_keep_alive { amount, .. }) => {
                (Asset::Id(presets::DOLLAR), *amount)
            }
            _ => return,
        };
        *self.surplus.entry(asset).or_default() += value;
        due.legs.push(Leg {
            from: by.clone(),
            asset,
            value,
            to: To::Vault,
        });
    }

    /// A share claims what it is owed, no more and no less.
    fn claim(
        &mut self,
        split: SplitId,
        share: u32,
        asset: Asset,
        value: Balance,
    ) -> Beneficiary<AccountId> {
        let found = self.splits.get_mut(&split).expect("it was made");
        let place = share as usize;
        let entitled = found.entitled(&asset)[place];
        let paid = &mut found.income(asset).paid[place];
        *paid += value;
        assert_eq!(
            *paid, entitled,
            "no account gets more than its parts: share {share} of split {split}"
        );
        found.shares[place].0.clone()
    }

    pub(super) fn earn(&mut self, split: SplitId, asset: Asset, value: Balance) {
        let found = self.splits.get_mut(&split).expect("it was made");
        let income = found.income(asset);
        income.earned += value;
        income.received += value;
    }

    /// Moves what is due, but for what the chain says has become a debt.
    pub(super) fn move_money(&mut self, mut legs: Vec<Leg>, events: &[RuntimeEvent]) {
        for event in events {
            let RuntimeEvent::RewardSplit(Event::DebtRecorded {
                payer,
                reason,
                asset,
                destination,
                value,
                ..
            }) = event
            else {
                continue;
            };
            let to = match destination {
                Destination::Account(to) => To::Account(to.clone()),
                Destination::Split(split) => To::Split(*split),
                Destination::Cut { .. } => panic!("the token always moves"),
            };
            let owed = |leg: &Leg| {
                (&leg.from, &leg.asset, &leg.value, &leg.to) == (payer, asset, value, &to)
            };
            let leg = legs.iter().position(owed);
            legs.remove(leg.unwrap_or_else(|| {
                panic!("a debt of what is not due: {event:?}, where {legs:?} are")
            }));
            match self.debt(payer, reason, asset, destination) {
                Some(found) => self.debts[found].value += value,
                None => self.debts.push(Debt {
                    payer: payer.clone(),
                    reason: *reason,
                    asset: *asset,
                    destination: destination.clone(),
                    value: *value,
                }),
            }
            self.reach("money that cannot move becomes a debt");
        }
        let vault = RewardSplit::vault();
        for leg in legs {
            match leg.to {
                To::Account(to) => self.pay(&leg.from, &to, leg.asset, leg.value),
                To::Vault => self.pay(&leg.from, &vault, leg.asset, leg.value),
                To::Split(split) => {
                    self.pay(&leg.from, &vault, leg.asset, leg.value);
                    self.earn(split, leg.asset, leg.value);
                }
            }
        }
    }

    fn debt(
        &self,
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        destination: &Destination<AccountId>,
    ) -> Option<usize> {
        self.debts.iter().position(|debt| {
            (&debt.payer, &debt.reason, &debt.asset, &debt.destination)
                == (payer, reason, asset, destination)
        })
    }

    pub(super) fn pay(&mut self, from: &AccountId, to: &AccountId, asset: Asset, value: Balance) {
        *self.account(from, asset) -= value;
        *self.account(to, asset) += value;
    }

    /// What is minted comes from nobody.
    pub(super) fn receive(&mut self, to: &AccountId, asset: Asset, value: Balance) {
        *self.account(to, asset) += value;
    }

    fn account(&mut self, who: &AccountId, asset: Asset) -> &mut Balance {
        let balance = self.accounts.get_mut(&(who.clone(), asset));
        balance.unwrap_or_else(|| panic!("{who} takes no part"))
    }
}

fn issuance(asset: Asset) -> Balance {
    match asset {
        Asset::Native => Balances::total_issuance(),
        Asset::Id(id) => Assets::total_supply(id),
    }
}

/// Claims the first page of what `who` may claim, and says how many claims it has.
fn claim_page(who: &AccountId) -> usize {
    let claims = RewardSplit::claimable(who, None).claims;
    for claim in &claims {
        let call = pallet_reward_split::Call::claim {
            split: claim.split,
            asset: claim.amount.asset,
            share: claim.share,
        };
        call_by(Who::Alice, call).expect("what is claimable can be claimed");
    }
    claims.len()
}

fn call_by(who: Who, call: impl Into<RuntimeCall>) -> DispatchResult {
    crate::support::call(who, call)
}

fn name_of(account_id: &AccountId) -> String {
    let person = PEOPLE.into_iter().find(|who| account(*who) == *account_id);
    match person {
        Some(person) => person.to_string(),
        None if *account_id == RewardSplit::vault() => "the vault".into(),
        None => "the treasury".into(),
    }
}
