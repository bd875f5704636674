//! Jobs: what is ordered, by which id, how it ends.

use crate::{Balance, Hash32, ModelId, Tick, VersionId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// One paid request: the hash of its order, see [`JobId::of`]. Shown as hexadecimal.
#[derive(
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct JobId(pub Hash32);

impl JobId {
    /// `blake2_256("myai/job/1" ‖ SCALE(payer, opener, order))`. The input commitment in the order is
    /// salted, so nobody can take another's id; it is known before the job opens, and the same
    /// after a reorganisation.
    pub fn of<AccountId: Encode>(
        payer: &AccountId,
        opener: &AccountId,
        order: &Order<AccountId>,
    ) -> Self {
        let mut bytes = b"myai/job/1".to_vec();
        (payer, opener, order).encode_to(&mut bytes);
        Self(blake2_256(&bytes))
    }
}

impl core::fmt::Display for JobId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl core::fmt::Debug for JobId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// What is not 64 hexadecimal digits is no job's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAJobId;

impl core::fmt::Display for NotAJobId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a job's id has 64 hexadecimal digits")
    }
}

impl core::error::Error for NotAJobId {}

impl core::str::FromStr for JobId {
    type Err = NotAJobId;

    fn from_str(text: &str) -> Result<Self, NotAJobId> {
        let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
        if digits.len() != 64 {
            return Err(NotAJobId);
        }
        let mut id = [0; 32];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| (d as char).to_digit(16).ok_or(NotAJobId);
            let [high, low] = pair else {
                return Err(NotAJobId);
            };
            *byte = (digit(*high)? * 16 + digit(*low)?) as u8;
        }
        Ok(Self(id))
    }
}

impl serde::Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for JobId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = alloc::string::String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whose money a job costs.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Payer {
    /// The opener's own.
    #[codec(index = 0)]
    Own,
    /// A model's account, of which the opener is a delegate. Refused until delegates are built.
    #[codec(index = 1)]
    Model(ModelId),
}

/// How a job runs, with whom. Indices 1 (replicated) and 2 (bonded) are reserved.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Run<AccountId> {
    /// One worker, trusted by its name and record.
    #[codec(index = 0)]
    Direct {
        worker: AccountId,
        /// Hash of the sealed input in the HOP pool.
        blob: Hash32,
    },
}

impl<AccountId> Run<AccountId> {
    pub fn mode(&self) -> crate::Mode {
        match self {
            Self::Direct { .. } => crate::Mode::Direct,
        }
    }

    /// The workers that it names.
    pub fn workers(&self) -> core::slice::Iter<'_, AccountId> {
        match self {
            Self::Direct { worker, .. } => core::slice::from_ref(worker).iter(),
        }
    }
}

/// What an opener asks for. Its hash is the job's id.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Order<AccountId> {
    pub payer: Payer,
    /// The open job for which this one works. Refused until delegates are built.
    pub parent: Option<JobId>,
    pub version: VersionId,
    /// Units paid for at most; at least 1.
    #[codec(compact)]
    pub units: u32,
    /// Most that price and fee may cost together, in the asset of the version's price.
    #[codec(compact)]
    pub max_cost: Balance,
    /// From the opening to the deadline, ticks of service.
    #[codec(compact)]
    pub duration: Tick,
    /// Last tick of service at which the order may be opened, at most [`MAX_OPEN_AHEAD`] ahead.
    #[codec(compact)]
    pub open_by: Tick,
    /// [`crate::policies_hash`] of the policies that bind the version, where any do: whoever signs
    /// the order has accepted them.
    pub policies: Option<Hash32>,
    /// Who may hand the input's blob to the HOP pool instead of the opener, for openers without a
    /// key of their own.
    pub uploader: Option<AccountId>,
    pub input_commitment: Hash32,
    /// Of the raw input, in bytes.
    #[codec(compact)]
    pub input_length: u32,
    pub run: Run<AccountId>,
}

/// How far ahead an order's `open_by` may lie, ticks of service.
pub const MAX_OPEN_AHEAD: Tick = 100;

/// Why a worker gives a job back.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    serde::Serialize,
    serde::Deserialize,
)]
pub enum DeclineReason {
    /// The input cannot be opened or is not what the version takes.
    #[codec(index = 0)]
    BadInput,
    /// The input was not in the HOP pool in time.
    #[codec(index = 1)]
    BlobMissing,
    #[codec(index = 2)]
    ModelUnavailable,
    #[codec(index = 3)]
    Overloaded,
    #[codec(index = 4)]
    Other,
}

