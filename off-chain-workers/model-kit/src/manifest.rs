//! The manifest: the JSON document, fixed on the chain by its SHA-256, that says how a raw input
//! becomes tensors and how tensors become an answer. The worker does both; the payer sends a raw
//! file and need not know about tensors.
//!
//! ```json
//! {
//!   "format": "myai/manifest/1",
//!   "about": "Tells the type of a file.",
//!   "inputs": [
//!     {"name": "bytes", "source": {"bytes": {
//!       "dtype": "int32",
//!       "segments": [
//!         {"window": {"start": 4096}, "strip": "left", "take": {"first": 1024},
//!          "pad": {"to": 1024, "value": 256, "side": "end"}},
//!         {"window": {"end": 4096}, "strip": "right", "take": {"last": 1024},
//!          "pad": {"to": 1024, "value": 256, "side": "start"}}
//!       ]}}}
//!   ],
//!   "output": {"labels": {
//!     "tensor": "target_label",
//!     "from": {"file": "labels.json", "pointer": "/target_labels_space"},
//!     "top": 3}},
//!   "files": [
//!     {"name": "labels.json", "sha256": "9f86…0f00", "length": 5120, "uris": ["https://…"]}
//!   ]
//! }
//! ```
//!
//! A field that is not described here is refused, so that a typing error does not silently become a
//! default.
//!
//! # Canonical output form
//!
//! The answer's bytes, over which the output commitment is made, depend on the output tensors
//! alone:
//!
//! * `labels` and `json`: JSON in UTF-8 with no white space outside strings and no final line
//!   feed, keys in the order given in [`Output`], integers in decimal, floats with the fewest
//!   digits that read back as the same bits of their own type (`0.1`, `1.0`). Those of 10¹⁶ and
//!   more, or below 10⁻⁵ and not 0, have an exponent (`1e+16`, `1e-7`); of float32 and smaller
//!   types, those of 10¹³ and more, or below 10⁻⁶. A float that is not finite has no such form:
//!   the worker declines the job. Labels of equal score keep the order of the list of labels;
//!   scores are compared as f64, in which 0.0 equals -0.0 and whole numbers beyond 2⁵³ may equal
//!   their neighbours.
//! * `safetensors`: the file as the safetensors library writes it: tensors by type (uint64, int64,
//!   float64, float32, uint32, int32, bfloat16, float16, uint16, int16, int8, uint8, bool), then by
//!   the bytes of their names; a header in the same order, without metadata, padded with spaces to
//!   8 bytes.
//! * `text`: the UTF-8 bytes themselves.
//!
//! An output of more than [`MAX_RANK`](crate::tensor::MAX_RANK) dimensions has no such form either.

mod check;

use crate::tensor::DType;
use serde::{Deserialize, Serialize};

/// The only format that this release reads.
pub const FORMAT: &str = "myai/manifest/1";
/// Longest manifest, in bytes.
pub const MAX_MANIFEST: u64 = 256 * 1024;
/// Most inputs; also most segments of an input, most files, most URIs of a file, and most tensors
/// in an output.
pub const MAX_ENTRIES: usize = 64;
/// Most elements of one input tensor.
pub const MAX_ELEMENTS: usize = 1 << 26;
/// Most bytes of all input tensors of a job together, by [`DType::size`].
pub const MAX_INPUT_BYTES: u64 = 512 << 20;
/// Most elements of a constant.
pub const MAX_CONSTANT: usize = 1 << 16;
/// Most pixels that a manifest may let an input picture have.
pub const MAX_PIXELS: u64 = 1 << 26;
/// Most labels in one answer.
pub const MAX_TOP: usize = 1_000;

/// A manifest; see the [module](self).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// A sentence for people; the worker does not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Every input of the model, in any order. At least one.
    pub inputs: Vec<Input>,
    pub output: Output,
    /// How the units of a run are counted; one unit a run by default. A job that would use more
    /// units than it pays for is declined as too large.
    #[serde(default, skip_serializing_if = "Units::is_one")]
    pub units: Units,
    /// Further files: a list of labels, weights outside of the ONNX file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ExtraFile>,
}

/// One input of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the model.
    pub name: String,
    pub source: Source,
}

