//! The messages between keeper and runner, over one socket pair.
//!
//! A frame is `{kind: u8, id: u32, length: u32}`, little-endian, and so many bytes. The id is that
//! of a request, 0 for what concerns the runner as a whole. Several requests may be open; they are
//! answered one after another.
//!
//! ```text
//! keeper                      runner
//!                          ◄─ Locked            walls stand; only now come a stranger's bytes
//! Load, Bytes …, Verified  ─►                   the files, hashed on the way; then their word
//!                          ◄─ Declared | Refused
//!                          ◄─ Ready | Refused
//! Start, Input …           ─►                   a request
//!                          ◄─ Piece …           parts of the answer, as far as there is credit
//! Credit, Cancel           ─►
//!                          ◄─ Done | Refused
//! ```
//!
//! A runner without a model, which only says whether inputs fit a manifest, gets a `Load`
//! without files and `Declared`; its answers are empty.
//!
//! The runner believes the keeper. The keeper believes nothing: it looks at each length before it
//! reads, and at each id, amount and turn.

use codec::{Decode, Encode};
use std::io::{self, Read, Write};

/// Bytes of a frame's header.
pub const HEADER: usize = 9;
/// Most bytes of [`Kind::Bytes`], [`Kind::Input`] and [`Kind::Piece`] in one frame.
pub const MAX_CHUNK: usize = 1 << 20;
/// Most bytes of a manifest and the names of its files.
const MAX_LOAD: usize = 1 << 20;
/// Most bytes of the inputs that a model's file declares.
pub const MAX_DECLARED: usize = 1 << 16;
/// Longest reason that a runner gives, in bytes.
pub const MAX_WHY: usize = 300;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $byte:literal: $most:expr,)*) => {
        /// What a frame says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Kind {
            $($(#[$doc])* $kind = $byte,)*
        }

        impl Kind {
            fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$kind),)*
                    _ => None,
                }
            }

            /// Most bytes behind the header.
            pub fn max_length(self) -> usize {
                match self {
                    $(Self::$kind => $most,)*
                }
            }
        }
    };
}

kinds! {
    /// A [`Load`]; its files follow in their order.
    Load = 1: MAX_LOAD,
    /// The next bytes of the files.
    Bytes = 2: MAX_CHUNK,
    /// All the files have the lengths and hashes that the chain names.
    Verified = 3: 0,
    /// A [`Start`]; the input follows.
    Start = 4: 64,
    /// The next bytes of the input.
    Input = 5: MAX_CHUNK,
    /// So many bytes more may be sent, a `u32`.
    Credit = 6: 4,
    /// Nobody waits for the answer any more: what has not begun does not run, and nothing more is
    /// sent. A run that has begun goes on; a keeper that cannot wait for its end kills the runner.
    Cancel = 7: 0,
    /// [`Locked`].
    Locked = 16: 16,
    /// The model is loaded.
    Ready = 17: 0,
    /// The next bytes of the answer.
    Piece = 18: MAX_CHUNK,
    /// [`Done`].
    Done = 19: 4,
    /// [`Refused`].
    Refused = 20: MAX_WHY + 16,
    /// The inputs that the model's file declares, in JSON: sent before anything but our own code has
    /// seen the file, kept by the keeper as it is, and handed to a runner without a model.
    Declared = 21: MAX_DECLARED,
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub id: u32,
    pub length: u32,
}

/// A header that is none, or of a frame that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("there is no frame of kind {0}")]
    Kind(u8),
    #[error("a frame of kind {kind:?} has {length} bytes, more than {}", kind.max_length())]
    Length { kind: Kind, length: u32 },
}

impl Header {
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = self.kind as u8;
        bytes[1..5].copy_from_slice(&self.id.to_le_bytes());
        bytes[5..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; HEADER]) -> Result<Self, HeaderError> {
        let [kind, i0, i1, i2, i3, l0, l1, l2, l3] = bytes;
        let kind = Kind::from_byte(kind).ok_or(HeaderError::Kind(kind))?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length as usize > kind.max_length() {
            return Err(HeaderError::Length { kind, length });
        }
        let id = u32::from_le_bytes([i0, i1, i2, i3]);
        Ok(Self { kind, id, length })
    }
}

