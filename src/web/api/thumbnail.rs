//! Thumbnails of attached pictures. The size is read from the picture's header first, and a picture that would take too
//! much memory is not decoded (Mailpit's GHSA-75mr-qw9x-3r39).

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, GenericImageView as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

const WIDTH: u32 = 180;
const HEIGHT: u32 = 120;
const QUALITY: u8 = 70;
/// Largest picture to decode; the thumbnail of a larger one is white, as in Mailpit.
const MAX_PIXELS: u64 = 20_000_000;
/// Memory limit of a decoder in bytes, regardless of the picture's header.
const MAX_MEMORY: u64 = 128 * 1024 * 1024;

/// A JPEG of 180 × 120 pixels: the picture cropped, or on white if it is smaller. It is white if the bytes are not a
/// picture, are invalid or are too large.
pub fn jpeg(content_type: &str, bytes: &[u8]) -> Vec<u8> {
    let picture = if content_type.starts_with("image/") { decode(bytes) } else { None };
    let small = picture.map_or_else(white, |picture| shrink(&picture));
    let mut out = Vec::new();
    // Writing to memory does not fail. If it did, the answer would be empty.
    let _ = JpegEncoder::new_with_quality(&mut out, QUALITY).encode_image(&small);
    out
}

fn decode(bytes: &[u8]) -> Option<DynamicImage> {
    let reader = || {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
        let supported = [ImageFormat::Gif, ImageFormat::Jpeg, ImageFormat::Png];
        reader.format().is_some_and(|format| supported.contains(&format)).then_some(reader)
    };
    let (width, height) = reader()?.into_dimensions().ok()?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width == 0 || height == 0 {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = reader()?;
    reader.limits(limits);
    reader.decode().ok()
}

/// The picture at thumbnail size, with white behind transparent pixels.
fn shrink(picture: &DynamicImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let small = if width < WIDTH || height < HEIGHT {
        picture.thumbnail(WIDTH.min(width), HEIGHT.min(height))
    } else {
        picture.resize_to_fill(WIDTH, HEIGHT, FilterType::Triangle)
    };
    let mut ground = DynamicImage::ImageRgb8(white()).into_rgba8();
    let (x, y) = ((WIDTH - small.width().min(WIDTH)) / 2, (HEIGHT - small.height().min(HEIGHT)) / 2);
    imageops::overlay(&mut ground, &small.into_rgba8(), x.into(), y.into());
    DynamicImage::ImageRgba8(ground).into_rgb8()
}

fn white() -> RgbImage {
    RgbImage::from_pixel(WIDTH, HEIGHT, Rgb([255; 3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
        let mut out = Vec::new();
        let picture = RgbImage::from_pixel(width, height, Rgb(colour));
        picture.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).unwrap();
        out
    }

    fn shown(content_type: &str, bytes: &[u8]) -> RgbImage {
        let jpeg = jpeg(content_type, bytes);
        let picture = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (WIDTH, HEIGHT));
        picture
    }

    fn is_white(picture: &RgbImage) -> bool {
        picture.pixels().all(|pixel| pixel.0.iter().all(|value| *value > 250))
    }

    #[test]
    fn a_picture_is_cropped_and_a_small_one_is_placed_on_white() {
        assert!(shown("image/png", &png(400, 300, [255, 0, 0])).pixels().all(|p| p.0[0] > 240 && p.0[1] < 16));
        let small = shown("image/png", &png(20, 10, [0, 0, 255]));
        assert!(small.get_pixel(90, 60).0[2] > 200 && small.get_pixel(90, 60).0[0] < 60);
        assert!(small.get_pixel(2, 2).0[0] > 250);
    }

    #[test]
    fn the_thumbnail_of_an_invalid_picture_is_white() {
        for (content_type, bytes) in [
            ("text/plain", png(400, 300, [255, 0, 0])),
            ("image/png", b"\x89PNG\r\n\x1a\n0000".to_vec()),
            ("image/svg+xml", b"<svg onload='x()'/>".to_vec()),
            ("image/png", Vec::new()),
        ] {
            assert!(is_white(&shown(content_type, &bytes)));
        }
    }

    #[test]
    fn a_pixel_bomb_is_not_decoded() {
        // A PNG header with a size of 30000 × 30000 pixels.
        let mut bomb = png(1, 1, [0, 0, 0]);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        assert!(decode(&bomb).is_none());
        assert!(is_white(&shown("image/png", &bomb)));
    }
}
