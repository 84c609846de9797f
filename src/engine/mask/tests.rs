use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use proptest::prelude::*;

use super::*;

const SECRET: &str = "hunter22$HOME`id` \"it's\" \\ é/+😀";

#[track_caller]
fn masked(secret: &str, text: &str, expected: &str) {
    assert_eq!(Mask::new([secret]).text(text), expected, "{text}");
}

#[test]
fn each_form_is_masked_whole() {
    let shell_single = format!("'{}'", SECRET.replace('\'', "'\\''"));
    let shell_other = format!("'{}'", SECRET.replace('\'', "'\"'\"'"));
    let shell_double: String =
        SECRET.chars().flat_map(|c| "\\\"$`".contains(c).then_some('\\').into_iter().chain([c])).collect();
    let backslashes: String =
        SECRET.chars().flat_map(|c| (!c.is_alphanumeric()).then_some('\\').into_iter().chain([c])).collect();
    let ansi = "hunter22$HOME`id` \"it\\'s\" \\\\ \\303\\251/+\\360\\237\\230\\200".to_owned();
    let python = "hunter22$HOME`id` \"it\\'s\" \\\\ \\xc3\\xa9/+\\xf0\\x9f\\x98\\x80".to_owned();
    let json = serde_json::to_string(SECRET).unwrap();
    let ascii = "hunter22$HOME`id` \\\"it's\\\" \\\\ \\u00e9\\/+\\ud83d\\uDE00".to_owned();
    let html_safe = "hunter22$HOME`id` \\\"it\\u0027s\\\" \\\\ \u{e9}/\\u002b\\U0001f600".to_owned();
    let url: String = SECRET
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let form: String = url.replace("%20", "+").replace("%24", "$").replace("%C3%A9", "%c3%A9").replace("%5C", "%5c");
    let twice = url.replace('%', "%25");
    let entities = "hunter22$HOME`id` &quot;it&#39;s&quot; \\ &#xe9;/+&#128512;".to_owned();
    let quoted_json = serde_json::to_string(&shell_single).unwrap();
    let forms = [
        SECRET.to_owned(),
        shell_single[1..shell_single.len() - 1].to_owned(),
        shell_other,
        shell_double,
        backslashes,
        ansi,
        python,
        json.clone(),
        serde_json::to_string(&json).unwrap(),
        ascii,
        html_safe,
        url,
        form,
        twice,
        entities,
        quoted_json,
        hex::encode(SECRET),
        hex::encode_upper(SECRET),
        format!("{SECRET:?}"),
        shlex::try_quote(SECRET).unwrap().into_owned(),
    ];
    for form in forms {
        let masked = Mask::new([SECRET]).text(&format!("before {form} after"));
        let rest = masked.replace(['\'', '"', '\\'], "");
        assert_eq!(rest, format!("before {MASK} after"), "{form}");
    }
}

#[test]
fn base64_is_masked_wherever_the_secret_stands_in_it() {
    for secret in [SECRET, "abcdef", "????>>>>~~~~"] {
        for (before, after) in [("", ""), ("a", ""), ("ab", "\n"), ("user:", "@host"), ("", "\n"), ("xyz", "z")] {
            let text = format!("{before}{secret}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                let wrapped: Vec<String> =
                    encoded.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
                for shown in [encoded.clone(), wrapped.join("\n"), wrapped.join("\r\n  "), wrapped.join("\\n")] {
                    let masked = Mask::new([secret]).text(&shown);
                    let left = masked.replace(MASK, "").replace("\\n", "");
                    let known = (before.len() + after.len()) * 4 / 3 + 8;
                    assert!(masked.contains(MASK) && left.trim().len() <= known, "{text}: {shown} -> {masked}");
                }
            }
        }
    }
}

#[test]
fn a_secret_is_masked_at_both_ends_and_twice() {
    masked("s3cr3t!", "s3cr3t!s3cr3t! and s3cr3t!", "[secret][secret] and [secret]");
    masked("secret", "[secret] is my secret", "[secret] is my [secret]");
    masked("pässwort", "pässwort? p%C3%A4sswort, pässwor", "[secret]? [secret], pässwor");
}

