//! Turns a raw input that is a picture into a tensor: decodes, crops, resizes and scales it.

use super::{resize::resize, InputError, MAX_PICTURE_MEMORY as MAX_MEMORY};
use crate::{
    manifest::{Channels, Fit, Image, Layout},
    tensor::{Data, Tensor},
};
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Returns the tensor, and how many pixels the raw picture has.
pub(super) fn tensor(source: &Image, raw: &[u8]) -> Result<(Tensor, u64), InputError> {
    let (picture, pixels) = decode(source, raw)?;
    let picture = cropped(source, picture);
    let (from, to) = (picture.dimensions(), (source.width, source.height));
    let samples = match source.channels {
        Channels::L => resize::<1>(picture.into_luma8().into_raw(), from, to, source.resize),
        Channels::Rgb | Channels::Bgr => {
            resize::<3>(picture.into_rgb8().into_raw(), from, to, source.resize)
        }
    };
    let channels = source.channels.count();
    let (height, width) = (source.height as usize, source.width as usize);
    // Where channel c of the tensor lies in a pixel.
    let place = |c: usize| match source.channels {
        Channels::Bgr => 2 - c,
        Channels::L | Channels::Rgb => c,
    };
    let number = |pixel: usize, c: usize| {
        let sample = samples[pixel * channels + place(c)];
        let value = f32::from(if source.invert { 255 - sample } else { sample });
        (value * source.scale - of_channel(&source.mean, c, 0.0)) / of_channel(&source.std, c, 1.0)
    };
    let area = height * width;
    let (shape, data) = match source.layout {
        Layout::Nchw => (
            vec![1, channels, height, width],
            Data::from_numbers(
                source.dtype,
                (0..channels * area).map(|i| number(i % area, i / area)),
            ),
        ),
        Layout::Nhwc | Layout::Flat => (
            if source.layout == Layout::Nhwc {
                vec![1, height, width, channels]
            } else {
                vec![1, area * channels]
            },
            Data::from_numbers(
                source.dtype,
                (0..channels * area).map(|i| number(i / channels, i % channels)),
            ),
        ),
    };
    let tensor = data.and_then(|data| Tensor::new(shape, data));
    // Cannot fail: the manifest's check allows only types of numbers, and resizing gives this area.
    tensor.map(|t| (t, pixels)).ok_or(InputError::Element {
        input: "picture".into(),
        dtype: source.dtype,
    })
}

fn of_channel(values: &[f32], channel: usize, otherwise: f32) -> f32 {
    values
        .get(channel)
        .or(values.first())
        .copied()
        .unwrap_or(otherwise)
}

/// Reads the size first, and the pixels only if neither their number nor the memory that they take
/// is too large.
fn decode(source: &Image, raw: &[u8]) -> Result<(DynamicImage, u64), InputError> {
    let broken = |e: image::ImageError| InputError::NotAPicture(e.to_string());
    let format = image::guess_format(raw).map_err(broken)?;
    if !matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Bmp
    ) {
        return Err(InputError::NotAPicture(format!("it looks like {format:?}")));
    }
    let mut reader = ImageReader::with_format(Cursor::new(raw), format);
    let mut limits = Limits::default();
    // These formats have at most 8 bytes a pixel; the rest is for the decoder itself.
    limits.max_alloc = Some((source.max_pixels * 8 + (16 << 20)).min(MAX_MEMORY));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let bounded = |pixels: u64, most: u64| match pixels <= most {
        true => Ok(()),
        false => Err(InputError::TooManyPixels { pixels, most }),
    };
    bounded(pixels, source.max_pixels)?;
    if pixels == 0 {
        return Err(InputError::NotAPicture("it has no pixels".into()));
    }
    let target = u64::from(source.width) * u64::from(source.height);
    let half_way = u64::from(kept(source, (width, height)).2) * u64::from(source.height);
    // A picture may be made larger than a raw one may be.
    bounded(half_way, source.max_pixels.max(target))?;
    let bytes = memory(
        pixels,
        half_way,
        u64::from(decoder.color_type().bytes_per_pixel()),
    );
    if bytes > MAX_MEMORY {
        return Err(InputError::TooMuchMemory { bytes });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    Ok((over_background(source, picture), pixels))
}

