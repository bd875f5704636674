//! A call by its names, its bytes under a node's metadata, and calls that blocks have.

use crate::{error::ChainError, AccountId};
use codec::{Compact, Decode, DecodeAll, Encode};
use subxt::{
    ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
    metadata::Metadata,
};

/// A call of one pallet. Its arguments are known by name; their order, and whether a number is
/// compact, is the metadata's business.
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
}

impl Call {
    pub fn new(pallet: &'static str, name: &'static str) -> Self {
        Self {
            pallet,
            name,
            arguments: Vec::new(),
        }
    }

    /// With an argument of one of our own types.
    pub fn with(self, name: &'static str, value: impl Encode) -> Self {
        self.argument(name, Argument::Bytes(value.encode()))
    }

    pub fn number(self, name: &'static str, value: impl Into<u128>) -> Self {
        self.argument(name, Argument::Number(value.into()))
    }

    pub fn account(self, name: &'static str, value: AccountId) -> Self {
        self.argument(name, Argument::Account(value))
    }

    pub fn argument(mut self, name: &'static str, value: Argument) -> Self {
        self.arguments.push((name, value));
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
        }
        Ok(())
    }

    fn misfit(&self, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}: {what}", self.title()),
        }
    }
}

/// A call that a block has. Its arguments are found by their names, as the fields of an
/// [`crate::Event`] are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Who signed the extrinsic.
    pub signer: AccountId,
    /// Whether it is the extrinsic's own call. One in a batch may have failed although the
    /// extrinsic did not.
    pub outermost: bool,
    pub pallet: String,
    pub name: String,
    /// Names and SCALE bytes.
    pub arguments: Vec<(String, Vec<u8>)>,
}

/// Batches in batches that are looked into.
const MAX_DEPTH: u32 = 8;

impl Made {
    /// The argument of that name. Fails when there is none or its bytes are of another type.
    pub fn argument<T: Decode>(&self, name: &str) -> Result<T, ChainError> {
        let (_, bytes) = self
            .arguments
            .iter()
            .find(|(n, _)| n == name)
            .ok_or_else(|| self.misfit(name, "is missing"))?;
        T::decode_all(&mut &bytes[..]).map_err(|_| self.misfit(name, "has another type"))
    }

    fn misfit(&self, argument: &str, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}.{}: `{argument}` {what}", self.pallet, self.name),
        }
    }

    /// The calls of `pallet` in the bytes of an extrinsic's call: that one itself, or those in
    /// utility's batches. What is made through a proxy, a multisig or sudo is not looked into.
    pub(crate) fn of(
        pallet: &str,
        signer: &AccountId,
        bytes: &[u8],
        metadata: &Metadata,
    ) -> Result<Vec<Self>, ChainError> {
        let mut out = Vec::new();
        read_call(pallet, signer, &mut &bytes[..], 0, metadata, &mut out)?;
        Ok(out)
    }
}

