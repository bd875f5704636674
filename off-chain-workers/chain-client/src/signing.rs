//! Signs a call: from its names to the bytes of an extrinsic.

use crate::{
    call::Call,
    error::ChainError,
    keys::Key,
    mortality::Mortality,
    runtime::{ensure_writable, Config, Runtime},
};
use subxt::{
    config::{substrate::H256, DefaultExtrinsicParamsBuilder},
    ext::{scale_encode, scale_type_resolver},
    transactions::Payload,
};

/// The call's extrinsic, signed by `key`, without a tip; its fee is paid in the chain's token.
/// Transaction extensions that subxt does not know are all right as long as they encode to nothing.
pub(crate) fn signed(
    runtime: &Runtime,
    key: &Key,
    call: &Call,
    nonce: u64,
    mortality: Mortality,
) -> Result<Vec<u8>, ChainError> {
    ensure_writable(runtime.transaction_version())?;
    let params = DefaultExtrinsicParamsBuilder::<Config>::new()
        .nonce(nonce)
        .mortal_from_unchecked(
            mortality.length,
            mortality.number.into(),
            H256(mortality.hash),
        )
        .build();
    let payload = Encoded {
        call,
        arguments: Arguments(call.encode_arguments(runtime.metadata_ref())?),
    };
    let signed = runtime
        .transactions()
        .create_signable_offline(&payload, params)
        .and_then(|mut t| t.sign(key.pair()))
        .map_err(|e| ChainError::client("sign the call", e))?;
    Ok(signed.encoded().to_vec())
}

/// A call whose arguments are encoded already, as subxt takes it.
struct Encoded<'a> {
    call: &'a Call,
    arguments: Arguments,
}

struct Arguments(Vec<u8>);

impl Payload for Encoded<'_> {
    type CallData = Arguments;

    fn pallet_name(&self) -> &str {
        self.call.pallet
    }

    fn call_name(&self) -> &str {
        self.call.name
    }

    fn call_data(&self) -> &Arguments {
        &self.arguments
    }
}

impl scale_encode::EncodeAsFields for Arguments {
    fn encode_as_fields_to<R: scale_type_resolver::TypeResolver>(
        &self,
        _: &mut dyn scale_encode::FieldIter<'_, R::TypeId>,
        _: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), scale_encode::Error> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls, runtime::runtime, testing, AccountId, TRANSACTION_VERSION};

    const MORTALITY: Mortality = Mortality {
        number: 100,
        hash: [2; 32],
        length: 64,
    };

    #[test]
    fn an_extrinsic_has_the_bytes_that_the_runtime_reads() {
        let at = runtime([1; 32], 7, TRANSACTION_VERSION, testing::metadata()).unwrap();
        let key = Key::from_uri("//Alice").unwrap();
        let call = calls::transfer_keep_alive(AccountId::new([9; 32]), 5);
        let metadata = testing::metadata();
        let bytes = signed(&at, &key, &call, 3, MORTALITY).unwrap();

        // Version 4, signed; the signer by its id; an sr25519 signature.
        let body = &bytes[2..];
        assert_eq!(body[0], 0b1000_0100);
        assert_eq!((body[1], &body[2..34]), (0, &key.public()[..]));
        assert_eq!(body[34], 1);
        let signature: [u8; 64] = body[35..99].try_into().unwrap();
        // Era of 64 blocks from the 36th of them (100 mod 64); nonce; no tip, in no other asset;
        // no metadata hash.
        let extra = [5 + 16 * (36 % 16), 36 / 16, 3 << 2, 0, 0, 0];
        assert_eq!(body[99..105], extra);
        let call = call.encode(&metadata).unwrap();
        assert_eq!(body[105..], call);

        // Signed besides: spec and transaction version, genesis, birth, no metadata hash.
        let mut payload = [&call[..], &extra].concat();
        payload.extend(7u32.to_le_bytes());
        payload.extend(TRANSACTION_VERSION.to_le_bytes());
        payload.extend([1; 32]);
        payload.extend([2; 32]);
        payload.push(0);
        assert!(subxt_signer::sr25519::verify(
            &subxt_signer::sr25519::Signature(signature),
            &payload,
            &subxt_signer::sr25519::PublicKey(key.public()),
        ));
    }

    #[test]
    fn nothing_is_signed_for_transactions_of_another_version() {
        let at = runtime([1; 32], 7, 9, testing::metadata()).unwrap();
        let key = Key::from_uri("//Alice").unwrap();
        let error = signed(&at, &key, &calls::pause(), 0, MORTALITY).unwrap_err();
        assert!(matches!(
            error,
            ChainError::TransactionVersion { theirs: 9, .. }
        ));
    }
}
