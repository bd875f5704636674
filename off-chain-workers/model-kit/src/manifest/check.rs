//! Checks that a manifest makes sense. The error is a sentence about the first fault.

use super::*;
use crate::{
    preprocess::{has_room_for_a_picture, holds, MAX_PICTURE_MEMORY},
    tensor::MAX_RANK,
};
use std::collections::HashSet;

fn ensure(ok: bool, sentence: impl FnOnce() -> String) -> Result<(), ManifestError> {
    if ok {
        Ok(())
    } else {
        Err(ManifestError::Unsound(sentence()))
    }
}

impl Manifest {
    pub(super) fn check(&self) -> Result<(), ManifestError> {
        ensure(!self.inputs.is_empty(), || {
            "the manifest has no inputs".into()
        })?;
        ensure(self.inputs.len() <= MAX_ENTRIES, || {
            format!("the manifest has more than {MAX_ENTRIES} inputs")
        })?;
        distinct("input", self.inputs.iter().map(|i| i.name.as_str()))?;
        for input in &self.inputs {
            input.source.check(&input.name)?;
        }
        self.check_bytes()?;
        self.check_sources_agree()?;
        self.check_output()?;
        if let Units::Elements(elements) = &self.units {
            ensure(elements.per > 0, || {
                "a unit of 0 elements cannot be counted".into()
            })?;
            ensure(self.inputs.iter().any(|i| i.name == elements.input), || {
                format!(
                    "units are counted by `{}`, which is not an input",
                    elements.input
                )
            })?;
        }
        if self.units == Units::Megapixels {
            ensure(
                self.inputs
                    .iter()
                    .any(|i| matches!(i.source, Source::Image(_))),
                || "units are counted in pixels, but no input is a picture".into(),
            )?;
        }
        self.check_files()
    }

    /// Otherwise every input would be refused as bad, which costs its payer.
    fn check_bytes(&self) -> Result<(), ManifestError> {
        let bytes = self.inputs.iter().map(|i| i.source.fewest_bytes());
        let bytes = bytes.fold(0, u64::saturating_add);
        ensure(bytes <= MAX_INPUT_BYTES, || {
            format!("the inputs have at least {bytes} bytes together, more than {MAX_INPUT_BYTES}")
        })
    }

    /// A raw input is of one kind; only `bytes` can be read from any kind.
    fn check_sources_agree(&self) -> Result<(), ManifestError> {
        let kinds: HashSet<&str> = self
            .inputs
            .iter()
            .filter_map(|i| match i.source {
                Source::Image(_) => Some("a picture"),
                Source::Json(_) => Some("JSON"),
                Source::Safetensors(_) => Some("safetensors"),
                Source::Text(_) => Some("text"),
                Source::Bytes(_) | Source::Constant(_) => None,
            })
            .collect();
        ensure(kinds.len() <= 1, || {
            let mut kinds: Vec<_> = kinds.into_iter().collect();
            kinds.sort_unstable();
            format!(
                "the raw input would have to be {} at once",
                kinds.join(" and ")
            )
        })?;
        ensure(
            self.inputs
                .iter()
                .any(|i| !matches!(i.source, Source::Constant(_))),
            || "every input is a constant, so no answer depends on the raw input".into(),
        )
    }

    fn check_output(&self) -> Result<(), ManifestError> {
        match &self.output {
            Output::Labels(labels) => {
                ensure((1..=MAX_TOP).contains(&labels.top), || {
                    format!("the answer has {} labels, not 1 to {MAX_TOP}", labels.top)
                })?;
                ensure(!(labels.softmax && labels.indices), || {
                    "a softmax of indices makes no sense".into()
                })?;
                match &labels.from {
                    LabelsFrom::File(from) => {
                        ensure(self.file(&from.file).is_some(), || {
                            format!(
                                "labels come from `{}`, which is not under `files`",
                                from.file
                            )
                        })?;
                        ensure(
                            from.pointer.is_empty() || from.pointer.starts_with('/'),
                            || format!("the pointer `{}` does not begin with `/`", from.pointer),
                        )
                    }
                    LabelsFrom::Inline(from) => ensure(!from.inline.is_empty(), || {
                        "the list of labels is empty".into()
                    }),
                }
            }
            Output::Safetensors(names) | Output::Json(names) => {
                ensure((1..=MAX_ENTRIES).contains(&names.len()), || {
                    format!(
                        "the output names {} tensors, not 1 to {MAX_ENTRIES}",
                        names.len()
                    )
                })?;
                distinct("output", names.iter().map(String::as_str))
            }
            Output::Text(_) => Ok(()),
        }
    }