#[test]
fn lines_of_a_secret_are_masked_alone() {
    let secret = "-----BEGIN KEY-----\nabcdefgh\nij\n-----END KEY-----";
    masked(secret, "line: abcdefgh, ij", "line: [secret], ij");
    masked(secret, &secret.replace('\n', "\\n"), "[secret]");
    masked(secret, &secret.replace('\n', "\r\n"), "[secret]");
    masked("padded secret \n", "a padded secret here", "a [secret] here");
    let key = STANDARD.encode("abcdefgh\n");
    assert!(Mask::new([secret]).text(&key).starts_with(MASK), "{key}");
}

#[test]
fn other_text_stays_as_it_is() {
    let text = "hunter2 hunter 22\\x $HOME %41%42 +++ &amp; \u{1b}[1m\u{0} ende";
    masked(SECRET, text, text);
    masked("short", "a short text", "a short text");
    assert_eq!(Mask::default().text(text), text);
    assert!(!format!("{:?}", Mask::new([SECRET])).contains("hunter"));
}

#[test]
fn the_longer_of_two_secrets_counts() {
    assert_eq!(Mask::new(["abcdef", "abcdefghi"]).text("abcdefghi abcdefg"), "[secret] [secret]g");
}

#[test]
fn what_is_split_on_its_way_is_masked() {
    for split in ["\n", "\r\n", "\r", "\n    ", "\u{1b}[31m", "\u{1b}[0m\u{1b}[1;32m", "\u{8}", "\0", "\\\n", "'\n  '"]
    {
        for at in 1.."hunter22".len() {
            let text = format!("it is hunter22{}{split}{} today", &"hunter22"[..at], &"hunter22"[at..]);
            let masked = Mask::new(["hunter22hunter22"]).text(&text);
            assert_eq!(masked, format!("it is {MASK} today"), "{text:?}");
        }
    }
    masked("hunter22", "hu\u{8}u_\u{8}n|\u{8}ter22", MASK);
    masked("correct horse", "correct\n  horse, correct  horse", "[secret], [secret]");
    masked("hunter22", "hunt er22 and hunt\n er 22", "hunt er22 and hunt\n er 22");
}

#[test]
fn dumps_are_masked_with_their_columns_of_text() {
    let xxd = "00000000: 7061 7373 3a20 6875 6e74 6572 3232 3434  pass: hunter2244\n00000010: 0a                                       .\n";
    masked("hunter2244", xxd, &format!("00000000: 7061 7373 3a20 {MASK}\n{}", &xxd[xxd.find('\n').unwrap() + 1..]));
    let hexdump = "00000000  68 75 6e 74 65 72 32 32  34 34                    |hunter2244|\n0000000a\n";
    masked("hunter2244", hexdump, &format!("00000000  {MASK}\n0000000a\n"));
    let od = "0000000   h   u   n   t   e   r       2   2  \\n\n0000012\n";
    // The last place, too: a line that ends with a backslash and a letter may go on in the next.
    masked("hunter 22", od, &format!("0000000   {MASK}\n"));
    masked("hunter 22", "h u n t e r   2 2", MASK);
    masked("hunter22", "[104, 117, 110, 116, 101, 114, 50, 50]", &format!("[{MASK}]"));
    masked("hunter22", "68:75:6E:74:65:72:32:32 is it", &format!("{MASK} is it"));
}

#[test]
fn a_secret_is_masked_backwards_in_other_letters_and_in_other_encodings() {
    masked("hunter22", "22RETNUH Hunter22", &format!("{MASK} {MASK}"));
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        let bytes: Vec<u8> = "p\u{e4}ss-wort".encode_utf16().flat_map(bytes).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for text in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
        let left = Mask::new(["p\u{e4}ss-wort"]).text(&text).replace('\0', "");
        assert_eq!(left, MASK, "{text:?}");
    }
    masked("p\u{e4}sswort", "pa\u{308}sswort p\u{fffd}sswort passwort", &format!("{MASK} {MASK} passwort"));
    masked("pa\u{308}sswort", "p\u{e4}sswort", MASK);
}

#[test]
fn a_secret_of_signs_is_masked_quoted_too() {
    for text in ["$$$\"'x\\", "\\$\\$\\$\\\"\\'x\\\\", "'$$$\"'\\''x\\'", "\"$$$\\\"'x\\\\\""] {
        let left = Mask::new(["$$$\"'x\\"]).text(text);
        assert!(left.contains(MASK) && !left.contains('x'), "{text}: {left}");
    }
    masked("$$$\"'x\\", "$x x' \"x\" \\x", "$x x' \"x\" \\x");
    masked("''\"\"''", "it is ''\"\"''!", "it is [secret]!");
}