/// Reads one call from the beginning of `rest`.
fn read_call(
    pallet: &str,
    signer: &AccountId,
    rest: &mut &[u8],
    depth: u32,
    metadata: &Metadata,
    out: &mut Vec<Made>,
) -> Result<(), ChainError> {
    let unreadable = |source| ChainError::Unreadable {
        what: "a call of a block",
        source,
    };
    let (of_pallet, of_call) = <(u8, u8)>::decode(rest).map_err(unreadable)?;
    let at = metadata.pallet_by_call_index(of_pallet);
    let call = at.and_then(|p| Some((p.name(), p.call_variant_by_index(of_call)?)));
    let Some((name, call)) = call else {
        return Err(unreadable("there is no such call".into()));
    };
    let batch = name == "Utility" && matches!(&*call.name, "batch" | "batch_all" | "force_batch");
    if batch && depth >= MAX_DEPTH {
        return Err(unreadable("there are too many batches in batches".into()));
    }
    if batch {
        let Compact(calls) = Compact::<u32>::decode(rest).map_err(unreadable)?;
        for _ in 0..calls {
            read_call(pallet, signer, rest, depth + 1, metadata, out)?;
        }
        return Ok(());
    }
    let mut arguments = Vec::with_capacity(call.fields.len());
    for (i, field) in call.fields.iter().enumerate() {
        let before = *rest;
        decode_with_visitor(rest, field.ty.id, metadata.types(), IgnoreVisitor::new())
            .map_err(|e| ChainError::client("read a call of a block", e))?;
        if name == pallet {
            let name = field.name.clone().unwrap_or_else(|| i.to_string());
            arguments.push((name, before[..before.len() - rest.len()].to_vec()));
        }
    }
    if name == pallet {
        out.push(Made {
            signer: signer.clone(),
            outermost: depth == 0,
            pallet: name.to_owned(),
            name: call.name.clone(),
            arguments,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls, testing};
    use myai_primitives::{Amount, Asset, JobId, Mode, SplitId, VersionId, WorkerDetails};

    const ALICE: AccountId = AccountId::new([1; 32]);

    fn bytes(call: Call) -> Vec<u8> {
        call.encode(&testing::metadata()).unwrap()
    }

    fn refused(call: Call) -> String {
        call.encode(&testing::metadata()).unwrap_err().to_string()
    }

    #[test]
    fn indices_and_compactness_come_from_the_metadata() {
        let attest = calls::attest(JobId(5), [2; 32], 3, [4; 32]);
        let expected = (53u8, 21u8, 5u64, [2u8; 32], Compact(3u32), [4u8; 32]).encode();
        assert_eq!(bytes(attest), expected);
        // A price is not compact there.
        let price = calls::set_price(VersionId(7), 9);
        assert_eq!(bytes(price), (51u8, 7u8, 7u32, 9u128).encode());
        assert_eq!(bytes(calls::pause()), [53, 5]);
    }

    #[test]
    fn opening_a_job_is_encoded_in_the_pallets_order() {
        let open = calls::open_job(
            VersionId(1),
            vec![ALICE],
            Mode::Direct,
            2,
            1_000_000_000_000,
            100,
            [3; 32],
            [4; 32],
        );
        let expected = (
            (53u8, 20u8, 1u32, vec![ALICE], 0u8),
            (Compact(2u32), Compact(1_000_000_000_000u128), 100u32),
            ([3u8; 32], [4u8; 32]),
        );
        assert_eq!(bytes(open.clone()), expected.encode());
        let mut shuffled = open;
        shuffled.arguments.reverse();
        assert_eq!(bytes(shuffled), expected.encode());
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
        let outer = calls::sudo(calls::batch_all(vec![claims, calls::pause()]));
        let mut expected = vec![13, 0, 12, 2, 2 << 2];
        expected.extend(inner);
        expected.extend([53, 5]);
        assert_eq!(bytes(outer), expected);
    }

    #[test]
    fn calls_are_found_in_batches_and_read_by_name() {
        let attest = calls::attest(JobId(5), [2; 32], 3, [4; 32]);
        let read = |bytes: &[u8]| Made::of("InferenceEscrow", &ALICE, bytes, &testing::metadata());
        let alone = read(&bytes(attest.clone())).unwrap();
        let [made] = &alone[..] else {
            panic!("{alone:?}")
        };
        assert!(made.outermost && made.signer == ALICE && made.name == "attest");
        assert_eq!(made.argument::<JobId>("job").unwrap(), JobId(5));
        assert_eq!(made.argument::<Compact<u32>>("units").unwrap(), Compact(3));
        assert_eq!(made.argument::<[u8; 32]>("blob").unwrap(), [4; 32]);
        let error = made.argument::<u32>("job").unwrap_err().to_string();
        assert!(error.contains("`job` has another type"), "{error}");
        assert!(made.argument::<u32>("nonsense").is_err());

        let other = calls::set_price(VersionId(7), 9);
        let inner = calls::batch_all(vec![other.clone(), attest]);
        let nested = read(&bytes(calls::batch_all(vec![other, inner, calls::pause()]))).unwrap();
        let names: Vec<_> = nested
            .iter()
            .map(|m| (&*m.name, m.outermost, m.arguments.len()))
            .collect();
        assert_eq!(names, [("attest", false, 4), ("pause", false, 0)]);
        assert_eq!(read(&bytes(calls::sudo(calls::pause()))).unwrap(), []);
    }

    #[test]
    fn bytes_that_are_no_call_are_refused_whatever_they_promise() {
        let read = |bytes: &[u8]| Made::of("InferenceEscrow", &ALICE, bytes, &testing::metadata());
        for bad in [
            &[][..],
            &[53],
            &[99, 0],
            &[53, 99],
            &[53, 21, 1],
            // A batch of many calls and none, and batches without end.
            &[12, 2, 0xfe, 0xff, 0xff, 0xff],
            &[12, 2, 4].repeat(1_000),
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
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
        let error = refused(calls::pause().number("until", 1u32));
        assert!(error.contains("it takes no `until`"), "{error}");
        let error = refused(Call::new("ModelRegistry", "set_price").with("version", 1u32));
        assert!(error.contains("`units` too"), "{error}");
        for wrong in [1u64.encode(), 1u16.encode()] {
            let call = Call::new("ModelRegistry", "set_price")
                .argument("version", Argument::Bytes(wrong))
                .number("units", 1u32);
            let error = refused(call);
            assert!(error.contains("`version` has another type"), "{error}");
        }
        let error = refused(calls::sudo(calls::pause().number("until", 1u32)));
        assert!(error.contains("until"), "{error}");
        let many = calls::open_job(
            VersionId(1),
            vec![],
            Mode::Direct,
            1,
            1,
            1,
            [0; 32],
            [0; 32],
        );
        let many = Call {
            arguments: many
                .arguments
                .into_iter()
                .map(|(n, v)| match n {
                    "units" => (n, Argument::Number(1 << 40)),
                    _ => (n, v),
                })
                .collect(),
            ..many
        };
        assert!(refused(many).contains("`units`"));
    }
}
