//! Paying what is due out of a hold, and remembering what could not be paid. Owns `Debts` and
//! `NextDebt`.

use crate::{Config, Debt, DebtOf, Debts, Destination, Error, Event, NextDebt, Pallet, Splits};
use alloc::vec::Vec;
use frame_support::storage::with_storage_layer;
use myai_primitives::{Asset, Balance, DebtId, Money, Payouts, SplitId};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Payouts<T::AccountId, T::RuntimeHoldReason> for Pallet<T> {
    /// Income of a split that is no more goes to the network's.
    fn to_split(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        split: SplitId,
    ) {
        let split = Self::split_or_network(split);
        Self::pay_or_owe(payer, reason, asset, amount, Destination::Split(split));
    }

    fn to_account(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        to: &T::AccountId,
    ) {
        Self::pay_or_owe(
            payer,
            reason,
            asset,
            amount,
            Destination::Account(to.clone()),
        );
    }

    fn refund(payer: &T::AccountId, reason: &T::RuntimeHoldReason, asset: &Asset, amount: Balance) {
        Self::pay_or_owe(payer, reason, asset, amount, Destination::Payer);
    }

    fn debts() -> Vec<(T::AccountId, T::RuntimeHoldReason, Asset, Balance)> {
        Debts::<T>::iter_values()
            .map(|debt| (debt.payer, debt.reason, debt.asset, debt.amount))
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

    fn pay_or_owe(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        destination: Destination<T::AccountId>,
    ) {
        if amount == 0 {
            return;
        }
        let debt = Debt {
            payer: payer.clone(),
            reason: *reason,
            asset: asset.clone(),
            amount,
            destination,
        };
        if let Err(error) = Self::try_pay(&debt) {
            Self::record_debt(debt, error);
        }
    }

    /// Pays all of it, or changes nothing and says why.
    fn try_pay(debt: &DebtOf<T>) -> DispatchResult {
        let Debt {
            payer,
            reason,
            asset,
            amount,
            destination,
        } = debt;
        with_storage_layer(|| match destination {
            Destination::Split(split) => {
                let split = Self::split_or_network(*split);
                Self::receive_held(payer, reason, asset, *amount, split)
            }
            Destination::Account(to) => {
                T::Money::pay_held(asset, reason, payer, to, *amount)?;
                Self::deposit_event(Event::Paid {
                    payer: payer.clone(),
                    asset: asset.clone(),
                    amount: *amount,
                    to: to.clone(),
                });
                Ok(())
            }
            Destination::Payer => {
                T::Money::release(asset, reason, payer, *amount)?;
                Self::deposit_event(Event::Refunded {
                    payer: payer.clone(),
                    asset: asset.clone(),
                    amount: *amount,
                });
                Ok(())
            }
        })
    }

    fn record_debt(debt: DebtOf<T>, error: DispatchError) {
        let id = NextDebt::<T>::get();
        // 2⁶⁴ debts are out of reach.
        NextDebt::<T>::put(DebtId(id.0.saturating_add(1)));
        if let Destination::Split(split) = debt.destination {
            // The split exists, so this fails only at 2³² references; without one it could go
            // before the debt is paid, and the network's split would have it.
            let _ = Self::add_reference(split);
        }
        Self::deposit_event(Event::DebtRecorded {
            debt: id,
            payer: debt.payer.clone(),
            asset: debt.asset.clone(),
            amount: debt.amount,
            destination: debt.destination.clone(),
            error,
        });
        Debts::<T>::insert(id, debt);
    }

    pub(crate) fn do_pay_out(id: DebtId) -> DispatchResult {
        let debt = Debts::<T>::get(id).ok_or(Error::<T>::UnknownDebt)?;
        Self::try_pay(&debt)?;
        if let Destination::Split(split) = debt.destination {
            Self::drop_reference(split);
        }
        Debts::<T>::remove(id);
        Self::deposit_event(Event::DebtPaid { debt: id });
        Ok(())
    }
}