/// Most bytes that decoding and resizing a picture take at once.
fn memory(pixels: u64, half_way: u64, bytes_per_pixel: u64) -> u64 {
    // Beside the picture: the coefficients of a progressive JPEG (four of two bytes a pixel), or a
    // copy of the picture in another type of colour.
    let decoding = pixels.saturating_mul(bytes_per_pixel + 8);
    // Three samples a pixel, and half-way through resizing up to four floats a pixel.
    let resizing = pixels
        .saturating_mul(3)
        .saturating_add(half_way.saturating_mul(16));
    decoding.max(resizing)
}

/// Lays a transparent picture over the background.
fn over_background(source: &Image, picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let behind = u32::from(source.background);
    let mut rgba = picture.into_rgba8();
    for pixel in rgba.pixels_mut() {
        let alpha = u32::from(pixel.0[3]);
        for sample in &mut pixel.0[..3] {
            let mixed = u32::from(*sample) * alpha + behind * (255 - alpha);
            *sample = ((mixed + 127) / 255) as u8;
        }
        pixel.0[3] = 255;
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8())
}

/// Whether some picture can be resized to the wanted height.
pub(crate) fn has_room_for_a_picture(source: &Image) -> bool {
    memory(1, source.height.into(), 1) <= MAX_MEMORY
}

/// Cuts out the part that is kept. This comes before resizing, so that a narrow strip does not
/// become a huge picture on the way.
fn cropped(source: &Image, picture: DynamicImage) -> DynamicImage {
    if source.fit == Fit::Stretch {
        return picture;
    }
    let (x, y, width, height) = kept(source, picture.dimensions());
    picture.crop_imm(x, y, width, height)
}

/// Where in a picture of this size the part that is resized begins, and its width and height: all,
/// or the middle that has the wanted aspect ratio.
fn kept(source: &Image, (width, height): (u32, u32)) -> (u32, u32, u32, u32) {
    if source.fit == Fit::Stretch {
        return (0, 0, width, height);
    }
    let part = |side: u32, other: u32, to: u32, to_other: u32| {
        let wanted = u64::from(other) * u64::from(to) / u64::from(to_other);
        wanted.clamp(1, side.into()) as u32
    };
    let new_width = part(width, height, source.width, source.height);
    let new_height = part(height, width, source.height, source.width);
    let (x, y) = ((width - new_width) / 2, (height - new_height) / 2);
    (x, y, new_width, new_height)
}

#[cfg(test)]
mod tests {
    use super::super::{tests::prepare_with, InputError};
    use crate::tensor::{Data, Tensor};
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
    use serde_json::{json, Value};
    use std::io::Cursor;

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn run(image: Value, raw: &[u8]) -> Result<(Tensor, u64), InputError> {
        let mut prepared = prepare_with(json!([{"name": "x", "source": {"image": image}}]), raw)?;
        Ok((prepared.tensors.remove(0).1, prepared.pixels))
    }

    /// Red, green; blue, white.
    fn four() -> RgbImage {
        let mut picture = RgbImage::new(2, 2);
        for (x, y, colour) in [
            (0, 0, [255, 0, 0]),
            (1, 0, [0, 255, 0]),
            (0, 1, [0, 0, 255]),
            (1, 1, [255, 255, 255]),
        ] {
            picture.put_pixel(x, y, Rgb(colour));
        }
        picture
    }