impl DeclineReason {
    pub const ALL: &'static [Self] = &[
        Self::BadInput,
        Self::BlobMissing,
        Self::ModelUnavailable,
        Self::Overloaded,
        Self::Other,
    ];

    /// Whether it says that the payer spoilt the job, which costs `spoilt_charge` of the deposit.
    pub fn blames_payer(self) -> bool {
        matches!(self, Self::BadInput | Self::BlobMissing)
    }
}

/// How a job ended.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Outcome {
    #[codec(index = 0)]
    Settled {
        output_commitment: Hash32,
        /// Hash of the sealed answer in the HOP pool.
        blob: Hash32,
        /// Units used.
        #[codec(compact)]
        units: u32,
        /// What the payer paid, price and fee together.
        #[codec(compact)]
        paid: Balance,
        /// The block in which it was attested.
        #[codec(compact)]
        block: u32,
    },
    #[codec(index = 1)]
    Declined(DeclineReason),
    #[codec(index = 2)]
    Expired,
}

/// Why a call that ends a job would fail. The number is what the transaction pool answers
/// (`InvalidTransaction::Custom`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum JobCallError {
    /// The job is not open.
    NotOpen = 100,
    /// Not sent by the signer of the job's worker.
    NotItsSigner = 101,
    /// The job's deadline has passed.
    DeadlinePassed = 102,
    /// The job's deadline has not passed.
    DeadlineNotPassed = 103,
    /// No units used, or more than were paid for.
    UnitsOutOfBounds = 104,
    /// How the job ended is kept for some time yet.
    StillKept = 105,
}

impl JobCallError {
    pub const ALL: &'static [Self] = &[
        Self::NotOpen,
        Self::NotItsSigner,
        Self::DeadlinePassed,
        Self::DeadlineNotPassed,
        Self::UnitsOutOfBounds,
        Self::StillKept,
    ];

    /// What the pool answers.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Back from [`Self::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|e| e.code() == code)
    }
}

impl core::fmt::Display for JobCallError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotOpen => "the job is not open",
            Self::NotItsSigner => "not sent by the signer of the job's worker",
            Self::DeadlinePassed => "the job's deadline has passed",
            Self::DeadlineNotPassed => "the job's deadline has not passed",
            Self::UnitsOutOfBounds => "no units used, or more than were paid for",
            Self::StillKept => "how the job ended is kept for some time yet",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order<Hash32> {
        Order {
            payer: Payer::Own,
            parent: None,
            version: VersionId(3),
            units: 1,
            max_cost: 10,
            duration: 20,
            open_by: 30,
            policies: None,
            uploader: None,
            input_commitment: [7; 32],
            input_length: 5,
            run: Run::Direct {
                worker: [8; 32],
                blob: [9; 32],
            },
        }
    }

    #[test]
    fn golden_job_id_holds() {
        let mut expected = b"myai/job/1".to_vec();
        expected.extend([1; 32]);
        expected.extend([2; 32]);
        expected.extend([0, 0, 3, 0, 0, 0, 4, 40, 80, 120, 0, 0]);
        expected.extend([7; 32]);
        expected.extend([20, 0]);
        expected.extend([8; 32]);
        expected.extend([9; 32]);
        let id = JobId::of(&[1; 32], &[2; 32], &order());
        assert_eq!(id.0, blake2_256(&expected));
    }

    #[test]
    fn any_change_of_the_order_is_another_job() {
        let id = |order: &Order<Hash32>| JobId::of(&[1; 32], &[1; 32], order);
        let first = id(&order());
        let mut other = order();
        other.open_by += 1;
        assert_ne!(id(&other), first);
        assert_ne!(JobId::of(&[1; 32], &[2; 32], &order()), first);
    }

    #[test]
    fn ids_are_read_as_they_are_shown() {
        let id = JobId([0xa5; 32]);
        let text = alloc::string::ToString::to_string(&id);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(alloc::format!("0x{text}").parse(), Ok(id));
        for bad in ["", "a5", &text[1..], "zz"] {
            assert_eq!(bad.parse::<JobId>(), Err(NotAJobId), "{bad}");
        }
    }

    #[test]
    fn codes_of_refused_calls_come_back() {
        for error in JobCallError::ALL {
            assert_eq!(JobCallError::from_code(error.code()), Some(*error));
        }
        assert_eq!(JobCallError::from_code(99), None);
    }
}
