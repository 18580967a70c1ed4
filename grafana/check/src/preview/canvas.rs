//! The few shapes of SVG that a dashboard is made of.

use std::fmt::{Display, Write};

/// An SVG in the making.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    shapes: String,
}

/// Where a text stands in respect of its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place and a size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font<'a> {
    pub(super) size: f64,
    pub(super) color: &'a str,
    pub(super) bold: bool,
}

/// A number as short as it looks the same.
struct Short(f64);

impl Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Halves away from zero, and no minus before nothing.
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            _ => write!(f, "{}", tenths as f64 / 10.0),
        }
    }
}

impl Canvas {
    pub(super) fn rect(&mut self, at: Rect, fill: &str, radius: f64) {
        let Rect { x, y, w, h } = at;
        let radius = if radius > 0.0 { format!(" rx=\"{}\"", Short(radius)) } else { String::new() };
        self.shape(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"{radius}/>",
            Short(x),
            Short(y),
            Short(w),
            Short(h)
        ));
    }

    /// A rectangle with a border.
    pub(super) fn frame(&mut self, at: Rect, fill: &str, border: &str) {
        let Rect { x, y, w, h } = at;
        self.shape(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\" stroke=\"{border}\" rx=\"2\"/>",
            Short(x),
            Short(y),
            Short(w),
            Short(h)
        ));
    }

    /// Many rectangles of one colour, as one shape.
    pub(super) fn rects(&mut self, all: &[Rect], fill: &str) {
        let mut path = String::new();
        for Rect { x, y, w, h } in all {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{} {}h{}v{}h{}z", Short(*x), Short(*y), Short(*w), Short(*h), Short(-w));
        }
        self.shape(format_args!("<path d=\"{path}\" fill=\"{fill}\"/>"));
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], color: &str, width: f64) {
        self.shape(format_args!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{}\" stroke-linejoin=\"round\"/>",
            path(points),
            Short(width)
        ));
    }

    pub(super) fn area(&mut self, points: &[(f64, f64)], color: &str) {
        self.shape(format_args!("<path d=\"{}z\" fill=\"{color}\" fill-opacity=\".1\"/>", path(points)));
    }

    /// Round dots of one colour, as one shape.
    pub(super) fn dots(&mut self, points: &[(f64, f64)], color: &str, size: f64) {
        let mut path = String::new();
        for (x, y) in points {
            let _ = write!(path, "M{} {}h0", Short(*x), Short(*y));
        }
        self.shape(format_args!(
            "<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"{}\" stroke-linecap=\"round\"/>",
            Short(size)
        ));
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), text: &str, font: Font<'_>, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if font.bold { " font-weight=\"500\"" } else { "" };
        self.shape(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{anchor}{weight}>{}</text>",
            Short(x),
            Short(y),
            Short(font.size),
            font.color,
            escaped(text)
        ));
    }

    fn shape(&mut self, shape: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.shapes, "{shape}");
    }

    /// The SVG. The title is read out to those who cannot see it.
    pub(super) fn finish(self, width: f64, height: f64, title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" \
             role=\"img\" font-family=\"Inter,'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif\">\n\
             <title>{2}</title>\n{3}</svg>\n",
            Short(width),
            Short(height),
            escaped(title),
            self.shapes
        )
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if index == 0 { 'M' } else { 'L' }, Short(*x), Short(*y));
    }
    path
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// About how wide a text is. Fonts differ, so room is left around what is placed by it.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let narrow =
        |c: char| matches!(c, 'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | ':' | '-' | ' ' | '(' | ')');
    text.chars().map(|c| if narrow(c) { 0.33 } else { 0.58 }).sum::<f64>() * size
}

/// A text that is at most so wide, with dots for what is left out.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut fitted = text.to_owned();
    while !fitted.is_empty() && width(&fitted, size) + size > room {
        fitted.pop();
    }
    format!("{}…", fitted.trim_end())
}
