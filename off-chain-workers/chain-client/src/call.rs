//! A call by its names, and its bytes under a node's metadata.

use crate::{error::ChainError, AccountId, Hash32};
use codec::{Compact, Encode};
use myai_primitives::{
    ApprovalKind, Asset, Beneficiary, BoundedVec, Category, DatasetId, DatasetTerms, DeclineReason,
    File, GrantId, JobId, Licensor, ModelId, Openness, Order, Rule, Share, SplitId, VersionId,
    VersionSpec, WorkerDetails,
};
use sp_crypto_hashing::blake2_256;
use subxt::{
    ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
    metadata::Metadata,
};

/// A call of one pallet. Its arguments have names; the metadata decides on their order and on
/// whether a number is compact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub pallet: &'static str,
    pub name: &'static str,
    pub arguments: Vec<(&'static str, Argument)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// SCALE bytes of the argument's type.
    Bytes(Vec<u8>),
    /// A plain number, compact or of any width.
    Number(u128),
    /// An account, as the call wants it: its 32 bytes or an [`crate::Address`].
    Account(AccountId),
    Call(Box<Call>),
    Calls(Vec<Call>),
    /// The bytes of a call, as `Vec<u8>`: a preimage.
    CallBytes(Box<Call>),
    /// A call as the scheduler takes it: in the call itself where it is short, else by its hash,
    /// under which its preimage must be noted.
    Bounded(Box<Call>),
    /// A variant without fields within variants, outermost first: an origin of the runtime's, say
    /// `Origins`, `RegistryRules`.
    Variant(&'static [&'static str]),
}

/// Longest call that stands inside another as it is, in bytes: the scheduler's limit.
pub const MAX_INLINE_CALL: usize = 128;

impl From<u16> for Argument {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u128> for Argument {
    fn from(number: u128) -> Self {
        Self::Number(number)
    }
}

impl From<AccountId> for Argument {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

impl From<Call> for Argument {
    fn from(call: Call) -> Self {
        Self::Call(Box::new(call))
    }
}

impl From<Vec<Call>> for Argument {
    fn from(calls: Vec<Call>) -> Self {
        Self::Calls(calls)
    }
}

impl<T: Encode, S> From<BoundedVec<T, S>> for Argument {
    fn from(values: BoundedVec<T, S>) -> Self {
        Self::Bytes(values.encode())
    }
}

impl<T: Encode> From<Option<T>> for Argument {
    fn from(value: Option<T>) -> Self {
        Self::Bytes(value.encode())
    }
}

macro_rules! bytes {
    ($($ty:ty),* $(,)?) => {
        $(impl From<$ty> for Argument {
            fn from(value: $ty) -> Self {
                Self::Bytes(value.encode())
            }
        })*
    };
}

bytes!(
    ApprovalKind,
    Asset,
    Beneficiary<AccountId>,
    Category,
    DatasetId,
    DatasetTerms,
    DeclineReason,
    File,
    GrantId,
    Hash32,
    JobId,
    Licensor,
    ModelId,
    Openness,
    Order<AccountId>,
    Rule,
    SplitId,
    VersionId,
    VersionSpec<AccountId>,
    Vec<GrantId>,
    Vec<VersionId>,
    Vec<Share<AccountId>>,
    Vec<(SplitId, Asset, u32)>,
    WorkerDetails,
);

impl Call {
    pub fn new(pallet: &'static str, name: &'static str) -> Self {
        Self {
            pallet,
            name,
            arguments: Vec::new(),
        }
    }

    /// The call with one more argument.
    pub fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// `Pallet.call`, for messages.
    pub fn title(&self) -> String {
        format!("{}.{}", self.pallet, self.name)
    }

    /// The call's bytes, its two indices first.
    pub fn encode(&self, metadata: &Metadata) -> Result<Vec<u8>, ChainError> {
        let mut out = Vec::new();
        self.encode_to(metadata, &mut out)?;
        Ok(out)
    }