    #[test]
    fn pixels_follow_layout_and_channels() {
        let raw = encoded(four(), ImageFormat::Png);
        let image = |channels: &str, layout: &str| {
            json!({"width": 2, "height": 2, "channels": channels, "layout": layout,
                   "dtype": "uint8", "max_pixels": 100})
        };
        let (tensor, pixels) = run(image("RGB", "nhwc"), &raw).unwrap();
        let expected = vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
        assert_eq!(
            tensor,
            Tensor::new(vec![1, 2, 2, 3], Data::Uint8(expected.clone())).unwrap()
        );
        assert_eq!(pixels, 4);
        let (tensor, _) = run(image("RGB", "flat"), &raw).unwrap();
        assert_eq!(
            tensor,
            Tensor::new(vec![1, 12], Data::Uint8(expected)).unwrap()
        );
        let (tensor, _) = run(image("BGR", "nchw"), &raw).unwrap();
        let planes = vec![0, 0, 255, 255, 0, 255, 0, 255, 255, 0, 0, 255];
        assert_eq!(
            tensor,
            Tensor::new(vec![1, 3, 2, 2], Data::Uint8(planes)).unwrap()
        );
        let (tensor, _) = run(image("L", "flat"), &raw).unwrap();
        let Data::Uint8(grey) = tensor.data() else {
            panic!("another type")
        };
        assert_eq!((grey[0], grey[1], grey[2], grey[3]), (54, 182, 18, 255));
    }

    #[test]
    fn numbers_are_scaled_and_normalised() {
        let raw = encoded(four(), ImageFormat::Bmp);
        let image = json!({"width": 2, "height": 2, "channels": "RGB", "layout": "nchw",
            "scale": 1.0 / 255.0, "mean": [0.5, 0.25, 0.0], "std": [0.5, 0.5, 2.0],
            "dtype": "float32", "max_pixels": 4});
        let (tensor, _) = run(image, &raw).unwrap();
        let Data::Float32(v) = tensor.data() else {
            panic!("another type")
        };
        assert_eq!(v[..4], [1.0, -1.0, -1.0, 1.0]);
        assert_eq!(v[4..8], [-0.5, 1.5, -0.5, 1.5]);
        assert_eq!(v[8..], [0.0, 0.0, 0.5, 0.5]);
        // As a model of digits takes them: 0 to 16, dark on light.
        let image = json!({"width": 1, "height": 1, "channels": "L", "layout": "flat",
            "scale": 16.0 / 255.0, "invert": true, "dtype": "uint8", "max_pixels": 100});
        let (tensor, _) = run(image, &encoded(RgbImage::new(9, 9), ImageFormat::Png)).unwrap();
        assert_eq!(
            tensor,
            Tensor::new(vec![1, 1], Data::Uint8(vec![16])).unwrap()
        );
    }

    #[test]
    fn transparency_shows_the_background() {
        let picture = RgbaImage::from_pixel(1, 1, Rgba([200, 100, 0, 0]));
        let raw = encoded(picture, ImageFormat::Png);
        let image = |background: u8| {
            json!({"width": 1, "height": 1, "channels": "RGB", "layout": "flat",
                   "background": background, "dtype": "uint8", "max_pixels": 1})
        };
        for background in [0, 17, 255] {
            let (tensor, _) = run(image(background), &raw).unwrap();
            assert_eq!(tensor.data(), &Data::Uint8(vec![background; 3]));
        }
    }

    #[test]
    fn cropping_keeps_the_middle() {
        let mut picture = RgbImage::new(6, 2);
        for x in 2..4 {
            for y in 0..2 {
                picture.put_pixel(x, y, Rgb([255; 3]));
            }
        }
        let image = |fit: &str| {
            json!({"width": 2, "height": 2, "channels": "L", "layout": "flat", "fit": fit,
                   "resize": "nearest", "dtype": "uint8", "max_pixels": 100})
        };
        let raw = encoded(picture, ImageFormat::Png);
        assert_eq!(
            run(image("crop"), &raw).unwrap().0.data(),
            &Data::Uint8(vec![255; 4])
        );
        assert_ne!(
            run(image("stretch"), &raw).unwrap().0.data(),
            &Data::Uint8(vec![255; 4])
        );
    }

