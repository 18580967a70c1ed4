//! What is wrong or strange about the events: a list, and a note beside the picture that shows it.

use std::fmt::Write;

use crate::escape::Text;
use crate::figures::{Finding, Picture, Report, Severity};
use crate::numbers::{count, share};

/// All findings, the worst first; nothing where nobody looked.
pub(crate) fn list(report: &Report) -> String {
    let Some(findings) = &report.findings else { return String::new() };
    if findings.is_empty() {
        return "<p id=\"findings\" class=\"whole clean\">Nothing was found to be wrong with the events.</p>\n".to_owned();
    }
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    let heading = match findings.len() {
        1 => "One finding in the events".to_owned(),
        several => format!("{several} findings in the events"),
    };
    let mut html = format!(
        "<section id=\"findings\" class=\"whole\" aria-labelledby=\"findings-h\"><h2 id=\"findings-h\">{heading}</h2><ul class=\"findings\">"
    );
    for finding in findings {
        let (word, class) = severity(finding.severity);
        let _ = write!(
            html,
            "<li class=\"{class}\"><p><b>{word}</b> {} <span class=\"count\">{} of {}, {}</span> <a href=\"#{}\">where to look</a></p>",
            Text(&finding.title),
            count(finding.count),
            count(finding.of),
            share(finding.count, finding.of),
            finding.picture.anchor()
        );
        if !finding.examples.is_empty() {
            html.push_str("<ul class=\"examples\">");
            for example in &finding.examples {
                let _ = write!(html, "<li><bdi>{}</bdi></li>", Text(example));
            }
            html.push_str("</ul>");
        }
        let _ = write!(html, "<p>{}</p></li>", Text(&finding.what_to_do));
    }
    html.push_str("</ul></section>\n");
    html
}

/// Those that a picture shows, in a word each.
pub(crate) fn beside(report: &Report, picture: Picture) -> String {
    let own = report.findings.iter().flatten().filter(|finding| finding.picture == picture);
    let items: String = own
        .map(|finding| {
            let (word, class) = severity(finding.severity);
            format!(
                "<li class=\"{class}\"><a href=\"#findings\"><b>{word}</b> {}</a> <span class=\"count\">{} of {}</span></li>",
                Text(&finding.title),
                count(finding.count),
                count(finding.of)
            )
        })
        .collect();
    if items.is_empty() { items } else { format!("<ul class=\"beside\">{items}</ul>") }
}

fn severity(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("Error", "error"),
        Severity::Warning => ("Warning", "warning"),
        Severity::Note => ("Note", "note"),
    }
}
