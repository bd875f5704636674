//! Paying what is due out of a hold, and remembering what could not be paid. Owns `Debts` and
//! `DebtTotals`.

use crate::{Config, DebtKey, DebtTotals, Debts, Destination, Error, Event, Pallet, Splits};
use alloc::vec::Vec;
use frame_support::storage::with_storage_layer;
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
        let parts: Vec<_> = parts
            .iter()
            .filter(|(_, amount)| *amount > 0)
            .map(|(split, amount)| (Self::split_or_network(*split), *amount))
            .collect();
        let moved = with_storage_layer(|| Self::receive_held(payer, reason, asset, &parts));
        if let Err(error) = moved {
            for (split, amount) in parts {
                let to = Destination::Split(split);
                Self::record_debt(payer, reason, asset, amount, to, error);
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
        let to = Destination::Account(to.clone());
        Self::pay_or_owe(payer, reason, asset, amount, to);
    }

    fn refund(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
    ) -> Balance {
        match Self::pay_or_owe(payer, reason, asset, amount, Destination::Payer) {
            true => amount,
            false => 0,
        }
    }

    fn ensure_possible() -> DispatchResult {
        // One for the payment, and some for what it calls.
        with_storage_layer(|| with_storage_layer(|| with_storage_layer(|| Ok(()))))
            .map_err(|_: DispatchError| Error::<T>::NestedTooDeep.into())
    }

    fn debts_of(payer: &T::AccountId, reason: &T::RuntimeHoldReason, asset: &Asset) -> Balance {
        DebtTotals::<T>::get((payer, reason, asset))
    }

    fn debts() -> Vec<(T::AccountId, T::RuntimeHoldReason, Asset, Balance)> {
        Debts::<T>::iter()
            .map(|((payer, reason, asset, _), amount)| (payer, reason, asset, amount))
            .collect()
    }
}

impl<T: Config> Pallet<T> {
    fn split_or_network(split: SplitId) -> SplitId {
        if Splits::<T>::contains_key(split) {
            split
        } else {
            Self::network_split()
        }
    }

    /// Pays all of it, or makes it a debt; whether it was paid.
    pub(crate) fn pay_or_owe(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        destination: Destination<T::AccountId>,
    ) -> bool {
        if amount == 0 {
            return true;
        }
        match Self::try_pay(payer, reason, asset, amount, &destination) {
            Ok(()) => true,
            Err(error) => {
                Self::record_debt(payer, reason, asset, amount, destination, error);
                false
            }
        }
    }

    /// Pays all of it, or changes nothing and says why.
    fn try_pay(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        destination: &Destination<T::AccountId>,
    ) -> DispatchResult {
        with_storage_layer(|| match destination {
            Destination::Split(split) => {
                let split = Self::split_or_network(*split);
                Self::receive_held(payer, reason, asset, &[(split, amount)])
            }
            Destination::Account(to) => {
                T::Money::pay_held(asset, reason, payer, to, amount)?;
                Self::deposit_event(Event::Paid {
                    payer: payer.clone(),
                    asset: *asset,
                    amount,
                    to: to.clone(),
                });
                Ok(())
            }
            Destination::Payer => {
                T::Money::release(asset, reason, payer, amount)?;
                Self::deposit_event(Event::Refunded {
                    payer: payer.clone(),
                    asset: *asset,
                    amount,
                });
                Ok(())
            }
        })
    }

    fn record_debt(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        destination: Destination<T::AccountId>,
        error: DispatchError,
    ) {
        let key = (payer.clone(), *reason, *asset, destination.clone());
        let before = Debts::<T>::get(&key);
        if let (0, Destination::Split(split)) = (before, &destination) {
            // The split exists, so this fails only at 2³² references; without one it could go
            // before the debt is paid, and the network's split would have it.
            let _ = Self::inc_refs_of(*split);
        }
        // No more than the payer holds, which is no more than an asset's supply: both fit.
        Debts::<T>::insert(&key, before.saturating_add(amount));
        DebtTotals::<T>::mutate((payer, reason, asset), |total| {
            *total = total.saturating_add(amount)
        });
        Self::deposit_event(Event::DebtRecorded {
            payer: payer.clone(),
            reason: *reason,
            asset: *asset,
            amount,
            destination,
            error,
        });
    }

    pub(crate) fn do_pay_out(
        payer: T::AccountId,
        reason: T::RuntimeHoldReason,
        asset: Asset,
        destination: Destination<T::AccountId>,
    ) -> DispatchResult {
        let key: DebtKey<T> = (payer, reason, asset, destination);
        let amount = Debts::<T>::get(&key);
        if amount == 0 {
            return Err(Error::<T>::DebtNotFound.into());
        }
        let (payer, reason, asset, destination) = &key;
        Self::try_pay(payer, reason, asset, amount, destination)?;
        if let Destination::Split(split) = destination {
            Self::dec_refs_of(*split);
        }
        Debts::<T>::remove(&key);
        DebtTotals::<T>::mutate_exists((payer, reason, asset), |total| {
            *total = total
                .map(|sum| sum.saturating_sub(amount))
                .filter(|sum| *sum > 0)
        });
        let (payer, reason, asset, destination) = key;
        Self::deposit_event(Event::DebtPaid {
            payer,
            reason,
            asset,
            amount,
            destination,
        });
        Ok(())
    }
}
