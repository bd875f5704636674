//! Signed transactions through the real pipeline of extensions.

#[expect(dead_code, reason = "journeys.rs uses the rest")]
mod support;
use codec::Encode;
use frame_support::{dispatch::GetDispatchInfo, traits::fungible::Inspect};
use sp_runtime::{
    traits::{Checkable, TransactionExtension},
    transaction_validity::{
        InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
    },
};
use support::*;

fn pool(who: Who, call: RuntimeCall) -> TransactionValidity {
    Executive::validate_transaction(
        TransactionSource::External,
        signed(who, call),
        System::block_hash(0),
    )
}

fn apply(who: Who, call: RuntimeCall) -> sp_runtime::ApplyExtrinsicResult {
    Executive::apply_extrinsic(signed(who, call))
}

fn custom(validity: TransactionValidity) -> bool {
    matches!(
        validity,
        Err(TransactionValidityError::Invalid(
            InvalidTransaction::Custom(_)
        ))
    )
}

fn ready() -> (VersionId, JobId) {
    let alices = model(Who::Alice);
    let version = publish(Who::Alice, alices, spec(1, native(MAI)));
    worker(Who::Ferdie);
    set_offer(Who::Ferdie, version, MAI / 10);
    (version, open(Who::Dave, version, Who::Ferdie, 1))
}

#[test]
fn doomed_calls_never_enter_a_block() {
    on_a_chain(|| {
        let (_, job) = ready();
        // Not by its signer, not open, not past the deadline.
        assert!(custom(pool(Who::Eve, attest_call(job, 1))));
        assert!(custom(pool(Who::Ferdie, attest_call(JobId([77; 32]), 1))));
        assert!(custom(pool(
            Who::Eve,
            pallet_inference_escrow::Call::expire { job }.into()
        )));
        let good = pool(Who::Ferdie, attest_call(job, 1)).expect("is taken");
        assert!(good.priority > 0);
        // Of two that would end the job, the pool keeps one.
        let other = pool(
            Who::Ferdie,
            pallet_inference_escrow::Call::decline {
                job,
                reason: DeclineReason::Other,
            }
            .into(),
        )
        .expect("is taken");
        assert!(good.provides.iter().any(|tag| other.provides.contains(tag)));
        assert_ok!(apply(Who::Ferdie, attest_call(job, 1)).expect("is valid"));
        // A second one that a block author tries all the same is left out of the block.
        assert!(apply(Who::Ferdie, attest_call(job, 1)).is_err());
    });
}

#[test]
fn an_attestation_that_succeeds_is_free() {
    on_a_chain(|| {
        let (_, job) = ready();
        let before = Balances::free_balance(account(Who::Ferdie));
        assert_ok!(apply(Who::Ferdie, attest_call(job, 1)).expect("is valid"));
        let fee = MAI / 10;
        assert_eq!(
            Balances::free_balance(account(Who::Ferdie)),
            before + fee - fee / 40
        );
    });
}

#[test]
fn fees_go_to_the_collators_and_nothing_is_burned() {
    on_a_chain(|| {
        let (version, _) = ready();
        let pot = CollatorSelection::account_id();
        let (before, issued) = (Balances::free_balance(&pot), Balances::total_issuance());
        assert_ok!(apply(Who::Dave, open_call(version, Who::Ferdie, 1)).expect("is valid"));
        assert!(Balances::free_balance(&pot) > before);
        assert_eq!(Balances::total_issuance(), issued);
    });
}

#[test]
fn an_unsigned_transaction_is_judged_as_without_us() {
    on_a_chain(|| {
        let (_, job) = ready();
        let bare = UncheckedExtrinsic::new_bare(attest_call(job, 1));
        assert!(Executive::validate_transaction(
            TransactionSource::External,
            bare,
            System::block_hash(0)
        )
        .is_err());
    });
}

#[test]
fn the_pipeline_adds_no_bytes_for_what_refuses_doomed_calls() {
    on_a_chain(|| {
        // Immortal era, nonce, tip, no asset to pay it in, and the metadata hash's mode: one byte
        // each.
        assert_eq!(extension(0).encode().len(), 5);
        let call = attest_call(JobId([0; 32]), 1);
        assert!(extension(0).weight(&call).ref_time() > 0);
        assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
        let _ = |x: UncheckedExtrinsic| {
            x.check(&frame_system::ChainContext::<Runtime>::default())
                .is_ok()
        };
    });
}

#[test]
fn a_payer_gets_back_the_fee_for_what_a_job_did_not_need() {
    on_a_chain(|| {
        let (version, _) = ready();
        let call = open_call(version, Who::Ferdie, 1);
        let dave = account(Who::Dave);
        let signed = signed(Who::Dave, call.clone());
        let length = signed.encoded_size() as u32;
        let announced = TransactionPayment::compute_fee(
            length,
            &{
                let mut info = call.get_dispatch_info();
                info.extension_weight = extension(0).weight(&call);
                info
            },
            0,
        );
        let before = Balances::total_balance(&dave);
        assert_ok!(Executive::apply_extrinsic(signed).expect("is valid"));
        let paid = before - Balances::total_balance(&dave);
        assert!(paid < announced, "{paid} of {announced}");
    });
}