#[test]
fn lines_are_masked_however_they_are_joined_and_cut() {
    let key = "-----BEGIN KEY-----\nMIIEabcdefghijkl\nmnopqrstuvwxyz01\n23456789\n-----END KEY-----";
    let joined = key.replace('\n', "");
    masked(key, &joined, MASK);
    masked(key, &format!("    {}", key.replace('\n', "\n    ")), &format!("    {MASK}"));
    masked(&key.replace('\n', "\\n"), "key: mnopqrstuvwxyz01", &format!("key: {MASK}"));
    masked("12345678901234567890123", "1.2345678901234568e+22", MASK);
}

#[test]
fn the_end_of_a_secret_is_masked_where_a_text_was_cut() {
    let mask = Mask::new(["hunter22-and-more"]);
    assert_eq!(mask.rest("2-and-more is it"), "[secret] is it");
    assert_eq!(mask.rest("and-more"), MASK);
    assert_eq!(mask.rest("re-and-more"), "re-and-more");
    let encoded = STANDARD.encode("hunter22-and-more is it");
    assert!(mask.rest(&encoded[5..]).starts_with(MASK), "{}", mask.rest(&encoded[5..]));
    assert_eq!(mask.text("2-and-more"), "2-and-more");
}

#[test]
fn names_that_are_kept_stay_as_they_are() {
    let mask = Mask::new(["healthy"]).keeping(vec!["healthy-db".to_owned()]);
    assert_eq!(mask.said("healthy-db said healthy"), "healthy-db said [secret]");
    assert_eq!(mask.text("healthy-db"), "[secret]-db");
}

