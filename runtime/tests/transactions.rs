//! Signed transactions through the real pipeline of extensions.

#[expect(dead_code, reason = "journeys.rs uses the rest")]
mod support;
use codec::Encode;
use frame_support::{dispatch::GetDispatchInfo, traits::fungible::Inspect, weights::Weight};
use sp_runtime::{
    generic::Era,
    traits::{Checkable, Dispatchable, TransactionExtension},
    transaction_validity::{
        InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
    },
};
use support::*;

fn extension(nonce: u32) -> TxExtension {
    cumulus_pallet_weight_reclaim::StorageWeightReclaim::new((
        frame_system::AuthorizeCall::new(),
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckEra::from(Era::Immortal),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
        pallet_inference_escrow::CheckJobCalls::new(),
        pallet_asset_tx_payment::ChargeAssetTxPayment::from(0, None),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
    ))
}

fn signed(who: Who, nonce: u32, call: RuntimeCall) -> UncheckedExtrinsic {
    let extension = extension(nonce);
    let payload = sp_runtime::generic::SignedPayload::new(call.clone(), extension.clone())
        .expect("implicit values are known");
    let signature = payload.using_encoded(|bytes| who.sign(bytes));
    UncheckedExtrinsic::new_signed(
        call,
        account(who).into(),
        Signature::Sr25519(signature),
        extension,
    )
}

fn pool(who: Who, call: RuntimeCall) -> TransactionValidity {
    let nonce = System::account_nonce(account(who));
    Executive::validate_transaction(
        TransactionSource::External,
        signed(who, nonce, call),
        System::block_hash(0),
    )
}

fn apply(who: Who, call: RuntimeCall) -> sp_runtime::ApplyExtrinsicResult {
    let nonce = System::account_nonce(account(who));
    Executive::apply_extrinsic(signed(who, nonce, call))
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

/// What a call of `who`'s weighs with its extensions, as announced and, once it was applied, in fact.
fn weighed(who: Who, call: RuntimeCall) -> (Weight, Weight) {
    let extensions = extension(0).weight(&call);
    let info = call.get_dispatch_info();
    let announced = info.call_weight + extensions;
    let done = call
        .dispatch(RuntimeOrigin::signed(account(who)))
        .expect("is in order");
    let of_call = done.actual_weight.unwrap_or(info.call_weight);
    (announced, of_call + extensions)
}

#[test]
fn a_job_costs_at_most_so_many_transfers() {
    on_a_chain(|| {
        let (version, job) = ready();
        let (open_most, open) = weighed(Who::Dave, open_call(version, Who::Ferdie, 1));
        let (attest_most, attest) = weighed(Who::Ferdie, attest_call(job, 1));
        let transfer = pallet_balances::Call::transfer_keep_alive {
            dest: account(Who::Eve).into(),
            value: MAI,
        };
        let (transfer, _) = weighed(Who::Dave, transfer.into());
        println!("open {open:?}\nattest {attest:?}\ntransfer {transfer:?}");
        let [plain, worst] = [
            ("in the token, no ancestors", open + attest),
            ("worst", open_most + attest_most),
        ]
        .map(|(which, life)| {
            let time = life.ref_time() as f64 / transfer.ref_time() as f64;
            let proof = life.proof_size() as f64 / transfer.proof_size() as f64;
            println!("{which}: time x {time:.2}, proof x {proof:.2}");
            (life, proof)
        });
        assert!(
            plain.1 <= 4.0,
            "the proof of a plain job is of four transfers"
        );
        assert!(plain.0.all_lt(worst.0), "what was not needed is given back");
        assert!(
            worst.0.all_lte(configs::system::MAXIMUM_BLOCK_WEIGHT / 100),
            "a hundred jobs a block"
        );
    });
}

#[test]
fn a_payer_gets_back_the_fee_for_what_a_job_did_not_need() {
    on_a_chain(|| {
        let (version, _) = ready();
        let call = open_call(version, Who::Ferdie, 1);
        let dave = account(Who::Dave);
        let nonce = System::account_nonce(&dave);
        let signed = signed(Who::Dave, nonce, call.clone());
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