    fn check_files(&self) -> Result<(), ManifestError> {
        ensure(self.files.len() <= MAX_ENTRIES, || {
            format!("the manifest has more than {MAX_ENTRIES} files")
        })?;
        distinct("file", self.files.iter().map(|f| f.name.as_str()))?;
        for file in &self.files {
            ensure(file.length > 0, || {
                format!("the file `{}` has length 0", file.name)
            })?;
            ensure((1..=MAX_ENTRIES).contains(&file.uris.len()), || {
                format!(
                    "the file `{}` has {} URIs, not 1 to {MAX_ENTRIES}",
                    file.name,
                    file.uris.len()
                )
            })?;
            for uri in &file.uris {
                ensure(
                    uri.starts_with("https://") || uri.starts_with("file://"),
                    || {
                        format!("the file `{}` has the URI `{uri}`, which is neither https:// nor file://", file.name)
                    },
                )?;
            }
        }
        Ok(())
    }
}

fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), ManifestError> {
    let mut seen = HashSet::new();
    for name in names {
        ensure(!name.is_empty(), || format!("one {what} has no name"))?;
        ensure(seen.insert(name), || {
            format!("two {what}s have the name `{name}`")
        })?;
    }
    Ok(())
}

impl Source {
    fn check(&self, input: &str) -> Result<(), ManifestError> {
        match self {
            Self::Bytes(bytes) => bytes.check(input),
            Self::Image(image) => image.check(input),
            Self::Text(text) => text.check(input),
            Self::Constant(constant) => constant.check(input),
            Self::Json(_) | Self::Safetensors(_) => Ok(()),
        }
    }
}

fn check_rank(input: &str, shape: &[i64]) -> Result<(), ManifestError> {
    let rank = shape.len();
    ensure(rank <= MAX_RANK, || {
        format!("the input `{input}` has a shape of {rank} dimensions, more than {MAX_RANK}")
    })
}

impl Text {
    fn check(&self, input: &str) -> Result<(), ManifestError> {
        let shape = self.shape.as_deref().unwrap_or_default();
        check_rank(input, shape)?;
        ensure(shape.iter().all(|d| *d == 1), || {
            format!("the input `{input}` is one text, so its shape must have only ones")
        })
    }
}

impl Bytes {
    fn check(&self, input: &str) -> Result<(), ManifestError> {
        ensure(self.dtype.is_number(), || {
            format!(
                "the input `{input}` reads bytes, which cannot become {}",
                self.dtype
            )
        })?;
        ensure((1..=MAX_ENTRIES).contains(&self.segments.len()), || {
            format!(
                "the input `{input}` has {} segments, not 1 to {MAX_ENTRIES}",
                self.segments.len()
            )
        })?;
        for pad in self.segments.iter().filter_map(|s| s.pad) {
            ensure((1..=MAX_ELEMENTS).contains(&pad.to), || {
                format!(
                    "the input `{input}` is padded to {}, not 1 to {MAX_ELEMENTS}",
                    pad.to
                )
            })?;
            ensure(self.dtype.holds(f64::from(pad.value)), || {
                format!(
                    "the input `{input}` is padded with {}, which {} cannot hold",
                    pad.value, self.dtype
                )
            })?;
        }
        ensure(self.dtype.holds(255.0), || {
            format!(
                "the input `{input}` reads bytes, which do not fit {}",
                self.dtype
            )
        })?;
        if let Some(shape) = &self.shape {
            check_rank(input, shape)?;
            let free = shape.iter().filter(|d| **d == -1).count();
            ensure(
                free <= 1 && shape.iter().all(|d| *d == -1 || *d > 0),
                || {
                    format!("the shape of the input `{input}` must have dimensions above 0 and at most one -1")
                },
            )?;
        }
        self.check_count(input)
    }