    fn encode_to(&self, metadata: &Metadata, out: &mut Vec<u8>) -> Result<(), ChainError> {
        let pallet = metadata
            .pallet_by_name(self.pallet)
            .ok_or_else(|| self.misfit("there is no such pallet"))?;
        let call = pallet
            .call_variant_by_name(self.name)
            .ok_or_else(|| self.misfit("there is no such call"))?;
        out.push(pallet.call_index());
        out.push(call.index);
        out.extend(self.encode_arguments(metadata)?);
        Ok(())
    }

    /// The bytes of the arguments alone, in the metadata's order.
    pub(crate) fn encode_arguments(&self, metadata: &Metadata) -> Result<Vec<u8>, ChainError> {
        let call = metadata
            .pallet_by_name(self.pallet)
            .and_then(|p| p.call_variant_by_name(self.name))
            .ok_or_else(|| self.misfit("there is no such call"))?;
        let mut out = Vec::new();
        let mut used = 0;
        for field in &call.fields {
            let name = field.name.as_deref().unwrap_or_default();
            let (_, value) = self
                .arguments
                .iter()
                .find(|(n, _)| *n == name)
                .ok_or_else(|| self.misfit(&format!("it asks for `{name}` too")))?;
            used += 1;
            let start = out.len();
            self.encode_argument(name, value, field.ty.id, metadata, &mut out)?;
            let mut rest = &out[start..];
            let read = decode_with_visitor(
                &mut rest,
                field.ty.id,
                metadata.types(),
                IgnoreVisitor::new(),
            );
            if read.is_err() || !rest.is_empty() {
                return Err(self.misfit(&format!("`{name}` has another type")));
            }
        }
        if used != self.arguments.len() {
            let known = |n: &str| call.fields.iter().any(|f| f.name.as_deref() == Some(n));
            let extra = self.arguments.iter().find(|(n, _)| !known(n));
            let extra = extra.map_or("an argument", |(n, _)| n);
            return Err(self.misfit(&format!("it takes no `{extra}`")));
        }
        Ok(out)
    }

    fn encode_argument(
        &self,
        name: &str,
        value: &Argument,
        ty: u32,
        metadata: &Metadata,
        out: &mut Vec<u8>,
    ) -> Result<(), ChainError> {
        use scale_info::{TypeDef, TypeDefPrimitive};
        let misfit = || self.misfit(&format!("`{name}` has another type"));
        let shape = metadata.types().resolve(ty).ok_or_else(misfit)?;
        match value {
            Argument::Bytes(bytes) => out.extend_from_slice(bytes),
            Argument::Number(n) => match &shape.type_def {
                TypeDef::Compact(_) => Compact(*n).encode_to(out),
                TypeDef::Primitive(p) => {
                    let width = match p {
                        TypeDefPrimitive::U8 => 1,
                        TypeDefPrimitive::U16 => 2,
                        TypeDefPrimitive::U32 => 4,
                        TypeDefPrimitive::U64 => 8,
                        TypeDefPrimitive::U128 => 16,
                        _ => return Err(misfit()),
                    };
                    let bytes = n.to_le_bytes();
                    if bytes[width..].iter().any(|b| *b != 0) {
                        return Err(self.misfit(&format!("`{name}` is too large")));
                    }
                    out.extend_from_slice(&bytes[..width]);
                }
                _ => return Err(misfit()),
            },
            Argument::Account(account) => match shape.path.segments.last().map(|s| s.as_str()) {
                Some("MultiAddress") => crate::Address::Id(account.clone()).encode_to(out),
                _ => account.encode_to(out),
            },
            Argument::Call(call) => call.encode_to(metadata, out)?,
            Argument::Calls(calls) => {
                Compact(calls.len() as u32).encode_to(out);
                for call in calls {
                    call.encode_to(metadata, out)?;
                }
            }
            Argument::CallBytes(call) => call.encode(metadata)?.encode_to(out),
            Argument::Bounded(call) => {
                let bytes = call.encode(metadata)?;
                if bytes.len() <= MAX_INLINE_CALL {
                    (1u8, bytes).encode_to(out);
                } else {
                    (2u8, blake2_256(&bytes), bytes.len() as u32).encode_to(out);
                }
            }
            Argument::Variant(path) => {
                let mut shape = shape;
                for (depth, name) in path.iter().enumerate() {
                    let TypeDef::Variant(variants) = &shape.type_def else {
                        return Err(misfit());
                    };
                    let variant = variants.variants.iter().find(|v| v.name == *name);
                    let variant = variant.ok_or_else(misfit)?;
                    out.push(variant.index);
                    match (variant.fields.as_slice(), depth + 1 == path.len()) {
                        ([], true) => {}
                        ([field], false) => {
                            shape = metadata.types().resolve(field.ty.id).ok_or_else(misfit)?;
                        }
                        _ => return Err(misfit()),
                    }
                }
            }
        }
        Ok(())
    }

