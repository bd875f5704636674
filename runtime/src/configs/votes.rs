//! What votes: free money, which the vote holds until it is unlocked.
//!
//! Conviction voting would lock it and count all that an account has. A lock lies over what is held
//! for other reasons, too, and a settlement takes that although it is locked: the same tokens would
//! vote again wherever they come to. Nothing can be held for two reasons.

use crate::*;
use configs::{governance::RelayClock, origins};
use frame_support::{
    defensive,
    traits::{
        fungible::{Inspect, InspectHold, MutateHold},
        tokens::{
            BalanceStatus, DepositConsequence, Fortitude, Preservation, Provenance,
            WithdrawConsequence,
        },
        ConstU32, Currency, ExistenceRequirement, LockIdentifier, LockableCurrency,
        ReservableCurrency, SignedImbalance, WithdrawReasons,
    },
};
use sp_runtime::{traits::BlockNumberProvider, DispatchError, DispatchResult};

type Money = Balances;
type Debt = <Money as Currency<AccountId>>::NegativeImbalance;
type Surplus = <Money as Currency<AccountId>>::PositiveImbalance;

const VOTE: RuntimeHoldReason = RuntimeHoldReason::Origins(origins::HoldReason::Vote);

/// The token, to conviction voting: a lock is a hold, and the balance is what can be held for votes.
pub struct VotingMoney;

impl VotingMoney {
    /// What `who` may vote with: what is free but for the least balance, and what votes already.
    pub fn of(who: &AccountId) -> Balance {
        let votes = Money::balance_on_hold(&VOTE, who);
        // Where a hold could fail nothing may be counted for it.
        let can_hold = Money::hold_available(&VOTE, who)
            && (Money::total_balance_on_hold(who) > 0 || System::can_inc_consumer(who));
        let free = match can_hold {
            true => Money::reducible_balance(who, Preservation::Protect, Fortitude::Polite),
            false => 0,
        };
        votes.saturating_add(free)
    }

    fn hold(who: &AccountId, amount: Balance) {
        if Money::set_on_hold(&VOTE, who, amount).is_err() {
            defensive!("votes are no more than what can be held for them");
        }
    }
}

impl LockableCurrency<AccountId> for VotingMoney {
    type Moment = <RelayClock as BlockNumberProvider>::BlockNumber;
    type MaxLocks = ConstU32<1>;

    fn set_lock(_: LockIdentifier, who: &AccountId, amount: Balance, _: WithdrawReasons) {
        Self::hold(who, amount);
    }

    fn extend_lock(_: LockIdentifier, who: &AccountId, amount: Balance, _: WithdrawReasons) {
        Self::hold(who, amount.max(Money::balance_on_hold(&VOTE, who)));
    }

    fn remove_lock(_: LockIdentifier, who: &AccountId) {
        Self::hold(who, 0);
    }
}

impl Inspect<AccountId> for VotingMoney {
    type Balance = Balance;

    fn total_issuance() -> Balance {
        <Money as Inspect<AccountId>>::total_issuance()
    }

    fn minimum_balance() -> Balance {
        <Money as Inspect<AccountId>>::minimum_balance()
    }

    fn total_balance(who: &AccountId) -> Balance {
        Self::of(who)
    }

    fn balance(who: &AccountId) -> Balance {
        Self::of(who)
    }

    fn reducible_balance(who: &AccountId, keep: Preservation, force: Fortitude) -> Balance {
        Money::reducible_balance(who, keep, force)
    }

    fn can_deposit(who: &AccountId, amount: Balance, from: Provenance) -> DepositConsequence {
        Money::can_deposit(who, amount, from)
    }

    fn can_withdraw(who: &AccountId, amount: Balance) -> WithdrawConsequence<Balance> {
        Money::can_withdraw(who, amount)
    }
}

/// Conviction voting calls nothing of this but [`Currency::total_balance`]; its bounds ask for the
/// rest, which is the token's.
impl Currency<AccountId> for VotingMoney {
    type Balance = Balance;
    type PositiveImbalance = Surplus;
    type NegativeImbalance = Debt;

    fn total_balance(who: &AccountId) -> Balance {
        Self::of(who)
    }

    fn can_slash(who: &AccountId, value: Balance) -> bool {
        Money::can_slash(who, value)
    }

    fn total_issuance() -> Balance {
        <Money as Currency<AccountId>>::total_issuance()
    }

    fn minimum_balance() -> Balance {
        <Money as Currency<AccountId>>::minimum_balance()
    }

    fn burn(amount: Balance) -> Surplus {
        <Money as Currency<AccountId>>::burn(amount)
    }

    fn issue(amount: Balance) -> Debt {
        <Money as Currency<AccountId>>::issue(amount)
    }

    fn free_balance(who: &AccountId) -> Balance {
        <Money as Currency<AccountId>>::free_balance(who)
    }

    fn ensure_can_withdraw(
        who: &AccountId,
        amount: Balance,
        reasons: WithdrawReasons,
        left: Balance,
    ) -> DispatchResult {
        <Money as Currency<AccountId>>::ensure_can_withdraw(who, amount, reasons, left)
    }

    fn transfer(
        from: &AccountId,
        to: &AccountId,
        value: Balance,
        existence: ExistenceRequirement,
    ) -> DispatchResult {
        <Money as Currency<AccountId>>::transfer(from, to, value, existence)
    }

    fn slash(who: &AccountId, value: Balance) -> (Debt, Balance) {
        Money::slash(who, value)
    }

    fn deposit_into_existing(who: &AccountId, value: Balance) -> Result<Surplus, DispatchError> {
        Money::deposit_into_existing(who, value)
    }

    fn deposit_creating(who: &AccountId, value: Balance) -> Surplus {
        Money::deposit_creating(who, value)
    }

    fn withdraw(
        who: &AccountId,
        value: Balance,
        reasons: WithdrawReasons,
        existence: ExistenceRequirement,
    ) -> Result<Debt, DispatchError> {
        <Money as Currency<AccountId>>::withdraw(who, value, reasons, existence)
    }

    fn make_free_balance_be(
        who: &AccountId,
        balance: Balance,
    ) -> SignedImbalance<Balance, Surplus> {
        Money::make_free_balance_be(who, balance)
    }
}

impl ReservableCurrency<AccountId> for VotingMoney {
    fn can_reserve(who: &AccountId, value: Balance) -> bool {
        Money::can_reserve(who, value)
    }

    fn slash_reserved(who: &AccountId, value: Balance) -> (Debt, Balance) {
        Money::slash_reserved(who, value)
    }

    fn reserved_balance(who: &AccountId) -> Balance {
        Money::reserved_balance(who)
    }

    fn reserve(who: &AccountId, value: Balance) -> DispatchResult {
        <Money as ReservableCurrency<AccountId>>::reserve(who, value)
    }

    fn unreserve(who: &AccountId, value: Balance) -> Balance {
        Money::unreserve(who, value)
    }

    fn repatriate_reserved(
        from: &AccountId,
        to: &AccountId,
        value: Balance,
        status: BalanceStatus,
    ) -> Result<Balance, DispatchError> {
        Money::repatriate_reserved(from, to, value, status)
    }
}