    /// Checks that some raw input can fill the shape. Otherwise each would be refused as bad, which
    /// costs its payer.
    fn check_count(&self, input: &str) -> Result<(), ManifestError> {
        let (fewest, most) = self.bounds();
        ensure(fewest <= MAX_ELEMENTS, || {
            format!("the input `{input}` is padded to {fewest} elements, more than {MAX_ELEMENTS}")
        })?;
        ensure(self.fixed().is_some_and(|n| n <= MAX_ELEMENTS), || {
            format!("the input `{input}` has a shape of more than {MAX_ELEMENTS} elements")
        })?;
        let most = most.min(MAX_ELEMENTS);
        let filled = self.fewest_elements();
        ensure(filled.is_some_and(|n| (fewest..=most).contains(&n)), || {
            let count = match (fewest, most) {
                (fewest, most) if fewest == most => format!("always has {fewest}"),
                (0, most) => format!("has at most {most}"),
                (fewest, MAX_ELEMENTS) => format!("has at least {fewest}"),
                (fewest, most) => format!("has {fewest} to {most}"),
            };
            format!("the input `{input}` {count} elements, which do not fill its shape")
        })
    }
}

impl Image {
    fn check(&self, input: &str) -> Result<(), ManifestError> {
        let elements = self.elements();
        ensure((1..=MAX_ELEMENTS as u64).contains(&elements), || {
            format!(
                "the picture `{input}` is resized to {elements} elements, not 1 to {MAX_ELEMENTS}"
            )
        })?;
        ensure(has_room_for_a_picture(self), || {
            format!(
                "the picture `{input}` is resized to a height of {}, which takes more than \
                 {MAX_PICTURE_MEMORY} bytes of memory",
                self.height
            )
        })?;
        ensure((1..=MAX_PIXELS).contains(&self.max_pixels), || {
            format!(
                "the picture `{input}` may have {} pixels, not 1 to {MAX_PIXELS}",
                self.max_pixels
            )
        })?;
        ensure(self.dtype.is_number(), || {
            format!("the picture `{input}` cannot become {}", self.dtype)
        })?;
        let count = self.channels.count();
        for (what, values) in [("mean", &self.mean), ("std", &self.std)] {
            ensure(
                matches!(values.len(), 0 | 1) || values.len() == count,
                || {
                    format!(
                        "the picture `{input}` has {} values of {what} for {count} channels",
                        values.len()
                    )
                },
            )?;
            ensure(values.iter().all(|v| v.is_finite()), || {
                format!("a {what} of the picture `{input}` is not finite")
            })?;
        }
        ensure(
            self.scale.is_finite() && self.std.iter().all(|v| *v != 0.0),
            || format!("the picture `{input}` has a scale that is not finite or a std of 0"),
        )
    }
}

impl Constant {
    fn check(&self, input: &str) -> Result<(), ManifestError> {
        ensure(self.dtype != DType::String, || {
            format!("the constant `{input}` has numbers, which cannot be of type string")
        })?;
        check_rank(input, &self.shape)?;
        ensure(self.shape.iter().all(|d| *d > 0), || {
            format!("the constant `{input}` must have dimensions above 0")
        })?;
        let elements = self.elements().filter(|n| *n <= MAX_CONSTANT);
        ensure(elements.is_some(), || {
            format!("the constant `{input}` has more than {MAX_CONSTANT} elements")
        })?;
        ensure(
            self.values.len() == 1 || Some(self.values.len()) == elements,
            || {
                format!(
                    "the constant `{input}` has {} values, neither 1 nor one for each element",
                    self.values.len()
                )
            },
        )?;
        for value in &self.values {
            // Otherwise every input would be refused as bad, which costs its payer.
            ensure(holds(self.dtype, value.clone().into()), || {
                format!(
                    "the constant `{input}` has the value {value}, but {} holds {}",
                    self.dtype,
                    self.dtype.range()
                )
            })?;
        }
        Ok(())
    }
}