    fn misfit(&self, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}: {what}", self.title()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls, testing};
    use myai_primitives::{Amount, Enactment, Payer, Run};

    const ALICE: AccountId = AccountId::new([1; 32]);

    fn bytes(call: Call) -> Vec<u8> {
        call.encode(&testing::metadata()).unwrap()
    }

    fn refused(call: Call) -> String {
        call.encode(&testing::metadata()).unwrap_err().to_string()
    }

    #[test]
    fn indices_and_compactness_come_from_the_metadata() {
        let job = JobId([5; 32]);
        let attest = calls::attest(job, [2; 32], 3, [4; 32]);
        let expected = (53u8, 21u8, job, [2u8; 32], Compact(3u32), [4u8; 32]).encode();
        assert_eq!(bytes(attest), expected);
        // A price is not compact there.
        let price = calls::set_price(VersionId(7), 9);
        assert_eq!(bytes(price), (51u8, 7u8, 7u32, 9u128).encode());
        assert_eq!(bytes(calls::pause()), [53, 5]);
    }

    #[test]
    fn arguments_are_encoded_in_the_pallets_order() {
        let mut attest = calls::attest(JobId([5; 32]), [2; 32], 3, [4; 32]);
        let expected = bytes(attest.clone());
        attest.arguments.reverse();
        assert_eq!(bytes(attest), expected);
    }

    #[test]
    fn an_order_is_sent_as_its_id_is_made_of_it() {
        let order = Order {
            payer: Payer::Own,
            parent: None,
            version: VersionId(1),
            units: 2,
            max_cost: 1_000_000_000_000,
            duration: 100,
            open_by: 7,
            policies: None,
            uploader: None,
            input_commitment: [3; 32],
            input_length: 9,
            run: Run::Direct {
                worker: ALICE,
                blob: [4; 32],
            },
        };
        let expected = (53u8, 20u8, &order).encode();
        assert_eq!(bytes(calls::open_job(order)), expected);
    }

    #[test]
    fn accounts_are_addresses_only_where_the_call_wants_them() {
        let details = WorkerDetails {
            endpoint: Default::default(),
            mailbox: Default::default(),
            sealing_key: [7; 32],
            max_open_jobs: 1,
        };
        let worker = calls::register_worker(ALICE, ALICE, details.clone(), 5);
        let expected = (53u8, 0u8, ALICE, ALICE, details, Compact(5u128));
        assert_eq!(bytes(worker), expected.encode());

        let amount = |asset| Amount { asset, value: 5 };
        let native = calls::transfer(ALICE, amount(Asset::Native));
        let expected = (10u8, 3u8, 0u8, ALICE, Compact(5u128));
        assert_eq!(bytes(native), expected.encode());
        let other = calls::transfer(ALICE, amount(Asset::Id(8)));
        let expected = (11u8, 9u8, Compact(8u32), 0u8, ALICE, Compact(5u128));
        assert_eq!(bytes(other), expected.encode());
    }

    #[test]
    fn calls_in_calls_have_their_own_indices() {
        let claims = calls::claim_many(vec![(SplitId(1), Asset::Id(2), 3)]);
        let inner = (50u8, 2u8, vec![(1u32, Asset::Id(2), 3u32)]).encode();
        assert_eq!(bytes(claims.clone()), inner);
        let outer = calls::batch_all(vec![calls::batch_all(vec![claims]), calls::pause()]);
        let mut expected = vec![12, 2, 2 << 2, 12, 2, 1 << 2];
        expected.extend(inner);
        expected.extend([53, 5]);
        assert_eq!(bytes(outer), expected);
    }

