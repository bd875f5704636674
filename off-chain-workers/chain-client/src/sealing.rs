//! HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//! Sealed bytes are the encapsulated key (32 bytes) and the ciphertext behind it.

use hpke::{
    aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem as _,
    OpModeR, OpModeS, Serializable,
};
use myai_primitives::{
    commitments::{job_associated_data, Direction},
    Hash32,
};
use std::fmt;
use zeroize::Zeroizing;

type Kem = X25519HkdfSha256;

/// HPKE's `info` is empty: the associated data says what a sealing is for.
const INFO: &[u8] = b"";

/// How many bytes longer sealed bytes are than plain ones.
pub const SEALED_EXTRA: usize = 32 + 16;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealingError {
    #[error("the recipient's sealing key is not an X25519 public key")]
    Recipient,
    #[error("this is not an X25519 secret key")]
    Secret,
    /// Sealed for another key or another job, or changed on the way.
    #[error("the sealed bytes cannot be opened with this key and for this job")]
    Opening,
}

/// An X25519 key pair.
#[derive(Clone)]
pub struct SealingKey {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey(0x{})", hex::encode(self.public))
    }
}

impl SealingKey {
    pub fn generate() -> Self {
        let (secret, public) = Kem::gen_keypair();
        Self::of(secret, public)
    }

    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, SealingError> {
        let secret =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).map_err(|_| SealingError::Secret)?;
        let public = Kem::sk_to_pk(&secret);
        Ok(Self::of(secret, public))
    }

    fn of(secret: <Kem as hpke::Kem>::PrivateKey, public: <Kem as hpke::Kem>::PublicKey) -> Self {
        Self {
            secret: Zeroizing::new(secret.to_bytes().into()),
            public: public.to_bytes().into(),
        }
    }

    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The secret half. Store it where only its owner can read it.
    pub fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.secret
    }

    /// Opens what [`seal`] made for this key with the same associated data.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        open(&self.secret, aad, sealed)
    }
}

/// Public keys with which every key exchange gives zero: the points of small order, as numbers of
/// 255 bits.
const WORTHLESS: [[u8; 32]; 7] = {
    let mut keys = [[0; 32]; 7];
    keys[1][0] = 1;
    keys[2] = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    keys[3] = [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ];
    let mut i = 0;
    while i < 3 {
        // The prime 2²⁵⁵ − 19, and its neighbours.
        keys[4 + i] = [0xff; 32];
        keys[4 + i][0] = 0xec + i as u8;
        keys[4 + i][31] = 0x7f;
        i += 1;
    }
    keys
};

/// Fails where nothing can be sealed to the key. Far quicker than [`Sealer::new`], which says the
/// same.
pub fn check_recipient(key: &[u8; 32]) -> Result<(), SealingError> {
    let mut number = *key;
    // The highest bit counts for nothing.
    number[31] &= 0x7f;
    match WORTHLESS.contains(&number) {
        true => Err(SealingError::Recipient),
        false => Ok(()),
    }
}

/// Seals one message. The recipient's key was looked at and the key exchange made, which is most of
/// the work.
pub struct Sealer {
    encapped: <Kem as hpke::Kem>::EncappedKey,
    context: hpke::aead::AeadCtxS<ChaCha20Poly1305, HkdfSha256, Kem>,
    aad: Vec<u8>,
}

impl Sealer {
    /// For `recipient` alone, with that associated data.
    pub fn new(recipient: &[u8; 32], aad: Vec<u8>) -> Result<Self, SealingError> {
        let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(recipient)
            .map_err(|_| SealingError::Recipient)?;
        let (encapped, context) = hpke::setup_sender(&OpModeS::Base, &recipient, INFO)
            .map_err(|_| SealingError::Recipient)?;
        Ok(Self {
            encapped,
            context,
            aad,
        })
    }

    /// Only the recipient opens it, and only with the same associated data.
    pub fn seal(mut self, plaintext: &[u8]) -> Result<Vec<u8>, SealingError> {
        let ciphertext = self.context.seal(plaintext, &self.aad);
        // One message is never too many.
        let ciphertext = ciphertext.map_err(|_| SealingError::Recipient)?;
        Ok([self.encapped.to_bytes().as_slice(), &ciphertext].concat())
    }
}

/// Seals `plaintext` so that only `recipient` opens it, and only with the same associated data.
pub fn seal(recipient: &[u8; 32], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealingError> {
    Sealer::new(recipient, aad.to_vec())?.seal(plaintext)
}

/// Opens what [`seal`] made for the public key of `secret`.
pub fn open(
    secret: &[u8; 32],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    open_with_info(secret, INFO, aad, sealed)
}

fn open_with_info(
    secret: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let secret =
        <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).map_err(|_| SealingError::Secret)?;
    let (encapped, ciphertext) = sealed.split_at_checked(32).ok_or(SealingError::Opening)?;
    let encapped =
        <Kem as hpke::Kem>::EncappedKey::from_bytes(encapped).map_err(|_| SealingError::Opening)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Base,
        &secret,
        &encapped,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| SealingError::Opening)
}

