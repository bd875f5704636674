//! Resizes pictures as the crate `image` does, but several times faster and to the same bits on
//! every machine.
//!
//! The bits matter: workers that run the same job must give the same answer. The crate takes sines
//! from the platform's library, whose last bit differs from one to the next; here they come from
//! `libm`. All else is computed to the crate's bits. It adds up the pixels of one column before it
//! begins the next one, so each addition waits for the one before. Here a whole row is added to the
//! sums of all columns at once; each sum still sees the same numbers in the same order.

use crate::manifest::Resize;

/// How one row or column of the new picture is mixed from those of the old one.
struct Mix {
    /// The first old row or column that is mixed in.
    first: usize,
    /// The weights of that one and those after it.
    weights: Vec<f32>,
}

/// Resizes a picture of `CHANNELS` samples a pixel, stored row by row. No width or height may be 0.
pub(super) fn resize<const CHANNELS: usize>(
    picture: Vec<u8>,
    (width, height): (u32, u32),
    (new_width, new_height): (u32, u32),
    how: Resize,
) -> Vec<u8> {
    if (width, height) == (new_width, new_height) {
        return picture;
    }
    let row = width as usize * CHANNELS;
    let mut half_way = vec![0.0f32; row * new_height as usize];
    let rows = half_way.chunks_exact_mut(row);
    for (sums, mix) in rows.zip(mixes(height, new_height, how)) {
        let old = picture.chunks_exact(row).skip(mix.first);
        for (samples, weight) in old.zip(&mix.weights) {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += f32::from(*sample) * weight;
            }
        }
    }
    let mixes = mixes(width, new_width, how);
    let mut new = Vec::with_capacity(new_width as usize * new_height as usize * CHANNELS);
    for row in half_way.chunks_exact(row) {
        let (pixels, _) = row.as_chunks::<CHANNELS>();
        for mix in &mixes {
            let mut sums = [0.0; CHANNELS];
            for (pixel, weight) in pixels[mix.first..].iter().zip(&mix.weights) {
                for (sum, sample) in sums.iter_mut().zip(pixel) {
                    *sum += sample * weight;
                }
            }
            new.extend(sums.map(|sum| sum.clamp(0.0, 255.0).round() as u8));
        }
    }
    new
}

/// How each of `to` new rows or columns is mixed from `from` old ones.
fn mixes(from: u32, to: u32, how: Resize) -> Vec<Mix> {
    let (kernel, reach): (fn(f32) -> f32, f32) = match how {
        Resize::Nearest => (|_| 1.0, 0.0),
        Resize::Bilinear => (triangle, 1.0),
        Resize::Bicubic => (catmull_rom, 2.0),
        Resize::Lanczos3 => (lanczos3, 3.0),
    };
    let ratio = from as f32 / to as f32;
    let stretch = ratio.max(1.0);
    let reach = reach * stretch;
    let mix = |n: u32| {
        let middle = (n as f32 + 0.5) * ratio;
        let first = ((middle - reach).floor() as i64).clamp(0, i64::from(from) - 1);
        let end = ((middle + reach).ceil() as i64).clamp(first + 1, i64::from(from));
        // Pixel `i` has its middle at `i + 0.5`.
        let middle = middle - 0.5;
        let weights = (first..end).map(|i| kernel((i as f32 - middle) / stretch));
        let mut weights: Vec<f32> = weights.collect();
        let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Mix {
            first: first as usize,
            weights,
        }
    };
    (0..to).map(mix).collect()
}

fn triangle(x: f32) -> f32 {
    match x.abs() < 1.0 {
        true => 1.0 - x.abs(),
        false => 0.0,
    }
}

/// The cubic spline of Mitchell and Netravali with B = 0 and C = ½. All terms are written out,
/// because another order of computing them gives other bits; so are the powers, of which the
/// standard library does not say how exact they are.
fn catmull_rom(x: f32) -> f32 {
    let (a, b, c) = (x.abs(), 0.0f32, 0.5f32);
    let k = if a < 1.0 {
        (12.0 - 9.0 * b - 6.0 * c) * (a * a * a)
            + (-18.0 + 12.0 * b + 6.0 * c) * (a * a)
            + (6.0 - 2.0 * b)
    } else if a < 2.0 {
        (-b - 6.0 * c) * (a * a * a)
            + (6.0 * b + 30.0 * c) * (a * a)
            + (-12.0 * b - 48.0 * c) * a
            + (8.0 * b + 24.0 * c)
    } else {
        0.0
    };
    k / 6.0
}

