//! The frame of a picture: a grid, axes, and marks that say what they stand for.
//!
//! A picture is as wide as its place and its texts stay as large as they are: horizontal positions are percentages, what is
//! drawn within is stretched from a thousand units, and labels stand in the margins that the style sheet leaves beside it.
//! Every mark has a `title`, which browsers show without a script.

use std::fmt::{self, Display, Write};

use crate::axis::Tick;
use crate::escape::Text;
use crate::numbers::on_axis;

/// The width of a picture in units.
pub(crate) const WIDTH: f64 = 1000.0;

/// A number with no more digits than can be seen.
pub(crate) struct Short(pub(crate) f64);

impl Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i64;
        match hundredths % 100 {
            0 => write!(f, "{}", hundredths / 100),
            _ => write!(f, "{}", hundredths as f64 / 100.0),
        }
    }
}

/// A picture in the making.
pub(crate) struct Chart<'a> {
    /// What is seen, for those who do not see it.
    pub(crate) label: &'a str,
    /// In pixels, without the labels below.
    pub(crate) height: f64,
    /// Where lines of the grid are, from zero; the last is the top.
    pub(crate) steps: &'a [f64],
    /// What stands below.
    pub(crate) ticks: &'a [Tick],
    /// Whether lines go up from there.
    pub(crate) has_vertical_lines: bool,
}

impl Chart<'_> {
    /// How high a value is, in pixels from the top.
    pub(crate) fn y(&self, value: f64) -> f64 {
        let top = self.steps.last().copied().unwrap_or(1.0);
        self.height - value / top * self.height
    }

    /// The picture with what is stretched and what is not.
    pub(crate) fn draw(&self, stretched: &str, fixed: &str) -> String {
        let below = if self.ticks.is_empty() { 4.0 } else { 20.0 };
        let (height, below) = (Short(self.height), Short(self.height + below));
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<div class=\"chart\"><svg class=\"plot\" role=\"img\" aria-label=\"{}\" width=\"100%\" height=\"{below}\">",
            Text(self.label)
        );
        svg.push_str("<g class=\"grid\">");
        for step in self.steps {
            let y = Short(self.y(*step));
            let label = on_axis(*step);
            let _ = write!(
                svg,
                "<line x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/><text x=\"-8\" y=\"{y}\" dy=\"4\">{label}</text>"
            );
        }
        for tick in self.ticks.iter().filter(|_| self.has_vertical_lines) {
            let x = Short(100.0 * tick.at);
            let _ = write!(svg, "<line x1=\"{x}%\" x2=\"{x}%\" y2=\"{height}\"/>");
        }
        let _ = write!(
            svg,
            "</g><svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" preserveAspectRatio=\"none\">{stretched}</svg>"
        );
        svg.push_str(fixed);
        svg.push_str("<g class=\"below\">");
        for tick in self.ticks {
            let minor = if tick.is_major { "" } else { " class=\"minor\"" };
            let (x, y) = (Short(100.0 * tick.at), Short(self.height + 16.0));
            let _ = write!(svg, "<text x=\"{x}%\" y=\"{y}\"{minor}>{}</text>", Text(&tick.label));
        }
        svg.push_str("</g></svg></div>");
        svg
    }

    /// A bar from one place to another, as shares of the width, that says what it stands for wherever in its column it is
    /// pointed at.
    pub(crate) fn bar(&self, from: f64, to: f64, value: f64, class: &str, says: &str) -> String {
        let (x, width) = (Short(WIDTH * from), Short(WIDTH * (to - from)));
        let top = self.y(value);
        // What is there can be seen, however little it is.
        let top = if value > 0.0 { top.min(self.height - 1.0) } else { top };
        let (y, height, full) = (Short(top), Short(self.height - top), Short(self.height));
        format!(
            "<g class=\"m {class}\"><title>{}</title><rect class=\"hit\" x=\"{x}\" width=\"{width}\" height=\"{full}\"/>\
             <rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></g>",
            Text(says)
        )
    }

    /// A line from top to bottom at a share of the width, with a text beside it.
    pub(crate) fn marker(&self, at: f64, class: &str, text: &str) -> String {
        let (x, height) = (Short(100.0 * at), Short(self.height));
        // Of two markers that may be close, the one that is never behind the other has its text above and before it.
        let is_upper = class == "upper";
        let is_before = at > if is_upper { 0.3 } else { 0.75 };
        let (dx, anchor) = if is_before { ("-5", "end") } else { ("5", "start") };
        let (top, y) = if is_upper { ("-26", "-18") } else { ("-12", "-4") };
        format!(
            "<g class=\"marker {class}\"><line x1=\"{x}%\" x2=\"{x}%\" y1=\"{top}\" y2=\"{height}\"/>\
             <text x=\"{x}%\" y=\"{y}\" dx=\"{dx}\" text-anchor=\"{anchor}\">{}</text></g>",
            Text(text)
        )
    }
}

/// The figures of a picture as a table that opens.
pub(crate) fn figures(caption: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut html = format!(
        "<details class=\"figures\"><summary>{0}, as a table</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" \
         aria-label=\"{0}\"><table><thead><tr>",
        Text(caption)
    );
    for (at, head) in head.iter().enumerate() {
        let number = if at == 0 { "" } else { " class=\"n\"" };
        let _ = write!(html, "<th scope=\"col\"{number}>{}</th>", Text(head));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match at {
                0 => write!(html, "<th scope=\"row\">{}</th>", Text(cell)),
                _ => write!(html, "<td class=\"n\">{}</td>", Text(cell)),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div></details>");
    html
}

/// A section of the page: what is seen as its heading, what is drawn below that, and the rest.
pub(crate) struct Section<'a> {
    pub(crate) anchor: &'a str,
    pub(crate) heading: &'a str,
    /// What is drawn, and of what.
    pub(crate) drawn: &'a str,
    pub(crate) class: &'a str,
}

impl Section<'_> {
    pub(crate) fn draw(&self, inside: &str) -> String {
        let Self { anchor, heading, drawn, class } = self;
        format!(
            "<section id=\"{anchor}\" class=\"{class}\" aria-labelledby=\"{anchor}-h\"><h2 id=\"{anchor}-h\">{}</h2>\
             <p class=\"drawn\">{}</p><div>{inside}</div></section>\n",
            Text(heading),
            Text(drawn)
        )
    }
}
