use crate::{extension::*, mock::*, *};
use codec::Encode;
use frame_support::{assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use myai_primitives::*;
use sp_runtime::{
    traits::{DispatchTransaction, TransactionExtension, TxBaseImplication},
    transaction_validity::{
        InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
    },
};

fn validate(
    origin: RuntimeOrigin,
    call: Call<Test>,
) -> Result<ValidTransaction, TransactionValidityError> {
    let call = RuntimeCall::Escrow(call);
    let info = call.get_dispatch_info();
    CheckJobCalls::<Test>::new()
        .validate_only(origin, &call, &info, 0, TransactionSource::External, 0)
        .map(|(valid, _, _)| valid)
}

fn refused(error: JobCallError) -> Result<ValidTransaction, TransactionValidityError> {
    Err(InvalidTransaction::Custom(error.code()).into())
}

fn attesting(job: JobId, units: u32) -> Call<Test> {
    Call::attest {
        job,
        output_commitment: OUTPUT,
        units,
        blob: ANSWER,
    }
}

fn declining(job: JobId) -> Call<Test> {
    Call::decline {
        job,
        reason: DeclineReason::Other,
    }
}

fn expiring(job: JobId) -> Call<Test> {
    Call::expire { job }
}

#[test]
fn doomed_calls_never_enter_a_block() {
    test(|| {
        let job = open_one();
        let from = |who: AccountId, call| validate(signed(who), call);

        // Not its signer; wrong units; not overdue.
        for who in [stranger(), worker(), payer()] {
            assert_eq!(
                from(who.clone(), attesting(job, 1)),
                refused(JobCallError::NotItsSigner)
            );
            assert_eq!(
                from(who, declining(job)),
                refused(JobCallError::NotItsSigner)
            );
        }
        for units in [0, 3] {
            assert_eq!(
                from(signer(), attesting(job, units)),
                refused(JobCallError::UnitsOutOfBounds)
            );
        }
        assert_eq!(
            from(stranger(), expiring(job)),
            refused(JobCallError::DeadlineNotPassed)
        );
        assert_ok!(from(signer(), attesting(job, 1)));
        assert_ok!(from(signer(), declining(job)));

        // At the deadline, and after it.
        advance(100);
        assert_ok!(from(signer(), attesting(job, 2)));
        assert_eq!(
            from(stranger(), expiring(job)),
            refused(JobCallError::DeadlineNotPassed)
        );
        advance(1);
        assert_eq!(
            from(signer(), attesting(job, 2)),
            refused(JobCallError::DeadlinePassed)
        );
        assert_eq!(
            from(signer(), declining(job)),
            refused(JobCallError::DeadlinePassed)
        );
        assert_ok!(from(stranger(), expiring(job)));

        // Ended, or never opened.
        assert_ok!(Escrow::expire(signed(stranger()), job));
        let never = JobId([9; 32]);
        for gone in [job, never] {
            assert_eq!(
                from(signer(), attesting(gone, 1)),
                refused(JobCallError::NotOpen)
            );
            assert_eq!(
                from(signer(), declining(gone)),
                refused(JobCallError::NotOpen)
            );
        }
        assert_eq!(
            from(stranger(), expiring(job)),
            refused(JobCallError::StillKept)
        );
        assert_eq!(
            from(stranger(), expiring(never)),
            refused(JobCallError::NotOpen)
        );
        advance(14_400);
        assert_ok!(from(stranger(), expiring(job)));
    });
}

#[test]
fn what_the_extension_lets_pass_succeeds() {
    test(|| {
        let job = open_one();
        assert_ok!(validate(signed(signer()), attesting(job, 2)));
        assert_ok!(attest(signer(), job, 2));
    });
}

#[test]
fn all_that_ends_a_job_has_one_tag() {
    test(|| {
        let first = open_one();
        let second = open_one();
        let tag = |call| validate(signed(signer()), call).unwrap().provides;
        assert_eq!(tag(attesting(first, 1)), tag(declining(first)));
        assert_ne!(tag(attesting(first, 1)), tag(attesting(second, 1)));
        let before = tag(declining(first));
        assert_eq!(before, [(b"myai/job", first).encode()]);
        advance(101);
        assert_eq!(tag(expiring(first)), before);
    });
}

#[test]
fn answers_gain_priority_in_the_last_quarter_alone() {
    test(|| {
        let job = open_one();
        let priority = || {
            let valid = validate(signed(signer()), attesting(job, 1)).unwrap();
            let declined = validate(signed(signer()), declining(job)).unwrap();
            assert_eq!(valid.priority, declined.priority);
            valid.priority
        };
        for _ in 0..=75 {
            assert_eq!(priority(), 0);
            advance(1);
        }
        for tick in 1..=25 {
            assert_eq!(priority(), PRIORITY_PER_TICK * tick);
            advance(1);
        }
        let expiry = validate(signed(stranger()), expiring(job)).unwrap();
        assert_eq!(expiry.priority, 0);
        // Of the longest job there is, at its deadline.
        let longest = u64::from(MAX_JOB_DURATION / 4) * PRIORITY_PER_TICK;
        assert_eq!(longest, 25_200_000_000);
    });
}

#[test]
fn everything_else_passes_for_nothing() {
    test(|| {
        let job = open_one();
        // Unsigned, and signed calls that end no job.
        let call = RuntimeCall::from(attesting(JobId([9; 32]), 1));
        let unsigned = CheckJobCalls::<Test>::new().validate(
            RuntimeOrigin::none(),
            &call,
            &call.get_dispatch_info(),
            0,
            (),
            &TxBaseImplication(()),
            TransactionSource::External,
        );
        assert_eq!(
            unsigned.map(|(valid, _, _)| valid),
            Ok(ValidTransaction::default())
        );
        assert_eq!(
            validate(signed(stranger()), Call::pause {}),
            Ok(ValidTransaction::default())
        );
        let extension = CheckJobCalls::<Test>::new();
        let weight = |call: RuntimeCall| extension.weight(&call);
        assert_eq!(weight(Call::pause {}.into()), Weight::zero());
        let remark = frame_system::Call::remark { remark: vec![] };
        assert_eq!(weight(remark.into()), Weight::zero());
        for call in [attesting(job, 1), declining(job), expiring(job)] {
            assert_eq!(weight(call.into()), <() as WeightInfo>::check_job_calls());
        }
    });
}
