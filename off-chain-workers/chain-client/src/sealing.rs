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

/// HPKE's `info`. What a sealing is for is in its associated data.
const INFO: &[u8] = b"";

/// By how much sealed bytes are longer than plain ones.
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

    /// To be stored where only its owner reads it.
    pub fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.secret
    }

    /// Opens what [`seal`] made for this key with the same associated data.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        open(&self.secret, aad, sealed)
    }
}

/// Seals `plaintext` so that only `recipient` opens it, and only with the same associated data.
pub fn seal(recipient: &[u8; 32], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealingError> {
    let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(recipient)
        .map_err(|_| SealingError::Recipient)?;
    let (encapped, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &recipient,
        INFO,
        plaintext,
        aad,
    )
    .map_err(|_| SealingError::Recipient)?;
    let mut sealed = encapped.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Opens what [`seal`] made for the public key of `secret`.
pub fn open(
    secret: &[u8; 32],
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
        INFO,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| SealingError::Opening)
}

/// What binds a job's sealed bytes to it.
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