    #[test]
    fn a_referendum_carries_a_short_call_and_the_hash_of_a_long_one() {
        let origin = &["Origins", "RegistryRules"];
        let rule = calls::set_rule(myai_primitives::Rule::MaxRoyalty, 350_000);
        let inner = bytes(rule.clone());
        let submit = |call| calls::submit_referendum(origin, call, Enactment::After(3));
        let expected = (62u8, 0u8, 64u8, 4u8, 1u8, inner, 1u8, 3u32).encode();
        assert_eq!(bytes(submit(rule.clone())), expected);

        let long = calls::batch_all(vec![rule; 10]);
        let inner = bytes(long.clone());
        assert!(inner.len() > MAX_INLINE_CALL);
        let lookup = (2u8, blake2_256(&inner), inner.len() as u32);
        let expected = (62u8, 0u8, 64u8, 4u8, lookup, 1u8, 3u32).encode();
        assert_eq!(bytes(submit(long.clone())), expected);
        assert_eq!(
            bytes(calls::note_preimage(long)),
            (60u8, 0u8, inner).encode()
        );
        for origin in [
            &["Origins", "Nobody"][..],
            &["Origins"],
            &["Origins", "RegistryRules", "x"],
        ] {
            let call = calls::pause();
            let call = calls::submit_referendum(origin.to_vec().leak(), call, Enactment::After(3));
            assert!(refused(call).contains("`proposal_origin`"), "{origin:?}");
        }
    }

    #[test]
    fn votes_are_as_conviction_voting_reads_them() {
        let two = calls::Conviction::times(2).unwrap();
        let vote = calls::vote(7, true, two, 9);
        let expected = (63u8, 0u8, Compact(7u32), 0u8, 0x82u8, 9u128).encode();
        assert_eq!(bytes(vote), expected);
        let vote = calls::vote(7, false, calls::Conviction::NONE, 9);
        assert_eq!(
            bytes(vote),
            (63u8, 0u8, Compact(7u32), 0u8, 0u8, 9u128).encode()
        );
        let delegate = calls::delegate(5, ALICE, two, 9);
        assert_eq!(
            bytes(delegate),
            (63u8, 1u8, 5u16, 0u8, ALICE, 2u8, 9u128).encode()
        );
        let removed = calls::remove_vote(Some(5), 7);
        assert_eq!(bytes(removed), (63u8, 4u8, Some(5u16), 7u32).encode());
    }

    #[test]
    fn a_call_that_the_chain_does_not_have_so_is_never_encoded() {
        let error = refused(Call::new("Nowhere", "pause"));
        assert!(
            error.contains("Nowhere.pause: there is no such pallet"),
            "{error}"
        );
        let error = refused(Call::new("InferenceEscrow", "halt"));
        assert!(error.contains("no such call"), "{error}");
        let error = refused(calls::pause().with("until", 1u32));
        assert!(error.contains("it takes no `until`"), "{error}");
        let error = refused(Call::new("ModelRegistry", "set_price").with("version", VersionId(1)));
        assert!(error.contains("`value` too"), "{error}");
        for wrong in [1u64.encode(), 1u16.encode()] {
            let call = Call::new("ModelRegistry", "set_price")
                .with("version", Argument::Bytes(wrong))
                .with("value", 1u32);
            let error = refused(call);
            assert!(error.contains("`version` has another type"), "{error}");
        }
        let error = refused(calls::batch_all(vec![calls::pause().with("until", 1u32)]));
        assert!(error.contains("until"), "{error}");
        let mut many = calls::attest(JobId([5; 32]), [2; 32], 3, [4; 32]);
        for (name, value) in &mut many.arguments {
            if *name == "units" {
                *value = Argument::Number(1 << 40);
            }
        }
        assert!(refused(many).contains("`units`"));
    }
}
