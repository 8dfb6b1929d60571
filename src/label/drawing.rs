//! The marks of a drawing, in micrometres from its upper left corner.

use super::Rgb;
use super::font::Glyph;
use super::pictogram::Pictogram;

/// A page or a label, ready to be written.
pub(super) struct Drawing {
    pub(super) width: i64,
    pub(super) height: i64,
    /// What a screen reader says, and the title of a document.
    pub(super) title: String,
    pub(super) marks: Vec<Mark>,
}

/// One mark.
#[derive(Clone)]
pub(super) enum Mark {
    /// A rectangle with round corners, filled, edged in black, or both; an edge of 0 is none.
    Panel {
        area: Area,
        radius: i64,
        fill: Option<Rgb>,
        edge: i64,
    },
    /// The black parts of a code, which are never smoothed.
    Modules(Vec<Area>),
    /// One line of text.
    Text {
        x: i64,
        baseline: i64,
        size: i64,
        glyphs: Vec<Glyph>,
        ink: Rgb,
        bold: bool,
    },
    /// A pictogram as wide and as high as `area.width`.
    Sign { area: Area, pictogram: Pictogram },
}

impl Mark {
    /// The same mark elsewhere.
    pub(super) fn moved(mut self, dx: i64, dy: i64) -> Self {
        match &mut self {
            Self::Panel { area, .. } | Self::Sign { area, .. } => *area = area.moved(dx, dy),
            Self::Modules(areas) => {
                for area in areas {
                    *area = area.moved(dx, dy);
                }
            }
            Self::Text { x, baseline, .. } => {
                *x += dx;
                *baseline += dy;
            }
        }
        self
    }
}

/// A rectangle. A layout cuts its areas from one another, so that none can overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Area {
    pub(super) const fn new(x: i64, y: i64, width: i64, height: i64) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    pub(super) const fn right(self) -> i64 {
        self.x + self.width
    }

    pub(super) const fn bottom(self) -> i64 {
        self.y + self.height
    }

    pub(super) const fn moved(self, dx: i64, dy: i64) -> Self {
        Self::new(self.x + dx, self.y + dy, self.width, self.height)
    }

    pub(super) const fn inset(self, left: i64, top: i64, right: i64, bottom: i64) -> Self {
        Self::new(
            self.x + left,
            self.y + top,
            self.width - left - right,
            self.height - top - bottom,
        )
    }

    /// Cuts a strip off the top and leaves the rest.
    pub(super) fn cut_top(&mut self, height: i64) -> Self {
        let height = height.min(self.height);
        let strip = Self::new(self.x, self.y, self.width, height);
        *self = self.inset(0, height, 0, 0);
        strip
    }

    /// Cuts a strip off the bottom and leaves the rest.
    pub(super) fn cut_bottom(&mut self, height: i64) -> Self {
        let height = height.min(self.height);
        let strip = Self::new(self.x, self.bottom() - height, self.width, height);
        *self = self.inset(0, 0, 0, height);
        strip
    }

    /// Cuts a strip off the left and leaves the rest.
    pub(super) fn cut_left(&mut self, width: i64) -> Self {
        let width = width.min(self.width);
        let strip = Self::new(self.x, self.y, width, self.height);
        *self = self.inset(width, 0, 0, 0);
        strip
    }

    /// Cuts a strip off the right and leaves the rest.
    pub(super) fn cut_right(&mut self, width: i64) -> Self {
        let width = width.min(self.width);
        let strip = Self::new(self.right() - width, self.y, width, self.height);
        *self = self.inset(0, 0, width, 0);
        strip
    }
}
