//! The invariants of this pallet's storage.

use crate::{
    arithmetic, assets::PIN, issuance::key_of, splits::named, AcceptedAssets, Clock, Config,
    Credits, DebtTotals, Debts, Epochs, HoldReason, Issuance, NextSplit, Paid, Pallet, Received,
    References, Refs, Splits, SplitsOf, Unvested, MAX_ACCEPTED,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use codec::Encode;
use frame_support::{
    ensure,
    traits::{fungible::Inspect, Get},
};
use myai_primitives::{Asset, Balance, Beneficiary, Epoch, SplitId};
use myai_support::{Keeper, Money};
use sp_runtime::TryRuntimeError;

/// Sums of money by what it is of, encoded.
type Sums = BTreeMap<Vec<u8>, Balance>;

fn add(sums: &mut Sums, of: impl Encode, value: Balance) -> Result<(), TryRuntimeError> {
    let sum = sums.entry(of.encode()).or_default();
    *sum = sum.checked_add(value).ok_or("a sum overflows")?;
    Ok(())
}

impl<T: Config> Pallet<T> {
    /// Checks everything that must hold between blocks. Not bounded.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_splits()?;
        Self::check_index()?;
        Self::check_references()?;
        Self::check_deposits()?;
        Self::check_debts()?;
        Self::check_accepted()?;
        Self::check_supply()?;
        Self::check_credits()?;
        Self::check_vault(Self::check_ledger()?, Self::unpaid_issuance()?)
    }

    /// Every split is sound, and the network's exists and pays accounts.
    fn check_splits() -> Result<(), TryRuntimeError> {
        for (id, split) in Splits::<T>::iter() {
            ensure!(id < NextSplit::<T>::get(), "a split's id is not yet given");
            ensure!(
                arithmetic::check_parts(split.shares.iter().map(|s| s.parts)).is_ok(),
                "a split's shares do not sum to a million"
            );
            ensure!(
                split.deposit.is_some() || split.keeper == Keeper::None,
                "a version's or a dataset's split has no deposit"
            );
            for older in named(&split.shares) {
                ensure!(older < id, "a split names one that is not older");
            }
        }
        let network = Splits::<T>::get(Self::network_split())
            .ok_or("the network's split is missing")?
            .shares;
        ensure!(
            network
                .iter()
                .all(|s| matches!(s.beneficiary, Beneficiary::Account(_))),
            "the network's split pays something other than accounts"
        );
        Ok(())
    }

    /// The index has a row for each split and beneficiary, and no other.
    fn check_index() -> Result<(), TryRuntimeError> {
        let rows: BTreeSet<Vec<u8>> = Splits::<T>::iter()
            .flat_map(|(id, split)| {
                split
                    .shares
                    .into_iter()
                    .map(move |share| (share.beneficiary, id.place()).encode())
            })
            .collect();
        let index: BTreeSet<Vec<u8>> = SplitsOf::<T>::iter_keys().map(|key| key.encode()).collect();
        ensure!(
            rows == index,
            "the splits of a beneficiary are not those that pay it"
        );
        Ok(())
    }

    /// A split counts exactly the shares and debts that name it. What other pallets asked for they
    /// know alone.
    fn check_references() -> Result<(), TryRuntimeError> {
        let mut names = BTreeMap::<SplitId, Refs>::new();
        for split in Splits::<T>::iter_values() {
            for named in named(&split.shares) {
                let refs = names.entry(named).or_default();
                refs.shares = refs.shares.saturating_add(1);
            }
        }
        for (_, (_, _, destination)) in Debts::<T>::iter_keys() {
            if let Some(split) = destination.split() {
                let refs = names.entry(split).or_default();
                refs.debts = refs.debts.saturating_add(1);
            }
        }
        for (split, refs) in References::<T>::iter() {
            ensure!(refs != Refs::default(), "a reference counts nothing");
            names.entry(split).or_default().others = refs.others;
            ensure!(
                names.get(&split) == Some(&refs),
                "a split's references are not what names it"
            );
        }
        for split in names.into_keys() {
            ensure!(
                Splits::<T>::contains_key(split),
                "a split that is named is missing"
            );
            ensure!(
                References::<T>::contains_key(split),
                "a split has no references though it is named"
            );
        }
        Ok(())
    }

    /// What is held as deposits is the sum of the splits' tickets.
    fn check_deposits() -> Result<(), TryRuntimeError> {
        let mut sums = Sums::new();
        for deposit in Splits::<T>::iter_values().filter_map(|split| split.deposit) {
            let value = deposit.value().ok_or("a deposit's ticket is no amount")?;
            add(&mut sums, &deposit.payer, value)?;
        }
        for who in frame_system::Account::<T>::iter_keys() {
            let held = T::Money::held(&Asset::Native, &HoldReason::SplitDeposit.into(), &who);
            ensure!(
                held == sums.remove(&who.encode()).unwrap_or_default(),
                "what is held for splits is not the sum of their deposits"
            );
        }
        ensure!(sums.is_empty(), "a depositor has no account");
        Ok(())
    }

    /// Every debt is still held, and the totals are the sums of the rows.
    fn check_debts() -> Result<(), TryRuntimeError> {
        let mut sums = Sums::new();
        for (payer, (reason, asset, _), value) in Debts::<T>::iter() {
            ensure!(value > 0, "a debt of nothing");
            add(&mut sums, (payer, reason, asset), value)?;
        }
        let mut totals = Sums::new();
        for (payer, (reason, asset), total) in DebtTotals::<T>::iter() {
            ensure!(
                T::Money::held(&asset, &reason, &payer) >= total,
                "a payer holds less than its debts"
            );
            add(&mut totals, (payer, reason, asset), total)?;
        }
        ensure!(
            sums == totals,
            "a total of debts is not the sum of its rows"
        );
        Ok(())
    }

    fn check_accepted() -> Result<(), TryRuntimeError> {
        let mut count = 0u32;
        for (asset, asked) in AcceptedAssets::<T>::iter() {
            count = count.saturating_add(1);
            ensure!(
                asked.job_deposit > 0 && asked.session_deposit > 0 && asked.min_lock > 0,
                "an accepted asset asks for nothing"
            );
            ensure!(
                T::Money::held(&Asset::Id(asset), &Self::pin(), &Self::vault()) == PIN,
                "an accepted asset is not pinned"
            );
        }
        ensure!(
            count == AcceptedAssets::<T>::count() && count <= MAX_ACCEPTED,
            "the count of accepted assets is wrong"
        );
        Ok(())
    }

    /// No share was paid more than its due. Yields what the vault owes, by asset.
    fn check_ledger() -> Result<BTreeMap<Asset, Balance>, TryRuntimeError> {
        let mut owed = BTreeMap::<Asset, Balance>::new();
        let mut owe = |asset: Asset, value: Balance| -> Result<(), TryRuntimeError> {
            let sum = owed.entry(asset).or_default();
            *sum = sum.checked_add(value).ok_or("a sum overflows")?;
            Ok(())
        };
        for (split, asset, received) in Received::<T>::iter() {
            let shares = Splits::<T>::get(split)
                .ok_or("income of a split that is gone")?
                .shares;
            let paid = Paid::<T>::get(split, asset);
            ensure!(
                paid.is_empty() || paid.len() == shares.len(),
                "payments and shares of a split differ in number"
            );
            for (share, paid) in shares.iter().zip(paid.iter()) {
                ensure!(
                    *paid <= arithmetic::entitled(received.total, share.parts),
                    "a share was overpaid"
                );
            }
            owe(asset, arithmetic::left(received.total, &paid))?;
        }
        for (split, asset, _) in Paid::<T>::iter() {
            ensure!(
                Received::<T>::contains_key(split, asset),
                "payments without income"
            );
        }
        for row in Unvested::<T>::iter_values() {
            ensure!(row.value > 0, "unvested money of nothing");
            owe(row.asset, row.value)?;
        }
        for ((reason, asset, _), value) in Debts::<T>::iter_prefix(Self::vault()) {
            ensure!(
                reason == Self::income(),
                "a debt of the vault is not held as income"
            );
            owe(asset, value)?;
        }
        Ok(owed)
    }

    /// The vault holds what it owes, to the unit, and has its minimum balance besides; nobody else
    /// holds anything as income. In assets other than the native one the minimum is checked where
    /// something is owed.
    fn check_vault(
        mut owed: BTreeMap<Asset, Balance>,
        unpaid: Balance,
    ) -> Result<(), TryRuntimeError> {
        let (vault, income) = (Self::vault(), Self::income());
        let native = Asset::Native;
        ensure!(
            T::Money::held(&native, &Self::unissued(), &vault) == unpaid,
            "the vault does not hold what was minted and not paid"
        );
        for who in frame_system::Account::<T>::iter_keys() {
            ensure!(
                who == vault || T::Money::held(&native, &Self::unissued(), &who) == 0,
                "issuance is held outside the vault"
            );
        }
        for asset in AcceptedAssets::<T>::iter_keys().map(Asset::Id) {
            owed.entry(asset).or_default();
        }
        owed.entry(Asset::Native).or_default();
        for (asset, owed) in owed {
            ensure!(
                T::Money::held(&asset, &income, &vault) == owed,
                "the vault does not hold what it owes"
            );
            let (needed, is_needed) = match asset {
                // A chain that starts from nothing has no vault before the first mint.
                Asset::Native => (owed.saturating_add(unpaid), owed > 0 || unpaid > 0),
                Asset::Id(_) => (owed, owed > 0),
            };
            ensure!(
                !is_needed
                    || T::Money::balance(&asset, &vault)
                        >= needed.saturating_add(T::Money::minimum(&asset)),
                "the vault is below its minimum balance"
            );
            for who in frame_system::Account::<T>::iter_keys() {
                ensure!(
                    who == vault || T::Money::held(&asset, &income, &who) == 0,
                    "income is held outside the vault"
                );
            }
        }
        Ok(())
    }

    /// No more was minted than the curve says, and there is no more of the token than the cap, and than
    /// was minted and given out before.
    fn check_supply() -> Result<(), TryRuntimeError> {
        let Some(issued) = Issuance::<T>::get() else {
            return Ok(());
        };
        let cap = T::Cap::get();
        let last = Clock::<T>::get()
            .ok_or("issuance began before the clock")?
            .last;
        let due = arithmetic::minted(cap, last.saturating_sub(issued.start));
        ensure!(
            issued.minted <= due.min(issued.limit),
            "more was minted than the curve says"
        );
        let before = cap.saturating_sub(issued.limit);
        ensure!(
            // Where the genesis gave out more than the cap, nothing is minted.
            issued.limit == 0 || T::Token::total_issuance() <= before.saturating_add(issued.minted),
            "there is more of the token than was minted and given out before"
        );
        Ok(())
    }

    /// What was minted and not paid, by our rows.
    fn unpaid_issuance() -> Result<Balance, TryRuntimeError> {
        let issued = Issuance::<T>::get();
        let parts = issued
            .into_iter()
            .flat_map(|issued| [issued.authors, issued.pool, issued.treasury])
            .chain(Epochs::<T>::iter_values().map(|closed| closed.unpaid));
        let mut sum: Balance = 0;
        for part in parts {
            sum = sum.checked_add(part).ok_or("a sum overflows")?;
        }
        Ok(sum)
    }

    /// What can be claimed of an epoch that is over is there; in the one that runs splits have earned
    /// no more than all contributors together.
    fn check_credits() -> Result<(), TryRuntimeError> {
        let (network, running) = (Self::network_split(), Self::running_epoch());
        let mut earned = BTreeMap::<Epoch, Balance>::new();
        let mut rewards = BTreeMap::<Epoch, Balance>::new();
        let mut add = |epoch: Epoch, credit: Balance| {
            let sum = earned.entry(epoch).or_default();
            *sum = sum.saturating_add(credit);
            if let Some(closed) = Epochs::<T>::get(key_of(epoch)) {
                let sum = rewards.entry(epoch).or_default();
                let reward = arithmetic::reward(credit, closed.pool, closed.credits);
                *sum = sum.saturating_add(reward);
            }
        };
        for (key, _, credit) in Credits::<T>::iter() {
            ensure!(credit > 0, "a credit of nothing");
            let epoch = Epoch::from_be_bytes(key);
            ensure!(epoch < running, "a credit of an epoch that is not over");
            add(epoch, credit);
        }
        for (split, asset, received) in Received::<T>::iter() {
            ensure!(
                received.cut == 0 || asset == Asset::Native,
                "income in another asset than the token earned credit"
            );
            ensure!(received.epoch <= running, "credit of an epoch to come");
            if split != network && received.cut > 0 {
                add(received.epoch, received.cut);
            }
        }
        let all = Received::<T>::get(network, Asset::Native).cut_of(running);
        ensure!(
            earned.get(&running).is_none_or(|credits| *credits <= all),
            "splits earned more than all contributors together"
        );
        for (key, closed) in Epochs::<T>::iter() {
            let epoch = Epoch::from_be_bytes(key);
            ensure!(epoch < running, "an epoch is over before its end");
            ensure!(
                earned
                    .get(&epoch)
                    .is_none_or(|credits| *credits <= closed.credits),
                "splits earned more of an epoch than all contributors together"
            );
            ensure!(
                rewards.get(&epoch).is_none_or(|sum| *sum <= closed.unpaid),
                "more can be claimed of an epoch than there is"
            );
        }
        Ok(())
    }
}
