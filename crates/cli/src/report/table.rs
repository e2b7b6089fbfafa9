//! Tables that scroll on their own where they are wider than the page.

use maud::{Markup, Render, html};

use super::results::{Column, Results};

/// A table with a caption, heads of columns, and rows that begin with a head of their own.
pub(super) fn table<R: Render>(caption: &str, heads: &[impl Render], rows: &[(R, Vec<Markup>)]) -> Markup {
    of_class(None, caption, heads, rows)
}

fn of_class<R: Render>(
    class: Option<&str>,
    caption: &str,
    heads: &[impl Render],
    rows: &[(R, Vec<Markup>)],
) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table class=[class] {
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

/// A table in a frame that is scrolled where it is long.
pub(super) fn long(label: &str, table: &Markup) -> Markup {
    html! { div.long tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// Two columns: what, and how much.
pub(super) fn list<R: Render>(caption: &str, rows: impl IntoIterator<Item = (R, Markup)>) -> Markup {
    let rows: Vec<_> = rows.into_iter().map(|(what, value)| (what, vec![value])).collect();
    table(caption, &["quantity", "value"], &rows)
}

/// A row per motif, a column per head.
pub(super) fn per_motif(results: &Results<'_>, caption: &str, columns: Vec<(&str, Column<'_>)>) -> Markup {
    let heads: Vec<_> = std::iter::once("motif").chain(columns.iter().map(|column| column.0)).collect();
    let row = |i| (results.head(i), columns.iter().map(|(_, shown)| shown(i)).collect());
    table(caption, &heads, &(0..results.count()).map(row).collect::<Vec<_>>())
}

/// A square matrix over motifs, rows and columns headed by their indices.
pub(super) fn matrix(caption: &str, count: usize, cell: impl Fn(usize, usize) -> Markup) -> Markup {
    let heads: Vec<_> =
        std::iter::once("motif".into()).chain((0..count).map(|j| format!("after {j}"))).collect();
    let row = |i| (i, (0..count).map(|j| cell(i, j)).collect());
    of_class(Some("matrix"), caption, &heads, &(0..count).map(row).collect::<Vec<_>>())
}