/// Where a tensor comes from. Several inputs may read the same raw input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// The bytes of the raw input, as numbers.
    Bytes(Bytes),
    /// The raw input is a PNG, JPEG or BMP picture.
    Image(Image),
    /// The raw input is a JSON object: tensor name → nested arrays (or one number).
    Json(Json),
    /// The raw input is a safetensors file.
    Safetensors(Safetensors),
    /// The raw input is UTF-8, which becomes a string tensor of one element.
    Text(Text),
    /// The same tensor for every job.
    Constant(Constant),
}

/// Numbers from the bytes of the raw input: all segments, one after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// Any type of number that can hold 0 to 255.
    pub dtype: DType,
    /// At least one.
    pub segments: Vec<Segment>,
    /// The tensor's shape, `[1, -1]` by default; one dimension may be -1 and takes the remaining
    /// elements. An input that does not fill the shape exactly is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<i64>>,
}

/// One part of the bytes: window, strip, take and pad are applied in this order. Each may be left
/// out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Looks only at this many bytes at the start or the end of the raw input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Drops white space (space, `\t`, `\n`, `\r`, `\x0b`, `\x0c`) at one side of the window.
    #[serde(default)]
    pub strip: Strip,
    /// Keeps only this many of the first or last remaining bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// Fills up to a fixed length. An input of which more than `to` bytes remain is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<Pad>,
}

/// Which end of the raw input a segment looks at, and how many bytes of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Window {
    Start(usize),
    End(usize),
}

/// Where white space is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strip {
    #[default]
    None,
    Left,
    Right,
    Both,
}

/// Which of the remaining bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Take {
    First(usize),
    Last(usize),
}

/// Padding to a fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// Length after padding, in elements.
    pub to: usize,
    /// The element to pad with, which must fit the type but need not be a byte.
    pub value: i32,
    /// Where it is added.
    #[serde(default)]
    pub side: Side,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Start,
    #[default]
    End,
}

/// A picture, decoded (an orientation in its metadata is ignored), laid over a background where it
/// is transparent, resized, then turned into numbers: `(v × scale − mean) / std` for each channel,
/// v from 0 to 255 (or 255 − v with `invert`). For an integer type the numbers are rounded (halves
/// away from zero) and clamped to the type's bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Size after resizing, in pixels.
    pub width: u32,
    pub height: u32,
    pub channels: Channels,
    #[serde(default)]
    pub resize: Resize,
    #[serde(default)]
    pub fit: Fit,
    /// 1 by default.
    #[serde(default = "one")]
    pub scale: f32,
    /// One value, or one for each channel in the order of the tensor; 0 by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// One value, or one for each channel; never 0; 1 by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f32>,
    #[serde(default)]
    pub invert: bool,
    /// Grey level behind transparent pixels; white by default.
    #[serde(default = "white")]
    pub background: u8,
    pub layout: Layout,
    pub dtype: DType,
    /// Most pixels of the raw picture. A larger one is refused before it is decoded. So is one
    /// that half-way through resizing (what cropping keeps of its width × `height`) has more
    /// pixels than this and more than it has at the end, and one that takes more memory than
    /// [`MAX_PICTURE_MEMORY`](crate::preprocess::MAX_PICTURE_MEMORY).
    pub max_pixels: u64,
}

fn one() -> f32 {
    1.0
}

fn white() -> u8 {
    255
}

/// The channels of a pixel. `L` is luminance by ITU-R BT.709.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Channels {
    L,
    #[serde(rename = "RGB")]
    Rgb,
    #[serde(rename = "BGR")]
    Bgr,
}

impl Source {
    /// Type of the tensor's elements; `None` if it depends on the raw input.
    pub fn dtype(&self) -> Option<DType> {
        match self {
            Self::Bytes(source) => Some(source.dtype),
            Self::Image(source) => Some(source.dtype),
            Self::Json(source) => Some(source.dtype),
            Self::Constant(source) => Some(source.dtype),
            Self::Text(_) => Some(DType::String),
            Self::Safetensors(_) => None,
        }
    }

