//! Paying what is due out of a hold, and remembering what could not be paid. Owns `Debts` and
//! `DebtTotals`.

use crate::{
    ledger::all_or_nothing, Config, DebtTotals, Debts, Destination, Error, Event, Pallet, Received,
    References, Splits,
};
use alloc::vec::Vec;
use frame_support::ensure;
use myai_primitives::{Asset, Balance, SplitId};
use myai_support::{Money, Payouts};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Payouts<T::AccountId, T::RuntimeHoldReason> for Pallet<T> {
    /// Income of a split that is no more goes to the network's.
    fn to_splits(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        parts: &[(SplitId, Balance)],
    ) {
        let parts: Vec<(SplitId, Balance)> = parts
            .iter()
            .filter(|(_, value)| *value > 0)
            .map(|(split, value)| (Self::split_or_network(*split, asset), *value))
            .collect();
        if parts.is_empty() {
            return;
        }
        if let Err(error) = Self::pay_splits(payer, reason, asset, &parts) {
            for (split, value) in parts {
                let destination = Destination::Split(split);
                Self::record_debt(payer, reason, asset, value, destination, error);
            }
        }
    }

    fn to_account(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        to: &T::AccountId,
    ) {
        let destination = Destination::Account(to.clone());
        Self::pay_or_owe(payer, reason, asset, amount, destination);
    }

    fn refund(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
    ) -> Balance {
        let destination = Destination::Account(payer.clone());
        Self::pay_or_owe(payer, reason, asset, amount, destination)
    }

    fn debts() -> Vec<(T::AccountId, T::RuntimeHoldReason, Asset, Balance)> {
        Debts::<T>::iter()
            .map(|(payer, (reason, asset, _), value)| (payer, reason, asset, value))
            .collect()
    }

    fn debts_of(payer: &T::AccountId, reason: &T::RuntimeHoldReason, asset: &Asset) -> Balance {
        DebtTotals::<T>::get(payer, (reason, asset))
    }
}

impl<T: Config> Pallet<T> {
    /// Rows that settling reads anyway are looked at first: the pointer to the network's split, and
    /// what the split has received before in the asset, which goes when the split goes.
    pub(crate) fn split_or_network(split: SplitId, asset: &Asset) -> SplitId {
        let network = Self::network_split();
        if split == network
            || Received::<T>::contains_key(split, asset)
            || Splits::<T>::contains_key(split)
        {
            split
        } else {
            network
        }
    }

    /// Moves the sum of `parts` at once and writes whose it is, or changes nothing and says why.
    fn pay_splits(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        parts: &[(SplitId, Balance)],
    ) -> DispatchResult {
        // A sum that saturates is more than anybody holds.
        let sum = parts
            .iter()
            .fold(0, |sum: Balance, (_, value)| sum.saturating_add(*value));
        all_or_nothing(|| {
            Self::take_in(payer, Some(reason), asset, sum)?;
            for (split, value) in parts {
                Self::enter(payer, asset, *value, *split)?;
            }
            Ok(())
        })
    }

    /// Pays all of it, or changes nothing and says why.
    fn try_pay(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        value: Balance,
        destination: &Destination<T::AccountId>,
    ) -> DispatchResult {
        let to = match destination {
            Destination::Split(split) => {
                return Self::pay_splits(payer, reason, asset, &[(*split, value)])
            }
            Destination::Account(to) => to,
        };
        all_or_nothing(|| T::Money::pay_held(asset, reason, payer, to, value))?;
        let (payer, reason, asset) = (payer.clone(), *reason, *asset);
        Self::deposit_event(if payer == *to {
            Event::Refunded {
                payer,
                reason,
                asset,
                value,
            }
        } else {
            Event::Paid {
                payer,
                reason,
                asset,
                value,
                to: to.clone(),
            }
        });
        Ok(())
    }

    /// Pays it, or records a debt. Returns what moved.
    pub(crate) fn pay_or_owe(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        value: Balance,
        destination: Destination<T::AccountId>,
    ) -> Balance {
        if value == 0 {
            return 0;
        }
        match Self::try_pay(payer, reason, asset, value, &destination) {
            Ok(()) => value,
            Err(error) => {
                Self::record_debt(payer, reason, asset, value, destination, error);
                0
            }
        }
    }

    // The sums are of money that is held, so they fit; and there are fewer rows than 2³².

    pub(crate) fn record_debt(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        value: Balance,
        destination: Destination<T::AccountId>,
        error: DispatchError,
    ) {
        let key = (*reason, *asset, destination.clone());
        let before = Debts::<T>::get(payer, &key);
        let total = before.saturating_add(value);
        Debts::<T>::insert(payer, &key, total);
        DebtTotals::<T>::mutate(payer, (reason, asset), |all| {
            *all = all.saturating_add(value)
        });
        if let (0, Destination::Split(split)) = (before, &destination) {
            References::<T>::mutate(split, |refs| refs.debts = refs.debts.saturating_add(1));
        }
        Self::deposit_event(Event::DebtRecorded {
            payer: payer.clone(),
            reason: *reason,
            asset: *asset,
            destination,
            value,
            total,
            error,
        });
    }

    pub(crate) fn do_pay_out(
        payer: T::AccountId,
        reason: T::RuntimeHoldReason,
        asset: Asset,
        destination: Destination<T::AccountId>,
    ) -> DispatchResult {
        let key = (reason, asset, destination.clone());
        let value = Debts::<T>::get(&payer, &key);
        ensure!(value > 0, Error::<T>::DebtNotFound);
        Self::try_pay(&payer, &reason, &asset, value, &destination)?;

        Debts::<T>::remove(&payer, &key);
        DebtTotals::<T>::mutate_exists(&payer, (reason, asset), |all| {
            *all = all
                .map(|all| all.saturating_sub(value))
                .filter(|all| *all > 0);
        });
        if let Destination::Split(split) = destination {
            Self::change_refs(split, |refs| refs.debts = refs.debts.saturating_sub(1));
        }
        Self::deposit_event(Event::DebtPaid {
            payer,
            reason,
            asset,
            destination,
            value,
        });
        Ok(())
    }
}
