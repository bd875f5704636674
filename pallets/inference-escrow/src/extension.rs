//! Keeps calls that the state dooms out of the pool and out of blocks.
//!
//! `attest` and `decline` are free when they succeed; without this anybody could fill blocks with
//! ones that fail. Only the outermost call of a signed transaction is looked at: a batch, a proxy
//! or a message passes by, pays its fees, and meets the same checks at dispatch.

use crate::{jobs::JobCallError, Call, Config, Pallet, WeightInfo};
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
use scale_info::TypeInfo;
use sp_runtime::{
    impl_tx_ext_default,
    traits::{
        AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication,
        TransactionExtension, ValidateResult,
    },
};

/// [`InvalidTransaction::Custom`]: the job is not open.
pub const NOT_OPEN: u8 = 100;
/// [`InvalidTransaction::Custom`]: not sent by the signer of the job's worker.
pub const NOT_ITS_SIGNER: u8 = 101;
/// [`InvalidTransaction::Custom`]: the job's deadline has passed.
pub const DEADLINE_PASSED: u8 = 102;
/// [`InvalidTransaction::Custom`]: the job's deadline has not passed.
pub const DEADLINE_NOT_PASSED: u8 = 103;
/// [`InvalidTransaction::Custom`]: no units used, or more than were paid for.
pub const UNITS_OUT_OF_BOUNDS: u8 = 104;

/// Ticks before the deadline from which an answer gains priority: a day.
pub const URGENT: Tick = 14_400;
/// Priority gained with each of them. At the deadline an answer is as urgent as a call that
/// offers about 10⁹ pico as a tip.
pub const PRIORITY_PER_TICK: TransactionPriority = 1_000_000_000;

impl JobCallError {
    /// What the pool says.
    pub fn code(self) -> u8 {
        match self {
            Self::NotOpen => NOT_OPEN,
            Self::NotItsSigner => NOT_ITS_SIGNER,
            Self::DeadlinePassed => DEADLINE_PASSED,
            Self::DeadlineNotPassed => DEADLINE_NOT_PASSED,
            Self::Units => UNITS_OUT_OF_BOUNDS,
        }
    }
}

impl<T: Config> Pallet<T> {
    /// What the pool should know of a call signed by `who`; `None` for one that ends no job.
    pub(crate) fn outlook(
        who: &T::AccountId,
        call: &Call<T>,
    ) -> Result<Option<ValidTransaction>, JobCallError> {
        let (id, ends) = match call {
            Call::attest { job, units, .. } => {
                (*job, Some(Self::attestable(who, *job, *units)?.0.deadline))
            }
            Call::decline { job, .. } => (*job, Some(Self::answerable(who, *job)?.0.deadline)),
            Call::expire { job } => {
                Self::expirable(*job)?;
                (*job, None)
            }
            _ => return Ok(None),
        };
        let urgency = ends.map_or(0, |deadline| {
            let left = deadline.saturating_sub(T::Clock::served());
            TransactionPriority::from(URGENT.saturating_sub(left))
        });
        // One tag for all that end a job: only one of them can do so.
        Ok(Some(ValidTransaction {
            provides: alloc::vec![(b"myai/job", id).encode()],
            priority: urgency.saturating_mul(PRIORITY_PER_TICK),
            ..Default::default()
        }))
    }
}

/// Refuses `attest`, `decline` and `expire` that would fail, with one of this module's constants
/// as [`InvalidTransaction::Custom`]. Lets everything else pass unchanged and for nothing.
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
                .map_err(|doom| {
                    TransactionValidityError::from(InvalidTransaction::Custom(doom.code()))
                })?
                .unwrap_or_default(),
            _ => ValidTransaction::default(),
        };
        Ok((valid, (), origin))
    }

    impl_tx_ext_default!(T::RuntimeCall; prepare);
}
