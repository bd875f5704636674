//! Keeps calls that the state dooms out of the pool and out of blocks.
//!
//! `attest` and `decline` are free when they succeed; without this anybody could fill blocks with
//! ones that fail. Only the outermost call of a signed transaction is looked at: a batch, a proxy
//! or a message passes by, pays its fees, and meets the same checks at dispatch.

use crate::{Call, Config, JobOf, Pallet, WeightInfo};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::marker::PhantomData;
use frame_support::{
    dispatch::{DispatchInfo, PostDispatchInfo},
    pallet_prelude::{
        InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError,
        ValidTransaction,
    },
    traits::IsSubType,
    weights::Weight,
};
use myai_primitives::*;
use myai_support::Clock;
use scale_info::TypeInfo;
use sp_runtime::{
    impl_tx_ext_default,
    traits::{
        AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication,
        TransactionExtension, ValidateResult,
    },
};

/// Priority gained with each tick of the last quarter of a job's time. A quarter has at most 25,200
/// ticks, so at its deadline the answer to the longest job is as urgent as a transfer that offers a tip
/// of some 0.00002 MAI, and most answers are far less so.
pub const PRIORITY_PER_TICK: TransactionPriority = 1_000_000;

/// What an answer gains at `served`, in the last quarter of a job of `duration` ticks until
/// `deadline`: nothing before.
fn urgency(duration: Tick, deadline: Tick, served: Tick) -> TransactionPriority {
    let left = deadline.saturating_sub(served);
    let quarter = duration / 4;
    TransactionPriority::from(quarter.saturating_sub(left)).saturating_mul(PRIORITY_PER_TICK)
}

impl<T: Config> Pallet<T> {
    /// What the pool should know of a call signed by `who`; `None` for one that ends no job.
    pub(crate) fn outlook(
        who: &T::AccountId,
        call: &Call<T>,
    ) -> Result<Option<ValidTransaction>, JobCallError> {
        let (id, priority) = match call {
            Call::attest { job, units, .. } => (
                *job,
                Self::urgency_of(&Self::attestable(who, *job, *units)?.0),
            ),
            Call::decline { job, .. } => (*job, Self::urgency_of(&Self::answerable(who, *job)?.0)),
            Call::expire { job } => {
                Self::expirable(*job)?;
                (*job, 0)
            }
            _ => return Ok(None),
        };
        // One tag for all that end a job: only one of them can do so.
        Ok(Some(ValidTransaction {
            provides: alloc::vec![Self::job_tag(id)],
            priority,
            ..Default::default()
        }))
    }

    fn urgency_of(job: &JobOf<T>) -> TransactionPriority {
        urgency(job.duration, job.deadline, T::Clock::served())
    }
}

/// Refuses `attest`, `decline` and `expire` that would fail, with the code of a [`JobCallError`] as
/// [`InvalidTransaction::Custom`]. Lets everything else pass unchanged and for nothing.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct CheckJobCalls<T>(PhantomData<fn(T)>);

impl<T> CheckJobCalls<T> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for CheckJobCalls<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> core::fmt::Debug for CheckJobCalls<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CheckJobCalls")
    }
}

impl<T: Config + Send + Sync> TransactionExtension<T::RuntimeCall> for CheckJobCalls<T>
where
    T::RuntimeCall:
        Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo> + IsSubType<Call<T>>,
    <T::RuntimeCall as Dispatchable>::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
    const IDENTIFIER: &'static str = "CheckJobCalls";
    type Implicit = ();
    type Val = ();
    type Pre = ();

    fn weight(&self, call: &T::RuntimeCall) -> Weight {
        match call.is_sub_type() {
            Some(Call::attest { .. } | Call::decline { .. } | Call::expire { .. }) => {
                T::WeightInfo::check_job_calls()
            }
            _ => Weight::zero(),
        }
    }

    fn validate(
        &self,
        origin: DispatchOriginOf<T::RuntimeCall>,
        call: &T::RuntimeCall,
        _info: &DispatchInfoOf<T::RuntimeCall>,
        _len: usize,
        _self_implicit: Self::Implicit,
        _inherited_implication: &impl Implication,
        _source: TransactionSource,
    ) -> ValidateResult<Self::Val, T::RuntimeCall> {
        let valid = match (origin.as_system_origin_signer(), call.is_sub_type()) {
            (Some(who), Some(call)) => Pallet::<T>::outlook(who, call)
                .map_err(|error| {
                    TransactionValidityError::from(InvalidTransaction::Custom(error.code()))
                })?
                .unwrap_or_default(),
            _ => ValidTransaction::default(),
        };
        Ok((valid, (), origin))
    }

    impl_tx_ext_default!(T::RuntimeCall; prepare);
}
