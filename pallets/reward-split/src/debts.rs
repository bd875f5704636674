//! Paying what is due out of a hold, and remembering what could not be paid. Owns `Debts` and
//! `DebtTotals`.

use crate::{
    ledger::all_or_nothing, Config, DebtTotals, Debts, Destination, Error, Event, Pallet, Received,
    References, Splits,
};
use alloc::{vec, vec::Vec};
use frame_support::ensure;
use myai_primitives::{Asset, Balance, SplitId};
use myai_support::{Earners, JobIncome, Money, Payouts, Settlement};
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

    /// Income of a split that is no more goes to the network's, and earns nobody credit.
    fn settle(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        income: &JobIncome<T::AccountId>,
    ) -> Settlement {
        let network = Self::network_split();
        let split = Self::split_or_network(income.split, asset);
        let cut = income.price_cut.saturating_add(income.fee_cut);
        let mut parts = vec![(network, cut), (split, income.model)];
        parts.retain(|(_, value)| *value > 0);
        let is_native = *asset == Asset::Native;
        match Self::pay_splits(payer, reason, asset, &parts) {
            Ok(()) => Settlement {
                has_moved: true,
                has_rolled: is_native && Self::earn(split, income.price_cut, income.fee_cut),
            },
            Err(error) => {
                let cut_of = |of| Destination::Cut {
                    to: network,
                    of,
                    worker: income.worker.clone(),
                };
                let debts = match is_native {
                    true => vec![
                        (cut_of(Some(split)), income.price_cut),
                        (cut_of(None), income.fee_cut),
                        (Destination::Split(split), income.model),
                    ],
                    false => vec![
                        (Destination::Split(network), cut),
                        (Destination::Split(split), income.model),
                    ],
                };
                for (destination, value) in debts.into_iter().filter(|(_, value)| *value > 0) {
                    Self::record_debt(payer, reason, asset, value, destination, error);
                }
                Settlement::default()
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
        if sum == 0 {
            return Ok(());
        }
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
            Destination::Split(to) | Destination::Cut { to, .. } => {
                return Self::pay_splits(payer, reason, asset, &[(*to, value)])
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
        if let (0, Some(split)) = (before, destination.split()) {
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
        if let Some(split) = destination.split() {
            Self::change_refs(split, |refs| refs.debts = refs.debts.saturating_sub(1));
        }
        if let Destination::Cut { of, worker, .. } = &destination {
            Self::earn_late(*of, worker, value);
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

    /// A cut that was a debt is credited as one that is paid at once.
    fn earn_late(of: Option<SplitId>, worker: &T::AccountId, cut: Balance) {
        let (split, price_cut, fee_cut) = match of {
            Some(split) => (split, cut, 0),
            None => (Self::network_split(), 0, cut),
        };
        if Splits::<T>::contains_key(split) {
            Self::earn(split, price_cut, fee_cut);
        }
        T::Earners::earn(worker, price_cut, fee_cut);
    }
}
