//! The page as a whole.

use std::fmt::Write;

use crate::digest::source;
use crate::escape::Text;
use crate::figures::{Picture, Report};
use crate::findings::{beside, list};
use crate::gap_choice::gap_choice;
use crate::keys::keys;
use crate::over_time::over_time;
use crate::reasons::{attributes, reasons};
use crate::spread::{lengths, sizes};
use crate::timeline::timelines;
use crate::totals::{sentence, totals};
use crate::week::week;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of a report: HTML in UTF-8.
pub fn page(report: &Report) -> String {
    let mut html = String::with_capacity(1 << 17);
    // Nothing is loaded, and nothing runs but what this page was made with.
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Sessions: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        source(STYLE),
        source(SCRIPT),
        Text(&report.title)
    );
    let _ = write!(html, "<header>\n<h1>{}</h1>\n{}\n", Text(&report.title), sentence(report));
    html.push_str("<dl class=\"definition\">");
    for (name, value) in &report.definition {
        let _ = write!(html, "<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>", Text(name), Text(value));
    }
    html.push_str("</dl>\n");
    if !report.notes.is_empty() {
        html.push_str("<ul class=\"notes\">");
        for note in &report.notes {
            let _ = write!(html, "<li>{}</li>", Text(note));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</header>\n<main>\n");
    html += &totals(report);
    html += &list(report);
    let sections = [
        over_time(report, &beside(report, Picture::OverTime)),
        lengths(report, &beside(report, Picture::Lengths)),
        sizes(report, &beside(report, Picture::Sizes)),
        gap_choice(report, &beside(report, Picture::Gap)),
        week(report, &beside(report, Picture::Week)),
        reasons(report, &beside(report, Picture::Reasons)),
        attributes(report),
        keys(report, &beside(report, Picture::Keys)),
        timelines(report),
    ];
    html.extend(sections);
    let _ = write!(
        html,
        "</main>\n<footer><p>Made by {}. Medians and percentiles are exact. A session's length is the time from its first to its \
         last event.</p></footer>\n<div id=\"says\" class=\"unseen\" aria-live=\"polite\"></div>\n<script>{SCRIPT}</script>\n\
         </body>\n</html>\n",
        Text(&report.made_by)
    );
    html
}