    #[test]
    fn half_way_counts_what_cropping_keeps() {
        let image = |fit: &str, width: u32, height: u32| {
            json!({"width": width, "height": height, "channels": "L", "layout": "flat",
                   "fit": fit, "dtype": "uint8", "max_pixels": 1000})
        };
        let strip = encoded(RgbImage::new(900, 1), ImageFormat::Png);
        // One pixel of the strip is kept, and becomes eight.
        let (tensor, pixels) = run(image("crop", 8, 8), &strip).unwrap();
        assert_eq!((tensor.shape(), pixels), (&[1, 64][..], 900));
        let refused = run(image("stretch", 40, 30), &strip).unwrap_err();
        let (pixels, most) = (900 * 30, 40 * 30);
        assert_eq!(refused, InputError::TooManyPixels { pixels, most });
        // A picture may be made larger than a raw one may be.
        let dot = encoded(RgbImage::new(1, 1), ImageFormat::Png);
        run(image("stretch", 40, 30), &dot).unwrap();
    }

    #[test]
    fn memory_is_bounded_as_well_as_pixels() {
        // 2²⁶ pixels of 8 bytes are few enough as pixels, but decoding them takes too much memory.
        let image = |most: u64, side: u32| {
            json!({"width": 8, "height": side, "channels": "L", "layout": "flat",
                   "dtype": "uint8", "max_pixels": most})
        };
        let mut deep = encoded(
            image::ImageBuffer::<Rgba<u16>, _>::new(1, 1),
            ImageFormat::Png,
        );
        let mut sized = |width: u32, height: u32| {
            deep[16..20].copy_from_slice(&width.to_be_bytes());
            deep[20..24].copy_from_slice(&height.to_be_bytes());
            let crc = crc32(&deep[12..29]);
            deep[29..33].copy_from_slice(&crc.to_be_bytes());
            deep.clone()
        };
        let most = 1 << 26;
        let refused = run(image(most, 8), &sized(8192, 8192)).unwrap_err();
        let bytes = (1u64 << 26) * 16;
        assert_eq!(refused, InputError::TooMuchMemory { bytes });
        // This one takes few enough bytes; its only fault is that nothing follows the header.
        let refused = run(image(most, 8), &sized(4096, 4096)).unwrap_err();
        assert!(matches!(refused, InputError::NotAPicture(_)), "{refused}");
        // A wide picture is large half-way through resizing.
        let refused = run(image(most, 8192), &sized(8192, 64)).unwrap_err();
        assert!(
            matches!(refused, InputError::TooMuchMemory { .. }),
            "{refused}"
        );
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let image = json!({"width": 8, "height": 8, "channels": "L", "layout": "flat",
                   "dtype": "uint8", "max_pixels": 1000});
        // A PNG's header that promises 60,000 × 60,000 pixels, with nothing after it.
        let mut bomb = encoded(RgbImage::new(1, 1), ImageFormat::Png);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(
            run(image.clone(), &bomb),
            Err(InputError::TooManyPixels {
                pixels: 3_600_000_000,
                most: 1000
            })
        );
        // A strip has few pixels, but would have many half-way through resizing.
        let strip = encoded(RgbImage::new(900, 1), ImageFormat::Png);
        assert_eq!(
            run(image.clone(), &strip),
            Err(InputError::TooManyPixels {
                pixels: 7200,
                most: 1000
            })
        );
        assert!(matches!(
            run(image.clone(), b"GIF89a"),
            Err(InputError::NotAPicture(_))
        ));
        let whole = encoded(four(), ImageFormat::Jpeg);
        run(image.clone(), &whole).unwrap();
        assert!(matches!(
            run(image, &whole[..100]),
            Err(InputError::NotAPicture(_))
        ));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, b| {
            (0..8).fold(crc ^ u32::from(*b), |c, _| {
                (c >> 1) ^ (0xedb8_8320 & (0u32.wrapping_sub(c & 1)))
            })
        })
    }
}