fn lanczos3(x: f32) -> f32 {
    match x.abs() < 3.0 {
        true => sinc(x) * sinc(x / 3.0),
        false => 0.0,
    }
}

fn sinc(t: f32) -> f32 {
    let a = t * std::f32::consts::PI;
    match t == 0.0 {
        true => 1.0,
        false => libm::sinf(a) / a,
    }
}

#[cfg(test)]
mod tests {
    use super::{mixes, resize};
    use crate::manifest::Resize;
    use image::{
        imageops::{self, FilterType},
        GrayImage, RgbImage,
    };

    const HOW: [(Resize, FilterType); 4] = [
        (Resize::Nearest, FilterType::Nearest),
        (Resize::Bilinear, FilterType::Triangle),
        (Resize::Bicubic, FilterType::CatmullRom),
        (Resize::Lanczos3, FilterType::Lanczos3),
    ];

    /// Random samples, then only the extremes, where mixing overshoots, then ramps.
    fn samples(count: u32) -> Vec<u8> {
        let mut state = count;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let sample = |n: u32, random: u8| match n / 40 % 3 {
            0 => random,
            1 => 255 * (random & 1),
            _ => (n % 256) as u8,
        };
        (0..count).map(|n| sample(n, next())).collect()
    }

    #[test]
    fn weights_have_the_same_bits_everywhere() {
        for (from, to, how, expected) in [
            (
                8,
                1,
                Resize::Lanczos3,
                &[
                    0x3dcc_6c3au32,
                    0x3df6_dc38,
                    0x3e0b_0ae5,
                    0x3e13_50e3,
                    0x3e13_50e3,
                    0x3e0b_0ae5,
                    0x3df6_dc38,
                    0x3dcc_6c3a,
                ][..],
            ),
            (
                5,
                2,
                Resize::Bicubic,
                &[
                    0x3eb1_b676,
                    0x3ed4_cc33,
                    0x3e75_2898,
                    0x3cee_d6bb,
                    0xbd00_2303,
                ],
            ),
            (3, 2, Resize::Bilinear, &[0x3f20_0000, 0x3ec0_0001, 0]),
            (3, 2, Resize::Nearest, &[0x3f80_0000]),
        ] {
            let weights = &mixes(from, to, how)[0].weights;
            let bits: Vec<u32> = weights.iter().map(|w| w.to_bits()).collect();
            assert_eq!(bits, expected, "{from} to {to}, {how:?}: {bits:x?}");
        }
    }

    #[test]
    fn bits_equal_those_of_the_crate_image() {
        const SIDES: [u32; 6] = [1, 2, 8, 61, 128, 200];
        for (width, height) in SIDES.into_iter().flat_map(|w| SIDES.map(|h| (w, h))) {
            let grey = samples(width * height);
            let colours = samples(width * height * 3);
            let of_crate = GrayImage::from_raw(width, height, grey.clone()).unwrap();
            let in_colour = RgbImage::from_raw(width, height, colours.clone()).unwrap();
            for (to_width, to_height) in [(8, 8), (224, 31), (width, 5), (1, 64), (33, height)] {
                let (from, to) = ((width, height), (to_width, to_height));
                for (how, filter) in HOW {
                    let expected = imageops::resize(&of_crate, to_width, to_height, filter);
                    let given = resize::<1>(grey.clone(), from, to, how);
                    assert!(given == expected.into_raw(), "{from:?} to {to:?}, {how:?}");
                    let expected = imageops::resize(&in_colour, to_width, to_height, filter);
                    let given = resize::<3>(colours.clone(), from, to, how);
                    assert!(given == expected.into_raw(), "{from:?} to {to:?}, {how:?}");
                }
            }
        }
    }
}