    /// Shape of the tensor, with `None` for each dimension that depends on the raw input; `None` if
    /// the whole shape does.
    pub fn shape(&self) -> Option<Vec<Option<usize>>> {
        let known = |shape: &[i64]| -> Vec<Option<usize>> {
            shape.iter().map(|d| usize::try_from(*d).ok()).collect()
        };
        match self {
            Self::Bytes(source) => Some(source.tensor_shape()),
            Self::Image(Image {
                width,
                height,
                channels,
                layout,
                ..
            }) => {
                let [w, h] = [*width as usize, *height as usize];
                let c = channels.count();
                let shape = match layout {
                    Layout::Nchw => vec![1, c, h, w],
                    Layout::Nhwc => vec![1, h, w, c],
                    Layout::Flat => vec![1, h.saturating_mul(w).saturating_mul(c)],
                };
                Some(shape.into_iter().map(Some).collect())
            }
            Self::Constant(source) => Some(known(&source.shape)),
            Self::Text(source) => Some(known(source.shape.as_deref().unwrap_or(&[1]))),
            Self::Json(_) | Self::Safetensors(_) => None,
        }
    }

    /// The fewest bytes that the tensor has, by [`DType::size`].
    pub fn fewest_bytes(&self) -> u64 {
        let elements = match self {
            Self::Bytes(source) => source.fewest_elements().map(|n| n as u64),
            Self::Image(source) => Some(source.elements()),
            Self::Constant(source) => source.elements().map(|n| n as u64),
            Self::Text(_) => Some(1),
            Self::Json(_) | Self::Safetensors(_) => Some(0),
        };
        let size = self.dtype().map_or(0, DType::size);
        elements.unwrap_or(u64::MAX).saturating_mul(size)
    }
}

impl Image {
    fn elements(&self) -> u64 {
        let area = u64::from(self.width) * u64::from(self.height);
        area.saturating_mul(self.channels.count() as u64)
    }
}

impl Constant {
    /// `None` if the number overflows.
    pub(crate) fn elements(&self) -> Option<usize> {
        let mut dimensions = self.shape.iter();
        dimensions.try_fold(1usize, |n, d| n.checked_mul(usize::try_from(*d).ok()?))
    }
}

impl Segment {
    /// The fewest and the most elements that a raw input can give it.
    fn bounds(&self) -> (usize, usize) {
        if let Some(pad) = self.pad {
            return (pad.to, pad.to);
        }
        let window = match self.window {
            None => usize::MAX,
            Some(Window::Start(n) | Window::End(n)) => n,
        };
        let take = match self.take {
            None => usize::MAX,
            Some(Take::First(n) | Take::Last(n)) => n,
        };
        (0, window.min(take))
    }
}

impl Bytes {
    /// The fewest and the most elements that a raw input can give it.
    fn bounds(&self) -> (usize, usize) {
        let bounds = self.segments.iter().map(Segment::bounds);
        bounds.fold((0, 0), |(fewest, most), (least, greatest)| {
            (fewest.saturating_add(least), most.saturating_add(greatest))
        })
    }

    /// The shape, of which one dimension may be -1.
    pub(crate) fn stated_shape(&self) -> &[i64] {
        self.shape.as_deref().unwrap_or(&[1, -1])
    }

    /// The product of the dimensions that are not -1; `None` if it overflows.
    fn fixed(&self) -> Option<usize> {
        let mut fixed = self.stated_shape().iter().filter(|d| **d != -1);
        fixed.try_fold(1usize, |n, d| n.checked_mul(usize::try_from(*d).ok()?))
    }

    /// The fewest elements that fill the shape and include what is always there; of a shape with
    /// -1 at least one. `None` if the number overflows.
    fn fewest_elements(&self) -> Option<usize> {
        let fixed = self.fixed()?;
        match self.stated_shape().contains(&-1) {
            true => self.bounds().0.max(1).checked_next_multiple_of(fixed),
            false => Some(fixed),
        }
    }

    /// As [`Source::shape`]: a dimension of -1 is known if all segments are padded.
    fn tensor_shape(&self) -> Vec<Option<usize>> {
        let (fewest, most) = self.bounds();
        let all = (fewest == most).then_some(fewest);
        let left = all.and_then(|all| all.checked_div(self.fixed()?));
        let size = |d: &i64| usize::try_from(*d).ok().or(left);
        self.stated_shape().iter().map(size).collect()
    }
}

impl Channels {
    pub fn count(self) -> usize {
        match self {
            Self::L => 1,
            Self::Rgb | Self::Bgr => 3,
        }
    }
}

/// How pixels are mixed. All but `nearest` average over an area when they shrink a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    Nearest,
    #[default]
    Bilinear,
    Bicubic,
    Lanczos3,
}

/// How a picture of another aspect ratio is brought to size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Distorts it.
    #[default]
    Stretch,
    /// Fills the size, and cuts the rest off equally at both sides.
    Crop,
}

