//! Tables that scroll on their own where they are wider than the page.

use maud::{Markup, html};

/// A table with a caption, heads of columns, and rows that begin with a head of their own.
pub(super) fn table(caption: &str, heads: &[&str], rows: &[(Markup, Vec<Markup>)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { span { (caption) } }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for (head, cells) in rows {
                        tr { th scope="row" { (head) } @for cell in cells { td { (cell) } } }
                    }
                }
            }
        }
    }
}

/// Two columns: what, and how much.
pub(super) fn list(caption: &str, rows: Vec<(Markup, Markup)>) -> Markup {
    let rows: Vec<_> = rows.into_iter().map(|(what, value)| (what, vec![value])).collect();
    table(caption, &["quantity", "value"], &rows)
}

/// A square matrix over motifs, rows and columns headed by their indices.
pub(super) fn matrix(caption: &str, rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.matrix {
                caption { span { (caption) } }
                thead { tr {
                    th scope="col" { "motif" }
                    @for j in 0..rows.len() { th scope="col" { "after " (j) } }
                } }
                tbody {
                    @for (i, row) in rows.iter().enumerate() {
                        tr { th scope="row" { (i) } @for cell in row { td { (cell) } } }
                    }
                }
            }
        }
    }
}
