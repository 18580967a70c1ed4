//! Why sessions begin, and what their declared columns tell.

use std::fmt::Write;

use crate::chart::{Section, Short};
use crate::escape::Text;
use crate::figures::Report;
use crate::numbers::{count, share};

pub(crate) fn reasons(report: &Report, beside: &str) -> String {
    // A gap that decides alone has said all there is: a key's first session, and the others.
    if report.is_gap_alone || report.reasons.is_empty() {
        return String::new();
    }
    let Some(most) = report.reasons.iter().max_by_key(|reason| reason.sessions) else { return String::new() };
    let heading =
        format!("{} of the sessions begin because {}", share(most.sessions, report.sessions), most.meaning);
    let mut table = String::from(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Why sessions begin\"><table><thead><tr>\
         <th scope=\"col\">started_by</th><th scope=\"col\">because</th><th scope=\"col\" class=\"n\">Sessions</th>\
         <th scope=\"col\" class=\"n\">Share</th><th scope=\"col\" class=\"wide\"><span class=\"unseen\">Bar</span></th>\
         </tr></thead><tbody>",
    );
    for reason in &report.reasons {
        let width = 100.0 * reason.sessions as f64 / most.sessions.max(1) as f64;
        let _ = write!(
            table,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"wide\"><svg width=\"100%\" height=\"10\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{}%\" \
             height=\"10\"/></svg></td></tr>",
            Text(&reason.name),
            Text(&reason.meaning),
            count(reason.sessions),
            share(reason.sessions, report.sessions),
            Short(width)
        );
    }
    table.push_str("</tbody></table></div>");
    let drawn = "Of several rules that would have begun a session, the first in this order counts";
    Section { anchor: "reasons", heading: &heading, drawn, class: "whole" }.draw(&(table + beside))
}

pub(crate) fn attributes(report: &Report) -> String {
    if report.attributes.is_empty() {
        return String::new();
    }
    let mut table = String::from(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"What sessions tell\"><table><thead><tr>\
         <th scope=\"col\">Column</th><th scope=\"col\">Measure</th><th scope=\"col\">Tells</th>\
         <th scope=\"col\" class=\"n\">NULL</th></tr></thead><tbody>",
    );
    for attribute in &report.attributes {
        let _ = write!(
            table,
            "<tr><th scope=\"row\"><bdi>{}</bdi></th><td><code>{}</code></td><td><bdi>{}</bdi></td><td class=\"n\">{}</td></tr>",
            Text(&attribute.name),
            Text(&attribute.measure),
            Text(&attribute.tells),
            share(attribute.nulls, report.sessions)
        );
    }
    table.push_str("</tbody></table></div>");
    let drawn = "The columns that the definition declares under [summary.columns]";
    Section { anchor: "attributes", heading: "What sessions tell", drawn, class: "whole" }.draw(&table)
}
