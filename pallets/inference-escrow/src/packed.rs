//! A value stored without the zeros at the end of its encoding. A deposit's ticket is a number of
//! fixed width, mostly zeros, and every open job has one.

use alloc::vec::Vec;
use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, MaxEncodedLen, Output};
use scale_info::{Type, TypeInfo};

/// Encodes as the bytes of the encoding of `T` with the zeros at the end left out, and a length
/// before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed<T>(pub T);

impl<T: Encode> Encode for Packed<T> {
    fn encode_to<O: Output + ?Sized>(&self, to: &mut O) {
        self.0.using_encoded(|bytes| {
            let used = bytes
                .iter()
                .rposition(|b| *b != 0)
                .map_or(0, |last| last + 1);
            bytes.get(..used).unwrap_or(bytes).encode_to(to);
        });
    }
}

impl<T: Encode> EncodeLike for Packed<T> {}

impl<T: Decode + MaxEncodedLen> Decode for Packed<T> {
    fn decode<I: Input>(from: &mut I) -> Result<Self, Error> {
        let mut bytes = Vec::<u8>::decode(from)?;
        let most = T::max_encoded_len();
        if bytes.len() > most {
            return Err("longer than the value can be".into());
        }
        bytes.resize(most, 0);
        T::decode(&mut bytes.as_slice()).map(Self)
    }
}

impl<T: MaxEncodedLen> MaxEncodedLen for Packed<T> {
    fn max_encoded_len() -> usize {
        T::max_encoded_len().saturating_add(Compact::<u32>::max_encoded_len())
    }
}

impl<T: 'static> TypeInfo for Packed<T> {
    type Identity = Vec<u8>;

    fn type_info() -> Type {
        Vec::<u8>::type_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(a in any::<u128>(), shift in 0u32..128, b in any::<u16>()) {
            let packed = Packed((b, a >> shift));
            let bytes = packed.encode();
            prop_assert!(bytes.len() <= Packed::<(u16, u128)>::max_encoded_len());
            prop_assert_eq!(Packed::decode(&mut bytes.as_slice()), Ok(packed));
        }
    }

    #[test]
    fn zeros_at_the_end_take_no_room() {
        assert_eq!(Packed(0u128).encode(), [0]);
        assert_eq!(Packed(()).encode(), [0]);
        assert_eq!(Packed(0x0100u128).encode(), [8, 0, 1]);
        assert_eq!(Packed(u128::MAX).encode().len(), 17);
        assert!(Packed::<u16>::decode(&mut [12, 1, 2, 3].as_slice()).is_err());
    }
}
