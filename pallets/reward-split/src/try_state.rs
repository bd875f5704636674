//! The invariants of this pallet's storage.

use crate::{
    arithmetic, splits::named, AcceptedAssets, Config, DebtTotals, Debts, Destination, NetworkSplit,
    NextSplit, Paid, Pallet, Received, References, Splits, SplitsOf, UnvestedOf,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::{Asset, Balance, Beneficiary, SplitId};
use myai_support::Money;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks everything that must hold between blocks. Not bounded.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let names = Self::check_splits()?;
        Self::check_references(names)?;
        Self::check_index()?;
        Self::check_vault(Self::check_ledger()?)?;
        Self::check_debts()?;
        Self::check_accepted()
    }

    /// Every split is sound; yields how often each is named by a share, a debt or the pointer.
    fn check_splits() -> Result<BTreeMap<SplitId, u32>, TryRuntimeError> {
        let mut names = BTreeMap::<SplitId, u32>::new();
        let mut name = |split| *names.entry(split).or_default() += 1;
        for (id, split) in Splits::<T>::iter() {
            ensure!(id < NextSplit::<T>::get(), "a split's id is not yet given");
            ensure!(
                arithmetic::check_parts(split.shares.iter().map(|s| s.parts)).is_ok(),
                "a split's shares do not sum to a million"
            );
            for older in named(&split.shares) {
                ensure!(older < id, "a split names one that is not older");
                name(older);
            }
        }
        if let Some(network) = NetworkSplit::<T>::get() {
            let shares = Splits::<T>::get(network)
                .ok_or("the network's split is missing")?
                .shares;
            ensure!(
                shares
                    .iter()
                    .all(|s| matches!(s.beneficiary, Beneficiary::Account(_))),
                "the network's split pays something other than accounts"
            );
            name(network);
        }
        for (_, _, _, destination) in Debts::<T>::iter_keys() {
            if let Destination::Split(split) = destination {
                name(split);
            }
        }
        Ok(names)
    }

    /// No named split can be removed, and nothing keeps a split that is gone. Other pallets may
    /// keep one too, so the count may be higher.
    fn check_references(names: BTreeMap<SplitId, u32>) -> Result<(), TryRuntimeError> {
        for (split, count) in names {
            ensure!(
                Splits::<T>::contains_key(split),
                "a split that is named is missing"
            );
            ensure!(
                References::<T>::get(split) >= count,
                "a split has fewer references than names"
            );
        }
        for (split, count) in References::<T>::iter() {
            ensure!(count > 0, "a reference counts nothing");
            ensure!(
                Splits::<T>::contains_key(split),
                "a reference to a split that is gone"
            );
        }
        Ok(())
    }

    /// Every share is in the index, and nothing else is.
    fn check_index() -> Result<(), TryRuntimeError> {
        let mut rows = BTreeMap::<Vec<u8>, ()>::new();
        for (id, split) in Splits::<T>::iter() {
            for share in &split.shares {
                rows.insert((&share.beneficiary, id.place()).encode(), ());
            }
        }
        let indexed: BTreeMap<Vec<u8>, ()> = SplitsOf::<T>::iter_keys()
            .map(|(beneficiary, place)| ((beneficiary, place).encode(), ()))
            .collect();
        ensure!(rows == indexed, "the index of beneficiaries is wrong");
        Ok(())
    }

    /// No share was paid more than its due; yields what the vault owes by asset: income that is not
    /// claimed, money that has not vested, and the vault's own debts.
    fn check_ledger() -> Result<BTreeMap<Asset, Balance>, TryRuntimeError> {
        let mut sums = BTreeMap::<Asset, Balance>::new();
        for (split, asset, received) in Received::<T>::iter() {
            let shares = Splits::<T>::get(split)
                .ok_or("income of a split that is gone")?
                .shares;
            let paid = Paid::<T>::get(split, &asset);
            ensure!(
                paid.is_empty() || paid.len() == shares.len(),
                "payments and shares of a split differ in number"
            );
            for (share, paid) in shares.iter().zip(paid.iter()) {
                ensure!(
                    *paid <= arithmetic::entitled(received, share.parts),
                    "a share was overpaid"
                );
            }
            let sum = sums.entry(asset).or_default();
            *sum = sum
                .checked_add(arithmetic::left(received, &paid))
                .ok_or("the ledger's sum overflows")?;
        }
        for (split, asset, _) in Paid::<T>::iter() {
            ensure!(
                Received::<T>::contains_key(split, &asset),
                "payments without income"
            );
        }
        let vault = Self::vault();
        let debts = Debts::<T>::iter().filter(|((payer, _, _, _), _)| *payer == vault);
        let more = UnvestedOf::<T>::iter_values()
            .map(|amount| (amount.asset, amount.value))
            .chain(debts.map(|((_, _, asset, _), amount)| (asset, amount)));
        for (asset, amount) in more {
            ensure!(amount > 0, "a row of nothing");
            let sum = sums.entry(asset).or_default();
            *sum = sum.checked_add(amount).ok_or("the ledger's sum overflows")?;
        }
        Ok(sums)
    }

    /// The vault holds what it owes, to the unit, and has its minimum balance besides. In assets
    /// other than the native one the minimum is checked where something is owed.
    fn check_vault(owed: BTreeMap<Asset, Balance>) -> Result<(), TryRuntimeError> {
        let (vault, income) = (Self::vault(), Self::income());
        let mut assets: Vec<Asset> = AcceptedAssets::<T>::get()
            .iter()
            .map(|a| Asset::Id(a.id))
            .chain([Asset::Native])
            .collect();
        assets.extend(owed.keys().filter(|asset| !Self::is_accepted(asset)));
        for asset in assets {
            let owed = owed.get(&asset).copied().unwrap_or_default();
            ensure!(
                T::Money::held(&asset, &income, &vault) == owed,
                "the vault does not hold what it owes"
            );
            ensure!(
                (asset != Asset::Native && owed == 0)
                    || T::Money::balance(&asset, &vault)
                        >= owed.saturating_add(T::Money::minimum(&asset)),
                "the vault is below its minimum balance"
            );
        }
        Ok(())
    }

    /// Every debt is still held, and the totals are the sums.
    fn check_debts() -> Result<(), TryRuntimeError> {
        let mut sums = BTreeMap::<Vec<u8>, Balance>::new();
        for ((payer, reason, asset, _), amount) in Debts::<T>::iter() {
            ensure!(amount > 0, "a debt of nothing");
            let sum = sums.entry((&payer, reason, asset).encode()).or_default();
            *sum = sum
                .checked_add(amount)
                .ok_or("the debts' sum overflows")?;
            ensure!(
                T::Money::held(&asset, &reason, &payer) >= *sum,
                "a payer holds less than its debts"
            );
        }
        let totals: BTreeMap<Vec<u8>, Balance> = DebtTotals::<T>::iter()
            .map(|(key, sum)| (key.encode(), sum))
            .collect();
        ensure!(sums == totals, "the debts' totals are not their sums");
        Ok(())
    }

    fn check_accepted() -> Result<(), TryRuntimeError> {
        let mut accepted: Vec<u32> = AcceptedAssets::<T>::get().iter().map(|a| a.id).collect();
        let count = accepted.len();
        accepted.sort();
        accepted.dedup();
        ensure!(accepted.len() == count, "an asset is accepted twice");
        Ok(())
    }
}
