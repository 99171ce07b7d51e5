//! The slate: a still picture held in memory from the first tick on, so that there is always something to show.

use std::path::Path;

use image::{DynamicImage, RgbImage, imageops};

use super::picture::{Picture, Raster, bt709};

/// Where a home keeps its own slate; without it a plain one is painted.
pub const SLATE_FILE: &str = "media/slate/slate.png";
/// Largest slate file that is read, bytes, and most pixels it may have: it is decoded inside the player.
const MAX_FILE_BYTES: u64 = 16 << 20;
const MAX_PIXELS: u64 = 4096 * 4096;

/// Why a home's own slate can't be used; the painted one is shown instead.
#[derive(Debug, thiserror::Error)]
#[error("{path} can't be the slate: {why}")]
pub struct SlateError {
    path: String,
    why: String,
}

/// The home's slate in the channel's raster, or the painted one with the reason why.
pub fn load(home: &Path, raster: Raster) -> (Picture, Option<SlateError>) {
    let path = home.join(SLATE_FILE);
    if !path.exists() {
        return (painted(raster), None);
    }
    match read_picture(&path, MAX_PIXELS) {
        Ok(picture) => (to_i420(&fit(&picture.to_rgb8(), raster), raster), None),
        Err(why) => (painted(raster), Some(SlateError { path: path.display().to_string(), why })),
    }
}

/// Reads a picture of the home's own, with bounds on what it may cost.
pub(super) fn read_picture(path: &Path, most_pixels: u64) -> Result<DynamicImage, String> {
    let facts = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !facts.is_file() {
        return Err("it is not a file".into());
    }
    if facts.len() > MAX_FILE_BYTES {
        return Err(format!("{} bytes; such a picture has at most {MAX_FILE_BYTES}", facts.len()));
    }
    let reader = image::ImageReader::open(path).and_then(image::ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|e| e.to_string())?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(most_pixels * 4);
    reader.limits(limits);
    reader.decode().map_err(|e| e.to_string())
}

/// Scaled to fit, centred, with the slate's own ground around it.
fn fit(picture: &RgbImage, raster: Raster) -> RgbImage {
    let scale = f64::min(
        f64::from(raster.width) / f64::from(picture.width()),
        f64::from(raster.height) / f64::from(picture.height()),
    );
    let side = |n: u32, most: u32| ((f64::from(n) * scale).round() as u32).clamp(1, most);
    let (width, height) = (side(picture.width(), raster.width), side(picture.height(), raster.height));
    let scaled = imageops::resize(picture, width, height, imageops::FilterType::Triangle);
    let mut ground = RgbImage::from_pixel(raster.width, raster.height, image::Rgb(GROUND));
    let (x, y) = ((raster.width - width) / 2, (raster.height - height) / 2);
    imageops::overlay(&mut ground, &scaled, i64::from(x), i64::from(y));
    ground
}

/// The painted slate's colours: deep blue, with a lighter band and a gold line.
const GROUND: [u8; 3] = [18, 58, 104];
const BAND: [u8; 3] = [34, 98, 160];
const LINE: [u8; 3] = [235, 190, 80];

/// A ground, a band across the middle and a line beneath it: plainly not a fault, and plainly not a clip.
fn painted(raster: Raster) -> Picture {
    let mut picture = RgbImage::from_pixel(raster.width, raster.height, image::Rgb(GROUND));
    let (top, bottom) = (raster.height * 3 / 8, raster.height * 5 / 8);
    for (_, y, pixel) in picture.enumerate_pixels_mut() {
        if (top..bottom).contains(&y) {
            *pixel = image::Rgb(if y + raster.height / 60 >= bottom { LINE } else { BAND });
        }
    }
    to_i420(&picture, raster)
}

/// RGB to Y′CbCr, chroma from each 2×2 block's first pixel.
fn to_i420(picture: &RgbImage, raster: Raster) -> Picture {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let (luma_stride, chroma_stride) = (raster.row_stride(), raster.chroma_stride());
    let mut bytes = vec![0u8; raster.picture_bytes()];
    let (luma, chroma) = bytes.split_at_mut(luma_stride * height);
    let (blue, red) = chroma.split_at_mut(chroma_stride * height / 2);
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (x, y) = (x as usize, y as usize);
        let [light, cb, cr] = bt709(pixel.0);
        luma[y * luma_stride + x] = light;
        if x % 2 == 0 && y % 2 == 0 && x < width {
            blue[y / 2 * chroma_stride + x / 2] = cb;
            red[y / 2 * chroma_stride + x / 2] = cr;
        }
    }
    Picture::packed(raster, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RASTER: Raster = Raster { width: 64, height: 36 };

    #[test]
    fn a_home_without_a_slate_gets_a_painted_one_that_is_not_black() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (picture, fault) = load(home.path(), RASTER);
        let luma = picture.planes()[0];
        assert!(fault.is_none() && luma.iter().all(|y| *y > 40), "darkest {:?}", luma.iter().min());
    }

    #[test]
    fn a_slate_is_scaled_to_the_wall_and_a_broken_one_is_named() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join(SLATE_FILE);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        RgbImage::from_pixel(640, 360, image::Rgb([255, 255, 255])).save(&path).expect("saved");
        let (picture, fault) = load(home.path(), RASTER);
        assert!(fault.is_none());
        assert_eq!(&picture.planes()[0][..3], [235, 235, 235]);
        std::fs::write(&path, b"not a picture").expect("written");
        assert!(load(home.path(), RASTER).1.is_some_and(|f| f.to_string().contains("slate.png")));
    }
}
