//! Marks as PNG: the SVG, drawn by resvg.

use png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};
use resvg::tiny_skia::{Color, Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::{Options, Tree};

use super::drawing::Drawing;
use super::font::Font;
use super::{LabelError, Rgb, svg};

/// How finely a printer prints.
#[derive(Clone, Copy)]
pub(super) struct Resolution {
    /// Dots on 254 mm, which is a whole number also for 8 dots a millimetre.
    dots: u16,
    /// Dots an inch.
    dpi: f32,
}

impl Resolution {
    /// From dots an inch; 203 stands for the 203.2 of a head with 8 dots a millimetre.
    pub(super) fn new(dpi: u32) -> Result<Self, LabelError> {
        match u16::try_from(dpi) {
            Ok(203) => Ok(Self {
                dots: 2032,
                dpi: 203.2,
            }),
            Ok(whole @ 204..=1200) => Ok(Self {
                dots: whole * 10,
                dpi: f32::from(whole),
            }),
            _ => Err(LabelError::Resolution(dpi)),
        }
    }

    /// The nearest number of dots on a length in micrometres.
    fn dots_on(self, um: i64) -> Result<u32, LabelError> {
        let dots = (um * i64::from(self.dots) + 127_000) / 254_000;
        u32::try_from(dots).map_err(LabelError::drawing)
    }
}

/// The drawing in colour, or in black and white.
pub(super) fn write(
    font: &Font,
    drawing: &Drawing,
    resolution: Resolution,
    one_bit: bool,
) -> Result<Vec<u8>, LabelError> {
    let options = Options {
        dpi: resolution.dpi,
        ..Options::default()
    };
    let tree = Tree::from_str(&svg::write(font, drawing), &options).map_err(LabelError::drawing)?;
    let width = resolution.dots_on(drawing.width)?;
    let height = resolution.dots_on(drawing.height)?;
    let mut pixmap =
        Pixmap::new(width, height).ok_or_else(|| LabelError::drawing("no room for the picture"))?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());

    let (colour, depth, data) = if one_bit {
        (ColorType::Grayscale, BitDepth::One, bits(&pixmap))
    } else {
        let rgb = pixmap
            .pixels()
            .iter()
            .flat_map(|p| [p.red(), p.green(), p.blue()]);
        (ColorType::Rgb, BitDepth::Eight, rgb.collect())
    };
    let per_metre = u32::from(resolution.dots) * 1000 / 254;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: Unit::Meter,
    }));
    let mut writer = encoder.write_header().map_err(LabelError::drawing)?;
    writer
        .write_image_data(&data)
        .map_err(LabelError::drawing)?;
    writer.finish().map_err(LabelError::drawing)?;
    Ok(file)
}

/// Eight pixels a byte, each row beginning a new byte, 1 for white.
fn bits(pixmap: &Pixmap) -> Vec<u8> {
    let Ok(width) = usize::try_from(pixmap.width()) else {
        return Vec::new();
    };
    let rows = pixmap.pixels().chunks(width);
    rows.flat_map(|row| row.chunks(8).map(byte)).collect()
}

fn byte(pixels: &[PremultipliedColorU8]) -> u8 {
    pixels
        .iter()
        .zip((0..8).rev())
        .fold(0, |byte, (pixel, place)| {
            let dark = Rgb(pixel.red(), pixel.green(), pixel.blue()).is_dark();
            byte | u8::from(!dark) << place
        })
}
