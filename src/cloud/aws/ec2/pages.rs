//! Collects paged lists.

/// Repeats a call while there is a next page, and collects the items: `$request` is a request, `$items` the field with
/// the items of an answer.
macro_rules! all_pages {
    ($session:expr, $call:expr, $request:expr, $items:ident) => {{
        let (session, call, request) = ($session, $call, $request);
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = request.clone().set_next_token(next.clone());
            match session.call(call, || page.clone().send()).await {
                Err(problem) => break Err(problem),
                Ok(answer) => {
                    next = answer.next_token.filter(|token| !token.is_empty());
                    found.extend(answer.$items.unwrap_or_default());
                    if next.is_none() {
                        break Ok(found);
                    }
                }
            }
        }
    }};
}

pub(in crate::cloud) use all_pages;