/// Wraps a text in one more form.
fn wrapped(text: &str, form: usize) -> String {
    match form {
        0 => format!("'{}'", text.replace('\'', "'\\''")),
        1 => serde_json::to_string(text).unwrap(),
        2 => STANDARD.encode(format!("user:{text}")),
        3 => hex::encode(format!("x{text}")),
        4 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        5 => text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;"),
        // The parts of an escape sequence for colours are not coloured again.
        6 if text.contains('\u{1b}') => text.to_owned(),
        6 => text.chars().map(|c| format!("{c}\u{1b}[0m")).collect(),
        _ => text.as_bytes().chunks(7).map(|line| String::from_utf8_lossy(line) + "\n").collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn forms_within_forms_are_found(secret in "[!-~]{4}[a-z0-9]{4}[ -~]{0,6}[a-z0-9]{2}", forms in prop::collection::vec(0..8_usize, 0..4)) {
        let text = forms.iter().fold(format!("it is {secret}."), |text, form| wrapped(&text, *form));
        let masked = Mask::new([secret.as_str()]).text(&text);
        prop_assert!(masked.contains(MASK), "{secret:?} as {forms:?}: {text:?}");
    }

    #[test]
    fn text_without_the_secret_stays(secret in "[a-z0-9]{6,12}", text in "([ -~\n\t\r]|\\PC|[a-zA-Z0-9+/]{8,40}|[0-9a-f]{2,40}|\\\\[nux\"]){0,20}") {
        prop_assert_eq!(Mask::new([secret.as_str()]).text(&text), text);
    }

    #[test]
    fn what_there_is_no_room_for_is_not_shown(forms in prop::collection::vec(0..8_usize, 1..4), room in 0..40_000_usize) {
        let text = forms.iter().fold("it is hunter22's &c.".to_owned(), |text, form| wrapped(&text, *form));
        let text = format!("{text}\n{}", STANDARD.encode(&text));
        let mask = Mask::new(["hunter22's"]);
        let (all, none) = mask.found(&text, false, PendingViews::for_text(text.len()));
        prop_assert_eq!(none, []);
        let (found, unread) = mask.found(&text, false, PendingViews::with_room(room));
        let hidden: Vec<Range<usize>> = found.into_iter().chain(unread).collect();
        for at in all.into_iter().flatten() {
            prop_assert!(hidden.iter().any(|part| part.contains(&at)), "{at} of {text:?}");
        }
    }
}

#[test]
fn the_same_secret_is_masked_in_each_of_its_forms() {
    let text = "68 75 6e 74 65 72 32 32\n150 165 156 164 145 162 062 062\nNB2W45DFOIZDE===";
    masked("hunter22", text, &[MASK; 3].join("\n"));
}

/// A text written in every notation at once, whose readings multiply.
fn quoted_in_all_ways() -> String {
    let signs = ["\\n", "%41", "+", "&lt;", "=3D", "^[", "%2525", "&amp;amp;", "\\\\\\\\n", "=3D3D", "M-^@"];
    (0..1200).map(|at| format!("{}{}", signs[at * at % 97 % signs.len()], ["a", "b", "c d"][at % 3])).collect()
}

#[test]
fn much_that_a_text_says_keeps_nothing_encoded_from_being_looked_at() {
    let encoded = STANDARD.encode(STANDARD.encode("it is hunter22"));
    let text = format!("{}\n{encoded}\n", quoted_in_all_ways());
    let mask = Mask::new(["hunter22"]);
    let (secrets, unread) = mask.found(&text, false, PendingViews::with_room(20 * text.len()));
    assert!(!unread.is_empty(), "there is not room for all");
    let place = text.len() - encoded.len() - 1;
    assert!(secrets.iter().any(|part| part.start >= place), "{secrets:?}");
}

#[test]
fn text_that_was_not_looked_at_is_told_from_a_secret() {
    let parts = vec![(2..4, MASK), (6..20, UNREAD), (8..10, MASK), (18..22, UNREAD)];
    assert_eq!(apart("0123456789012345678901234", parts), [(2..4, MASK), (6..22, UNREAD)]);
    let mask = Mask::new(["hunter22"]);
    let (secrets, unread) = mask.found("hunter22", false, PendingViews::with_room(0));
    assert_eq!((secrets.as_slice(), unread.as_slice()), ([].as_slice(), std::slice::from_ref(&(0..8))));
}

/// 64 KiB of lines.
fn lines(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0.. {
        text.push_str(&line(at));
        if text.len() >= 64 * 1024 {
            break;
        }
    }
    text
}

#[test]
fn ordinary_output_is_read_few_times() {
    let key = STANDARD.encode([7, 99, 250, 13].repeat(200));
    for secret in ["s3cr3t", "correct horse battery staple", key.as_str()] {
        let mask = Mask::new([secret]);
        for (what, times, text) in [
            (
                "a log",
                2,
                lines(|at| format!("2026-11-30T06:44:39.{at:03}Z web[{at}]: accepted connection from 10.0.0.{at}\n")),
            ),
            (
                "JSON lines",
                4,
                lines(|at| format!("{{\"level\":\"info\",\"at\":{at},\"msg\":\"she said \\\"{at}\\\"\\n\"}}\n")),
            ),
            ("colours", 4, lines(|at| format!("[\u{1b}[32m  OK  \u{1b}[0m] Started \u{1b}[1munit-{at}\u{1b}[0m.\r\n"))),
            ("URLs", 8, lines(|at| format!("GET /find?q=a%20b%2F{at}&n=x+y HTTP/1.1 status {at}\n"))),
            (
                "base64",
                12,
                lines(|at| STANDARD.encode(format!("{at}. a line of a certificate, or of anything")) + "\n"),
            ),
        ] {
            let (found, unread) = mask.found(&text, false, PendingViews::with_room(times * text.len()));
            assert_eq!((found.len(), unread.len()), (0, 0), "{what} for {secret:.10}");
        }
    }
}

#[test]
fn much_text_takes_little_time_and_steps() {
    // Text that begins like the secret over and over: the most expensive case.
    let text = "\\%&aaaaaaaa'\"".repeat(20_000);
    assert_eq!(Mask::new(["aaaaaaaaaaaaaaaaaaaaaaaab"]).text(&text), text);
}

#[test]
fn forms_within_forms_take_time_in_proportion_to_the_text() {
    // Text that is digits in every alphabet, however it is read; and text that seems to be quoted without end.
    for text in ["3131".repeat(16_000), "VVVV".repeat(16_000), "\\\\u0025".repeat(6_000), "%2525".repeat(12_000)] {
        let began = Instant::now();
        assert_eq!(Mask::new(["s3cr3t"]).text(&text), text);
        assert!(began.elapsed() < Duration::from_secs(30), "{:?} for {:.20}", began.elapsed(), text);
    }
}