/// The values that bind a job's sealed bytes to the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobBinding {
    pub genesis: Hash32,
    pub payer: [u8; 32],
    pub input_commitment: Hash32,
}

impl JobBinding {
    pub fn seal(
        &self,
        direction: Direction,
        recipient: &[u8; 32],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealingError> {
        seal(recipient, &self.associated_data(direction), plaintext)
    }

    /// Makes ready to seal one message to `recipient`.
    pub fn sealer(
        &self,
        direction: Direction,
        recipient: &[u8; 32],
    ) -> Result<Sealer, SealingError> {
        Sealer::new(recipient, self.associated_data(direction))
    }

    pub fn open(
        &self,
        direction: Direction,
        key: &SealingKey,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        key.open(&self.associated_data(direction), sealed)
    }

    fn associated_data(&self, direction: Direction) -> Vec<u8> {
        job_associated_data(
            &self.genesis,
            &self.payer,
            &self.input_commitment,
            direction,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// RFC 9180, appendix A.2.1, sequence number 0.
    #[test]
    fn the_vector_of_the_rfc_opens() {
        let secret: [u8; 32] =
            unhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
                .try_into()
                .unwrap();
        assert_eq!(
            hex::encode(SealingKey::from_secret(&secret).unwrap().public()),
            "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
        );
        let sealed = unhex(concat!(
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db",
            "21993c62ce81883d2dd1b51a28",
        ));
        let info = unhex("4f6465206f6e2061204772656369616e2055726e");
        let opened = open_with_info(&secret, &info, b"Count-0", &sealed).unwrap();
        assert_eq!(&opened[..], b"Beauty is truth, truth beauty");
    }

    #[test]
    fn a_worthless_key_is_recognised_without_sealing() {
        for mut key in WORTHLESS {
            for bit in [0, 0x80] {
                key[31] |= bit;
                assert_eq!(check_recipient(&key), Err(SealingError::Recipient));
                let sealer = Sealer::new(&key, vec![]).err();
                assert_eq!(
                    sealer,
                    Some(SealingError::Recipient),
                    "{}",
                    hex::encode(key)
                );
            }
            // Its neighbours are keys like any other, unless they are on the list themselves.
            for step in [2, 5] {
                let mut near = key;
                near[0] = near[0].wrapping_add(step);
                let sealer = Sealer::new(&near, vec![]).map(drop);
                assert_eq!(check_recipient(&near), sealer, "{}", hex::encode(near));
            }
        }
        let key = SealingKey::generate().public();
        assert_eq!(check_recipient(&key), Ok(()));
    }

    #[test]
    fn sealed_bytes_open_and_have_the_stated_length() {
        let key = SealingKey::generate();
        for length in [0, 1, 1000] {
            let plain = vec![7u8; length];
            let sealed = seal(&key.public(), b"aad", &plain).unwrap();
            assert_eq!(sealed.len(), length + SEALED_EXTRA);
            assert_eq!(*key.open(b"aad", &sealed).unwrap(), plain);
            let again = SealingKey::from_secret(key.secret()).unwrap();
            assert_eq!(*again.open(b"aad", &sealed).unwrap(), plain);
        }
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let key = SealingKey::generate();
        let sealed = seal(&key.public(), b"aad", b"plain").unwrap();
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert_eq!(key.open(b"aad", &changed), Err(SealingError::Opening));
        }
        assert_eq!(key.open(b"aae", &sealed), Err(SealingError::Opening));
        assert_eq!(
            key.open(b"aad", &sealed[..sealed.len() - 1]),
            Err(SealingError::Opening)
        );
        assert_eq!(key.open(b"aad", &[0; 31]), Err(SealingError::Opening));
        let other = SealingKey::generate();
        assert_eq!(other.open(b"aad", &sealed), Err(SealingError::Opening));
    }

    #[test]
    fn sealed_bytes_belong_to_one_job_and_one_direction() {
        let key = SealingKey::generate();
        let job = JobBinding {
            genesis: [1; 32],
            payer: [2; 32],
            input_commitment: [3; 32],
        };
        let sealed = job.seal(Direction::Input, &key.public(), b"in").unwrap();
        assert_eq!(
            &job.open(Direction::Input, &key, &sealed).unwrap()[..],
            b"in"
        );
        let others = [
            (
                JobBinding {
                    genesis: [9; 32],
                    ..job
                },
                Direction::Input,
            ),
            (
                JobBinding {
                    payer: [9; 32],
                    ..job
                },
                Direction::Input,
            ),
            (
                JobBinding {
                    input_commitment: [9; 32],
                    ..job
                },
                Direction::Input,
            ),
            (job, Direction::Output),
        ];
        for (other, direction) in others {
            assert_eq!(
                other.open(direction, &key, &sealed),
                Err(SealingError::Opening)
            );
        }
    }

    #[test]
    fn a_worthless_recipient_is_refused() {
        assert_eq!(seal(&[0; 32], b"", b"x"), Err(SealingError::Recipient));
    }
}