/// The whole frame of a short payload.
pub fn frame(kind: Kind, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let header = Header { kind, id, length };
    [header.to_bytes().as_slice(), payload].concat()
}

/// Writes a frame.
pub fn write(to: &mut impl Write, kind: Kind, id: u32, payload: &[u8]) -> io::Result<()> {
    to.write_all(&frame(kind, id, payload))
}

/// Reads a frame; `None` where the other side hung up.
pub fn read(from: &mut impl Read) -> io::Result<Option<(Header, Vec<u8>)>> {
    let mut header = [0; HEADER];
    match from.read_exact(&mut header) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        done => done?,
    }
    let header = Header::from_bytes(header).map_err(io::Error::other)?;
    let mut payload = vec![0; header.length as usize];
    from.read_exact(&mut payload)?;
    Ok(Some((header, payload)))
}

/// The walls that a runner has put around itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Locked {
    /// Whether calls of the kernel are filtered.
    pub seccomp: bool,
    /// How far Landlock keeps it from files and sockets, a second time.
    pub landlock: Landlock,
}

/// How far Landlock stands: older kernels know less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Landlock {
    No,
    /// Not for all that it could be asked to keep the runner from.
    Partly,
    Wholly,
}

/// A model that is to be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Load {
    /// The manifest's bytes, which the keeper has verified and read already.
    pub manifest: Vec<u8>,
    /// Whether it runs under the rules of `IntV1`.
    pub is_integer: bool,
    /// What follows, one after the other: the ONNX file first.
    pub files: Vec<FilePart>,
}

/// One of the files that follow a [`Load`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FilePart {
    /// As the manifest calls it; empty for the ONNX file.
    pub name: String,
    /// In bytes.
    pub length: u64,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Start {
    /// Units that the run may use up.
    pub units: u32,
    /// Bytes of the input that follows.
    pub input_length: u32,
    /// Most bytes of the answer.
    pub max_output: u32,
    /// Bytes of the answer that may be sent before there is more [`Kind::Credit`].
    pub credit: u32,
}

/// The end of a request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Done {
    /// Units used up.
    pub units: u32,
}

/// Why there is no answer, or no model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refused {
    pub blame: Blame,
    /// A sentence, of at most [`MAX_WHY`] bytes.
    pub why: String,
}

/// Whose doing it is that there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Blame {
    /// The payer's: the input is not what the model takes.
    Input,
    /// The model's, or the worker's.
    Model,
}

impl Refused {
    pub fn new(blame: Blame, why: impl ToString) -> Self {
        let mut why = why.to_string();
        if why.len() > MAX_WHY {
            why.truncate(why.floor_char_boundary(MAX_WHY - '…'.len_utf8()));
            why.push('…');
        }
        Self { blame, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        write(&mut bytes, Kind::Piece, 7, b"hello").unwrap();
        write(&mut bytes, Kind::Ready, 0, b"").unwrap();
        let mut from = bytes.as_slice();
        let (header, payload) = read(&mut from).unwrap().unwrap();
        assert_eq!((header.kind, header.id), (Kind::Piece, 7));
        assert_eq!(payload, b"hello");
        assert_eq!(read(&mut from).unwrap().unwrap().0.kind, Kind::Ready);
        assert_eq!(read(&mut from).unwrap(), None);
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_before_it_is_read() {
        let long = Header {
            kind: Kind::Done,
            id: 1,
            length: 5,
        };
        assert_eq!(
            Header::from_bytes(long.to_bytes()),
            Err(HeaderError::Length {
                kind: Kind::Done,
                length: 5
            })
        );
        assert_eq!(Header::from_bytes([99; HEADER]), Err(HeaderError::Kind(99)));
    }

    #[test]
    fn every_message_fits_its_frame() {
        let start = Start {
            units: u32::MAX,
            input_length: u32::MAX,
            max_output: u32::MAX,
            credit: u32::MAX,
        };
        assert!(start.encode().len() <= Kind::Start.max_length());
        let done = Done { units: u32::MAX };
        assert!(done.encode().len() <= Kind::Done.max_length());
        let refused = Refused::new(Blame::Input, "é".repeat(10_000));
        assert!(refused.why.len() <= MAX_WHY);
        assert!(refused.why.starts_with("éé") && refused.why.ends_with('…'));
        assert!(refused.encode().len() <= Kind::Refused.max_length());
    }
}