/// The tensor's shape for c channels, height h, width w.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `[1, c, h, w]`
    Nchw,
    /// `[1, h, w, c]`
    Nhwc,
    /// `[1, h × w × c]`, row by row, a pixel's channels together.
    Flat,
}

/// One member of the JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Json {
    pub dtype: DType,
    /// The member's key; the input's name by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// One tensor of the safetensors file; its type and shape are those in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safetensors {
    /// The tensor's name in the file; the input's name by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The text as one string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// A shape of ones; `[1]` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<i64>>,
}

/// A tensor of fixed numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    pub dtype: DType,
    pub shape: Vec<i64>,
    /// One value for all elements, or one for each; each within the bounds of the type, and whole
    /// unless the type is a float.
    pub values: Vec<serde_json::Number>,
}

/// How the model's outputs become the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Output {
    /// `{"labels":[{"label":"png","score":0.99},…]}`, best first; for indices
    /// `{"labels":[{"label":"png"},…]}` in the order of the tensor.
    Labels(Labels),
    /// A safetensors file with these outputs. At least one, no duplicate.
    Safetensors(Vec<String>),
    /// `{"name":[[…],…],…}` with these outputs in this order. At least one, no duplicate.
    Json(Vec<String>),
    /// The only string of a string tensor, or the bytes of a uint8 tensor, which must be UTF-8.
    Text(TextOutput),
}

/// The best labels of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The output with one score for each label (of shape `[n]`, or `[1, …, 1, n]`), or with
    /// indices of labels.
    pub tensor: String,
    pub from: LabelsFrom,
    /// Whether the tensor holds indices (as ArgMax gives them) instead of scores.
    #[serde(default)]
    pub indices: bool,
    /// Whether a softmax of the scores is taken: in f64, with the `exp` of the crate `libm`, summed in
    /// the order of the tensor, written as f32. Not with `indices`.
    #[serde(default)]
    pub softmax: bool,
    /// Most labels in the answer.
    pub top: usize,
}

/// Where the list of labels is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LabelsFrom {
    File(LabelsFile),
    Inline(LabelsInline),
}

/// A list of labels in a JSON file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelsFile {
    /// Name of one of the manifest's files.
    pub file: String,
    /// JSON pointer (RFC 6901) to an array of strings; empty for the whole document.
    #[serde(default)]
    pub pointer: String,
}

/// A list of labels in the manifest itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelsInline {
    pub inline: Vec<String>,
}

/// An output that holds text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextOutput {
    pub tensor: String,
}

/// How units are counted. A part of a unit counts as a whole one, and each run as at least one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Units {
    /// One for each run.
    #[default]
    One,
    /// Elements of an input tensor: tokens by the thousand, or samples by the second.
    Elements(UnitElements),
    /// Pixels of the raw picture, by the million.
    Megapixels,
}

impl Units {
    fn is_one(&self) -> bool {
        *self == Self::One
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitElements {
    /// Name of the input.
    pub input: String,
    /// How many elements make a unit.
    pub per: u64,
}

/// A file beside the ONNX file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraFile {
    /// Its name in the manifest; not a path.
    pub name: String,
    /// 64 hexadecimal digits.
    #[serde(with = "hex::serde")]
    pub sha256: [u8; 32],
    /// In bytes.
    pub length: u64,
    /// `https://` or `file://`, tried in this order; at least one.
    pub uris: Vec<String>,
}

/// Why a manifest cannot be used; one sentence for its author.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest has {0} bytes, more than {MAX_MANIFEST}")]
    TooLong(u64),
    #[error("this release cannot read the manifest: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the manifest's format is `{0}`, but this release reads `{FORMAT}`")]
    Format(String),
    #[error("{0}")]
    Unsound(String),
}

impl Manifest {
    /// Reads a manifest and checks that it makes sense.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        /// Read first, so that the fields of another format are not taken for typing errors.
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        if bytes.len() as u64 > MAX_MANIFEST {
            return Err(ManifestError::TooLong(bytes.len() as u64));
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.format != FORMAT {
            return Err(ManifestError::Format(head.format));
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The file that the manifest calls `name`.
    pub fn file(&self, name: &str) -> Option<&ExtraFile> {
        self.files.iter().find(|f| f.name == name)
    }
}

#[cfg(test)]
mod tests;
